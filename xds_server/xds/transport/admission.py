"""The gate on a stream: who may be served now, who waits, and for how long. Pure, but for the wait itself."""

import asyncio
from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from probes import Clock
from xds_server.model.admission import GateMode, HoldKind, HoldOutcome, Warmth
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.admission_queue import AdmissionQueue


class Hold(msgspec.Struct, frozen=True, gc=False):
    """Why a stream cannot be served now."""

    reason: str
    """The whole text that the client is told, if it comes to that: what is awaited, and what to do."""
    kind: HoldKind
    fallback: RoleTables | None = None
    """What a client that has nothing may have meanwhile."""


class AdmissionPolicy(Protocol):
    """Knows what is ready, and for whom."""

    def admit(self, node: Node) -> RoleTables | Hold:
        """The tables for *node*, or why there are none yet.

        A view is served for as long as the stream lives: its tables are altered in place.
        """
        ...

    async def wait_for_change(self) -> None:
        """Returns when `admit` may answer differently from now on; the wait begins with the call."""
        ...


class AdmissionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of the gate."""

    mode: GateMode = GateMode.BOUNDED
    hold_seconds: float = 3.0
    """How long a stream may wait until we are ready, unless it is parked."""
    role_hold_seconds: float = 3.0
    """How long it may wait for a role that is not known."""
    per_second: float = 0.0
    """How many streams are let in per second; 0 for as many as come."""
    burst: int = 200
    """So many may be let in at once, after a quiet time."""
    first: Warmth = "cold"
    """Who is let in first of those who wait: proxies that have nothing yet, or those that come back."""
    queue_seconds: float = 10.0
    """How long a stream may wait to be let in."""

    def budget(self, kind: HoldKind) -> float:
        """Seconds that a stream may spend in bounded waits of that kind."""
        seconds = {"not_ready": self.hold_seconds, "unknown_role": self.role_hold_seconds}
        return seconds.get(kind, self.queue_seconds)

    def waits(self, kind: HoldKind) -> Literal["never", "bounded", "forever"]:
        """How a hold of that kind is borne. Nobody waits for ever for a role that may not exist."""
        if self.mode is GateMode.REFUSE and kind != "queued":
            return "never"
        return "forever" if self.mode is GateMode.PARK and kind == "not_ready" else "bounded"


class AdmissionWait:
    """One stream's way past the admission policy."""

    __slots__ = (
        "_address",
        "_admission",
        "_clock",
        "_policy",
        "_queue",
        "_released",
        "_timeout",
        "hold",
        "outcome",
        "since",
    )

    def __init__(
        self,
        admission_policy: AdmissionPolicy,
        admission: AdmissionConfig,
        clock: Clock,
        queue: AdmissionQueue | None = None,
        address: str = "",
    ) -> None:
        """*pace* is that of all streams together; None to let in whoever may be. *address*: from where it comes."""
        self._queue = queue
        self._address = address
        self._policy = admission_policy
        self._admission = admission
        self._clock = clock
        self._released = False
        self._timeout: asyncio.Timeout | None = None
        self.hold: Hold | None = None
        """The last reason to wait; None if there was none."""
        self.since = 0.0
        """When the wait began."""
        self.outcome: HoldOutcome = "client_left"
        """How the wait ended; "client_left" until it has."""

    async def admitted(
        self, node: Node, on_hold: Callable[[Hold], None] = lambda _: None, *, cold: bool = False
    ) -> RoleTables | Hold:
        """The view for *node*, as soon as there is one; or why the wait was given up. *cold*: whether it has nothing.

        *on_hold* is called when a wait begins, and whenever it goes on for another kind of reason.

        Each kind has a budget of its own, which only bounded waits of that kind use up.
        """
        spent: dict[HoldKind, float] = {}
        self.since = self._clock()
        turn = False
        while True:
            answer = self._policy.admit(node)
            if not isinstance(answer, Hold):
                if turn or self._queue is None or self._queue.free():
                    self.outcome = "admitted"
                    return answer
                if self._released:
                    self.outcome = "operator"
                    return answer
                answer = self._queued(self._queue)
            if cold and answer.fallback is not None:
                self.outcome = "last_good"
                return answer.fallback
            if answer.fallback is not None:  # it is not for this one, and no business of pages
                answer = Hold(answer.reason, answer.kind)
            known, self.hold = self.hold, answer
            borne = self._admission.waits(answer.kind)
            left = self._admission.budget(answer.kind) - spent.get(answer.kind, 0.0)
            if (outcome := self._given_up(borne, left)) is not None:
                self.outcome = outcome
                return answer
            if known is None or known.kind != answer.kind:
                on_hold(answer)
            began = self._clock()
            came = await self._wait(None if borne == "forever" else left, answer.kind, node, cold=cold)
            turn = came and answer.kind == "queued"
            if borne == "bounded":
                spent[answer.kind] = spent.get(answer.kind, 0.0) + (self._clock() - began if came else float("inf"))

    def release(self) -> None:
        """Ends the wait now: who is queued is let in, who cannot be served yet is told why, and may go elsewhere."""
        self._released = True
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time())

    def _given_up(self, borne: str, left: float) -> HoldOutcome | None:
        if borne == "never":
            return "refused"
        if self._released:
            return "operator"
        return "timeout" if borne == "bounded" and left <= 0 else None

    def _queued(self, queue: AdmissionQueue) -> Hold:
        admission = self._admission
        return Hold(
            f"{queue.waiting} streams wait before this one, {admission.per_second:g} are let in per second, "
            f"{admission.first} ones first: try again, or another replica",
            "queued",
        )

    async def _wait(self, seconds: float | None, kind: HoldKind, node: Node, *, cold: bool) -> bool:
        """Whether something changed before time ran out; or, if one is queued, whether it is one's turn."""
        # No await between admit() and wait_for_change(): what changes in between would be missed.
        try:
            async with asyncio.timeout(seconds) as self._timeout:
                if kind == "queued" and self._queue is not None:
                    preferred = cold is (self._admission.first == "cold")
                    await self._queue.turn(preferred=preferred, address=self._address, name=node.id)
                else:
                    await self._policy.wait_for_change()
        except TimeoutError:
            return False
        finally:
            self._timeout = None
        return True
