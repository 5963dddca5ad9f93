"""How many files may be open, and what is said of it."""

import pytest

from probes import Degraded, Passed
from xds_server.server.open_files import OpenFiles, Shares, opened, raised, shares


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (1 << 20, Shares(grpc=(1 << 20) - 256 - 128, http=256)),
        (1024, Shares(grpc=1024 - 128 - 128, http=128)),
        (256, Shares(grpc=128, http=32)),
        (8, Shares(grpc=4, http=1)),
        (1, Shares(grpc=1, http=1)),
    ],
)
def test_connections_are_given_a_part_of_the_files(limit: int, expected: Shares) -> None:
    """The rest is for the API server, files and probes."""
    assert shares(limit, 256) == expected


def test_few_that_are_left_are_said() -> None:
    """It is looked every five seconds, and a count that cannot be had says the same."""
    now, count = 0.0, [10, 962, None, 10]
    files = OpenFiles(1024, clock=lambda: now, count=lambda: count.pop(0))

    for expected in (
        Passed("10 of 1024"),
        "962 of 1024 files are open",
        "no file can be opened any more, of 1024",
        Passed(),
    ):
        files.look(0)
        files.look(0)
        verdict = files.verdict()
        if isinstance(expected, str):
            assert isinstance(verdict, Degraded)
            assert verdict.reason.startswith(expected)
        else:
            assert isinstance(verdict, Passed)
        now += 5


def test_a_connection_that_could_not_be_taken_is_said_for_a_minute() -> None:
    """Files may be free again by then."""
    now = 0.0
    files = OpenFiles(1024, clock=lambda: now, count=lambda: 10)
    files.look(0)
    now = 100.0
    files.look(3)
    now = 159.0
    files.look(3)
    verdict = files.verdict()

    assert isinstance(verdict, Degraded)
    assert verdict.reason.startswith("a connection could not be taken 59 s ago")
    now = 160.0
    assert files.verdict() == Passed("10 of 1024")


def test_the_process_is_counted() -> None:
    """By the system itself."""
    count = opened()

    assert count is not None
    assert 3 <= count <= raised()
