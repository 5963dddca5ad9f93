"""One open stream: a reader, a writer, and the machine between them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic

import grpc
import msgspec

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
from xds_server.xds.transport.admission import Clock, Entrance, Hold
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.observer import CloseReason, GivenUp, Observer, StreamInfo, StreamStatus
from xds_server.xds.transport.request_reader import Call, Reader
from xds_server.xds.transport.stream_quota import Demand, DemandError
from xds_server.xds.transport.variant import Encoder, Machine, Q, R, Variant
from xds_server.xds.transport.wakeup import Bell


class Ending(msgspec.Struct, frozen=True):
    """How a stream ends: with OK, if there is no code."""

    why: CloseReason
    code: grpc.StatusCode | None = None
    text: str = ""


CLIENT_LEFT: Final = Ending("client")
FAILED: Final = Ending("internal_error")
_NEVER: Final = float("inf")
_CODES: Final = {
    "not_ready": grpc.StatusCode.UNAVAILABLE,
    "unknown_role": grpc.StatusCode.NOT_FOUND,
    "queued": grpc.StatusCode.UNAVAILABLE,
}


def protocol_ending(error: DecodeError | ProtocolError) -> Ending:
    """The end of a client that sent something else than discovery requests, or too much."""
    if isinstance(error, LimitError):
        return Ending("limit", grpc.StatusCode.RESOURCE_EXHAUSTED, f"discovery request refused: {error}")
    return Ending("protocol_error", grpc.StatusCode.INVALID_ARGUMENT, f"discovery request refused: {error}")


class Stream(Generic[Q, R]):
    """A stream from its first request on: it waits at the gate, then is served until one side ends it.

    The reader never waits for the writer, so a client that does not read hurts itself alone. What it is owed is not
    queued: the writer asks the machine for the next response when the one before has left.
    """

    __slots__ = (
        "_acceptance_changed", "_bell", "_blocked_since", "_bytes_sent", "_call", "_clock", "_complete", "_demand", "_encoder", "_ended",
        "_entrance", "_join", "_limits", "_machine", "_observer", "_reader", "_sent_at", "_served", "_siblings",
        "_timed", "_variant", "_view", "_waiting", "_writing", "info",
    )  # fmt: skip

    def __init__(
        self,
        call: Call,
        info: StreamInfo,
        *,
        reader: Reader[Q],
        variant: Variant[Q, R],
        encoder: Encoder[R],
        entrance: Entrance,
        limits: Limits,
        observer: Observer,
        clock: Clock,
        debounce: Debounce,
        demand: Demand,
        acceptance_changed: AcceptanceListener,
        join: Callable[["Stream[Any, Any]"], None],
        siblings: Callable[["Stream[Any, Any]"], Iterable["Stream[Any, Any]"]] = lambda _: (),
    ) -> None:
        self.info = info
        self._call = call
        self._reader = reader
        self._variant = variant
        self._encoder = encoder
        self._entrance = entrance
        self._limits = limits
        self._observer = observer
        self._clock = clock
        self._demand = demand
        self._acceptance_changed = acceptance_changed
        self._join = join
        self._siblings = siblings
        self._machine: Machine[Q, R] | None = None
        self._view: RoleTables = {}
        self._served: RoleTables = {}
        self._waiting: list[Q] = []  # Requests that came at the gate.
        self._sent_at: dict[TypeUrl, float] = {}
        self._bytes_sent = 0
        self._blocked_since: float | None = None
        self._timed = False  # Whether the writer minds how long something waits.
        self._complete = False
        self._writing = False
        self._bell = Bell(debounce, clock)
        self._ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    async def run(self, first: Q) -> Ending:
        """Serves the stream, and returns how it is to end.

        No operation of gRPC is cancelled, since each that is costs memory for ever: a read goes on until the call is over,
        and a message that is being sent is sent, as there is no status before.
        """
        reader, writer = asyncio.create_task(self._read(first)), asyncio.create_task(self._serve())
        self._reader.task = reader
        try:
            await asyncio.wait((reader, writer, self._ended), return_when=asyncio.FIRST_COMPLETED)
            ended = next(end for end in (self._ended, reader, writer) if end.done())
            self.end(FAILED if ended.exception() is not None else ended.result())
            if self._writing:
                await asyncio.wait((writer,))
            return ended.result()
        finally:
            self.end(CLIENT_LEFT)
            self._bell.stop()
            if not self._reader.reading:
                reader.cancel()
            if not self._writing:
                writer.cancel()
            await asyncio.wait((writer,))  # If gRPC says that the call is over, it says the same to a write.
            writer.cancelled() or writer.exception()

    def offer(self, changes: ChangedNames) -> None:
        """Notes what changed in the tables, and has the writer woken if that concerns it."""
        machine = self._machine
        if machine is not None and (machine.offer(changes) or machine.unanswered()):
            self._bell.changed()

    @property
    def exchanges(self) -> TypeStates:
        """What is told on it, by type; nothing while it waits."""
        return {} if self._machine is None else self._machine.exchanges

    def look(self) -> None:
        """Has the writer woken if there is something to send now, as another stream of the same proxy has got on."""
        if self._machine is not None and self._machine.look():
            self._bell.changed()

    def end(self, ending: Ending) -> None:
        """Ends the stream, unless it is ending."""
        if not self._ended.done():
            self._ended.set_result(ending)

    def release(self, kind: HoldKind) -> bool:
        """Ends its wait at the gate, if it waits for a reason of that kind; returns whether it did."""
        hold = self._entrance.hold
        if self._machine is not None or hold is None or kind != hold.kind:
            return False
        self._entrance.release()
        return True

    def status(self) -> StreamStatus:
        """Where the stream stands."""
        hold = self._entrance.hold if self._machine is None else None
        types = self._machine.status() if self._machine is not None else {}
        return StreamStatus(self.info, hold, types, self._bytes_sent, self._reader.bytes)

    def resources(self) -> Iterator[ResourceStatus]:
        """Where the client stands with each resource that it asked for; none, while it waits."""
        return iter(()) if self._machine is None else self._machine.resources()

    async def _read(self, first: Q) -> Ending:
        request: Q | None = first
        try:
            while request is not None and not self._ended.done():
                self._take(request)
                request = await self._reader.next()
        except (DecodeError, ProtocolError) as error:
            return self._refused(error)
        except grpc.aio.BaseError:  # The call is over.
            return CLIENT_LEFT
        return CLIENT_LEFT

    def _refused(self, error: DecodeError | ProtocolError) -> Ending:
        if isinstance(error, DemandError):
            self._observer.refused("bytes")
        return protocol_ending(error)

    def _take(self, request: Q) -> None:
        self._check_node(request)
        if self._machine is not None:
            self._receive(self._machine, request)
            if not self._bell.waits and (self._timed or self._machine.ready):
                self._bell.ring()
        elif request.type_url:
            self._wait(request)
        else:
            raise ProtocolError("request has no type_url: an aggregated stream needs one in every request")

    def _wait(self, request: Q) -> None:
        if self._variant.replaces:
            self._waiting = [one for one in self._waiting if one.type_url != request.type_url]
        if len(self._waiting) >= self._limits.requests_at_the_gate:
            raise LimitError(0, f"{len(self._waiting)} requests before the first response: wait until we are ready")
        self._demand.waits(self._reader.last_bytes)
        self._waiting.append(request)

    def _check_node(self, request: Q) -> None:
        # A client may send its node again, when a parameter of it changed; whom we serve cannot change.
        node, known = request.node, self.info.node
        if node is not None and (node.id, node.role) != (known.id, known.role):
            raise ProtocolError(
                f"node changed from {known.id!r} of {known.role!r} to {node.id!r} of {node.role!r}: open a new stream"
            )

    async def _serve(self) -> Ending:
        view = await self._enter()
        if isinstance(view, Hold):
            self._observer.refused(view.kind)
            return Ending("refused", _CODES[view.kind], view.reason)
        type_url = self.info.type_url
        if type_url is not None and type_url not in view:
            return Ending("protocol_error", grpc.StatusCode.UNIMPLEMENTED, f"there is nothing of type {type_url} here")
        served = view if type_url is None else {type_url: view[type_url]}
        around = None
        if type_url is not None:
            around = SiblingStreams(view, lambda: [stream.exchanges for stream in self._siblings(self)])
        self._view, self._served = view, served  # All of the view: the store forgets one that nobody has.
        self._machine = machine = self._variant.machine(served, self.info.node, around)
        self._join(self)
        self._demand.waited()
        try:
            for request in self._waiting:
                self._receive(machine, request)
            self._waiting.clear()
            return await self._write(machine)
        except (DecodeError, ProtocolError) as error:
            return self._refused(error)
        except grpc.aio.BaseError:  # The call is over; the reader's side says so, too.
            return CLIENT_LEFT

    async def _enter(self) -> RoleTables | Hold:
        entrance = self._entrance
        try:
            return await entrance.admitted(
                self.info.node, lambda hold: self._observer.holding(self.info, hold.kind), cold=not self.info.warm
            )
        finally:
            if entrance.hold is not None:
                seconds = self._clock() - entrance.since
                self._observer.held(self.info, entrance.hold.kind, seconds, entrance.outcome)

    async def _write(self, machine: Machine[Q, R]) -> Ending:
        while True:
            self._bell.hush()
            machine.beat(self._clock())
            while not self._bell.waits and (response := machine.next_response()) is not None:
                await self._send(response)
                if self._ended.done():
                    return self._ended.result()
            await self._woken(machine)

    async def _send(self, response: R) -> None:
        data = self._encoder.encode(response)
        self._sent_at[response.type_url] = now = self._clock()
        self._bell.sent(now)
        self._bytes_sent += len(data)
        self._observer.sent(self.info, response.type_url, len(response.resources), len(data))
        self._writing = True
        await self._call.write(data)
        self._writing = False

    async def _woken(self, machine: Machine[Q, R]) -> None:
        """Returns when there may be something to send: by a request, a change, or because something waited too long."""
        if not machine.blocked:
            self._blocked_since = None
        elif self._blocked_since is None:
            self._blocked_since = self._clock()
        unanswered, beat_at = machine.unanswered(), machine.beat(self._clock())
        if self._blocked_since is None and not unanswered and beat_at is None:
            await self._bell.rung()
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
                await self._bell.rung()
        except TimeoutError:
            if due_at <= again_at:
                self._give_up(machine, deadlines)
        finally:
            self._timed = False

    def _give_up(self, machine: Machine[Q, R], deadlines: Mapping[TypeUrl | None, float]) -> None:
        """Waits no longer for what was due first."""
        first = min(deadlines.values())
        for type_url, deadline in deadlines.items():
            if deadline > first:
                continue
            what: GivenUp = "make_before_break" if type_url is None else "ack"
            self._observer.gave_up(self.info, what)
            if type_url is None:
                machine.lapse()
                self._blocked_since = None
            else:
                machine.abandon(type_url)

    def _receive(self, machine: Machine[Q, R], request: Q) -> None:
        self._demand.asks(request, self._served)
        machine.receive(request)
        for event in machine.events():
            self._report(event)
        if self.info.type_url is not None:
            for stream in self._siblings(self):
                stream.look()
        if self.info.type_url is None and not self._complete and machine.complete:
            self._complete = True
            self._observer.first_complete(self.info, self._clock() - self.info.opened_at, warm=self.info.warm)

    def _report(self, event: Event) -> None:
        match event:
            case Acked():
                self._observer.acked(self.info, event.type_url, self._clock() - self._sent_at[event.type_url])
            case Nacked():
                self._observer.nacked(self.info, event.type_url, event.version, event.message)
            case AcceptanceChanged():
                self._acceptance_changed(self.info.node.role, event.type_url, event.names)
            case StaleRequest():
                self._observer.ignored(self.info, event.type_url, "stale_nonce")
            case UnservedType():
                self._observer.ignored(self.info, event.type_url, "unserved_type")
