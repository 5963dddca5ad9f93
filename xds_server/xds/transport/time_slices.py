"""Long work on the event loop, in slices: a request that names much, an answer that tells much."""

import asyncio
from typing import Final, TypeVar

from probes import Clock
from xds_server.xds.codec.sotw import Steps

SLICE_SECONDS: Final = 0.004

T = TypeVar("T")


class TimeSlices:
    """The budget of the process for long work: one slice at a time, whoever's it is, and then as long for all others.

    Those who have long work take turns, slice by slice.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = asyncio.Lock()

    async def run(self, steps: Steps[T]) -> T:
        """What *steps* returns, which yields after each short step. Raises what it raises."""
        while True:
            async with self._turn:
                began = self._clock()
                while (took := self._clock() - began) < SLICE_SECONDS:
                    try:
                        next(steps)
                    except StopIteration as end:
                        result: T = end.value
                        return result
                await asyncio.sleep(took)
