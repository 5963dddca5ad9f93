"""The end of an outage, told by the kind that sees it first to those that still wait for their next try."""

import asyncio
from collections.abc import Callable
from typing import Final

# Over how long the others ask, so that the server is not stormed; many take longer, up to this.
_SPREAD_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 2.0
_A_SECOND: Final = 50


class OutageRecovery:
    """The waits of informers of one API server. *jitter* returns a random number from 0 up to its argument."""

    def __init__(self, jitter: Callable[[float], float]) -> None:
        self._jitter = jitter
        self._waiting: dict[asyncio.Future[float], None] = {}  # In order, which a set of futures has not.

    async def wait(self, seconds: float, *, outage: bool) -> None:
        """Waits for so long; less, if it is because of an *outage* and somebody says that it is over."""
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
        """The server answers again: whoever waits because it did not asks soon, one after the other."""
        spread = min(max(_SPREAD_SECONDS, len(self._waiting) / _A_SECOND), _LONGEST_SECONDS)
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(spread)
