"""One open stream: a reader, a writer, and the machine between them."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import grpc
import msgspec

from xds_server.ads.messages import Acked, Changes, Event, Nacked, ProtocolError, Request, Response, Stale, Unserved
from xds_server.ads.sotw import SotwStream
from xds_server.envoy.discovery import DecodeError, RequestDecoder, ResponseEncoder
from xds_server.snapshot.resource import PUSH_ORDER, TypeUrl
from xds_server.snapshot.table import View
from xds_server.transport.admission import Clock, Entrance, Hold, HoldKind
from xds_server.transport.observer import CloseReason, Observer, StreamInfo, StreamStatus


class Call(Protocol):
    """What is used of a grpc.aio.ServicerContext."""

    async def read(self) -> object:
        """The next message as bytes; anything else is the end of what the client has to say."""

    async def write(self, message: bytes) -> None:
        """Returns when the message has been taken; one at a time."""

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        """Ends the call, and raises."""

    def peer(self) -> str:
        """The address at the other end."""
        ...


class Ending(msgspec.Struct, frozen=True):
    """How a stream ends: with OK, if there is no code."""

    why: CloseReason
    code: grpc.StatusCode | None = None
    text: str = ""


CLIENT_LEFT: Final = Ending("client")
_CODES: Final = {"not_ready": grpc.StatusCode.UNAVAILABLE, "unknown_role": grpc.StatusCode.NOT_FOUND}


def protocol_ending(error: DecodeError | ProtocolError) -> Ending:
    """The end of a client that sent something else than discovery requests."""
    return Ending("protocol", grpc.StatusCode.INVALID_ARGUMENT, f"discovery request refused: {error}")


class Stream:
    """A stream from its first request on: it waits at the gate, then is served until one side ends it.

    The reader never waits for the writer, so a client that does not read hurts itself alone. What it is owed is not
    queued: the writer asks the machine for the next response when the one before has left.
    """

    __slots__ = (
        "_call", "_clock", "_complete", "_decoder", "_encoder", "_ended", "_entrance", "_join",
        "_machine", "_observer", "_sent_at", "_waiting", "_wake", "info",
    )  # fmt: skip

    def __init__(
        self,
        call: Call,
        info: StreamInfo,
        *,
        decoder: RequestDecoder,
        encoder: ResponseEncoder,
        entrance: Entrance,
        observer: Observer,
        clock: Clock,
        join: Callable[["Stream"], None],
    ) -> None:
        self.info = info
        self._call = call
        self._decoder = decoder
        self._encoder = encoder
        self._entrance = entrance
        self._observer = observer
        self._clock = clock
        self._join = join
        self._machine: SotwStream | None = None
        self._waiting: dict[TypeUrl, Request] = {}  # Requests that came at the gate, the latest of each type.
        self._sent_at: dict[TypeUrl, float] = {}
        self._complete = False
        self._wake = asyncio.Event()
        self._ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    async def run(self, first: Request) -> Ending:
        """Serves the stream, and returns how it is to end."""
        tasks = asyncio.create_task(self._read(first)), asyncio.create_task(self._serve())
        try:
            await asyncio.wait((*tasks, self._ended), return_when=asyncio.FIRST_COMPLETED)
            return next(end for end in (*tasks, self._ended) if end.done()).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def offer(self, changes: Changes) -> None:
        """Notes what changed in the tables, and wakes the writer if that concerns it."""
        if self._machine is not None and self._machine.offer(changes):
            self._wake.set()

    def end(self, ending: Ending) -> None:
        """Ends the stream, unless it is ending."""
        if not self._ended.done():
            self._ended.set_result(ending)

    def release(self, kind: HoldKind | None) -> bool:
        """Ends its wait at the gate, if it waits for a reason of that kind (None: of any); returns whether it did."""
        hold = self._entrance.hold
        if self._machine is not None or hold is None or kind not in {None, hold.kind}:
            return False
        self._entrance.release()
        return True

    def status(self) -> StreamStatus:
        """Where the stream stands."""
        if self._machine is None:
            return StreamStatus(self.info, self._entrance.hold, {})
        return StreamStatus(self.info, None, self._machine.status())

    async def _read(self, first: Request) -> Ending:
        try:
            self._take(first)
            while isinstance(data := await self._call.read(), bytes):
                self._take(self._decoder.decode(data))
        except (DecodeError, ProtocolError) as error:
            return protocol_ending(error)
        return CLIENT_LEFT

    def _take(self, request: Request) -> None:
        self._check_node(request)
        if self._machine is not None:
            self._receive(self._machine, request)
            self._wake.set()
        elif request.type_url in PUSH_ORDER:
            self._waiting[request.type_url] = request
        elif not request.type_url:
            raise ProtocolError("request has no type_url: an aggregated stream needs one in every request")
        else:
            self._observer.ignored(self.info, request.type_url, "unserved")

    def _check_node(self, request: Request) -> None:
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
        self._machine = machine = SotwStream(view)
        self._join(self)
        for request in self._waiting.values():
            self._receive(machine, request)
        self._waiting.clear()
        try:
            return await self._write(machine)
        except grpc.aio.BaseError:  # The call is over; the reader's side says so, too.
            return CLIENT_LEFT

    async def _enter(self) -> View | Hold:
        entrance = self._entrance
        try:
            return await entrance.admitted(
                self.info.node, lambda hold: self._observer.holding(self.info, hold.kind), cold=not self.info.warm
            )
        finally:
            if entrance.hold is not None:
                seconds = self._clock() - entrance.since
                self._observer.held(self.info, entrance.hold.kind, seconds, entrance.outcome)

    async def _write(self, machine: SotwStream) -> Ending:
        while True:
            self._wake.clear()
            while (response := machine.next_response()) is not None:
                await self._send(response)
            await self._wake.wait()

    async def _send(self, response: Response) -> None:
        data = self._encoder.encode(response)
        self._sent_at[response.type_url] = self._clock()
        self._observer.sent(self.info, response.type_url, len(response.resources), len(data))
        await self._call.write(data)

    def _receive(self, machine: SotwStream, request: Request) -> None:
        machine.receive(request)
        for event in machine.events():
            self._report(event)
        if not self._complete and machine.complete:
            self._complete = True
            self._observer.first_complete(self.info, self._clock() - self.info.opened_at, warm=self.info.warm)

    def _report(self, event: Event) -> None:
        match event:
            case Acked():
                self._observer.acked(self.info, event.type_url, self._clock() - self._sent_at[event.type_url])
            case Nacked():
                self._observer.nacked(self.info, event.type_url, event.version, event.message)
            case Stale():
                self._observer.ignored(self.info, event.type_url, "stale")
            case Unserved():
                self._observer.ignored(self.info, event.type_url, "unserved")
