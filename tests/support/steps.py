"""Work in steps, counted."""

from typing import TypeVar

from xds_server.xds.codec.sotw import Steps

T = TypeVar("T")


def stepwise(steps: Steps[T]) -> tuple[T, int]:
    """What the steps return, and how often they yielded."""
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result, count
        count += 1
