"""Client status discovery (CSDS): each open stream is one client, with the status of each resource that it subscribed to."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

import grpc

from xds_server.envoy.wire.reader import DecodeError
from xds_server.model.printable import printable
from xds_server.xds.codec.client_status import (
    ResourceEncoder,
    StatusRequest,
    UnsupportedRequestError,
    client_config,
    decode_status_request,
)
from xds_server.xds.codec.sotw import Steps
from xds_server.xds.protocol.messages import ResourceStatus
from xds_server.xds.transport.auxiliary_calls import Handler, read_message, run_to_completion
from xds_server.xds.transport.observer import StreamInfo
from xds_server.xds.transport.time_slices import TimeSlices

CSDS: Final = "envoy.service.status.v3.ClientStatusDiscoveryService"

_REQUEST_BYTES: Final = 1 << 14
_RESOURCES_PER_STEP: Final = 200
"""They take less than a millisecond."""
_MAX_REQUESTS: Final = 4
"""Requests whose answer is being built, or waits for that."""

Clients = Callable[[], Iterator[tuple[StreamInfo, Callable[[], Iterator[ResourceStatus]]]]]


class AnswerTooLargeError(ValueError):
    """The answer would be larger than the limit."""


class ClientStatusService:
    """Builds one answer at a time, in time slices. No answer is larger than *max_bytes*.

    A stream without a request for *idle_seconds* ends.
    """

    def __init__(self, clients: Clients, time_slices: TimeSlices, *, max_bytes: int, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._clients = clients
        self._time_slices = time_slices
        self._max_bytes = max_bytes
        self._turn = asyncio.Lock()
        self._requests = 0

    def handler(self, limit: Callable[[Handler[Any]], Handler[Any]]) -> Any:
        """The gRPC handler of the service; *limit* wraps each method."""
        methods = {
            "FetchClientStatus": grpc.unary_unary_rpc_method_handler(limit(self.fetch)),
            "StreamClientStatus": grpc.stream_stream_rpc_method_handler(limit(self._stream)),
        }
        return grpc.method_handlers_generic_handler(CSDS, methods)

    async def fetch(self, request: bytes, call: Any) -> bytes:
        """The answer to a ClientStatusRequest. Aborts the call if there is no answer."""
        if self._requests >= _MAX_REQUESTS:
            await call.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"{_MAX_REQUESTS} requests for the status of clients are being answered: try again",
            )
        self._requests += 1
        try:
            async with self._turn:
                return await self._time_slices.run(self.steps(request))
        except (DecodeError, UnsupportedRequestError) as error:
            text = f"client status request refused: {printable(str(error), 1000)}"
            await call.abort(grpc.StatusCode.INVALID_ARGUMENT, text)
            raise
        except AnswerTooLargeError as error:
            await call.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))
            raise
        finally:
            self._requests -= 1

    def steps(self, request: bytes) -> Steps[bytes]:
        """The answer, in short steps. Raises DecodeError, Unsupported, AnswerTooLargeError."""
        if len(request) > _REQUEST_BYTES:
            raise UnsupportedRequestError(
                f"{len(request)} bytes in one request, of {_REQUEST_BYTES} at most: match fewer nodes"
            )
        asked = decode_status_request(request)
        encoder = ResourceEncoder(contents=asked.contents)
        parts: list[bytes] = []
        size = 0
        for info, resources in list(self._clients()):
            if asked.concerns(info.node):
                encoded = yield from self._encode(resources, encoder)
                config = client_config(info.node, _scope(info), encoded)
                parts += config
                size += sum(map(len, config))
                if size > self._max_bytes:
                    raise AnswerTooLargeError(_too_large(asked, self._max_bytes))
            yield
        return b"".join(parts)

    def _encode(
        self, resources: Callable[[], Iterator[ResourceStatus]], encoder: ResourceEncoder
    ) -> Steps[list[bytes]]:
        """Encodes the resources of a client in steps; or all at once, if they change between two steps."""
        encoded: list[bytes] = []
        left = resources()
        try:
            while some := [encoder.encode(resource) for resource in islice(left, _RESOURCES_PER_STEP)]:
                encoded += some
                yield
        except RuntimeError:  # Python raises it if a dict changes during an iteration.
            return [encoder.encode(resource) for resource in resources()]
        return encoded

    async def _stream(self, _: object, call: Any) -> None:
        while (request := await read_message(call, self._idle_seconds)) is not None:
            await run_to_completion(call.write(await self.fetch(request, call)))


def _too_large(asked: StatusRequest, max_bytes: int) -> str:
    hint = "match node_id" if not asked.contents else "match node_id, or set exclude_resource_contents"
    return f"the answer is larger than {max_bytes} bytes, which is the limit: {hint}"


def _scope(info: StreamInfo) -> str:
    """What distinguishes the streams of one node."""
    return f"stream {info.id}, {info.variant}{'' if info.type_url is None else f', {info.type_url}'}"
