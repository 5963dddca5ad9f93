"""Whether a silent server is still there."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.support import clock
from xds_server.providers.kubernetes.errors import ApiError
from xds_server.providers.kubernetes.keepalive import ANSWER_SECONDS, QUIET_SECONDS, Keepalive

NOTICED_SECONDS = QUIET_SECONDS + 2 * ANSWER_SECONDS + 1.0


class Server:
    """Answers, or does not."""

    def __init__(self) -> None:
        self.pinged: list[float] = []
        self.failure: Exception | None = None
        self.frozen = False
        self.thawed = asyncio.Event()

    async def ping(self, seconds: float) -> None:
        assert seconds == ANSWER_SECONDS
        self.pinged.append(asyncio.get_running_loop().time())
        if self.frozen:
            await self.thawed.wait()
        if self.failure is not None:
            raise self.failure


class Listener:
    """Who wants to know."""

    def __init__(self) -> None:
        self.following = True
        self.told: list[tuple[float, str]] = []

    def server_silent(self, error: ApiError) -> None:
        self.told.append((asyncio.get_running_loop().time(), error.message))

    def server_back(self) -> None:
        self.told.append((asyncio.get_running_loop().time(), ""))


def run(main: Callable[[Server, Keepalive, Listener], Coroutine[Any, Any, None]]) -> None:
    """Runs it beside a keepalive, in no time."""

    async def whole() -> None:
        server, listener = Server(), Listener()
        keepalive = Keepalive(server.ping)
        keepalive.listeners = [listener]
        task = asyncio.create_task(keepalive.run())
        await main(server, keepalive, listener)
        assert not task.done()

    assert clock.run(whole()) == []


def test_a_server_that_talks_is_not_asked() -> None:
    """Nobody asks who is heard."""

    async def main(server: Server, keepalive: Keepalive, _: Listener) -> None:
        for _i in range(100):
            await asyncio.sleep(QUIET_SECONDS - 1)
            keepalive.heard()
        assert server.pinged == []

    run(main)


def test_a_silent_server_is_asked_gently() -> None:
    """Once each ten seconds, for all kinds; not at all while nobody follows."""

    async def main(server: Server, _: Keepalive, listener: Listener) -> None:
        await asyncio.sleep(60.5)
        assert len(server.pinged) == 6
        listener.following = False
        await asyncio.sleep(600)
        assert len(server.pinged) == 6
        assert listener.told == []

    run(main)


def test_a_frozen_server_is_noticed_and_its_return_too() -> None:
    """Said once, within half a minute; and once more when it answers."""

    async def main(server: Server, _: Keepalive, listener: Listener) -> None:
        server.frozen = True
        await asyncio.sleep(300)
        assert listener.told == [(NOTICED_SECONDS, "no answer within 5 s")]
        server.frozen = False
        server.thawed.set()
        await asyncio.sleep(ANSWER_SECONDS + 1)
        assert [message for _, message in listener.told] == ["no answer within 5 s", ""]
        await asyncio.sleep(300)
        assert len(listener.told) == 2

    run(main)


def test_who_is_heard_meanwhile_is_back() -> None:
    """Whatever it was that came."""

    async def main(server: Server, keepalive: Keepalive, listener: Listener) -> None:
        server.failure = ApiError("cannot reach it")
        await asyncio.sleep(60)
        keepalive.heard()
        await asyncio.sleep(2)
        assert [message for _, message in listener.told] == ["cannot reach it", ""]

    run(main)


@pytest.mark.parametrize("failure", [ApiError("reset"), ValueError("a fault of ours")])
def test_one_answer_may_be_lost(failure: Exception) -> None:
    """The next is asked for at once."""

    async def main(server: Server, _: Keepalive, listener: Listener) -> None:
        server.failure = failure
        await asyncio.sleep(QUIET_SECONDS + 0.5)
        server.failure = None
        await asyncio.sleep(300)
        assert listener.told == []
        assert server.pinged[1] - server.pinged[0] == 1.0

    run(main)


def test_a_patient_with_a_fault_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and the keepalive goes on."""

    class Faulty(Listener):
        def server_silent(self, error: ApiError) -> None:
            raise ZeroDivisionError

    async def main(server: Server, keepalive: Keepalive, listener: Listener) -> None:
        keepalive.listeners = [Faulty(), listener]
        server.failure = ApiError("cannot reach it")
        await asyncio.sleep(60)
        assert [message for _, message in listener.told] == ["cannot reach it"]

    run(main)
    assert len(caplog.records) == 1
