"""Ends the back-off of all informers when the first of them sees that an outage is over."""

import asyncio
from collections.abc import Callable
from typing import Final

# The waiting informers retry spread over 1 s. If there are more than 50, over longer, but over no more than 2 s.
_SPREAD_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 2.0
_A_SECOND: Final = 50


class OutageRecovery:
    """The back-off waits of the informers of one API server. *jitter* returns a random number from 0 up to its argument."""

    def __init__(self, jitter: Callable[[float], float]) -> None:
        self._jitter = jitter
        self._waiting: dict[asyncio.Future[float], None] = {}  # A dict, because a set of futures has no stable order.

    async def wait(self, seconds: float, *, outage: bool) -> None:
        """Waits for *seconds*. If the wait is because of an *outage*, `over` ends it early."""
        if not outage:
            await asyncio.sleep(seconds)
            return
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        over: asyncio.Future[float] = loop.create_future()
        self._waiting[over] = None
        try:
            async with asyncio.timeout_at(ends):
                spread = await over
        except TimeoutError:
            return
        finally:
            self._waiting.pop(over, None)
        await asyncio.sleep(min(self._jitter(spread), ends - loop.time()))

    def over(self) -> None:
        """The server answers again: ends the waits of the outage, one after the other."""
        spread = min(max(_SPREAD_SECONDS, len(self._waiting) / _A_SECOND), _LONGEST_SECONDS)
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(spread)
