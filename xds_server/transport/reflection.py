"""Server reflection: tools such as grpcurl find out by it what can be called here, and how.

Source: grpc/reflection/v1/reflection.proto; v1alpha is the same under another name, and is what older tools ask for.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import grpc

from xds_server.envoy.protobuf import LENGTH_DELIMITED, field_bytes, field_string, field_varint
from xds_server.envoy.reader import DecodeError, field_at, text

if TYPE_CHECKING:
    from xds_server.transport.descriptors import Descriptors

SERVICES: Final = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")

_BY_FILE, _BY_SYMBOL, _LIST = (number << 3 | LENGTH_DELIMITED for number in (3, 4, 7))
_FILES, _SERVICES, _ERROR = 4, 6, 7
_NOT_FOUND, _UNIMPLEMENTED = 5, 12


def reflection() -> tuple[Any, ...]:
    """The gRPC handlers."""

    async def info(_: object, call: Any) -> None:
        try:
            while isinstance(request := await call.read(), bytes):
                await call.write(answer(request))
        except DecodeError as error:
            await call.abort(grpc.StatusCode.INVALID_ARGUMENT, f"reflection request refused: {error}")

    method = {"ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(info)}
    return tuple(grpc.method_handlers_generic_handler(service, method) for service in SERVICES)


@cache
def _descriptors() -> "Descriptors":
    from xds_server.transport.descriptors import Descriptors  # noqa: PLC0415  Only who asks pays for it.

    return Descriptors()


def answer(request: bytes) -> bytes:
    """The ServerReflectionResponse to a ServerReflectionRequest. Raises DecodeError."""
    at, response = 0, _error(_UNIMPLEMENTED, "ask for a file, a symbol or the services")
    while at < len(request):
        key, begin, at = field_at(request, at, len(request))
        if key == _LIST:
            names = [*_descriptors().services, "grpc.health.v1.Health", *SERVICES]
            response = field_bytes(_SERVICES, b"".join(field_bytes(1, field_string(1, name)) for name in names))
        elif key in (_BY_FILE, _BY_SYMBOL):
            name = text(request, begin, at)
            found = _descriptors().by_file(name) if key == _BY_FILE else _descriptors().by_symbol(name)
            if found is None:
                response = _error(_NOT_FOUND, f"{name!r} is not described here")
            else:
                response = field_bytes(_FILES, b"".join(field_bytes(1, file) for file in found))
    return field_bytes(2, request) + response


def _error(code: int, message: str) -> bytes:
    return field_bytes(_ERROR, field_varint(1, code) + field_string(2, message))
