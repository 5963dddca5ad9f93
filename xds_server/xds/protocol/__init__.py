"""The xDS protocol of one stream, without I/O: this package knows neither bytes nor a clock.

`sotw.SotwStream` and `delta.DeltaStream` are the two variants of one state machine, `stream.AdsStream`, which describes it in
a table. A machine serves one client from the tables of its role (`xds.cache`): it takes requests and notices of changed
tables, and returns responses and events. It reads the tables at the moment at which it builds a response, and keeps of them
only names and digests. The one thing that it writes is the acceptance of a published content (`Table.acceptance`).

The caller owns the transport and the clock, and has these duties:

| when | call | then |
|---|---|---|
| a request was decoded | `receive_request` | `events_received`, and ask for responses |
| a publication changed tables | `tables_changed`, before the next publication | if it returns true, ask for responses |
| it can write | `advance_time`, then `next_response` until None | encode and write each response before the next call |
| `advance_time` returned a time | wait no longer than until then | `advance_time` again |
| `blocked` has been true for too long (R125) | `stop_waiting` | ask for responses |
| `unanswered_types` has had a type for too long (R146) | `forget_answer` | ask for responses |
| a sibling stream of the proxy made progress | `sibling_advanced` | if it returns true, ask for responses |

The machine never raises but for `messages.ProtocolError`, which ends the stream. It never answers with less than it knows:
an empty response means that there is nothing (R161).

The modules, from the outside in: `stream` (the machine), `sotw`, `delta` (its variants); `make_before_break` (which type waits
for which), `completeness` (whether the client has all), `type_state` (one type); `heartbeat`; `full_state_outbox`,
`named_outbox`, `delta_outbox` and `outbox` (what still has to be sent); `quarantine` (the search for what a client rejected);
`sent_versions` and `subscription` (what the client has and wants); `messages` (the values that go in and out).

Rule numbers, such as R60, are those of the table "Rules" in docs/ads.md, which names the test of each.
"""
