"""gRPC health checks of the server and of each discovery service.

This is not the reference implementation of grpcio-health-checking, because that one holds a lock while it writes to a watcher:
a client that does not read would keep the status from changing, and the server from stopping.
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
    """The status of *services*: all of them are SERVING, or none is. At first none is."""

    def __init__(self, services: Collection[str]) -> None:
        self._services = frozenset(services)
        self._status = _NOT_SERVING
        self._ended = False
        self._changed = asyncio.Event()

    def set(self, *, serving: bool) -> None:
        """Changes the status of all services. It has no effect after `end`."""
        status = _SERVING if serving and not self._ended else _NOT_SERVING
        if status != self._status:
            self._status = status
            self._changed.set()
            self._changed = asyncio.Event()

    def end(self) -> None:
        """Changes the status to NOT_SERVING for good."""
        self._ended = True
        self.set(serving=False)

    def handler(self, limit: Callable[[Handler[Any]], Handler[Any]]) -> Any:
        """The gRPC handler of the service; *limit* wraps each method."""
        methods = {
            "Check": grpc.unary_unary_rpc_method_handler(limit(self._check)),
            "Watch": grpc.unary_stream_rpc_method_handler(limit(self._watch)),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    async def _check(self, request: bytes, call: Any) -> bytes:
        name = await _service(request, call)
        if name not in self._services:
            await call.abort(grpc.StatusCode.NOT_FOUND, f"this server does not serve {printable(name, _DETAILS)!r}")
        return self._status

    async def _watch(self, request: bytes, call: Any) -> None:
        known = await _service(request, call) in self._services
        sent = b""
        while True:
            changed, status = self._changed, self._status if known else _SERVICE_UNKNOWN
            if status != sent:
                await run_to_completion(call.write(status))
                sent = status
            else:
                await changed.wait()


async def _service(request: bytes, call: Any) -> str:
    """The service that a request names; "" stands for the server."""
    name, at = "", 0
    try:
        while at < len(request):
            key, begin, at = field_at(request, at, len(request))
            if key == _NAME:
                name = text(request, begin, at)
    except DecodeError as error:
        await call.abort(grpc.StatusCode.INVALID_ARGUMENT, f"health request refused: {error}")
    return name
