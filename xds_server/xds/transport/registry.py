"""The streams of the server: serves each call, and passes changes, releases and the shutdown to the open streams."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, Final

import grpc
import msgspec

from probes import Clock
from xds_server.model.admission import HoldKind
from xds_server.model.printable import printable
from xds_server.model.resource import TypeUrl
from xds_server.xds.cache.resource_cache import AcceptanceListener
from xds_server.xds.protocol.messages import ChangedNames, DeltaRequest, Request, ResourceStatus
from xds_server.xds.transport.admission import AdmissionPolicy
from xds_server.xds.transport.admission_queue import AdmissionQueue
from xds_server.xds.transport.auxiliary_calls import drop_result
from xds_server.xds.transport.config import AdmissionConfig
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.observer import ClientUse, CloseReason, StreamInfo, StreamObserver, StreamStatus
from xds_server.xds.transport.request_reader import Call, RequestReader
from xds_server.xds.transport.stream import Stream, StreamContext
from xds_server.xds.transport.stream_admission import StreamAdmission
from xds_server.xds.transport.stream_end import CLIENT_LEFT, StreamEnd
from xds_server.xds.transport.stream_index import StreamIndex
from xds_server.xds.transport.stream_limiter import ClientQuota, StreamSlot
from xds_server.xds.transport.stream_opener import StreamOpener
from xds_server.xds.transport.stream_quota import StreamQuota
from xds_server.xds.transport.time_slices import TimeSlices
from xds_server.xds.transport.variant import DELTA, SOTW, AnyVariant, Encoder, RequestCache, VariantName

_DETAILS_LENGTH: Final = 1000
"""Of a status: gRPC sends the details as a header, and all headers together should not exceed 8 KiB."""


class _Codec(msgspec.Struct):
    """What the streams of a variant share."""

    encoder: Encoder[Any]
    request_cache: RequestCache[Any]


class StreamRegistry:
    """All streams of this server."""

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
        """*identifier*: the name of this control plane in responses. *acceptance_changed*: called with the event
        `AcceptanceChanged` of any stream; the cache takes it.
        """  # noqa: D205  The first paragraph is about parameters.
        self._policy = admission_policy
        self._observer = observer
        self._admission = admission
        self._queue = (
            AdmissionQueue(admission.per_second, admission.burst, clock=clock) if admission.per_second else None
        )
        self._limits = limits
        self._clock = clock
        self._opener = StreamOpener(limits, observer, clock)
        self._client_quota = ClientQuota(limits.client_bytes)
        self._index: StreamIndex[Stream[Any, Any]] = StreamIndex()
        self._context = StreamContext(
            index=self._index, observer=observer, limits=limits, clock=clock, debounce=debounce,
            acceptance_changed=acceptance_changed,
        )  # fmt: skip
        self._codecs: dict[VariantName, _Codec] = {
            variant.name: _Codec(variant.encoder(identifier), RequestCache()) for variant in (SOTW, DELTA)
        }
        self._ids = count(1)
        self._unfinished_reads: set[asyncio.Task[object]] = (
            set()
        )  # Of streams that have ended; each ends with its call.
        self.time_slices = TimeSlices(clock)

    async def serve(self, call: Call, variant: AnyVariant = SOTW, type_url: TypeUrl | None = None) -> None:
        """Serves a call to its end, in one variant of the protocol, for one type or (None) for all."""
        new = self._opener.open(call.peer())
        if isinstance(new, StreamEnd):
            await _send_end(call, new)
            return
        slot, codec = new.slot, self._codecs[variant.name]
        quota = StreamQuota(self._client_quota, slot.host, self._limits.stream_bytes)
        reader: RequestReader[Any] = RequestReader(
            call, variant.decoder(), codec.request_cache, type_url,
            limits=self._limits, clock=self._clock, time_slices=self.time_slices,
        )  # fmt: skip
        try:
            end = first = await self._opener.first_request(new, reader)
            if not isinstance(first, StreamEnd):
                stream = Stream(
                    call, self._describe(slot, first, variant, type_url), reader=reader, variant=variant, encoder=codec.encoder,
                    admission=StreamAdmission(self._policy, self._admission, self._clock, self._queue, slot.host),
                    quota=quota, context=self._context,
                )  # fmt: skip
                end = await self._run(stream, first)
            await _send_end(call, end)
        finally:
            quota.release_all()
            self._opener.close(new)
            self._keep_read(reader)

    def publish(self, changes: Mapping[str | None, ChangedNames]) -> None:
        """Tells streams which names changed in their tables, by role; under None what all roles share.

        It costs what changed, for each stream of a role that is named. Nothing is written before the loop's next turn.
        The order of names in a set differs between processes: streams are told in the order of roles and names.
        """
        for role in (None, *sorted(filter(None, changes))):
            streams = self._index.of_role(role) if changes.get(role) else ()
            if streams:
                by_type: dict[TypeUrl, list[str]] = {}
                for type_url, names in changes[role].items():
                    by_type[type_url] = sorted(names)
                for stream in streams:
                    stream.tables_changed(by_type)

    def statuses(self) -> Iterator[StreamStatus]:
        """Every open stream, the oldest first. Each is read when it is asked for; streams may end and begin meanwhile."""
        return (stream.status() for stream in list(self._index))

    def resource_statuses(self) -> Iterator[tuple[StreamInfo, Callable[[], Iterator[ResourceStatus]]]]:
        """Every open stream, with a function that returns the status of each of its resources."""
        return ((stream.info, stream.resource_statuses) for stream in self._index)

    def client_use(self) -> ClientUse:
        """How much of the limits the clients use."""
        limiter, quota = self._opener.limiter, self._client_quota
        by_address = {address: dict(counts) for address, counts in limiter.by_address().items()}
        for address, used in quota.by_address.items():
            by_address.setdefault(address, {})["bytes"] = used
        return ClientUse(limiter.active, limiter.silent, quota.used, by_address)

    def release(self, kind: HoldKind) -> int:
        """Ends the waits for admission that have a reason of that kind, and returns of how many streams."""
        return sum(stream.release(kind) for stream in self._index)

    def end(self, reason: str, seconds: float = 0.0) -> None:
        """Ends all streams, evenly spread over *seconds*, and every later one with UNAVAILABLE and the reason."""
        shutdown = self._opener.shutdown = StreamEnd("shutdown", grpc.StatusCode.UNAVAILABLE, reason)
        loop, streams = asyncio.get_running_loop(), list(self._index)
        for number, stream in enumerate(streams):
            if seconds:
                loop.call_later(seconds * number / len(streams), stream.end, shutdown)
            else:
                stream.end(shutdown)

    def _describe(
        self, slot: StreamSlot, first: Request | DeltaRequest, variant: AnyVariant, type_url: TypeUrl | None
    ) -> StreamInfo:
        assert first.node is not None
        return StreamInfo(
            next(self._ids), slot.peer, first.node, slot.since, warm=first.warm, variant=variant.name, type_url=type_url
        )

    async def _run(self, stream: Stream[Any, Any], first: Request | DeltaRequest) -> StreamEnd:
        reason: CloseReason = "internal_error"
        self._index.open(stream)
        self._observer.stream_opened(stream.info)
        try:
            end = await stream.run(first)
            reason = end.reason
        except asyncio.CancelledError:  # gRPC cancels the handler when the call is over.
            reason = (self._opener.shutdown or CLIENT_LEFT).reason
            raise
        finally:
            self._index.close(stream)
            for sibling in self._index.siblings(stream):
                sibling.sibling_advanced()
            self._observer.stream_closed(stream.info, reason)
        return end

    def _keep_read(self, reader: RequestReader[Any]) -> None:
        """Keeps a reference to a read that goes on, since asyncio does not."""
        if reader.task is not None and not reader.task.done():
            self._unfinished_reads.add(reader.task)
            reader.task.add_done_callback(self._unfinished_reads.discard)
            reader.task.add_done_callback(drop_result)


async def _send_end(call: Call, end: StreamEnd) -> None:
    if end.code is not None:
        await call.abort(end.code, printable(end.details, _DETAILS_LENGTH))
