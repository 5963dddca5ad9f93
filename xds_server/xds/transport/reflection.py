"""Server reflection: tools such as grpcurl ask it which methods they can call, and with which messages.

It is an aid for people: no proxy uses it. Nothing outside this module and `reflection_descriptors` depends on it, and the
descriptors are built at the first request, so that it costs a start nothing.

Source: grpc/reflection/v1/reflection.proto. v1alpha has the same messages under another name, for older tools.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import grpc

from xds_server.envoy.wire.reader import DecodeError, LimitError, field_at, text
from xds_server.envoy.wire.writer import LENGTH_DELIMITED, field_bytes, field_string, field_varint
from xds_server.model.printable import printable
from xds_server.xds.transport.auxiliary_calls import Handler, read_message, run_to_completion

if TYPE_CHECKING:
    from xds_server.xds.transport.reflection_descriptors import ReflectionDescriptors

SERVICES: Final = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")

_BY_FILE, _BY_SYMBOL, _LIST = (number << 3 | LENGTH_DELIMITED for number in (3, 4, 7))
_FILES, _SERVICES, _ERROR = 4, 6, 7
_NOT_FOUND, _UNIMPLEMENTED = 5, 12
_REQUEST_BYTES: Final = 1 << 12


def reflection_handlers(limit: Callable[[Handler[None]], Handler[None]], idle_seconds: float) -> tuple[Any, ...]:
    """The gRPC handlers. *limit* wraps the method. A call without a request for *idle_seconds* ends."""

    async def info(_: object, call: Any) -> None:
        try:
            while (request := await read_message(call, idle_seconds)) is not None:
                await run_to_completion(call.write(answer(request)))
        except DecodeError as error:
            await call.abort(grpc.StatusCode.INVALID_ARGUMENT, f"reflection request refused: {error}")

    method = {"ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(limit(info))}
    return tuple(grpc.method_handlers_generic_handler(service, method) for service in SERVICES)


@cache
def _descriptors() -> "ReflectionDescriptors":
    from xds_server.xds.transport.reflection_descriptors import ReflectionDescriptors  # noqa: PLC0415  Only a request pays for the import.

    return ReflectionDescriptors()


def answer(request: bytes) -> bytes:
    """The ServerReflectionResponse to a ServerReflectionRequest. Raises DecodeError."""
    if len(request) > _REQUEST_BYTES:
        raise LimitError(0, f"{len(request)} bytes in one request, of {_REQUEST_BYTES} at most")
    at, query, name = 0, 0, ""
    while at < len(request):
        key, begin, at = field_at(request, at, len(request))
        if key in (_LIST, _BY_FILE, _BY_SYMBOL):
            query, name = key, text(request, begin, at)
    return field_bytes(2, request) + _answer(query, name)


def _answer(query: int, name: str) -> bytes:
    if query == _LIST:
        names = [*_descriptors().services, "grpc.health.v1.Health", *SERVICES]
        return field_bytes(_SERVICES, b"".join(field_bytes(1, field_string(1, service)) for service in names))
    if not query:
        return _error(_UNIMPLEMENTED, "ask for a file, a symbol or the services")
    found = _descriptors().by_file(name) if query == _BY_FILE else _descriptors().by_symbol(name)
    if found is None:
        return _error(_NOT_FOUND, f"{printable(name)!r} is not known to this server")
    return field_bytes(_FILES, b"".join(field_bytes(1, file) for file in found))


def _error(code: int, message: str) -> bytes:
    return field_bytes(_ERROR, field_varint(1, code) + field_string(2, message))
