"""The process itself: since when it runs, what it is told to do, and when it clears up."""

import asyncio
import concurrent.futures
import contextlib
import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_STARTED_FIELD = 22
_PAGES_SHARE = 0.2
"""Of the event loop's time, for pages."""


class StartError(Exception):
    """The server cannot start; the message says why and what to do, in one line."""


def started(stat: Path = Path("/proc/self/stat")) -> float:
    """When this process began, on the monotonic clock; now, where the system does not say. Source: proc(5)."""
    now = time.monotonic()
    try:
        text = stat.read_text(encoding="utf-8")
        # The second field is a name in brackets, with anything in it: those after it are counted from there.
        ticks = int(text.rpartition(")")[2].split()[_STARTED_FIELD - 3])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return now
    return now - max(0.0, age)


def leaving() -> "asyncio.Queue[str]":
    """The names of signals to leave, as they come."""
    queue: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, queue.put_nowait, number.name)
    return queue


@contextlib.contextmanager
def quiet_collector() -> Iterator[None]:
    """Keeps the garbage collector out while much is loaded that will stay: it would walk it again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settle_collector() -> None:
    """What is loaded stays; from now on only what comes after it is looked at, and seldom."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


def called_on(loop: asyncio.AbstractEventLoop | None, content: Callable[[], bytes], seconds: float) -> bytes:
    """What *content* returns, called on the event loop, for another thread.

    Raises: TimeoutError, if it has not begun after *seconds*: then it never does. Once it has begun, it is waited for.
    """
    answer: concurrent.futures.Future[bytes] = concurrent.futures.Future()

    def call() -> None:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            answer.set_result(content())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the asking thread's
            answer.set_exception(error)

    if loop is None:
        raise TimeoutError
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:  # the loop is closed: the server ends
        raise TimeoutError from None
    try:
        return answer.result(seconds)
    except concurrent.futures.CancelledError:
        raise TimeoutError from None
    except TimeoutError:
        if answer.cancel() or answer.done():
            raise
        return answer.result()


class Turns:
    """Has functions called on the event loop for other threads, one at a time, and for a share of its time at most.

    So whoever asks for pages without end keeps nothing else waiting.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop | None,
        seconds: float,
        *,
        share: float = _PAGES_SHARE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """*seconds*: how long a call may wait for its turn, and then for the loop."""
        self._loop = loop
        self._seconds = seconds
        self._rest = 1 / share - 1
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()
        self._next = clock()

    def __call__(self, content: Callable[[], bytes]) -> bytes:
        """What *content* returns, called on the event loop. Raises: TimeoutError, and then it is never called."""
        if not self._turn.acquire(timeout=self._seconds):
            raise TimeoutError
        try:
            rest = self._next - self._clock()
            if rest > self._seconds:
                raise TimeoutError
            if rest > 0:
                self._sleep(rest)
            return called_on(self._loop, lambda: self._measured(content), self._seconds)
        finally:
            self._turn.release()

    def _measured(self, content: Callable[[], bytes]) -> bytes:
        begin = self._clock()
        try:
            return content()
        finally:
            end = self._clock()
            self._next = end + (end - begin) * self._rest
