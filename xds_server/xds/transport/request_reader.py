"""Reads and decodes the requests of one call, within the limits on their size and rate."""

import asyncio
from typing import Final, Generic, Protocol

import grpc
import msgspec

from probes import Clock
from xds_server.model.resource import TypeUrl
from xds_server.xds.codec.sotw import LimitError
from xds_server.xds.protocol.messages import ProtocolError
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.stream_limiter import TokenBucket
from xds_server.xds.transport.time_slices import TimeSlices
from xds_server.xds.transport.variant import Decoder, Q, RequestCache

_LARGE_BYTES: Final = 1 << 15
"""A request of this size or more is decoded in time slices."""
_TOKEN_BYTES: Final = 1 << 14
"""A request counts as one more for each of these."""
_REPEATED_BYTES: Final = 1 << 18
"""The same for a large request that repeats the last one, as the names of an ACK do: it costs only a comparison."""


class Call(Protocol):
    """The part of grpc.aio.ServicerContext that this package uses."""

    async def read(self) -> object:
        """The next message as bytes; anything else means that the client sends no more."""

    async def write(self, message: bytes) -> None:
        """Returns when gRPC has taken the message. Only one write at a time."""

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        """Ends the call with that status, and raises."""

    def peer(self) -> str:
        """The client's address."""
        ...


class RequestReader(Generic[Q]):
    """The requests of one call."""

    __slots__ = (
        "_bucket",
        "_call",
        "_clock",
        "_decoder",
        "_limits",
        "_request_cache",
        "_time_slices",
        "bytes",
        "last_bytes",
        "reading",
        "task",
        "type_url",
    )  # fmt: skip

    def __init__(
        self,
        call: Call,
        decoder: Decoder[Q],
        request_cache: RequestCache[Q],
        type_url: TypeUrl | None,
        *,
        limits: Limits,
        clock: Clock,
        time_slices: TimeSlices,
    ) -> None:
        self._call = call
        self._decoder = decoder
        self._request_cache = request_cache
        self.type_url = type_url
        self._limits = limits
        self._clock = clock
        self._time_slices = time_slices
        self._bucket = TokenBucket(limits.requests_per_second, limits.requests_burst)
        self.bytes = self.last_bytes = 0
        self.reading = False
        """Whether gRPC is reading a message: then the task must not be cancelled."""
        self.task: asyncio.Task[object] | None = None
        """The task that reads. It ends when the call is over."""

    async def next_request(self) -> Q | None:
        """The next request; None if the client sends no more. Raises DecodeError, ProtocolError."""
        self.reading = True
        try:
            data = await self._call.read()
        finally:
            self.reading = False
        if not isinstance(data, bytes):
            return None
        self.last_bytes = len(data)
        self.bytes += len(data)
        if len(data) > self._limits.request_bytes:
            raise LimitError(0, f"{len(data)} bytes in one message, of {self._limits.request_bytes} at most")
        request = await (self._decode_small(data) if len(data) < _LARGE_BYTES else self._decode_large(data))
        if self.type_url is None or request.type_url == self.type_url:
            return request
        if request.type_url:
            raise ProtocolError(f"request is for {request.type_url!r} on a stream for {self.type_url}")
        return msgspec.structs.replace(request, type_url=self.type_url)

    async def _decode_small(self, data: bytes) -> Q:
        await self._take_tokens(1 + len(data) // _TOKEN_BYTES)
        return self._request_cache.decode(data, self._decoder)

    async def _decode_large(self, data: bytes) -> Q:
        """Decodes in time slices. A request that is not decoded in the first step counts by its full size."""
        await self._take_tokens(1 + len(data) // _REPEATED_BYTES)
        steps = self._decoder.steps(data)
        try:
            next(steps)
        except StopIteration as end:
            request: Q = end.value
            return request
        await self._take_tokens(len(data) // _TOKEN_BYTES)
        return await self._time_slices.run(steps)

    async def _take_tokens(self, count: int) -> None:
        if wait := self._bucket.take(self._clock(), count=count):
            await asyncio.sleep(wait)  # Meanwhile, further requests stay with the client: gRPC's flow control.
