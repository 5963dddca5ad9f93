"""Writes the responses of one stream: one at a time, each built when the one before has left."""

import asyncio
from typing import Generic

from probes import Clock
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.observer import StreamInfo, StreamObserver
from xds_server.xds.transport.request_reader import Call
from xds_server.xds.transport.stream_end import StreamEnd
from xds_server.xds.transport.variant import Encoder, ProtocolStream, Q, R
from xds_server.xds.transport.wait_deadlines import NEVER, WaitDeadlines
from xds_server.xds.transport.wakeup import Wakeup


class ResponseWriter(Generic[Q, R]):
    """Asks a stream's protocol for responses whenever something happened, and writes them.

    Responses are not queued, so a client that does not read costs no memory and later gets the newest state.
    """

    __slots__ = (
        "_call", "_clock", "_deadlines", "_encoder", "_ended", "_info", "_observer", "_timed", "bytes_sent", "sent_at", "wakeup",
        "writing",
    )  # fmt: skip

    def __init__(
        self,
        call: Call,
        info: StreamInfo,
        encoder: Encoder[R],
        ended: "asyncio.Future[StreamEnd]",
        *,
        limits: Limits,
        observer: StreamObserver,
        clock: Clock,
        debounce: Debounce,
    ) -> None:
        """*ended*: the end of the stream; after it nothing more is written."""
        self._call = call
        self._info = info
        self._encoder = encoder
        self._ended = ended
        self._observer = observer
        self._clock = clock
        self._deadlines = WaitDeadlines(limits)
        self._timed = False  # Whether it waits with a deadline, which a request may change.
        self.wakeup = Wakeup(debounce, clock)
        self.sent_at = self._deadlines.sent_at
        self.bytes_sent = 0
        self.writing = False
        """Whether gRPC is sending a message: then the task must not be cancelled."""

    def notify_request(self, protocol: ProtocolStream[Q, R]) -> None:
        """The protocol received a request."""
        if not self.wakeup.delayed and (self._timed or protocol.ready):
            self.wakeup.wake()

    async def run(self, protocol: ProtocolStream[Q, R]) -> StreamEnd:
        """Writes responses until the stream ends. Raises grpc.aio.BaseError if the call is over."""
        while True:
            self.wakeup.clear()
            next_at = protocol.advance_time(self._clock())
            while not self.wakeup.delayed and (response := protocol.next_response()) is not None:
                await self._send(response)
                if self._ended.done():
                    return self._ended.result()
            if not protocol.heartbeat_unscheduled:
                await self._wait_for_work(protocol, next_at)

    async def _send(self, response: R) -> None:
        data = self._encoder.encode(response)
        now = self._clock()
        self.sent_at[response.type_url] = now
        self.wakeup.notify_sent(now)
        self.bytes_sent += len(data)
        self._observer.response_sent(self._info, response.type_url, len(response.resources), len(data))
        self.writing = True
        await self._call.write(data)
        self.writing = False

    async def _wait_for_work(self, protocol: ProtocolStream[Q, R], heartbeat_at: float | None) -> None:
        """Returns when there may be something to send: after a request or a change, at a heartbeat, or when a wait took too long."""
        deadlines = self._deadlines.update(protocol, self._clock())
        if not deadlines and heartbeat_at is None:
            await self.wakeup.wait()
            return
        stop_at = min(deadlines.values(), default=NEVER)
        next_at = NEVER if heartbeat_at is None else heartbeat_at
        self._timed = True
        try:
            async with asyncio.timeout(max(0.0, min(stop_at, next_at) - self._clock())):
                await self.wakeup.wait()
        except TimeoutError:
            if stop_at <= next_at:
                for what in self._deadlines.stop_first(protocol, deadlines):
                    self._observer.wait_timed_out(self._info, what)
        finally:
            self._timed = False
