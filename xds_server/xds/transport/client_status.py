"""Client status discovery: each open stream as one client, with the status of each resource that it asked for."""

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
from xds_server.xds.transport.auxiliary_calls import Handler, read, run_to_completion
from xds_server.xds.transport.observer import StreamInfo
from xds_server.xds.transport.time_slices import TimeSlices

CSDS: Final = "envoy.service.status.v3.ClientStatusDiscoveryService"

_REQUEST_BYTES: Final = 1 << 14
_STEP: Final = 200
"""Resources that are looked at in one step, in less than a millisecond."""
_AT_A_TIME: Final = 4
"""Answers that are made, or wait for that."""

Clients = Callable[[], Iterator[tuple[StreamInfo, Callable[[], Iterator[ResourceStatus]]]]]


class AnswerTooLargeError(ValueError):
    """The answer would take more than it may."""


class ClientStatusService:
    """Makes the answers, in slices, one at a time; no answer is larger than *most* bytes.

    A stream on which nothing is asked for *idle_seconds* ends.
    """

    def __init__(self, clients: Clients, time_slices: TimeSlices, *, most: int, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._clients = clients
        self._time_slices = time_slices
        self._most = most
        self._turn = asyncio.Lock()
        self._asked = 0

    def handler(self, counted: Callable[[Handler[Any]], Handler[Any]]) -> Any:
        """The gRPC handler of the service; *counted* is put around each method."""
        methods = {
            "FetchClientStatus": grpc.unary_unary_rpc_method_handler(counted(self.fetch)),
            "StreamClientStatus": grpc.stream_stream_rpc_method_handler(counted(self._stream)),
        }
        return grpc.method_handlers_generic_handler(CSDS, methods)

    async def fetch(self, request: bytes, call: Any) -> bytes:
        """The answer to a ClientStatusRequest. Aborts the call, if there is none."""
        if self._asked >= _AT_A_TIME:
            await call.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED, f"{_AT_A_TIME} others ask for the status of clients: try again"
            )
        self._asked += 1
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
            self._asked -= 1

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
                found = yield from self._of(resources, encoder)
                config = client_config(info.node, _scope(info), found)
                parts += config
                size += sum(map(len, config))
                if size > self._most:
                    raise AnswerTooLargeError(_too_large(asked, self._most))
            yield
        return b"".join(parts)

    def _of(self, resources: Callable[[], Iterator[ResourceStatus]], encoder: ResourceEncoder) -> Steps[list[bytes]]:
        """The encoded resources of a client, in steps; at once, if what it has changes meanwhile."""
        found: list[bytes] = []
        left = resources()
        try:
            while some := [encoder.encode(one) for one in islice(left, _STEP)]:
                found += some
                yield
        except RuntimeError:  # What Python says of a dict that changes under an iterator.
            return [encoder.encode(one) for one in resources()]
        return found

    async def _stream(self, _: object, call: Any) -> None:
        while (request := await read(call, self._idle_seconds)) is not None:
            await run_to_completion(call.write(await self.fetch(request, call)))


def _too_large(asked: StatusRequest, most: int) -> str:
    less = "match node_id" if not asked.contents else "match node_id, or say exclude_resource_contents"
    return f"the answer takes more than {most} bytes, which is the limit: {less}"


def _scope(info: StreamInfo) -> str:
    """What tells the streams of one node apart."""
    return f"stream {info.id}, {info.variant}{'' if info.type_url is None else f', {info.type_url}'}"
