"""Waits for admission on the event loop, with a policy whose answers are written down."""

import asyncio
from itertools import count
from typing import Literal

import pytest

from tests.support.views import EMPTY_VIEW
from xds_server.model.admission import GateMode
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.admission_queue import AdmissionQueue
from xds_server.xds.transport.config import AdmissionConfig
from xds_server.xds.transport.stream_admission import StreamAdmission

NODE = Node("proxy-1", "shop/web", "shop/web")
NOT_READY = Hold("waiting for services", "not_ready")
UNKNOWN = Hold("no such Gateway", "unknown_role")


class Scripted:
    """Gives its answers in turn, and the last for ever; says that something changed as often as it has answers."""

    def __init__(self, *answers: RoleTables | Hold) -> None:
        self.answers = list(answers)

    def admit(self, node: Node) -> RoleTables | Hold:
        assert node is NODE
        return self.answers[0]

    async def wait_for_change(self) -> None:
        if len(self.answers) == 1:
            await asyncio.get_running_loop().create_future()
        self.answers.pop(0)


def _admission(admission_policy: Scripted, mode: GateMode, seconds: float = 60) -> StreamAdmission:
    ticks = count()
    return StreamAdmission(
        admission_policy, AdmissionConfig(mode=mode, hold_seconds=seconds), lambda: float(next(ticks))
    )


@pytest.mark.parametrize("mode", GateMode)
async def test_whoever_is_admitted_does_not_wait(mode: GateMode) -> None:
    """With the gate open no mode makes a difference."""
    admission = _admission(Scripted(EMPTY_VIEW), mode)
    assert await admission.wait_until_admitted(NODE) is EMPTY_VIEW
    assert (admission.hold, admission.outcome) == (None, "admitted")


async def test_a_wait_ends_when_the_answer_changes() -> None:
    """One reason may follow another before there is a view."""
    admission = _admission(Scripted(NOT_READY, UNKNOWN, EMPTY_VIEW), GateMode.BOUNDED)
    assert await admission.wait_until_admitted(NODE) is EMPTY_VIEW
    assert (admission.hold, admission.outcome) == (UNKNOWN, "admitted")


async def test_the_bound_ends_with_the_newest_reason() -> None:
    """What is told at the end is what is awaited then."""

    class Moving(Scripted):
        def admit(self, node: Node) -> RoleTables | Hold:
            return Hold(f"{next(numbers)} of 9 listed", "not_ready")

    numbers = count(3)
    admission = _admission(Moving(NOT_READY), GateMode.BOUNDED, 0.001)
    assert await admission.wait_until_admitted(NODE) == Hold("4 of 9 listed", "not_ready")
    assert admission.outcome == "timeout"


async def test_refuse_asks_once() -> None:
    """Mode refuse does not wait for anything."""
    admission = _admission(Scripted(NOT_READY), GateMode.REFUSE)
    assert await admission.wait_until_admitted(NODE) is NOT_READY
    assert admission.outcome == "refused"


async def test_changes_do_not_lengthen_the_bound() -> None:
    """Reasons that keep changing use up one bound, not one each."""
    admission_policy = Scripted(*[NOT_READY] * 50)
    admission = _admission(admission_policy, GateMode.BOUNDED, 3)  # The clock says that each wait takes a second.
    assert await admission.wait_until_admitted(NODE) == NOT_READY
    assert admission.outcome == "timeout"
    assert len(admission_policy.answers) == 47


async def test_being_parked_does_not_use_up_the_bound() -> None:
    """After a long time in the park an unknown role has the whole bound before it."""
    admission = _admission(Scripted(*[NOT_READY] * 100, UNKNOWN, EMPTY_VIEW), GateMode.PARK, 5)
    assert await admission.wait_until_admitted(NODE) is EMPTY_VIEW
    assert admission.outcome == "admitted"


async def test_a_change_right_after_the_answer_is_not_missed() -> None:
    """An admission policy that forgets a change as soon as it was told loses nobody who was waiting."""

    class Forgetful(Scripted):
        event = asyncio.Event()

        def admit(self, node: Node) -> RoleTables | Hold:
            asyncio.get_running_loop().call_soon(self.open)
            return super().admit(node)

        def open(self) -> None:
            self.answers = [EMPTY_VIEW]
            event, self.event = self.event, asyncio.Event()
            event.set()

        async def wait_for_change(self) -> None:
            await self.event.wait()

    admission = _admission(Forgetful(NOT_READY), GateMode.PARK)
    async with asyncio.timeout(10):
        assert await admission.wait_until_admitted(NODE) is EMPTY_VIEW


async def test_a_wait_that_is_cut_short_is_gone() -> None:
    """A client that leaves is told apart from one that was refused."""
    admission = _admission(Scripted(NOT_READY), GateMode.PARK)
    task = asyncio.create_task(admission.wait_until_admitted(NODE))
    while admission.hold is None:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (admission.hold, admission.outcome) == (NOT_READY, "client_left")


