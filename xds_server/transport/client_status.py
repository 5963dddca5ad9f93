"""Client status discovery: each open stream as one client, with the status of each resource that it asked for."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import grpc

from xds_server.ads.messages import ResourceStatus
from xds_server.envoy.client_status import (
    Unsupported,
    decode_status_request,
    encode_client_config,
    encode_status_response,
)
from xds_server.envoy.reader import DecodeError
from xds_server.transport.observer import StreamInfo

CSDS: Final = "envoy.service.status.v3.ClientStatusDiscoveryService"

Clients = Callable[[], Iterator[tuple[StreamInfo, Iterator[ResourceStatus]]]]


def client_status(clients: Clients) -> Any:
    """The gRPC handler of the service."""

    def answer(request: bytes) -> bytes:
        asked = decode_status_request(request)
        return encode_status_response(
            encode_client_config(info.node, _scope(info), resources, contents=asked.contents)
            for info, resources in clients()
            if asked.concerns(info.node)
        )

    async def fetch(request: bytes, call: Any) -> bytes:
        try:
            return answer(request)
        except (DecodeError, Unsupported) as error:
            await call.abort(grpc.StatusCode.INVALID_ARGUMENT, f"client status request refused: {error}")
            raise

    async def stream(_: object, call: Any) -> None:
        while isinstance(request := await call.read(), bytes):
            await call.write(await fetch(request, call))

    methods = {
        "FetchClientStatus": grpc.unary_unary_rpc_method_handler(fetch),
        "StreamClientStatus": grpc.stream_stream_rpc_method_handler(stream),
    }
    return grpc.method_handlers_generic_handler(CSDS, methods)


def _scope(info: StreamInfo) -> str:
    """What tells the streams of one node apart."""
    return f"stream {info.id}, {info.variant}{'' if info.type_url is None else f', {info.type_url}'}"
