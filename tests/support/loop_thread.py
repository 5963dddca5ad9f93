"""An event loop in a thread of its own, for callers that block."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class LoopThread:
    """The loop runs for as long as the block lasts. A subclass gives `_open` and `_close`, which run on the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._open())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        raise NotImplementedError

    async def _close(self) -> None:
        raise NotImplementedError

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs the coroutine on the loop, and returns its result. Raises: TimeoutError after 30 s."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)
