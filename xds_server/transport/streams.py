"""The open streams: how each begins and ends, and who hears of a change."""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import count

import grpc

from xds_server.ads.messages import Changes, Node, ProtocolError, Request
from xds_server.envoy.discovery import DecodeError, RequestDecoder, ResponseEncoder
from xds_server.transport.admission import Admission, Clock, Doorkeeper, Entrance, HoldKind
from xds_server.transport.observer import CloseReason, Observer, StreamInfo, StreamStatus
from xds_server.transport.stream import CLIENT_LEFT, Call, Ending, Stream, protocol_ending


class Streams:
    """All streams of this server.

    A stream that waits at the gate is known for shutdown and for pages only; nothing is shared on its behalf.
    """

    def __init__(
        self, *, doorkeeper: Doorkeeper, observer: Observer, admission: Admission, identifier: str, clock: Clock
    ) -> None:
        self._doorkeeper = doorkeeper
        self._observer = observer
        self._admission = admission
        self._encoder = ResponseEncoder(identifier)
        self._clock = clock
        self._ids = count(1)
        self._open: dict[int, Stream] = {}
        self._by_role: dict[str, dict[int, Stream]] = {}
        self._stopping: Ending | None = None

    async def serve(self, call: Call) -> None:
        """Serves a call to its end."""
        opened_at = self._clock()
        data = await call.read()
        if isinstance(data, bytes):
            ending = self._stopping or await self._begin(call, data, opened_at)
            if ending.code is not None:
                await call.abort(ending.code, ending.text)

    def publish(self, changes: Mapping[str | None, Changes]) -> None:
        """Tells streams which names changed in their tables, by role; under None what all roles share.

        Costs what changed, for each stream of a role that is named. Nothing is written before the loop's next turn.
        """
        for role, by_type in changes.items():
            for stream in self._admitted(role):
                stream.offer(by_type)

    def status(self) -> list[StreamStatus]:
        """Every open stream, the oldest first."""
        return [stream.status() for stream in self._open.values()]

    def release(self, kind: HoldKind | None) -> int:
        """Ends waits at the gate for a reason of that kind (None: of any), and returns of how many streams."""
        return sum(stream.release(kind) for stream in self._open.values())

    def end(self, reason: str, seconds: float = 0.0) -> None:
        """Ends all streams, and any that comes later, with UNAVAILABLE and the reason; evenly spread over *seconds*."""
        self._stopping = Ending("stopping", grpc.StatusCode.UNAVAILABLE, reason)
        loop, streams = asyncio.get_running_loop(), list(self._open.values())
        for number, stream in enumerate(streams):
            if seconds:
                loop.call_later(seconds * number / len(streams), stream.end, self._stopping)
            else:
                stream.end(self._stopping)

    async def _begin(self, call: Call, data: bytes, opened_at: float) -> Ending:
        decoder = RequestDecoder()
        try:
            first = decoder.decode(data)
            node = _identified(first)
        except (DecodeError, ProtocolError) as error:
            self._observer.refused("invalid")
            return protocol_ending(error)
        info = StreamInfo(next(self._ids), call.peer(), node, opened_at, warm=bool(first.version))
        return await self._run(self._stream(call, info, decoder), first)

    def _stream(self, call: Call, info: StreamInfo, decoder: RequestDecoder) -> Stream:
        return Stream(
            call,
            info,
            decoder=decoder,
            encoder=self._encoder,
            entrance=Entrance(self._doorkeeper, self._admission, self._clock),
            observer=self._observer,
            clock=self._clock,
            join=self._join,
        )

    async def _run(self, stream: Stream, first: Request) -> Ending:
        why: CloseReason = "failed"
        self._open[stream.info.id] = stream
        self._observer.stream_opened(stream.info)
        try:
            ending = await stream.run(first)
            why = ending.why
        except asyncio.CancelledError:  # gRPC's way to say that the call is over.
            why = CLIENT_LEFT.why if self._stopping is None else self._stopping.why
            raise
        finally:
            del self._open[stream.info.id]
            self._leave(stream)
            self._observer.stream_closed(stream.info, why)
        return ending

    def _join(self, stream: Stream) -> None:
        self._by_role.setdefault(stream.info.node.role, {})[stream.info.id] = stream

    def _leave(self, stream: Stream) -> None:
        role = stream.info.node.role
        peers = self._by_role.get(role, {})
        peers.pop(stream.info.id, None)
        if not peers:
            self._by_role.pop(role, None)

    def _admitted(self, role: str | None) -> Iterator[Stream]:
        for peers in self._by_role.values() if role is None else (self._by_role.get(role, {}),):
            yield from peers.values()


def _identified(request: Request) -> Node:
    """The node of a stream's first request, which must bear one (R3, R5)."""
    node = request.node
    if node is None or not node.id:
        raise ProtocolError("first request has no node.id: set --service-node, or node in the bootstrap")
    return node
