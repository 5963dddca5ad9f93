"""Calls beside discovery: health, reflection and client status. So many at a time, and a part of them from one address.

An operation of gRPC that is cancelled costs memory for ever (https://github.com/grpc/grpc/issues/43360): here none is. When
who waits for it goes away, it goes on until the call is over.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

import grpc

from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.stream_limiter import host

_PART: Final = 4

T = TypeVar("T")
Handler = Callable[[Any, Any], Awaitable[T]]


class AuxiliaryCalls:
    """Counts those calls, and turns away what is too much."""

    def __init__(self, limits: Limits, on_refused: Callable[[], None]) -> None:
        self._most = limits.side_streams
        self._of_address = max(1, self._most // _PART)
        self._on_refused = on_refused
        self.by_address: Counter[str] = Counter()
        self.open = 0

    def counted(self, handler: Handler[T]) -> Handler[T]:
        """*handler*, called with a request and a call as gRPC's handlers are, if there is a place."""

        async def call_counted(request: Any, call: Any) -> T:
            owner = host(call.peer())
            if self.open >= self._most or self.by_address[owner] >= self._of_address:
                self._on_refused()
                text = f"{self._most} calls beside discovery are open, or {self._of_address} from this address: try again later"
                await call.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
            self.open += 1
            self.by_address[owner] += 1
            try:
                return await handler(request, call)
            finally:
                self.open -= 1
                self.by_address[owner] -= 1
                if not self.by_address[owner]:
                    del self.by_address[owner]

        return call_counted


async def run_to_completion(operation: Coroutine[Any, Any, T]) -> T:
    """What an operation of gRPC gives; it goes on, if who waits for it is cancelled."""
    task = asyncio.ensure_future(operation)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_forget)
        raise


async def read(call: Any, seconds: float) -> bytes | None:
    """The next message; None if there are no more. Ends the call, if none comes within so many seconds."""
    task = asyncio.ensure_future(call.read())
    try:
        await asyncio.wait((task,), timeout=seconds)
        if not task.done():
            text = f"no request came within {seconds:g} s: open another stream when there is one"
            await call.abort(grpc.StatusCode.DEADLINE_EXCEEDED, text)
        data = task.result()
    finally:
        if not task.done():
            task.add_done_callback(_forget)
    return data if isinstance(data, bytes) else None


def _forget(task: "asyncio.Task[Any]") -> None:
    task.cancelled() or task.exception()
