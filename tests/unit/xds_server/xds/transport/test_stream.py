"""A stream with a call that a test holds in its hands."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from tests.support import oracle
from tests.support.views import EMPTY_VIEW
from xds_server.model.admission import GateMode
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, SECRET, TypeUrl, resource
from xds_server.xds.cache.resource_cache import AcceptanceListener
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.codec.sotw import DecodeError
from xds_server.xds.protocol.messages import Node, Request
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.config import AdmissionConfig
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.registry import StreamRegistry
from xds_server.xds.transport.stream import Stream
from xds_server.xds.transport.variant import DELTA, SOTW, RequestCache


class AbortedError(Exception):
    """What a call raises when it is aborted, as grpc's does."""


class Wire:
    """A call: what is put in is read, and writes stay open until they are let go."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[Any] = asyncio.Queue()
        self.written: asyncio.Queue[bytes] = asyncio.Queue()
        self.free = asyncio.Event()
        self.writing = 0
        self.aborted: tuple[grpc.StatusCode, str] | None = None

    def ask(
        self, type_url: TypeUrl, nonce: str = "", message_type: Any = oracle.DiscoveryRequest, rejection: str = ""
    ) -> None:
        message = message_type(type_url=type_url, response_nonce=nonce)
        if rejection:
            message.error_detail.message = rejection
        message.node.id = "proxy-1"
        self.inbox.put_nowait(message.SerializeToString())

    async def read(self) -> object:
        return await self.inbox.get()

    async def write(self, message: bytes) -> None:
        assert self.writing == 0, "two writes at once"
        self.writing += 1
        self.written.put_nowait(message)
        await self.free.wait()
        self.writing -= 1

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        self.aborted = code, details
        self.inbox.put_nowait(grpc.aio.EOF)  # A read that waits ends with the call.
        raise AbortedError

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"


class Open:
    """An admission policy that lets everybody in, or breaks."""

    def __init__(self, view: RoleTables | Exception) -> None:
        self.view = view

    def admit(self, node: Node) -> RoleTables | Hold:
        if isinstance(self.view, Exception):
            raise self.view
        return self.view

    async def wait_for_change(self) -> None:
        raise AssertionError("nobody waits")


class Ear:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **options: self.calls.append((name, *args[1:], *options.values()))


class Shut:
    """An admission policy that lets nobody in."""

    def admit(self, node: Node) -> RoleTables | Hold:
        return Hold("not ready", "not_ready")

    async def wait_for_change(self) -> None:
        await asyncio.Event().wait()


def _streams(
    view: RoleTables | Exception,
    ear: Ear,
    limits: Limits = Limits(),  # noqa: B008
    debounce: Debounce = Debounce(),  # noqa: B008
    clock: Callable[[], float] = lambda: 7.0,
    *,
    acceptance_changed: AcceptanceListener = lambda *_: None,
) -> StreamRegistry:
    return StreamRegistry(
        admission_policy=Open(view),
        observer=ear,
        admission=AdmissionConfig(mode=GateMode.REFUSE),
        identifier="cp",
        clock=clock,
        limits=limits,
        debounce=debounce,
        acceptance_changed=acceptance_changed,
    )


def _read(data: bytes) -> Any:
    return oracle.DiscoveryResponse.FromString(data)


async def test_one_write_at_a_time_and_the_newest_state() -> None:
    """While a write is open nothing else is written; what changed meanwhile goes out once, as it is then."""
    table = Table([resource("a", b"1")])
    wire, ear = Wire(), Ear()
    streams = _streams({**EMPTY_VIEW, CLUSTER: table}, ear)
    serving = asyncio.create_task(streams.serve(wire))
    wire.ask(CLUSTER)
    first = _read(await wire.written.get())
    wire.ask(LISTENER)
    wire.ask(CLUSTER, first.nonce)
    for body in (b"2", b"3"):
        table.put(resource("a", body))
        streams.publish({None: {CLUSTER: ["a"]}})
    wire.free.set()

    answers = [_read(await wire.written.get()) for _ in range(2)]
    assert [[any_.value for any_ in answer.resources] for answer in answers] == [[b"3"], []]
    wire.inbox.put_nowait(grpc.aio.EOF)
    await serving
    assert wire.written.empty()
    assert ear.calls[-1] == ("stream_closed", "client")


async def test_a_stream_that_is_opened_while_stopping_is_ended() -> None:
    """Shutdown catches also who comes late."""
    wire, ear = Wire(), Ear()
    streams = _streams(EMPTY_VIEW, ear)
    streams.end("moving house")
    wire.ask(CLUSTER)
    with pytest.raises(AbortedError):
        await streams.serve(wire)
    assert wire.aborted == (grpc.StatusCode.UNAVAILABLE, "moving house")
    assert ear.calls == []


async def test_a_fault_of_ours_is_not_hidden() -> None:
    """An exception of the admission policy leaves by the handler, where gRPC logs it, and the stream is counted as failed."""
    wire, ear = Wire(), Ear()
    wire.ask(CLUSTER)
    with pytest.raises(LookupError, match="broken"):
        await _streams(LookupError("broken"), ear).serve(wire)
    assert ear.calls[-1] == ("stream_closed", "internal_error")


async def test_a_client_that_says_nothing_leaves_no_trace() -> None:
    """A call that ends before its first request is no stream."""
    wire, ear = Wire(), Ear()
    wire.inbox.put_nowait(grpc.aio.EOF)
    await _streams(EMPTY_VIEW, ear).serve(wire)
    assert ear.calls == []


async def test_times_are_those_of_the_clock() -> None:
    """ACKs and the first complete configuration are timed by the clock that was given."""
    wire, ear = Wire(), Ear()
    wire.free.set()
    serving = asyncio.create_task(_streams(EMPTY_VIEW, ear).serve(wire))
    for type_url in (CLUSTER, LISTENER):
        wire.ask(type_url)
        wire.ask(type_url, _read(await wire.written.get()).nonce)
    wire.inbox.put_nowait(grpc.aio.EOF)
    await serving
    assert ("response_acked", LISTENER, 0.0) in ear.calls
    assert ("first_configuration_acked", 0.0, False) in ear.calls


async def test_a_rejection_is_passed_to_the_cache() -> None:
    """The transport hands on what the protocol says about acceptance, with the role of the stream, and nothing of an ACK."""
    heard: list[tuple[Any, ...]] = []
    wire = Wire()
    wire.free.set()
    view = {**EMPTY_VIEW, CLUSTER: Table([resource("a", b"1")])}
    streams = _streams(view, Ear(), acceptance_changed=lambda *event: heard.append(event))
    serving = asyncio.create_task(streams.serve(wire))
    wire.ask(LISTENER)
    wire.ask(LISTENER, _read(await wire.written.get()).nonce)
    wire.ask(CLUSTER)
    wire.ask(CLUSTER, _read(await wire.written.get()).nonce, rejection="a is no good")
    wire.inbox.put_nowait(grpc.aio.EOF)
    await serving
    assert heard == [("", CLUSTER, frozenset())]


async def test_what_waits_too_long_is_sent() -> None:
    """Routes wait for the ACK of clusters no longer than they may (R125), and a type for its own ACK (R146)."""
    table = Table([resource("a", b"1")])
    wire, ear = Wire(), Ear()
    wire.free.set()
    streams = _streams({**EMPTY_VIEW, CLUSTER: table}, ear, Limits(rollout_seconds=0.01, answer_seconds=0.02))
    serving = asyncio.create_task(streams.serve(wire))
    wire.ask(CLUSTER)
    wire.ask(LISTENER)
    async with asyncio.timeout(5):
        assert [_read(await wire.written.get()).type_url for _ in range(2)] == [CLUSTER, LISTENER]
        table.put(resource("a", b"2"))
        streams.publish({None: {CLUSTER: ["a"]}})
        assert _read(await wire.written.get()).resources[0].value == b"2"
    wire.inbox.put_nowait(grpc.aio.EOF)
    await serving
    assert [call[1] for call in ear.calls if call[0] == "wait_timed_out"] == ["make_before_break", "ack"]


async def test_a_burst_is_told_as_one() -> None:
    """With a debounce what changes in quick succession is one offer, of the newest state."""
    table = Table([resource("a", b"1")])
    wire, ear = Wire(), Ear()
    wire.free.set()
    clock = [0.0]
    streams = _streams({**EMPTY_VIEW, CLUSTER: table}, ear, debounce=Debounce(0.01, 1.0), clock=lambda: clock[0])
    serving = asyncio.create_task(streams.serve(wire))
    wire.ask(CLUSTER)
    wire.ask(CLUSTER, _read(await wire.written.get()).nonce)
    await asyncio.sleep(0)
    for body in (b"2", b"3"):
        table.put(resource("a", body))
        streams.publish({None: {CLUSTER: ["a"]}})
    assert wire.written.empty()
    clock[0] = 0.5
    async with asyncio.timeout(5):
        assert _read(await wire.written.get()).resources[0].value == b"3"
    wire.inbox.put_nowait(grpc.aio.EOF)
    await serving
    assert wire.written.empty()


async def test_a_change_alone_goes_at_once_and_a_burst_in_steps() -> None:
    """With a rest the first change is not held up; those that come meanwhile are gathered, whoever answers meanwhile."""
    table = Table([resource("a", b"1")])
    wire, ear = Wire(), Ear()
    wire.free.set()
    clock = [0.0]
    debounce = Debounce(rest_seconds=0.01)
    streams = _streams({**EMPTY_VIEW, CLUSTER: table}, ear, debounce=debounce, clock=lambda: clock[0])
    serving = asyncio.create_task(streams.serve(wire))
    wire.ask(CLUSTER)
    wire.ask(CLUSTER, _read(await wire.written.get()).nonce)
    wire.ask(LISTENER)  # Requests are read in turn: when this one is answered, the ACK has been taken.
    wire.ask(LISTENER, _read(await wire.written.get()).nonce)
    clock[0] = 1.0

    def change(body: bytes) -> None:
        table.put(resource("a", body))
        streams.publish({None: {CLUSTER: ["a"]}})

    async with asyncio.timeout(5):
        change(b"2")
        alone, before = _read(await wire.written.get()), len(ear.calls)
        for body in (b"3", b"4"):
            change(body)
        wire.ask(CLUSTER, alone.nonce)
        while ("response_acked", CLUSTER, 0.0) not in ear.calls[before:]:
            await asyncio.sleep(0)
        assert wire.written.empty()
        clock[0] = 1.01
        gathered = _read(await wire.written.get())
    assert [answer.resources[0].value for answer in (alone, gathered)] == [b"2", b"4"]
    wire.inbox.put_nowait(grpc.aio.EOF)
    await serving
    assert wire.written.empty()


async def test_requests_that_are_alike_are_decoded_once() -> None:
    """An ACK in the words of another is that one; who says who it is, or names much, is read; garbage is refused each time."""
    read: list[bytes] = []

    class Decoding:
        def decode(self, data: bytes) -> Request:
            read.append(data)
            if data == b"x":
                raise DecodeError(0, "garbage")
            return Request(CLUSTER, nonce=data.decode(), node=Node("n") if data == b"first" else None)

    request_cache: RequestCache[Request] = RequestCache()
    long = b"y" * 600
    for data in (b"1", b"1", b"first", b"first", long, long):
        assert request_cache.decode(data, Decoding()).nonce == data.decode()
    for _ in range(2):
        with pytest.raises(DecodeError):
            request_cache.decode(b"x", Decoding())
    assert read == [b"1", b"first", b"first", long, long, b"x", b"x"]
    for number in range(300):
        request_cache.decode(str(number).encode(), Decoding())
    assert request_cache.decode(b"299", Decoding()) is request_cache.decode(b"299", Decoding())


async def test_streams_end_one_after_the_other() -> None:
    """A window spreads the ends, so that proxies do not all come back at once."""
    wires = [Wire() for _ in range(3)]
    streams = _streams(EMPTY_VIEW, Ear())
    tasks = [asyncio.create_task(streams.serve(wire)) for wire in wires]
    for wire in wires:
        wire.free.set()
        wire.ask(CLUSTER)
        await wire.written.get()
    streams.end("moving house", 0.03)
    ended: list[int] = []
    for number, task in enumerate(tasks):
        task.add_done_callback(lambda _, number=number: ended.append(number))
    await asyncio.gather(*tasks, return_exceptions=True)
    assert ended == [0, 1, 2]
    assert [wire.aborted for wire in wires] == [(grpc.StatusCode.UNAVAILABLE, "moving house")] * 3


async def test_one_stream_too_many_is_refused() -> None:
    """It ends with RESOURCE_EXHAUSTED and the limit, is counted, and those that are open go on."""
    ear = Ear()
    streams = _streams(EMPTY_VIEW, ear, Limits(streams=1))
    first, second = Wire(), Wire()
    first.free.set()
    serving = asyncio.create_task(streams.serve(first))
    first.ask(CLUSTER)
    await first.written.get()
    second.ask(CLUSTER)
    with pytest.raises(AbortedError):
        await streams.serve(second)
    assert second.aborted is not None
    assert second.aborted[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert ("stream_refused",) in [call[:1] for call in ear.calls]
    first.inbox.put_nowait(grpc.aio.EOF)
    await serving
    assert streams._opener.limiter.active == 0


async def test_requests_wait_at_the_gate_in_order_and_not_without_end() -> None:
    """Incremental requests are all kept until we are ready, up to a number; then the stream ends with a limit."""
    wire, ear = Wire(), Ear()
    streams = StreamRegistry(
        admission_policy=Shut(),
        observer=ear,
        admission=AdmissionConfig(mode=GateMode.PARK),
        identifier="cp",
        clock=lambda: 7.0,
        limits=Limits(requests_at_the_gate=3),
    )
    for _ in range(4):
        wire.ask(CLUSTER, message_type=oracle.DeltaDiscoveryRequest)
    with pytest.raises(AbortedError):
        await streams.serve(wire, DELTA)
    assert wire.aborted is not None
    assert wire.aborted[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert ear.calls[-1] == ("stream_closed", "limit")


async def test_a_stream_for_one_type_knows_its_type() -> None:
    """Without a type URL the service's own is meant; another one is an error (R6)."""
    wire, ear = Wire(), Ear()
    wire.free.set()
    serving = asyncio.create_task(_streams(EMPTY_VIEW, ear).serve(wire, SOTW, CLUSTER))
    wire.ask(TypeUrl(""))
    assert _read(await wire.written.get()).type_url == CLUSTER
    wire.ask(LISTENER)
    with pytest.raises(AbortedError):
        await serving
    assert wire.aborted is not None
    assert wire.aborted[0] is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_stream_for_a_type_that_we_have_not_is_unimplemented() -> None:
    """Nothing will ever come on it, so it says so (R7 is for streams that carry others)."""
    wire = Wire()
    wire.ask(SECRET)
    with pytest.raises(AbortedError):
        await _streams(EMPTY_VIEW, Ear()).serve(wire, SOTW, SECRET)
    assert wire.aborted is not None
    assert wire.aborted[0] is grpc.StatusCode.UNIMPLEMENTED