async def test_each_kind_of_hold_has_its_own_budget() -> None:
    """What was spent on readiness is not missing when the role is unknown."""
    admission_policy = Scripted(NOT_READY, NOT_READY, UNKNOWN)
    config = AdmissionConfig(hold_seconds=2.5, role_hold_seconds=0.001)
    ticks = count()
    admission = StreamAdmission(admission_policy, config, lambda: float(next(ticks)))

    assert await admission.wait_until_admitted(NODE) == UNKNOWN
    assert admission.outcome == "timeout"
    assert (config.max_seconds("not_ready"), config.max_seconds("unknown_role")) == (2.5, 0.001)


@pytest.mark.parametrize("mode", [GateMode.PARK, GateMode.BOUNDED])
async def test_a_released_stream_is_told_why_and_counts_as_override(mode: GateMode) -> None:
    """An operator ends a wait: the client hears the reason and may go elsewhere; it is not served the unknown."""
    admission = _admission(Scripted(NOT_READY), mode)
    task = asyncio.create_task(admission.wait_until_admitted(NODE))
    while admission.hold is None:
        await asyncio.sleep(0)
    admission.release()
    admission.release()

    assert await task == NOT_READY
    assert admission.outcome == "operator"


async def test_a_release_does_not_refuse_whoever_can_be_served() -> None:
    """The admission policy has the last word."""
    admission_policy = Scripted(NOT_READY)
    admission = _admission(admission_policy, GateMode.PARK)
    task = asyncio.create_task(admission.wait_until_admitted(NODE))
    while admission.hold is None:
        await asyncio.sleep(0)
    admission_policy.answers = [EMPTY_VIEW]
    admission.release()

    assert await task is EMPTY_VIEW
    assert admission.outcome == "admitted"


@pytest.mark.parametrize("mode", [GateMode.PARK, GateMode.BOUNDED, GateMode.REFUSE])
async def test_a_client_that_has_nothing_takes_what_was_good_before(mode: GateMode) -> None:
    """At once, in every mode with a gate."""
    admission = _admission(Scripted(Hold("no API server", "not_ready", EMPTY_VIEW)), mode)

    assert await admission.wait_until_admitted(NODE, cold=True) is EMPTY_VIEW
    assert admission.outcome == "last_good"


async def test_a_client_that_has_something_keeps_it() -> None:
    """What it has may be newer than what we remember. The offer does not leave the gate."""
    admission = _admission(Scripted(Hold("no API server", "not_ready", EMPTY_VIEW)), GateMode.BOUNDED, 0.001)

    assert await admission.wait_until_admitted(NODE) == Hold("no API server", "not_ready")
    assert admission.outcome == "timeout"


def _queued(first: Literal["cold", "warm"], *, seconds: float = 60) -> tuple[StreamAdmission, AdmissionQueue]:
    """An admission that waits in the queue."""
    queue = AdmissionQueue(0.001, 1, clock=asyncio.get_running_loop().time)
    assert queue.try_admit()
    config = AdmissionConfig(mode=GateMode.REFUSE, per_second=0.001, first=first, queue_seconds=seconds)
    admission = StreamAdmission(Scripted(EMPTY_VIEW), config, asyncio.get_running_loop().time, queue)
    return admission, queue


async def test_who_is_queued_for_too_long_is_told_so() -> None:
    """In every mode of the gate: how many wait, and what to do."""
    admission, _ = _queued("cold", seconds=0.001)
    held: list[Hold] = []

    said = await admission.wait_until_admitted(NODE, held.append, cold=True)

    assert isinstance(said, Hold)
    assert (said.kind, admission.outcome, len(held)) == ("queued", "timeout", 1)
    assert "0.001 are admitted per second, cold ones first" in said.reason


async def test_who_is_queued_is_let_in_by_a_release() -> None:
    """It can be served: an operator need not send it away."""
    admission, queue = _queued("cold")
    task = asyncio.create_task(admission.wait_until_admitted(NODE, cold=True))
    while not queue.waiting:
        await asyncio.sleep(0)
    admission.release()

    assert await task is EMPTY_VIEW
    assert (admission.outcome, queue.waiting) == ("operator", 0)


@pytest.mark.parametrize(("first", "cold"), [("cold", True), ("cold", False), ("warm", True), ("warm", False)])
async def test_the_setting_says_who_is_first(first: Literal["cold", "warm"], cold: bool) -> None:
    """Of two that wait, the one that it names."""
    admission, queue = _queued(first)
    task = asyncio.create_task(admission.wait_until_admitted(NODE, cold=cold))
    while not queue.waiting:
        await asyncio.sleep(0)

    assert queue._preferred.waiting == (cold is (first == "cold"))
    task.cancel()
    await asyncio.wait([task])
    assert queue.waiting == 0
