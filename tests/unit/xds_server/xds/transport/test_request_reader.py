"""Requests of one call, on a clock that does not move unless somebody sleeps."""

import asyncio
from collections.abc import Iterable

from tests.support import clock
from xds_server.envoy.wire.writer import field_string
from xds_server.model.resource import ENDPOINT
from xds_server.xds.codec.sotw import RequestDecoder, Steps
from xds_server.xds.protocol.messages import Request
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.request_reader import RequestReader
from xds_server.xds.transport.time_slices import SLICE_SECONDS, TimeSlices
from xds_server.xds.transport.variant import RequestCache


class Call:
    """One that has sent all of its messages already."""

    def __init__(self, messages: Iterable[bytes]) -> None:
        self._messages = iter(messages)

    async def read(self) -> object:
        return next(self._messages, None)

    async def write(self, message: bytes) -> None: ...

    async def abort(self, code: object, details: str) -> None: ...

    def peer(self) -> str:
        return "ipv4:10.0.0.1:1"


def reader(messages: Iterable[bytes], time_slices: TimeSlices) -> RequestReader[Request]:
    """Of a stream for all types, on the clock of the running loop."""
    now = asyncio.get_running_loop().time
    return RequestReader(
        Call(messages), RequestDecoder(), RequestCache(), None, limits=Limits(), clock=now, time_slices=time_slices
    )


def names(prefix: str = "") -> bytes:
    """A request of some 220 KB."""
    named = b"".join(field_string(3, f"{prefix}bench/service-{number:06}") for number in range(10_000))
    return named + field_string(4, ENDPOINT)


def seconds(messages: Iterable[bytes]) -> float:
    """How long it takes to read them all, by the limits alone."""
    took = 0.0

    async def main() -> None:
        nonlocal took
        loop = asyncio.get_running_loop()
        began, one = loop.time(), reader(messages, TimeSlices(lambda: 0.0))
        while await one.next_request() is not None:
            pass
        took = loop.time() - began

    assert clock.run(main()) == []
    return took


def test_acks_that_repeat_many_names_come_as_fast_as_small_ones() -> None:
    """A hundred a second are more than the responses that they answer: none of them is kept waiting."""
    assert seconds([names()] * 900) == 0


def test_requests_that_name_much_anew_each_time_are_read_later() -> None:
    """Each counts by its size, beyond what may come at once."""
    assert seconds(names(f"{number}-") for number in range(200)) > 1


async def test_an_ack_that_repeats_many_names_waits_for_no_turn() -> None:
    """Though somebody has long work that takes for ever."""

    def endless() -> Steps[None]:
        while True:
            yield

    ticks = iter(range(1 << 30))
    time_slices = TimeSlices(lambda: next(ticks) * SLICE_SECONDS / 4)
    one = reader([names()] * 2, time_slices)
    first = await one.next_request()
    long = asyncio.create_task(time_slices.run(endless()))
    await asyncio.sleep(0)  # Now it has the turn, and sleeps.
    again = None
    try:
        one.next_request().send(None)
    except StopIteration as end:  # It was read without a pause.
        again = end.value
    long.cancel()
    assert first is not None
    assert again is not None
    assert again.names is first.names
