"""When the garbage collector runs."""

import contextlib
import gc
from collections.abc import Iterator

import pytest

from xds_server.server.gc_tuning import freeze_heap, gc_paused


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The collector is as it was after each test."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


def test_it_is_paused_and_runs_again_also_after_a_fault() -> None:
    """A start that fails must not leave it off."""
    with contextlib.suppress(ZeroDivisionError), gc_paused():
        assert not gc.isenabled()
        raise ZeroDivisionError

    assert gc.isenabled()


def test_what_is_loaded_is_looked_at_no_more() -> None:
    """And what comes later is, but seldom."""
    freeze_heap()

    assert gc.get_freeze_count() > 1000
    assert gc.isenabled()
    assert gc.get_threshold()[0] == 50_000
