"""A stream with a call that a test holds in its hands."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from tests.unit.xds_server.envoy import oracle
from xds_server.ads.messages import Node
from xds_server.snapshot.resource import CLUSTER, LISTENER, TypeUrl, resource
from xds_server.snapshot.table import EMPTY_VIEW, Table, View
from xds_server.transport.admission import Admission, GateMode, Hold
from xds_server.transport.streams import Streams


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

    def ask(self, type_url: TypeUrl, nonce: str = "") -> None:
        message = oracle.DiscoveryRequest(type_url=type_url, response_nonce=nonce)
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
        raise AbortedError

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"


class Open:
    """A doorkeeper that lets everybody in, or breaks."""

    def __init__(self, view: View | Exception) -> None:
        self.view = view

    def admit(self, node: Node) -> View | Hold:
        if isinstance(self.view, Exception):
            raise self.view
        return self.view

    async def changed(self) -> None:
        raise AssertionError("nobody waits")


class Ear:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **options: self.calls.append((name, *args[1:], *options.values()))


def _streams(view: View | Exception, ear: Ear) -> Streams:
    return Streams(
        doorkeeper=Open(view),
        observer=ear,
        admission=Admission(mode=GateMode.REFUSE),
        identifier="cp",
        clock=lambda: 7.0,
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
    """An exception of the doorkeeper leaves by the handler, where gRPC logs it, and the stream is counted as failed."""
    wire, ear = Wire(), Ear()
    wire.ask(CLUSTER)
    with pytest.raises(LookupError, match="broken"):
        await _streams(LookupError("broken"), ear).serve(wire)
    assert ear.calls[-1] == ("stream_closed", "failed")


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
    assert ("acked", LISTENER, 0.0) in ear.calls
    assert ("first_complete", 0.0, False) in ear.calls
