"""An event loop whose time is a number: when nobody can run, it jumps to when somebody can."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class DeadlockError(Exception):
    """Everybody waits for somebody else, and no timer will end it."""


class _Selector(selectors.SelectSelector):
    """Waits for nothing: a wait is a jump in time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise DeadlockError("nobody can run, and nothing is due")
        self.now += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Deterministic: no sockets, no threads, no clock but its own. Seconds from 0."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)
        self.set_exception_handler(self._note)
        self.faults: list[str] = []
        """What went wrong in callbacks and tasks that nobody waits for."""

    def time(self) -> float:
        return self._virtual.now

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """There are no threads: it is done here and now."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is raised where the result is awaited
            future.set_exception(error)
        return future

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.faults.append(f"{context.get('message')}: {context.get('exception')!r}")


def run(main: Coroutine[Any, Any, None]) -> list[str]:
    """Runs to the end in no time; returns what went wrong unobserved."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(main)
        return loop.faults
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        if pending:
            loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
