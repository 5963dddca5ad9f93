"""The gRPC server of xDS: the only package that knows gRPC, and the only one of `xds` with an event loop and a clock.

The contract of this room:

- `server.AdsServer` listens on one port and serves the discovery services (`services`), health checks (`health`), client
  status (`client_status`) and reflection (`reflection`).
- Its caller gives it an `admission.AdmissionPolicy`, which says which nodes may be served from which tables, and an
  `observer.StreamObserver`, which is told of everything that happens on streams. Neither may block or raise.
- After each publication the caller calls `AdsServer.publish` with the names that changed. A stream reads its tables when it
  builds a response, so they may change in place at any time between two turns of the event loop.
- A stream is served once the policy admits it, and not before. Until then it waits for at most the seconds of
  `admission.AdmissionConfig`; then its client is told why, and may try another replica.
- What a client may take is in `limits.Limits`. A client that exceeds a limit gets RESOURCE_EXHAUSTED and the limit's name;
  other clients lose nothing.
- No gRPC operation is ever cancelled, since each one that is leaks memory (https://github.com/grpc/grpc/issues/43360).

A call goes through `registry` (all streams), `stream_opener` (limits and the first request), `stream_admission` (the wait for
admission, decided in `admission`), and `stream` (a served stream), which has a `request_reader` and a `response_writer`
around the protocol of its `variant`. `wakeup`, `debounce` and `wait_deadlines` say when the writer runs. `stream_limiter` and
`stream_quota` count what clients take; `admission_queue` and `time_slices` share out what there is not enough of.
"""
