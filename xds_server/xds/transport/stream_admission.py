"""Waits until a stream is admitted or refused: the event loop's side of `AdmissionWait`."""

import asyncio
from collections.abc import Callable

from probes import Clock
from xds_server.model.admission import HoldOutcome
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.admission import (
    AdmissionPolicy,
    AdmissionWait,
    Admit,
    Hold,
    Queued,
    Refuse,
    WaitUntil,
)
from xds_server.xds.transport.admission_queue import AdmissionQueue
from xds_server.xds.transport.config import AdmissionConfig


class StreamAdmission:
    """The admission of one stream."""

    __slots__ = ("_address", "_clock", "_config", "_policy", "_queue", "_timeout", "_wait", "since")

    def __init__(
        self,
        policy: AdmissionPolicy,
        config: AdmissionConfig,
        clock: Clock,
        queue: AdmissionQueue | None = None,
        address: str = "",
    ) -> None:
        """*queue*: the queue of all streams; None to admit each at once. *address*: the address of the client."""
        self._policy = policy
        self._config = config
        self._clock = clock
        self._queue = queue
        self._address = address
        self._wait: AdmissionWait | None = None
        self._timeout: asyncio.Timeout | None = None
        self.since = 0.0
        """When `wait_until_admitted` was called."""

    @property
    def hold(self) -> Hold | None:
        """The last reason to wait; None if there was none."""
        return None if self._wait is None else self._wait.hold

    @property
    def outcome(self) -> HoldOutcome:
        """How the wait ended; `client_left` until it has."""
        return "client_left" if self._wait is None else self._wait.outcome

    async def wait_until_admitted(
        self, node: Node, on_hold: Callable[[Hold], None] = lambda _: None, *, cold: bool = False
    ) -> RoleTables | Hold:
        """The tables for *node* once it is admitted, or the reason why it is refused.

        *cold*: whether the client has no configuration yet. *on_hold* is called when a wait begins, and when its kind changes.
        """
        self._wait = wait = AdmissionWait(self._config, cold=cold)
        self.since = now = self._clock()
        has_turn = False
        while True:
            decision = wait.step(now, self._ask(node, has_turn=has_turn))
            if isinstance(decision, Admit):
                return decision.tables
            if isinstance(decision, Refuse):
                return decision.hold
            if decision.started:
                on_hold(decision.hold)
            now, has_turn = await self._wait_for(decision, now, node, cold=cold)

    def release(self) -> None:
        """Ends the wait now: a queued stream is admitted, any other that still cannot be served is refused."""
        if self._wait is not None:
            self._wait.release()
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time())

    def _ask(self, node: Node, *, has_turn: bool) -> RoleTables | Hold | Queued:
        answer = self._policy.admit(node)
        if isinstance(answer, Hold) or has_turn or self._queue is None or self._queue.try_admit():
            return answer
        config = self._config
        reason = (
            f"{self._queue.waiting} streams wait before this one, {config.per_second:g} are admitted per second, "
            f"{config.first} ones first: try again, or another replica"
        )
        return Queued(answer, Hold(reason, "queued"))

    async def _wait_for(self, decision: WaitUntil, now: float, node: Node, *, cold: bool) -> tuple[float, bool]:
        """Waits as decided at the time *now*. Returns the time after the wait, and whether it is a queued stream's turn."""
        # No await between admit() and wait_for_change(): a change in between would be lost.
        queued, deadline = decision.hold.kind == "queued", decision.deadline
        try:
            async with asyncio.timeout(None if deadline is None else deadline - now) as self._timeout:
                if queued and self._queue is not None:
                    preferred = cold is (self._config.first == "cold")
                    await self._queue.wait_turn(preferred=preferred, address=self._address, name=node.id)
                else:
                    await self._policy.wait_for_change()
        except TimeoutError:  # The loop's clock is not ours: the deadline has passed, whatever ours says.
            return max(self._clock(), deadline or 0.0), False
        finally:
            self._timeout = None
        return self._clock(), queued
