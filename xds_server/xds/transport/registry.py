"""The open streams: how each begins and ends, and who hears of a change."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any, Final, TypeVar

import grpc

from probes import Clock
from xds_server.model.admission import HoldKind, LimitKind
from xds_server.model.printable import printable
from xds_server.model.resource import TypeUrl
from xds_server.xds.cache.resource_cache import AcceptanceListener
from xds_server.xds.codec.sotw import DecodeError
from xds_server.xds.protocol.messages import ChangedNames, DeltaRequest, ProtocolError, Request, ResourceStatus
from xds_server.xds.transport.admission import AdmissionConfig, AdmissionPolicy, AdmissionWait
from xds_server.xds.transport.admission_queue import AdmissionQueue
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.observer import ClientUse, CloseReason, StreamInfo, StreamObserver, StreamStatus
from xds_server.xds.transport.request_reader import Call, RequestReader
from xds_server.xds.transport.stream import CLIENT_LEFT, Stream, StreamEnd, end_of_bad_request
from xds_server.xds.transport.stream_limiter import NEW_STREAM_WAIT, ClientQuota, StreamLimiter, StreamSlot
from xds_server.xds.transport.stream_quota import StreamQuota
from xds_server.xds.transport.time_slices import TimeSlices
from xds_server.xds.transport.variant import DELTA, SOTW, AnyVariant, RequestCache, VariantName

_DETAILS: Final = 1000
"""Of the details of a status: gRPC sends them as a header, of which 8 KiB are welcome in all."""


class StreamRegistry:
    """All streams of this server.

    A stream that waits at the gate is known for shutdown and for pages only; nothing is shared on its behalf.
    """

    def __init__(
        self,
        *,
        admission_policy: AdmissionPolicy,
        observer: StreamObserver,
        admission: AdmissionConfig,
        identifier: str,
        clock: Clock,
        limits: Limits = Limits(),  # noqa: B008  Immutable.
        debounce: Debounce = Debounce(),  # noqa: B008  Each stream has a copy.
        acceptance_changed: AcceptanceListener = lambda *_: None,
    ) -> None:
        """*acceptance_changed*: called with the event `AcceptanceChanged` of any stream; what the cache takes."""
        self._policy = admission_policy
        self._acceptance_changed = acceptance_changed
        self._observer = observer
        self._admission = admission
        self._queue = (
            AdmissionQueue(admission.per_second, admission.burst, clock=clock) if admission.per_second else None
        )
        self._limits = limits
        self._stream_limiter = StreamLimiter(limits)
        self._begins = AdmissionQueue(limits.new_streams_per_second, limits.new_streams_burst, clock=clock)
        self._client_quota = ClientQuota(limits.client_bytes)
        self.time_slices = TimeSlices(clock)
        self._left: set[asyncio.Task[object]] = set()  # Reads of streams that are over, until their calls are.
        self._debounce = debounce
        self._encoders: dict[VariantName, Any] = {one.name: one.encoder(identifier) for one in (SOTW, DELTA)}
        self._request_cache: dict[VariantName, RequestCache[Any]] = {one.name: RequestCache() for one in (SOTW, DELTA)}
        self._clock = clock
        self._ids = count(1)
        self._open: dict[int, Stream[Any, Any]] = {}
        self._by_role: dict[str, dict[int, Stream[Any, Any]]] = {}
        self._by_node: dict[tuple[str, str], dict[int, Stream[Any, Any]]] = {}  # Those that are for one type.
        self._shutdown: StreamEnd | None = None

    async def serve(self, call: Call, variant: AnyVariant = SOTW, type_url: TypeUrl | None = None) -> None:
        """Serves a call to its end, in one variant of the protocol, for one type or (None) for all."""
        opened_at, peer = self._clock(), call.peer()
        evicted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        slot = self._stream_limiter.enter(peer, opened_at, partial(evicted.set_result, None))
        if not isinstance(slot, StreamSlot):
            await self._tell(call, self._refusal(slot))
            return
        quota = StreamQuota(self._client_quota, slot.host, self._limits.stream_bytes)
        reader: RequestReader[Any] = RequestReader(
            call, variant.decoder(), self._request_cache[variant.name], type_url,
            limits=self._limits, clock=self._clock, time_slices=self.time_slices,
        )  # fmt: skip
        try:
            first = await self._first(reader, slot, evicted)
            end = first
            if not isinstance(first, StreamEnd):
                stream = self._stream(call, variant, reader, first, slot=slot, quota=quota)
                end = await self._run(stream, first)
            await self._tell(call, end)
        finally:
            quota.end()
            self._stream_limiter.leave(slot)
            if reader.task is not None and not reader.task.done():  # It ends with the call.
                self._left.add(reader.task)
                reader.task.add_done_callback(self._is_over)

    async def _tell(self, call: Call, end: StreamEnd) -> None:
        if end.code is not None:
            await call.abort(end.code, printable(end.text, _DETAILS))

    async def _first(self, reader: RequestReader[Any], slot: StreamSlot, evicted: "asyncio.Future[None]") -> Any:
        """The first request; or how the stream ends without one, or because of a limit."""
        reader.task = reading = asyncio.create_task(self._read_first(reader))
        try:
            await asyncio.wait(
                (reading, evicted), timeout=self._limits.first_request_seconds, return_when=asyncio.FIRST_COMPLETED
            )
        except asyncio.CancelledError:
            if not reader.reading:
                reading.cancel()
            raise
        if reader.reading:
            return self._refusal("silent")
        first = await reading
        if isinstance(first, StreamEnd):
            return first
        kind = self._stream_limiter.speak(slot) or await self._turn(slot)
        return first if kind is None else self._refusal(kind)

    async def _read_first(self, reader: RequestReader[Any]) -> Any:
        """The first request, or how the stream ends without one."""
        try:
            first = await reader.next()
            if first is None:
                return CLIENT_LEFT
            if self._shutdown is not None:
                return self._shutdown
            _check_identity(first)
        except (DecodeError, ProtocolError) as error:
            self._observer.stream_refused("invalid")
            return end_of_bad_request(error)
        except grpc.aio.BaseError:  # The call is over.
            return CLIENT_LEFT
        return first

    async def _turn(self, slot: StreamSlot) -> LimitKind | None:
        """Waits until another stream may begin, and says so if it does not come to that."""
        if self._begins.free():
            return None
        try:
            async with asyncio.timeout(NEW_STREAM_WAIT):
                await self._begins.turn(preferred=True, address=slot.host, name=slot.peer)
        except TimeoutError:
            return "rate"
        return None

    def _refusal(self, kind: LimitKind) -> StreamEnd:
        self._observer.stream_refused(kind)
        code = grpc.StatusCode.DEADLINE_EXCEEDED if kind == "silent" else grpc.StatusCode.RESOURCE_EXHAUSTED
        return StreamEnd("limit", code, self._stream_limiter.reason(kind))

    def _is_over(self, task: "asyncio.Task[object]") -> None:
        self._left.discard(task)
        task.cancelled() or task.exception()

    def publish(self, changes: Mapping[str | None, ChangedNames]) -> None:
        """Tells streams which names changed in their tables, by role; under None what all roles share.

        Costs what changed, for each stream of a role that is named. Nothing is written before the loop's next turn.
        Names come as sets, whose order differs between processes: streams are told in the order of roles and names.
        """
        for role in (None, *sorted(filter(None, changes))):
            streams = self._admitted(role) if changes.get(role) else ()
            if streams:
                by_type = {type_url: sorted(names) for type_url, names in changes[role].items()}
                for stream in streams:
                    stream.offer(by_type)

    def status(self) -> list[StreamStatus]:
        """Every open stream, the oldest first."""
        return [stream.status() for stream in self._open.values()]

    def statuses(self) -> Iterator[StreamStatus]:
        """The same one by one, each as it is when it is asked for; streams may end and begin meanwhile."""
        return (stream.status() for stream in list(self._open.values()))

    def resources(self) -> Iterator[tuple[StreamInfo, Callable[[], Iterator[ResourceStatus]]]]:
        """Every open stream, with what says where its client stands with each resource."""
        return ((stream.info, stream.resources) for stream in self._open.values())

    def clients(self) -> ClientUse:
        """What clients have taken of what there is."""
        return ClientUse(
            self._stream_limiter.spoke, self._stream_limiter.silent, self._client_quota.taken, self._of_addresses()
        )

    def _of_addresses(self) -> Mapping[str, Mapping[str, int]]:
        found = {one: dict(counts) for one, counts in self._stream_limiter.by_address().items()}
        for one, taken in self._client_quota.by_address.items():
            found.setdefault(one, {})["bytes"] = taken
        return found

    def release(self, kind: HoldKind) -> int:
        """Ends waits at the gate for a reason of that kind, and returns of how many streams."""
        return sum(stream.release(kind) for stream in self._open.values())

    def end(self, reason: str, seconds: float = 0.0) -> None:
        """Ends all streams, and any that comes later, with UNAVAILABLE and the reason; evenly spread over *seconds*."""
        self._shutdown = StreamEnd("shutdown", grpc.StatusCode.UNAVAILABLE, reason)
        loop, streams = asyncio.get_running_loop(), list(self._open.values())
        for number, stream in enumerate(streams):
            if seconds:
                loop.call_later(seconds * number / len(streams), stream.end, self._shutdown)
            else:
                stream.end(self._shutdown)

    def _stream(
        self,
        call: Call,
        variant: AnyVariant,
        reader: RequestReader[Any],
        first: Request | DeltaRequest,
        *,
        slot: StreamSlot,
        quota: StreamQuota,
    ) -> Stream[Any, Any]:
        node = first.node
        assert node is not None
        info = StreamInfo(
            next(self._ids),
            slot.peer,
            node,
            slot.since,
            warm=first.warm,
            variant=variant.name,
            type_url=reader.type_url,
        )
        return Stream(
            call,
            info,
            reader=reader,
            variant=variant,
            encoder=self._encoders[variant.name],
            admission_wait=AdmissionWait(self._policy, self._admission, self._clock, self._queue, slot.host),
            limits=self._limits,
            observer=self._observer,
            clock=self._clock,
            debounce=self._debounce,
            quota=quota,
            acceptance_changed=self._acceptance_changed,
            join=self._join,
            siblings=self._siblings,
        )

    async def _run(self, stream: Stream[Any, Any], first: Request | DeltaRequest) -> StreamEnd:
        why: CloseReason = "internal_error"
        self._open[stream.info.id] = stream
        self._observer.stream_opened(stream.info)
        try:
            end = await stream.run(first)
            why = end.why
        except asyncio.CancelledError:  # gRPC's way to say that the call is over.
            why = CLIENT_LEFT.why if self._shutdown is None else self._shutdown.why
            raise
        finally:
            del self._open[stream.info.id]
            self._leave(stream)
            self._observer.stream_closed(stream.info, why)
        return end

    def _join(self, stream: Stream[Any, Any]) -> None:
        node = stream.info.node
        self._by_role.setdefault(node.role, {})[stream.info.id] = stream
        if stream.info.type_url is not None:
            self._by_node.setdefault((node.role, node.id), {})[stream.info.id] = stream

    def _leave(self, stream: Stream[Any, Any]) -> None:
        node = stream.info.node
        _drop(self._by_role, node.role, stream.info.id)
        if stream.info.type_url is not None:
            _drop(self._by_node, (node.role, node.id), stream.info.id)
            for other in self._siblings(stream):
                other.look()

    def _siblings(self, stream: Stream[Any, Any]) -> list[Stream[Any, Any]]:
        """The other streams of a proxy that has one for each type."""
        node = stream.info.node
        return [other for other in self._by_node.get((node.role, node.id), {}).values() if other is not stream]

    def _admitted(self, role: str | None) -> list[Stream[Any, Any]]:
        groups = self._by_role.values() if role is None else (self._by_role.get(role, {}),)
        streams: list[Stream[Any, Any]] = []
        for peers in groups:
            streams.extend(peers.values())
        return streams


def _check_identity(request: Request | DeltaRequest) -> None:
    """Raises ProtocolError, if a stream's first request does not bear a node (R3, R5)."""
    if request.node is None or not request.node.id:
        raise ProtocolError("first request has no node.id: set --service-node, or node in the bootstrap")


K = TypeVar("K")


def _drop(groups: dict[K, dict[int, Stream[Any, Any]]], key: K, number: int) -> None:
    group = groups.get(key, {})
    group.pop(number, None)
    if not group:
        groups.pop(key, None)
