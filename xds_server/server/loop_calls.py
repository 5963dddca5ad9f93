"""Calls on the event loop from other threads: those of the HTTP server, whose pages read what the loop writes."""

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable

_PAGES_SHARE = 0.2
"""Share of the event loop's time that pages may take."""


def call_in_loop(loop: asyncio.AbstractEventLoop | None, content: Callable[[], bytes], seconds: float) -> bytes:
    """Calls *content* on the event loop, from another thread, and returns its result.

    Raises: TimeoutError, if the call has not begun after *seconds*; then it never begins. A call that has begun is waited for.
    """
    answer: concurrent.futures.Future[bytes] = concurrent.futures.Future()

    def call() -> None:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            answer.set_result(content())
        except Exception as error:  # noqa: BLE001 - it belongs to the calling thread
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


class LoopCalls:
    """Calls functions on the event loop for other threads: one at a time, and for at most a share of the loop's time.

    So a client that asks for pages without end delays nothing else.
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
        """*seconds*: how long a call may wait for the calls before it, and then for the loop."""
        self._loop = loop
        self._seconds = seconds
        self._rest = 1 / share - 1
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()
        self._next = clock()

    def __call__(self, content: Callable[[], bytes]) -> bytes:
        """Calls *content* on the event loop, and returns its result. Raises: TimeoutError; then it is never called."""
        if not self._turn.acquire(timeout=self._seconds):
            raise TimeoutError
        try:
            rest = self._next - self._clock()
            if rest > self._seconds:
                raise TimeoutError
            if rest > 0:
                self._sleep(rest)
            return call_in_loop(self._loop, lambda: self._measured(content), self._seconds)
        finally:
            self._turn.release()

    def _measured(self, content: Callable[[], bytes]) -> bytes:
        begin = self._clock()
        try:
            return content()
        finally:
            end = self._clock()
            self._next = end + (end - begin) * self._rest
