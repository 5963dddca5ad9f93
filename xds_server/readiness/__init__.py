"""Readiness: what may be served to a proxy, and when the server says that it is ready.

The contract of this room:

- Nothing is published before every derived collection is complete. Then everything is published in one step, at the epoch
  of the graph (`publisher`). From then on each transaction of the graph is published before it returns.
- A change that would take away too much is held, and a resource whose loss may not be true is retained (`protections`).
  Each hold has a reason, a clock and a metric, and ends by itself. `holds` shows all of them, and lets an operator end them.
- A proxy is admitted to the tables of its role once everything is published, and not before (`admission`). The probe and
  the stream ask the same gate.
- `/readyz` passes through layers that latch (`layers`): base, sources, derived, snapshots, parity, serving. The last one
  waits for the proxies that were held before (`initial_push`), and does not latch: a server that drains is not ready.
- After a restart without an API server, proxies that have no configuration are given the last good one
  (`protections.last_good`).
- Each proxy shows by its ready marker which version it has (`ready_marker`), and a new replica compares its content with
  a peer's (`parity`).

Everything but `parity` and the saving of the last good configuration is synchronous and runs on the event loop's thread.
"""
