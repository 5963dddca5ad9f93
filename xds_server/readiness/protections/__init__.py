"""The protections: what of a change is not published at once, for how long, and what is served in place of it.

`protections` joins them. It takes a ChangeSet, each change from what is published to what is derived, and returns the part
that may be published now:

1. `divergence` knows where the published state differs from the derived one, because something was held before.
2. `shrink_hold` holds a transaction that takes away too much, as `shrink_guard` judges it with `recent_removals`.
3. `retention` retains resources that were removed while a kind they depend on is stale, as `loss_rules` judge it.

They decide on counts and values, never on encoded bytes, and cost nothing while nothing is held, lost or stale. They do not
know who publishes. `last_good` and its file protect across a restart.
"""
