"""The words of the gate: what becomes of a stream that cannot be served yet, what else is held, and how a hold ends."""

from enum import StrEnum
from typing import Final, Literal, get_args


class GateMode(StrEnum):
    """What happens to a stream that cannot be served yet."""

    BOUNDED = "bounded"
    """It waits for a while, and then ends with the reason."""
    REFUSE = "refuse"
    """It ends with the reason at once."""
    PARK = "park"
    """It waits until we are ready."""
    OFF = "off"
    """There is no gate: the doorkeeper gives what there is."""


Warmth = Literal["cold", "warm"]
"""Whether a proxy has nothing yet, or comes back with a configuration."""

HoldKind = Literal["not_ready", "unknown_role", "queued"]
"""Why a stream waits."""
HoldOutcome = Literal["converged", "last_good", "budget", "override", "gone", "refused"]
"""How a stream's wait ended: served; served what was good before; the budget ran out; an operator ended it; the client or
we went away; ended at once.
"""

ChangeKind = Literal["shrink", "carried", "file"]
"""Why what is served is not what was read: a change is held; resources are carried over; a file may not be complete."""
ChangeOutcome = Literal["converged", "confirmed", "budget", "override"]
"""How that ended: what was missing is back; a fresh list says so, too; its time was up; an operator ended it."""

LimitKind = Literal["streams", "connection", "address", "rate", "silent", "bytes", "aside"]
"""Why a stream is one too many: in all, on its connection, from its address, or in this second; it made no request; it has us
keep too much; it is one of too many beside discovery."""
RefusalKind = HoldKind | LimitKind | Literal["invalid"]
"""Why a stream was turned away before it was admitted."""

STREAM_HOLDS: Final[tuple[HoldKind, ...]] = get_args(HoldKind)
CHANGE_HOLDS: Final[tuple[ChangeKind, ...]] = get_args(ChangeKind)
HOLDS: Final = (*STREAM_HOLDS, *CHANGE_HOLDS)
"""All that can be held, and released."""
