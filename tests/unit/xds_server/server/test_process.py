"""Since when the process runs."""

import time
from pathlib import Path

import pytest

from xds_server.server.process import start_time


def test_the_process_began_before_now() -> None:
    """The system knows: long before this test, and not before the machine."""
    assert 0 < start_time() < time.monotonic() - 0.01


@pytest.mark.parametrize("text", ["", "1 (a) S", "1 (a b) R) " + "x " * 40])
def test_where_the_system_does_not_say_it_began_now(tmp_path: Path, text: str) -> None:
    """A file that is not there, or holds something else, is no reason not to start."""
    stat = tmp_path / "stat"
    if text:
        stat.write_text(text)
    before = time.monotonic()

    assert before <= start_time(stat) <= time.monotonic()
