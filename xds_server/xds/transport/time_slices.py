"""Runs long work on the event loop in slices: the decoding of a large request, or a large answer."""

import asyncio
from typing import Final, TypeVar

from probes import Clock
from xds_server.xds.codec.sotw import Steps

SLICE_SECONDS: Final = 0.004

T = TypeVar("T")


class TimeSlices:
    """Shares out the time for long work: one slice at a time in the whole process, then as long for everything else.

    Several pieces of work take turns, slice by slice.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = asyncio.Lock()

    async def run(self, steps: Steps[T]) -> T:
        """Runs *steps*, a generator that yields after each short step, and returns what it returns. Raises what it raises."""
        while True:
            async with self._turn:
                began = self._clock()
                while (elapsed := self._clock() - began) < SLICE_SECONDS:
                    try:
                        next(steps)
                    except StopIteration as end:
                        result: T = end.value
                        return result
                await asyncio.sleep(elapsed)
