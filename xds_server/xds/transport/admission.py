"""Whether a stream is served now, waits, or is refused: the decision, without I/O.

`AdmissionPolicy` says whether a node may be served. `AdmissionWait` decides what its stream does meanwhile. It is given the
time and the policy's answers, so it needs no event loop. `stream_admission` waits for what it decides.
"""

from typing import Protocol

import msgspec

from xds_server.model.admission import HoldKind, HoldOutcome
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.config import AdmissionConfig


class Hold(msgspec.Struct, frozen=True, gc=False):
    """Why a stream cannot be served now."""

    reason: str
    """The text that a refused client reads: what the server waits for, and what to do."""
    kind: HoldKind
    fallback: RoleTables | None = None
    """The tables that a client without any configuration may have meanwhile."""


class AdmissionPolicy(Protocol):
    """Knows which nodes may be served."""

    def admit(self, node: Node) -> RoleTables | Hold:
        """The tables for *node*, or why there are none yet.

        The stream is served from these tables for as long as it lives: the cache changes them in place.

        Each waiting stream calls this again after each change, so it should not build the reason anew each time.
        """
        ...

    async def wait_for_change(self) -> None:
        """Returns when `admit` may answer differently. It notices every change after the call, not only after the await."""
        ...


class Queued(msgspec.Struct, frozen=True, gc=False):
    """An answer to `AdmissionWait.step`: the policy admits the node, but it is not the stream's turn yet."""

    tables: RoleTables
    hold: Hold


class Admit(msgspec.Struct, frozen=True, gc=False):
    """Serve the stream from these tables."""

    tables: RoleTables


class Refuse(msgspec.Struct, frozen=True, gc=False):
    """End the stream, and tell the client the reason of the hold."""

    hold: Hold


class WaitUntil(msgspec.Struct, frozen=True, gc=False):
    """Wait for a change, or for the stream's turn if it is queued; then call `AdmissionWait.step` again."""

    hold: Hold
    deadline: float | None
    """Call `step` at this time at the latest, in seconds on the caller's clock; None for no deadline."""
    started: bool
    """Whether a wait begins with this decision: it is the first, or the kind of the hold changed."""


class AdmissionWait:
    """The wait of one stream, as decisions.

    Each kind of hold has its own bound. Only bounded waits of that kind count towards it.
    """

    __slots__ = ("_cold", "_config", "_kind", "_released", "_since", "_spent", "hold", "outcome")

    def __init__(self, config: AdmissionConfig, *, cold: bool) -> None:
        """*cold*: whether the client has no configuration yet."""
        self._config = config
        self._cold = cold
        self._released = False
        self._spent: dict[HoldKind, float] = {}
        self._kind: HoldKind | None = None  # Of the bounded wait that goes on since the last step.
        self._since = 0.0  # The time of the last step.
        self.hold: Hold | None = None
        """The last reason to wait; None if there was none."""
        self.outcome: HoldOutcome = "client_left"
        """How the wait ended; `client_left` until a step admits or refuses."""

    def release(self) -> None:
        """Ends the wait with the next step: a queued stream is admitted, any other that still cannot be served is refused."""
        self._released = True

    def step(self, now: float, answer: RoleTables | Hold | Queued) -> Admit | Refuse | WaitUntil:
        """What the stream does, by the policy's *answer* at the time *now*. After `Admit` or `Refuse` there is no other step."""
        if self._kind is not None:
            self._spent[self._kind] = self._spent.get(self._kind, 0.0) + now - self._since
        self._since = now
        if isinstance(answer, Queued):
            if self._released:
                self.outcome = "operator"
                return Admit(answer.tables)
            return self._hold(now, answer.hold)
        if not isinstance(answer, Hold):
            self.outcome = "admitted"
            return Admit(answer)
        if answer.fallback is None:
            return self._hold(now, answer)
        if self._cold:
            self.outcome = "last_good"
            return Admit(answer.fallback)
        return self._hold(now, Hold(answer.reason, answer.kind))  # A warm client keeps what it has.

    def _hold(self, now: float, hold: Hold) -> Refuse | WaitUntil:
        before, self.hold = self.hold, hold
        kind, waits = hold.kind, self._config.waits(hold.kind)
        left = self._config.max_seconds(kind) - self._spent.get(kind, 0.0)
        refused: HoldOutcome | None = None
        if waits == "never":
            refused = "refused"
        elif self._released:
            refused = "operator"
        elif waits == "bounded" and left <= 0:
            refused = "timeout"
        if refused is not None:
            self.outcome = refused
            return Refuse(hold)
        self._kind = kind if waits == "bounded" else None
        return WaitUntil(hold, now + left if waits == "bounded" else None, before is None or before.kind != kind)
