"""One open stream: a reader, a writer, and the machine between them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic

import grpc
import msgspec

from probes import Clock
from xds_server.model.admission import HoldKind
from xds_server.model.resource import TypeUrl
from xds_server.xds.cache.resource_cache import AcceptanceListener
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.codec.sotw import DecodeError, LimitError
from xds_server.xds.protocol.completeness import SiblingStreams, TypeStates
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
from xds_server.xds.transport.admission import AdmissionWait, Hold
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.observer import CloseReason, StreamInfo, StreamObserver, StreamStatus, WaitKind
from xds_server.xds.transport.request_reader import Call, RequestReader
from xds_server.xds.transport.stream_quota import QuotaError, StreamQuota
from xds_server.xds.transport.variant import Encoder, ProtocolStream, Q, R, Variant
from xds_server.xds.transport.wakeup import Wakeup


class StreamEnd(msgspec.Struct, frozen=True):
    """How a stream ends: with OK, if there is no code."""

    why: CloseReason
    code: grpc.StatusCode | None = None
    text: str = ""


CLIENT_LEFT: Final = StreamEnd("client")
FAILED: Final = StreamEnd("internal_error")
_NEVER: Final = float("inf")
_CODES: Final = {
    "not_ready": grpc.StatusCode.UNAVAILABLE,
    "unknown_role": grpc.StatusCode.NOT_FOUND,
    "queued": grpc.StatusCode.UNAVAILABLE,
}


def end_of_bad_request(error: DecodeError | ProtocolError) -> StreamEnd:
    """The end of a client that sent something else than discovery requests, or too much."""
    if isinstance(error, LimitError):
        return StreamEnd("limit", grpc.StatusCode.RESOURCE_EXHAUSTED, f"discovery request refused: {error}")
    return StreamEnd("protocol_error", grpc.StatusCode.INVALID_ARGUMENT, f"discovery request refused: {error}")


class Stream(Generic[Q, R]):
    """A stream from its first request on: it waits at the gate, then is served until one side ends it.

    The reader never waits for the writer, so a client that does not read hurts itself alone. What it is owed is not
    queued: the writer asks the machine for the next response when the one before has left.
    """

    __slots__ = (
        "_acceptance_changed",
        "_admission_wait",
        "_blocked_since",
        "_bytes_sent",
        "_call",
        "_clock",
        "_complete",
        "_encoder",
        "_ended",
        "_join",
        "_limits",
        "_observer",
        "_protocol",
        "_quota",
        "_request_reader",
        "_sent_at",
        "_served",
        "_siblings",
        "_timed",
        "_variant",
        "_view",
        "_waiting",
        "_wakeup",
        "_writing",
        "info",
    )  # fmt: skip

    def __init__(
        self,
        call: Call,
        info: StreamInfo,
        *,
        reader: RequestReader[Q],
        variant: Variant[Q, R],
        encoder: Encoder[R],
        admission_wait: AdmissionWait,
        limits: Limits,
        observer: StreamObserver,
        clock: Clock,
        debounce: Debounce,
        quota: StreamQuota,
        acceptance_changed: AcceptanceListener,
        join: Callable[["Stream[Any, Any]"], None],
        siblings: Callable[["Stream[Any, Any]"], Iterable["Stream[Any, Any]"]] = lambda _: (),
    ) -> None:
        self.info = info
        self._call = call
        self._request_reader = reader
        self._variant = variant
        self._encoder = encoder
        self._admission_wait = admission_wait
        self._limits = limits
        self._observer = observer
        self._clock = clock
        self._quota = quota
        self._acceptance_changed = acceptance_changed
        self._join = join
        self._siblings = siblings
        self._protocol: ProtocolStream[Q, R] | None = None
        self._view: RoleTables = {}
        self._served: RoleTables = {}
        self._waiting: list[Q] = []  # Requests that came at the gate.
        self._sent_at: dict[TypeUrl, float] = {}
        self._bytes_sent = 0
        self._blocked_since: float | None = None
        self._timed = False  # Whether the writer minds how long something waits.
        self._complete = False
        self._writing = False
        self._wakeup = Wakeup(debounce, clock)
        self._ended: asyncio.Future[StreamEnd] = asyncio.get_running_loop().create_future()

    async def run(self, first: Q) -> StreamEnd:
        """Serves the stream, and returns how it is to end.

        No operation of gRPC is cancelled, since each that is costs memory for ever: a read goes on until the call is over,
        and a message that is being sent is sent, as there is no status before.
        """
        reader, writer = asyncio.create_task(self._read(first)), asyncio.create_task(self._serve())
        self._request_reader.task = reader
        try:
            await asyncio.wait((reader, writer, self._ended), return_when=asyncio.FIRST_COMPLETED)
            ended = next(end for end in (self._ended, reader, writer) if end.done())
            self.end(FAILED if ended.exception() is not None else ended.result())
            if self._writing:
                await asyncio.wait((writer,))
            return ended.result()
        finally:
            self.end(CLIENT_LEFT)
            self._wakeup.stop()
            if not self._request_reader.reading:
                reader.cancel()
            if not self._writing:
                writer.cancel()
            await asyncio.wait((writer,))  # If gRPC says that the call is over, it says the same to a write.
            writer.cancelled() or writer.exception()

    def offer(self, changes: ChangedNames) -> None:
        """Notes what changed in the tables, and has the writer woken if that concerns it."""
        protocol = self._protocol
        if protocol is not None and (protocol.offer(changes) or protocol.unanswered()):
            self._wakeup.notify_change()

    @property
    def exchanges(self) -> TypeStates:
        """What is told on it, by type; nothing while it waits."""
        return {} if self._protocol is None else self._protocol.exchanges

    def look(self) -> None:
        """Has the writer woken if there is something to send now, as another stream of the same proxy has got on."""
        if self._protocol is not None and self._protocol.look():
            self._wakeup.notify_change()

    def end(self, end: StreamEnd) -> None:
        """Ends the stream, unless it is ending."""
        if not self._ended.done():
            self._ended.set_result(end)

    def release(self, kind: HoldKind) -> bool:
        """Ends its wait at the gate, if it waits for a reason of that kind; returns whether it did."""
        hold = self._admission_wait.hold
        if self._protocol is not None or hold is None or kind != hold.kind:
            return False
        self._admission_wait.release()
        return True

    def status(self) -> StreamStatus:
        """Where the stream stands."""
        hold = self._admission_wait.hold if self._protocol is None else None
        types = self._protocol.status() if self._protocol is not None else {}
        return StreamStatus(self.info, hold, types, self._bytes_sent, self._request_reader.bytes)

    def resources(self) -> Iterator[ResourceStatus]:
        """Where the client stands with each resource that it asked for; none, while it waits."""
        return iter(()) if self._protocol is None else self._protocol.resources()

    async def _read(self, first: Q) -> StreamEnd:
        request: Q | None = first
        try:
            while request is not None and not self._ended.done():
                self._take(request)
                request = await self._request_reader.next()
        except (DecodeError, ProtocolError) as error:
            return self._refused(error)
        except grpc.aio.BaseError:  # The call is over.
            return CLIENT_LEFT
        return CLIENT_LEFT

    def _refused(self, error: DecodeError | ProtocolError) -> StreamEnd:
        if isinstance(error, QuotaError):
            self._observer.stream_refused("bytes")
        return end_of_bad_request(error)

    def _take(self, request: Q) -> None:
        self._check_node(request)
        if self._protocol is not None:
            self._receive(self._protocol, request)
            if not self._wakeup.delayed and (self._timed or self._protocol.ready):
                self._wakeup.wake()
        elif request.type_url:
            self._wait(request)
        else:
            raise ProtocolError("request has no type_url: an aggregated stream needs one in every request")

    def _wait(self, request: Q) -> None:
        if self._variant.replaces:
            self._waiting = [one for one in self._waiting if one.type_url != request.type_url]
        if len(self._waiting) >= self._limits.requests_at_the_gate:
            raise LimitError(0, f"{len(self._waiting)} requests before the first response: wait until we are ready")
        self._quota.waits(self._request_reader.last_bytes)
        self._waiting.append(request)

    def _check_node(self, request: Q) -> None:
        # A client may send its node again, when a parameter of it changed; whom we serve cannot change.
        node, known = request.node, self.info.node
        if node is not None and (node.id, node.role) != (known.id, known.role):
            raise ProtocolError(
                f"node changed from {known.id!r} of {known.role!r} to {node.id!r} of {node.role!r}: open a new stream"
            )

    async def _serve(self) -> StreamEnd:
        view = await self._enter()
        if isinstance(view, Hold):
            self._observer.stream_refused(view.kind)
            return StreamEnd("refused", _CODES[view.kind], view.reason)
        type_url = self.info.type_url
        if type_url is not None and type_url not in view:
            return StreamEnd(
                "protocol_error", grpc.StatusCode.UNIMPLEMENTED, f"there is nothing of type {type_url} here"
            )
        served = view if type_url is None else {type_url: view[type_url]}
        around = None
        if type_url is not None:
            around = SiblingStreams(view, lambda: [stream.exchanges for stream in self._siblings(self)])
        self._view, self._served = view, served  # All of the view: the store forgets one that nobody has.
        self._protocol = protocol = self._variant.protocol(served, self.info.node, around)
        self._join(self)
        self._quota.waited()
        try:
            for request in self._waiting:
                self._receive(protocol, request)
            self._waiting.clear()
            return await self._write(protocol)
        except (DecodeError, ProtocolError) as error:
            return self._refused(error)
        except grpc.aio.BaseError:  # The call is over; the reader's side says so, too.
            return CLIENT_LEFT

    async def _enter(self) -> RoleTables | Hold:
        admission_wait = self._admission_wait
        try:
            return await admission_wait.admitted(
                self.info.node,
                lambda hold: self._observer.stream_hold_started(self.info, hold.kind),
                cold=not self.info.warm,
            )
        finally:
            if admission_wait.hold is not None:
                seconds = self._clock() - admission_wait.since
                self._observer.stream_hold_ended(self.info, admission_wait.hold.kind, seconds, admission_wait.outcome)

    async def _write(self, protocol: ProtocolStream[Q, R]) -> StreamEnd:
        while True:
            self._wakeup.clear()
            protocol.beat(self._clock())
            while not self._wakeup.delayed and (response := protocol.next_response()) is not None:
                await self._send(response)
                if self._ended.done():
                    return self._ended.result()
            await self._woken(protocol)

    async def _send(self, response: R) -> None:
        data = self._encoder.encode(response)
        self._sent_at[response.type_url] = now = self._clock()
        self._wakeup.notify_sent(now)
        self._bytes_sent += len(data)
        self._observer.response_sent(self.info, response.type_url, len(response.resources), len(data))
        self._writing = True
        await self._call.write(data)
        self._writing = False

    async def _woken(self, protocol: ProtocolStream[Q, R]) -> None:
        """Returns when there may be something to send: by a request, a change, or because something waited too long."""
        if not protocol.blocked:
            self._blocked_since = None
        elif self._blocked_since is None:
            self._blocked_since = self._clock()
        unanswered, beat_at = protocol.unanswered(), protocol.beat(self._clock())
        if self._blocked_since is None and not unanswered and beat_at is None:
            await self._wakeup.wait()
            return
        deadlines: dict[TypeUrl | None, float] = {
            type_url: self._sent_at[type_url] + self._limits.answer_seconds for type_url in unanswered
        }
        if self._blocked_since is not None:
            deadlines[None] = self._blocked_since + self._limits.rollout_seconds
        due_at = min(deadlines.values(), default=_NEVER)
        again_at = _NEVER if beat_at is None else beat_at
        self._timed = True
        try:
            async with asyncio.timeout(max(0.0, min(due_at, again_at) - self._clock())):
                await self._wakeup.wait()
        except TimeoutError:
            if due_at <= again_at:
                self._give_up(protocol, deadlines)
        finally:
            self._timed = False

    def _give_up(self, protocol: ProtocolStream[Q, R], deadlines: Mapping[TypeUrl | None, float]) -> None:
        """Waits no longer for what was due first."""
        first = min(deadlines.values())
        for type_url, deadline in deadlines.items():
            if deadline > first:
                continue
            what: WaitKind = "make_before_break" if type_url is None else "ack"
            self._observer.wait_timed_out(self.info, what)
            if type_url is None:
                protocol.lapse()
                self._blocked_since = None
            else:
                protocol.abandon(type_url)

    def _receive(self, protocol: ProtocolStream[Q, R], request: Q) -> None:
        self._quota.asks(request, self._served)
        protocol.receive(request)
        for event in protocol.events():
            self._report(event)
        if self.info.type_url is not None:
            for stream in self._siblings(self):
                stream.look()
        if self.info.type_url is None and not self._complete and protocol.complete:
            self._complete = True
            self._observer.first_configuration_acked(
                self.info, self._clock() - self.info.opened_at, warm=self.info.warm
            )

    def _report(self, event: Event) -> None:
        match event:
            case Acked():
                self._observer.response_acked(self.info, event.type_url, self._clock() - self._sent_at[event.type_url])
            case Nacked():
                self._observer.response_nacked(self.info, event.type_url, event.version, event.message)
            case AcceptanceChanged():
                self._acceptance_changed(self.info.node.role, event.type_url, event.names)
            case StaleRequest():
                self._observer.request_ignored(self.info, event.type_url, "stale_nonce")
            case UnservedType():
                self._observer.request_ignored(self.info, event.type_url, "unserved_type")
