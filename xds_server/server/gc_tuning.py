"""When the garbage collector runs: not while the server starts, and seldom afterwards."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def gc_paused() -> Iterator[None]:
    """Pauses the garbage collector while objects are loaded that will stay: it would walk them again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def freeze_heap() -> None:
    """Exempts the present objects from garbage collection, and has later ones collected seldom."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()
