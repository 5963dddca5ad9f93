"""The gate on a stream: who may be served now, who waits, and for how long. Pure, but for the wait itself."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Literal, Protocol

import msgspec

from xds_server.ads.messages import Node
from xds_server.snapshot.table import View

Clock = Callable[[], float]
"""Seconds on a monotonic clock."""

HoldKind = Literal["not_ready", "unknown_role"]
HoldOutcome = Literal["converged", "budget", "gone", "refused"]
"""How a hold ended: served; the bound ran out; the client or we went away; ended at once."""


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


class Hold(msgspec.Struct, frozen=True, gc=False):
    """Why a stream cannot be served now."""

    reason: str
    """The whole text that the client is told, if it comes to that: what is awaited, and what to do."""
    kind: HoldKind


class Doorkeeper(Protocol):
    """Knows what is ready, and for whom."""

    def admit(self, node: Node) -> View | Hold:
        """The tables for *node*, or why there are none yet.

        A view is served for as long as the stream lives: its tables are altered in place.
        """
        ...

    async def changed(self) -> None:
        """Returns when `admit` may answer differently from now on; the wait begins with the call."""
        ...


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of the gate."""

    mode: GateMode = GateMode.BOUNDED
    hold_seconds: float = 3.0
    """How long a stream may wait, unless it is parked."""

    def waits(self, kind: HoldKind) -> Literal["never", "bounded", "forever"]:
        """How a hold of that kind is borne. Nobody waits for ever for a role that may not exist."""
        if self.mode is GateMode.REFUSE:
            return "never"
        return "forever" if self.mode is GateMode.PARK and kind == "not_ready" else "bounded"


class Entrance:
    """One stream's way past the doorkeeper."""

    __slots__ = ("_admission", "_clock", "_doorkeeper", "hold", "outcome", "since")

    def __init__(self, doorkeeper: Doorkeeper, admission: Admission, clock: Clock) -> None:
        self._doorkeeper = doorkeeper
        self._admission = admission
        self._clock = clock
        self.hold: Hold | None = None
        """The last reason to wait; None if there was none."""
        self.since = 0.0
        """When the wait began."""
        self.outcome: HoldOutcome = "gone"
        """How the wait ended; "gone" until it has."""

    async def admitted(self, node: Node, on_hold: Callable[[Hold], None] = lambda _: None) -> View | Hold:
        """The view for *node*, as soon as there is one; or why the wait was given up.

        *on_hold* is called when a wait begins, and whenever it goes on for another kind of reason.

        The bound counts the time that was spent in bounded waits only: being parked does not use it up.
        """
        budget = self._admission.hold_seconds
        self.since = self._clock()
        while isinstance(answer := self._doorkeeper.admit(node), Hold):
            known, self.hold = self.hold, answer
            borne = self._admission.waits(answer.kind)
            if borne == "never" or (borne == "bounded" and budget <= 0):
                self.outcome = "refused" if borne == "never" else "budget"
                return answer
            if known is None or known.kind != answer.kind:
                on_hold(answer)
            began = self._clock()
            # No await between admit() and changed(): what changes in between would be missed.
            try:
                async with asyncio.timeout(budget if borne == "bounded" else None):
                    await self._doorkeeper.changed()
            except TimeoutError:
                budget = 0.0
            if borne == "bounded":
                budget -= self._clock() - began
        self.outcome = "converged"
        return answer
