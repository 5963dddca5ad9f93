"""One open stream: a reader, a writer, and the protocol between them."""

import asyncio
from collections.abc import Iterator
from typing import Any, Generic

import grpc
import msgspec

from probes import Clock
from xds_server.model.admission import HoldKind
from xds_server.xds.cache.resource_cache import AcceptanceListener
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.codec.sotw import DecodeError
from xds_server.xds.protocol.completeness import SiblingStreams
from xds_server.xds.protocol.messages import (
    AcceptanceChanged,
    Acked,
    ChangedNames,
    Event,
    Nacked,
    ProtocolError,
    ResourceStatus,
    StaleRequest,
    UnservedType,
)
from xds_server.xds.protocol.type_state import TypeStates
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.held_requests import HeldRequests
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.node_check import check_same_node
from xds_server.xds.transport.observer import StreamInfo, StreamObserver, StreamStatus
from xds_server.xds.transport.request_reader import Call, RequestReader
from xds_server.xds.transport.response_writer import ResponseWriter
from xds_server.xds.transport.stream_admission import StreamAdmission
from xds_server.xds.transport.stream_end import (
    CLIENT_LEFT,
    INTERNAL_ERROR,
    StreamEnd,
    refused_by_hold,
    refused_request,
)
from xds_server.xds.transport.stream_index import StreamIndex
from xds_server.xds.transport.stream_quota import QuotaError, StreamQuota
from xds_server.xds.transport.variant import Encoder, ProtocolStream, Q, R, Variant


class StreamContext(msgspec.Struct, frozen=True, kw_only=True):
    """What all streams of a server share."""

    index: StreamIndex["Stream[Any, Any]"]
    observer: StreamObserver
    limits: Limits
    clock: Clock
    debounce: Debounce
    """Copied for each stream."""
    acceptance_changed: AcceptanceListener
    """Called with the event `AcceptanceChanged` of any stream."""