async def test_a_request_too_large_is_a_limit() -> None:
    """It ends the stream with RESOURCE_EXHAUSTED."""
    wire, ear = Wire(), Ear()
    wire.free.set()
    serving = asyncio.create_task(_streams(EMPTY_VIEW, ear, Limits(request_bytes=1000)).serve(wire))
    wire.ask(CLUSTER)
    wire.inbox.put_nowait(b"\x0a" + b"\x00" * 2000)
    with pytest.raises(AbortedError):
        await serving
    assert wire.aborted is not None
    assert wire.aborted[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert ear.calls[-1] == ("stream_closed", "limit")


async def test_a_stream_that_makes_no_request_is_ended() -> None:
    """After its time, with what to do; until then it has no place of those that do."""
    wire, other, ear = Wire(), Wire(), Ear()
    streams = _streams(EMPTY_VIEW, ear, Limits(streams=1, streams_per_address=1, first_request_seconds=0.02))
    silent = asyncio.create_task(streams.serve(wire))
    await asyncio.sleep(0)
    other.free.set()
    other.ask(CLUSTER)
    served = asyncio.create_task(streams.serve(other))
    await other.written.get()
    assert (streams.client_use().streams, streams.client_use().silent) == (1, 1)
    await asyncio.wait([silent])
    assert wire.aborted is not None
    assert wire.aborted[0] is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "begin a stream with a request" in wire.aborted[1]
    assert ear.calls.count(("stream_refused",)) == 1
    other.inbox.put_nowait(grpc.aio.EOF)
    await served
    assert (streams.client_use().streams, streams.client_use().silent) == (0, 0)


async def test_silent_streams_make_room_for_new_ones() -> None:
    """The oldest of them ends, and the new one is served."""
    wires, ear = [Wire() for _ in range(5)], Ear()
    streams = _streams(EMPTY_VIEW, ear, Limits(silent_streams=3))
    tasks = [asyncio.create_task(streams.serve(wire)) for wire in wires[:4]]
    await asyncio.wait(tasks[:1])
    assert [wire.aborted is not None for wire in wires] == [True, False, False, False, False]
    wires[4].free.set()
    wires[4].ask(CLUSTER)
    tasks.append(asyncio.create_task(streams.serve(wires[4])))
    assert _read(await wires[4].written.get()).type_url == CLUSTER
    for wire in wires[1:]:
        wire.inbox.put_nowait(grpc.aio.EOF)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (streams.client_use().streams, streams.client_use().silent, streams._unfinished_reads) == (0, 0, set())


@pytest.mark.parametrize("ends", ["refused", "shutdown", "cancelled", "failed", "limit"])
async def test_no_operation_of_grpc_is_cancelled(ends: str) -> None:
    """However a stream ends: a read ends with the call, and what is written is written."""
    cancelled: list[str] = []

    class Minding(Wire):
        async def read(self) -> object:
            try:
                return await super().read()
            except asyncio.CancelledError:
                cancelled.append("read")
                raise

        async def write(self, message: bytes) -> None:
            try:
                await super().write(message)
            except asyncio.CancelledError:
                cancelled.append("write")
                raise

    wire, ear = Minding(), Ear()
    view: RoleTables | Exception = LookupError("broken") if ends == "failed" else EMPTY_VIEW
    streams = _streams(view, ear, Limits(request_bytes=100))
    if ends == "refused":
        streams._policy = Shut()
    serving = asyncio.create_task(streams.serve(wire))
    wire.ask(CLUSTER)
    if ends in ("shutdown", "cancelled", "limit"):
        await wire.written.get()
    if ends == "shutdown":
        streams.end("moving house")
    elif ends == "cancelled":
        serving.cancel()
        wire.inbox.put_nowait(grpc.aio.EOF)
    elif ends == "limit":
        wire.inbox.put_nowait(bytes(200))
    for _ in range(5):
        await asyncio.sleep(0)
    wire.free.set()
    await asyncio.wait([serving])
    wire.inbox.put_nowait(grpc.aio.EOF)
    while streams._unfinished_reads:
        await asyncio.sleep(0)
    assert cancelled == []


async def test_a_fault_while_a_message_is_sent_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else gRPC could not even say that there was one."""
    wire, ear = Wire(), Ear()
    streams = _streams(EMPTY_VIEW, ear)
    serving = asyncio.create_task(streams.serve(wire))
    wire.ask(CLUSTER)
    await wire.written.get()

    def broken(*_: object) -> None:
        raise LookupError("broken")

    monkeypatch.setattr(Stream, "_receive", broken)
    wire.ask(LISTENER)
    for _ in range(10):
        await asyncio.sleep(0)
    assert (serving.done(), wire.writing) == (False, 1)
    wire.free.set()
    with pytest.raises(LookupError, match="broken"):
        await serving
    assert (wire.writing, ear.calls[-1]) == (0, ("stream_closed", "internal_error"))


async def test_what_waits_at_the_gate_has_a_size() -> None:
    """Of a stream, and of all streams; what waited is given back when the stream ends."""
    wires, ear = [Wire() for _ in range(3)], Ear()
    streams = StreamRegistry(
        admission_policy=Shut(),
        observer=ear,
        admission=AdmissionConfig(mode=GateMode.PARK),
        identifier="cp",
        clock=lambda: 7.0,
        limits=Limits(stream_bytes=5000, client_bytes=12_000),
    )
    tasks = [asyncio.create_task(streams.serve(wire, DELTA)) for wire in wires]
    for wire in wires:
        message = oracle.DeltaDiscoveryRequest(type_url=CLUSTER, resource_names_subscribe=["x" * 2500])
        message.node.id = "proxy-1"
        wire.inbox.put_nowait(message.SerializeToString())
    await asyncio.wait(tasks[2:])
    assert wires[2].aborted is not None
    assert "of this address half of that" in wires[2].aborted[1]
    for wire in wires[:2]:
        wire.ask(LISTENER, message_type=oracle.DeltaDiscoveryRequest)
        message = oracle.DeltaDiscoveryRequest(type_url=ENDPOINT, resource_names_subscribe=["x" * 2500])
        wire.inbox.put_nowait(message.SerializeToString())
    await asyncio.wait(tasks)
    for wire in wires:
        assert wire.aborted is not None
        assert wire.aborted[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert streams.client_use().bytes == 0
    assert ear.calls.count(("stream_refused",)) == 3


@pytest.mark.parametrize("variant", [SOTW, DELTA], ids=lambda one: one.name)
async def test_names_that_do_not_exist_have_a_size(variant: Any) -> None:
    """Names that are published cost nothing, however many; others do, until they are taken back."""
    table = Table(resource(f"known-{number}", b"1") for number in range(1000))
    wire, ear = Wire(), Ear()
    wire.free.set()
    streams = _streams({**EMPTY_VIEW, ENDPOINT: table}, ear, Limits(stream_bytes=50_000))
    serving = asyncio.create_task(streams.serve(wire, variant))

    def ask(*names: str, gone: tuple[str, ...] = ()) -> None:
        if variant is SOTW:
            message = oracle.DiscoveryRequest(type_url=ENDPOINT, resource_names=names)
        else:
            fields = {"resource_names_subscribe": names, "resource_names_unsubscribe": gone}
            message = oracle.DeltaDiscoveryRequest(type_url=ENDPOINT, **fields)
        message.node.id = "proxy-1"
        wire.inbox.put_nowait(message.SerializeToString())

    ask(*(item.name for item in table))
    await wire.written.get()
    assert streams.client_use().bytes == 0
    former: tuple[str, ...] = ()
    for turn in range(3):
        names = tuple(f"other-{turn}-{number}" for number in range(100))
        ask(*names, gone=former)
        former = names
    ask(gone=former)
    wire.ask(LISTENER, message_type=oracle.DiscoveryRequest if variant is SOTW else oracle.DeltaDiscoveryRequest)
    while LISTENER not in next(iter(streams._index)).status().types:
        await asyncio.sleep(0)
    assert streams.client_use().bytes == 0
    ask(*(f"more-{number}" for number in range(200)))
    await asyncio.wait([serving])
    assert wire.aborted is not None
    assert wire.aborted[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "names that do not exist" in wire.aborted[1]
    assert streams.client_use().bytes == 0
