"""The open streams: how each begins and ends, and who hears of a change."""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any

import grpc

from xds_server.ads.messages import Changes, DeltaRequest, Node, ProtocolError, Request, ResourceStatus
from xds_server.envoy.discovery import DecodeError
from xds_server.gating import HoldKind
from xds_server.limits import Limits
from xds_server.snapshot.resource import TypeUrl
from xds_server.transport.admission import Admission, Clock, Doorkeeper, Entrance
from xds_server.transport.debounce import Debounce
from xds_server.transport.limits import Turnstile
from xds_server.transport.observer import CloseReason, Observer, StreamInfo, StreamStatus
from xds_server.transport.pace import Pace
from xds_server.transport.stream import CLIENT_LEFT, Call, Ending, Reader, Stream, protocol_ending
from xds_server.transport.variant import DELTA, SOTW, Alike, AnyVariant, VariantName


class Streams:
    """All streams of this server.

    A stream that waits at the gate is known for shutdown and for pages only; nothing is shared on its behalf.
    """

    def __init__(
        self,
        *,
        doorkeeper: Doorkeeper,
        observer: Observer,
        admission: Admission,
        identifier: str,
        clock: Clock,
        limits: Limits = Limits(),  # noqa: B008  Immutable.
        debounce: Debounce = Debounce(),  # noqa: B008  Each stream has a copy.
    ) -> None:
        self._doorkeeper = doorkeeper
        self._observer = observer
        self._admission = admission
        self._pace = Pace(admission.per_second, admission.burst, clock=clock) if admission.per_second else None
        self._limits = limits
        self._turnstile = Turnstile(limits)
        self._debounce = debounce
        self._encoders: dict[VariantName, Any] = {one.name: one.encoder(identifier) for one in (SOTW, DELTA)}
        self._alike: dict[VariantName, Alike[Any]] = {one.name: Alike() for one in (SOTW, DELTA)}
        self._clock = clock
        self._ids = count(1)
        self._open: dict[int, Stream[Any, Any]] = {}
        self._by_role: dict[str, dict[int, Stream[Any, Any]]] = {}
        self._stopping: Ending | None = None

    async def serve(self, call: Call, variant: AnyVariant = SOTW, type_url: TypeUrl | None = None) -> None:
        """Serves a call to its end, in one variant of the protocol, for one type or (None) for all."""
        opened_at, peer = self._clock(), call.peer()
        entered = self._turnstile.enter(peer, opened_at)
        if isinstance(entered, str):
            self._observer.refused(entered)
            await call.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, self._turnstile.reason(entered))
            return
        try:
            if entered:
                await asyncio.sleep(entered)
            ending = await self._serve(call, variant, type_url, opened_at)
        finally:
            self._turnstile.leave(peer)
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

    def resources(self) -> Iterator[tuple[StreamInfo, Iterator[ResourceStatus]]]:
        """Every open stream, with where its client stands with each resource."""
        return ((stream.info, stream.resources()) for stream in self._open.values())

    def release(self, kind: HoldKind) -> int:
        """Ends waits at the gate for a reason of that kind, and returns of how many streams."""
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

    async def _serve(self, call: Call, variant: AnyVariant, type_url: TypeUrl | None, opened_at: float) -> Ending:
        decode = partial(self._alike[variant.name].decode, decoder=variant.decoder())
        reader: Reader[Any] = Reader(call, decode, type_url, self._limits, self._clock)
        try:
            first = await reader.next()
            if first is None:
                return CLIENT_LEFT
            if self._stopping is not None:
                return self._stopping
            node = _identified(first)
        except (DecodeError, ProtocolError) as error:
            self._observer.refused("invalid")
            return protocol_ending(error)
        info = StreamInfo(
            next(self._ids), call.peer(), node, opened_at, warm=first.warm, variant=variant.name, type_url=type_url
        )
        stream = Stream(
            call,
            info,
            reader=reader,
            variant=variant,
            encoder=self._encoders[variant.name],
            entrance=Entrance(self._doorkeeper, self._admission, self._clock, self._pace),
            limits=self._limits,
            observer=self._observer,
            clock=self._clock,
            debounce=self._debounce,
            join=self._join,
        )
        return await self._run(stream, first)

    async def _run(self, stream: Stream[Any, Any], first: Request | DeltaRequest) -> Ending:
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

    def _join(self, stream: Stream[Any, Any]) -> None:
        self._by_role.setdefault(stream.info.node.role, {})[stream.info.id] = stream

    def _leave(self, stream: Stream[Any, Any]) -> None:
        role = stream.info.node.role
        peers = self._by_role.get(role, {})
        peers.pop(stream.info.id, None)
        if not peers:
            self._by_role.pop(role, None)

    def _admitted(self, role: str | None) -> Iterator[Stream[Any, Any]]:
        for peers in self._by_role.values() if role is None else (self._by_role.get(role, {}),):
            yield from peers.values()


def _identified(request: Request | DeltaRequest) -> Node:
    """The node of a stream's first request, which must bear one (R3, R5)."""
    node = request.node
    if node is None or not node.id:
        raise ProtocolError("first request has no node.id: set --service-node, or node in the bootstrap")
    return node
