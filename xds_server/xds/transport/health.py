"""gRPC health checks, of the server and of each discovery service.

The reference implementation writes to a watcher while it holds what a change of the status waits for: a client that does not
read would keep the status as it is, and the server from stopping.
Source: grpc/health/v1/health.proto.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Any, Final

import grpc

from xds_server.envoy.wire.reader import DecodeError, field_at, text
from xds_server.envoy.wire.writer import LENGTH_DELIMITED, field_varint
from xds_server.model.printable import printable
from xds_server.xds.transport.auxiliary_calls import Handler, run_to_completion

SERVICE: Final = "grpc.health.v1.Health"

_SERVING, _NOT_SERVING, _SERVICE_UNKNOWN = (field_varint(1, status) for status in (1, 2, 3))
_NAME: Final = 1 << 3 | LENGTH_DELIMITED
_DETAILS: Final = 500


class HealthService:
    """Says of each of *services* whether it is worth asking: all of them are, or none; none at first."""

    def __init__(self, services: Collection[str]) -> None:
        self._services = frozenset(services)
        self._status = _NOT_SERVING
        self._ends = False
        self._changed = asyncio.Event()

    def set(self, *, serving: bool) -> None:
        """Answers from now on so; after `end` it has no effect."""
        status = _SERVING if serving and not self._ends else _NOT_SERVING
        if status != self._status:
            self._status = status
            self._changed.set()
            self._changed = asyncio.Event()

    def end(self) -> None:
        """Not serving, for ever."""
        self._ends = True
        self.set(serving=False)

    def handler(self, counted: Callable[[Handler[Any]], Handler[Any]]) -> Any:
        """The gRPC handler of the service; *counted* is put around each method."""
        methods = {
            "Check": grpc.unary_unary_rpc_method_handler(counted(self._check)),
            "Watch": grpc.unary_stream_rpc_method_handler(counted(self._watch)),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    async def _check(self, request: bytes, call: Any) -> bytes:
        name = await _service(request, call)
        if name not in self._services:
            await call.abort(grpc.StatusCode.NOT_FOUND, f"there is no service {printable(name, _DETAILS)!r} here")
        return self._status

    async def _watch(self, request: bytes, call: Any) -> None:
        known = await _service(request, call) in self._services
        told = b""
        while True:
            changed, status = self._changed, self._status if known else _SERVICE_UNKNOWN
            if status != told:
                await run_to_completion(call.write(status))
                told = status
            else:
                await changed.wait()


async def _service(request: bytes, call: Any) -> str:
    """The name of the service that is asked for; "" for the server."""
    name, at = "", 0
    try:
        while at < len(request):
            key, begin, at = field_at(request, at, len(request))
            if key == _NAME:
                name = text(request, begin, at)
    except DecodeError as error:
        await call.abort(grpc.StatusCode.INVALID_ARGUMENT, f"health request refused: {error}")
    return name