class Stream(Generic[Q, R]):
    """A stream from its first request on: it waits until it is admitted, then it is served until one side ends it.

    Two tasks serve it. The reader never waits for the writer, so a client that does not read only hurts itself.
    """

    __slots__ = (
        "_admission", "_complete", "_context", "_ended", "_held_requests", "_protocol", "_quota", "_reader", "_served", "_tables",
        "_variant", "_writer", "info",
    )  # fmt: skip

    def __init__(
        self,
        call: Call,
        info: StreamInfo,
        *,
        reader: RequestReader[Q],
        variant: Variant[Q, R],
        encoder: Encoder[R],
        admission: StreamAdmission,
        quota: StreamQuota,
        context: StreamContext,
    ) -> None:
        self.info = info
        self._reader = reader
        self._variant = variant
        self._admission = admission
        self._quota = quota
        self._context = context
        self._held_requests: HeldRequests[Q] = HeldRequests(
            quota, context.limits.requests_at_the_gate, latest_only=variant.replaces
        )
        self._ended: asyncio.Future[StreamEnd] = asyncio.get_running_loop().create_future()
        self._writer: ResponseWriter[Q, R] = ResponseWriter(
            call, info, encoder, self._ended,
            limits=context.limits, observer=context.observer, clock=context.clock, debounce=context.debounce,
        )  # fmt: skip
        self._protocol: ProtocolStream[Q, R] | None = None  # None until the stream is admitted.
        self._tables: RoleTables = {}  # Of all types: the cache forgets tables that nobody holds.
        self._served: RoleTables = {}
        self._complete = False

    async def run(self, first: Q) -> StreamEnd:
        """Serves the stream from its *first* request on, and returns how it ends.

        No gRPC operation is cancelled: each one that is leaks memory in gRPC. A read goes on until the call is over, and a
        message that is being sent is sent to its end, as gRPC accepts no status before.
        """
        read, write = asyncio.create_task(self._read(first)), asyncio.create_task(self._serve())
        self._reader.task = read
        try:
            await asyncio.wait((read, write, self._ended), return_when=asyncio.FIRST_COMPLETED)
            ended = next(future for future in (self._ended, read, write) if future.done())
            self.end(INTERNAL_ERROR if ended.exception() is not None else ended.result())
            if self._writer.writing:
                await asyncio.wait((write,))
            return ended.result()
        finally:
            self.end(CLIENT_LEFT)
            self._writer.wakeup.stop()
            if not self._reader.reading:
                read.cancel()
            if not self._writer.writing:
                write.cancel()
            await asyncio.wait((write,))  # Once gRPC reports that the call is over, a write ends too.
            write.cancelled() or write.exception()

    def tables_changed(self, changes: ChangedNames) -> None:
        """Passes changed names to the protocol, and wakes the writer if the change concerns it."""
        protocol = self._protocol
        if protocol is not None and (protocol.tables_changed(changes) or protocol.unanswered_types()):
            self._writer.wakeup.notify_change()

    def sibling_advanced(self) -> None:
        """Another stream of the same proxy made progress or ended: wakes the writer if there is something to send now."""
        if self._protocol is not None and self._protocol.sibling_advanced():
            self._writer.wakeup.notify_change()

    @property
    def type_states(self) -> TypeStates:
        """The protocol's state by type; nothing until the stream is admitted."""
        return {} if self._protocol is None else self._protocol.type_states

    def end(self, end: StreamEnd) -> None:
        """Ends the stream, unless it has ended."""
        if not self._ended.done():
            self._ended.set_result(end)

    def release(self, kind: HoldKind) -> bool:
        """Ends the wait for admission, if its reason is of that kind; returns whether it did."""
        hold = self._admission.hold
        if self._protocol is not None or hold is None or kind != hold.kind:
            return False
        self._admission.release()
        return True

    def status(self) -> StreamStatus:
        """The state of the stream, for pages."""
        hold = self._admission.hold if self._protocol is None else None
        types = self._protocol.status() if self._protocol is not None else {}
        return StreamStatus(self.info, hold, types, self._writer.bytes_sent, self._reader.bytes)

    def resource_statuses(self) -> Iterator[ResourceStatus]:
        """The status of each resource that the client asked for; none until the stream is admitted."""
        return iter(()) if self._protocol is None else self._protocol.resource_statuses()

    async def _read(self, first: Q) -> StreamEnd:
        request: Q | None = first
        try:
            while request is not None and not self._ended.done():
                self._receive(request)
                request = await self._reader.next_request()
        except (DecodeError, ProtocolError) as error:
            return self._refuse(error)
        except grpc.aio.BaseError:  # The call is over.
            return CLIENT_LEFT
        return CLIENT_LEFT

    def _receive(self, request: Q) -> None:
        check_same_node(request, self.info.node)
        if self._protocol is None:
            self._held_requests.add(request, self._reader.last_bytes)
        else:
            self._handle(self._protocol, request)
            self._writer.notify_request(self._protocol)

    async def _serve(self) -> StreamEnd:
        tables = await self._wait_until_admitted()
        if isinstance(tables, Hold):
            self._context.observer.stream_refused(tables.kind)
            return refused_by_hold(tables)
        type_url = self.info.type_url
        if type_url is not None and type_url not in tables:
            return StreamEnd(
                "protocol_error", grpc.StatusCode.UNIMPLEMENTED, f"there is nothing of type {type_url} here"
            )
        protocol = self._start_protocol(tables)
        try:
            for request in self._held_requests.take_all():
                self._handle(protocol, request)
            return await self._writer.run(protocol)
        except (DecodeError, ProtocolError) as error:
            return self._refuse(error)
        except grpc.aio.BaseError:  # The call is over: the reader learns the same.
            return CLIENT_LEFT

    async def _wait_until_admitted(self) -> RoleTables | Hold:
        admission, observer = self._admission, self._context.observer
        try:
            return await admission.wait_until_admitted(
                self.info.node, lambda hold: observer.stream_hold_started(self.info, hold.kind), cold=not self.info.warm
            )
        finally:
            if admission.hold is not None:
                seconds = self._context.clock() - admission.since
                observer.stream_hold_ended(self.info, admission.hold.kind, seconds, admission.outcome)

    def _start_protocol(self, tables: RoleTables) -> ProtocolStream[Q, R]:
        """From now on the stream hears of changes: no await between this and the policy's answer."""
        type_url, index = self.info.type_url, self._context.index
        self._tables, self._served = tables, tables
        siblings = None
        if type_url is not None:
            self._served = {type_url: tables[type_url]}
            siblings = SiblingStreams(tables, lambda: [stream.type_states for stream in index.siblings(self)])
        self._protocol = self._variant.new_stream(self._served, self.info.node, siblings)
        index.admit(self)
        return self._protocol

    def _handle(self, protocol: ProtocolStream[Q, R], request: Q) -> None:
        self._quota.count_names(request, self._served)
        protocol.receive_request(request)
        for event in protocol.events_received():
            self._report(event)
        if self.info.type_url is not None:
            for stream in self._context.index.siblings(self):
                stream.sibling_advanced()
        elif not self._complete and protocol.complete:
            self._complete = True
            seconds = self._context.clock() - self.info.opened_at
            self._context.observer.first_configuration_acked(self.info, seconds, warm=self.info.warm)

    def _report(self, event: Event) -> None:
        observer = self._context.observer
        match event:
            case Acked():
                observer.response_acked(
                    self.info, event.type_url, self._context.clock() - self._writer.sent_at[event.type_url]
                )
            case Nacked():
                observer.response_nacked(self.info, event.type_url, event.version, event.message)
            case AcceptanceChanged():
                self._context.acceptance_changed(self.info.node.role, event.type_url, event.names)
            case StaleRequest():
                observer.request_ignored(self.info, event.type_url, "stale_nonce")
            case UnservedType():
                observer.request_ignored(self.info, event.type_url, "unserved_type")

    def _refuse(self, error: DecodeError | ProtocolError) -> StreamEnd:
        if isinstance(error, QuotaError):
            self._context.observer.stream_refused("bytes")
        return refused_request(error)
