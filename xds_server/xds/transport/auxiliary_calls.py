"""Calls of services other than discovery: health, reflection and client status. Their number is limited, also per address.

A cancelled gRPC operation leaks memory (https://github.com/grpc/grpc/issues/43360), so none is cancelled here. When its
waiter is cancelled, the operation goes on until the call is over.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

import grpc

from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.stream_limiter import host

_ADDRESS_SHARE: Final = 4
"""One address may have a quarter of the calls."""

T = TypeVar("T")
Handler = Callable[[Any, Any], Awaitable[T]]


class AuxiliaryCalls:
    """Counts the open calls, and refuses more than the limit."""

    def __init__(self, limits: Limits, on_refused: Callable[[], None]) -> None:
        self._max_calls = limits.auxiliary_calls
        self._max_per_address = max(1, self._max_calls // _ADDRESS_SHARE)
        self._on_refused = on_refused
        self.by_address: Counter[str] = Counter()
        self.open = 0

    def limit(self, handler: Handler[T]) -> Handler[T]:
        """Wraps the *handler* of a method, so that a call beyond the limit is aborted with RESOURCE_EXHAUSTED."""

        async def call_limited(request: Any, call: Any) -> T:
            owner = host(call.peer())
            if self.open >= self._max_calls or self.by_address[owner] >= self._max_per_address:
                self._on_refused()
                text = f"{self._max_calls} calls of services other than discovery are open, or {self._max_per_address} from this address: try again later"
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

        return call_limited


async def run_to_completion(operation: Coroutine[Any, Any, T]) -> T:
    """The result of a gRPC operation, which goes on if the waiter is cancelled."""
    task = asyncio.ensure_future(operation)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(drop_result)
        raise


async def read_message(call: Any, seconds: float) -> bytes | None:
    """The next message of a call; None if there are no more. Aborts the call if none comes within *seconds*."""
    task = asyncio.ensure_future(call.read())
    try:
        await asyncio.wait((task,), timeout=seconds)
        if not task.done():
            text = f"no request came within {seconds:g} s: open another stream when there is one"
            await call.abort(grpc.StatusCode.DEADLINE_EXCEEDED, text)
        data = task.result()
    finally:
        if not task.done():
            task.add_done_callback(drop_result)
    return data if isinstance(data, bytes) else None


def drop_result(task: "asyncio.Task[Any]") -> None:
    """Looks at the result of a finished task, so that asyncio does not complain that nobody did."""
    task.cancelled() or task.exception()
