"""What other threads have called on the event loop."""

import asyncio
import threading
import time

import pytest

from xds_server.server.loop_calls import LoopCalls, call_in_loop


async def test_what_is_called_off_is_never_called() -> None:
    """A page for which the loop was too busy does not run later, and so they do not pile up."""
    loop, called = asyncio.get_running_loop(), []

    def content() -> bytes:
        called.append(1)
        return b"late"

    outcome: list[object] = []

    def ask() -> None:
        try:
            outcome.append(call_in_loop(loop, content, 0.01))
        except TimeoutError as error:
            outcome.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()  # the loop is busy meanwhile: with us
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert isinstance(outcome[0], TimeoutError)
    assert called == []


async def test_what_has_begun_is_waited_for() -> None:
    """A release that is told to have failed has not been made."""
    loop, entered = asyncio.get_running_loop(), threading.Event()

    def content() -> bytes:
        entered.set()
        time.sleep(0.05)  # the loop is busy with it for longer than the caller would wait for its beginning
        return b"done"

    assert await asyncio.to_thread(call_in_loop, loop, content, 0.02) == b"done"
    assert entered.is_set()


async def test_a_loop_that_is_gone_is_busy() -> None:
    """And so is none at all: the server ends."""
    gone = asyncio.new_event_loop()
    gone.close()
    for loop in (gone, None):
        with pytest.raises(TimeoutError):
            call_in_loop(loop, bytes, 1)


async def test_pages_have_a_share_of_the_loop() -> None:
    """After a page that took long, the next rests for four times as long; one that would wait too long is not made."""
    now, slept = 100.0, []

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    def page(seconds: float) -> bytes:
        nonlocal now
        now += seconds
        return b"page"

    calls = LoopCalls(asyncio.get_running_loop(), 5.0, clock=lambda: now, sleep=sleep)
    assert await asyncio.to_thread(calls, lambda: page(0.25)) == b"page"
    assert await asyncio.to_thread(calls, lambda: page(0.5)) == b"page"
    assert await asyncio.to_thread(calls, lambda: page(2.0)) == b"page"
    assert slept == [1.0, 2.0]
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(calls, lambda: page(0.1))
    now += 8
    assert await asyncio.to_thread(calls, lambda: page(0.0)) == b"page"


async def test_a_page_that_raises_is_the_askers() -> None:
    """And the next has its turn."""
    calls = LoopCalls(asyncio.get_running_loop(), 5.0)

    def broken() -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await asyncio.to_thread(calls, broken)
    assert await asyncio.to_thread(calls, lambda: b"page") == b"page"
