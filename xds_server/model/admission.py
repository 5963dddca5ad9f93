"""The vocabulary of holds, as operators see it: modes of the gate, kinds and outcomes of holds, and limits."""

from enum import StrEnum
from typing import Final, Literal, get_args


class GateMode(StrEnum):
    """What happens to a stream that cannot be served yet."""

    BOUNDED = "bounded"
    """It waits up to a bound, and then ends with the reason."""
    REFUSE = "refuse"
    """It ends at once, with the reason."""
    PARK = "park"
    """It waits until the replica is ready."""
    OFF = "off"
    """There is no gate: the stream is served what is known so far."""


Warmth = Literal["cold", "warm"]
"""Whether a proxy has no configuration yet, or reconnects with one."""

HoldKind = Literal["not_ready", "unknown_role", "queued"]
"""Why a stream waits."""
HoldOutcome = Literal["admitted", "last_good", "timeout", "operator", "client_left", "refused"]
"""How the hold of a stream ended.

`admitted`: it is served. `last_good`: it is served the last good configuration. `timeout`: the hold reached its bound.
`operator`: somebody released it. `client_left`: the client went away, or this replica stopped. `refused`: the gate is in
mode `refuse`, so the stream ended at once.
"""

ChangeKind = Literal["shrink", "retained", "file"]
"""Why what is published differs from what was read.

`shrink`: a change would remove too much. `retained`: resources were removed while a source was stale. `file`: a file may
be half written.
"""
ChangeOutcome = Literal["recovered", "confirmed", "timeout", "operator"]
"""How the hold of a change ended.

`recovered`: what was missing is back. `confirmed`: a fresh list says the same. `timeout`: the hold reached its bound.
`operator`: somebody released it.
"""

LimitKind = Literal["streams", "connection", "address", "rate", "silent", "bytes", "auxiliary"]
"""Which limit a stream exceeds.

`streams`, `connection`, `address`: how many are open, in all, on one connection, from one address. `rate`: how many open
in a second. `silent`: how many have made no request. `bytes`: how much the server keeps for them. `auxiliary`: how many
calls there are of services other than discovery.
"""
RefusalKind = HoldKind | LimitKind | Literal["invalid"]
"""Why a stream ended before it was admitted."""

STREAM_HOLDS: Final[tuple[HoldKind, ...]] = get_args(HoldKind)
CHANGE_HOLDS: Final[tuple[ChangeKind, ...]] = get_args(ChangeKind)
HOLDS: Final = (*STREAM_HOLDS, *CHANGE_HOLDS)
"""Every kind of hold that `xds-server release` can end."""
