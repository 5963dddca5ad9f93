"""The file of the last good configuration."""

from pathlib import Path

import pytest

from xds_server.readiness.protections.last_good_file import FILE, LastGoodFile, UnusableError


def test_without_a_file_nothing_was_saved(tmp_path: Path) -> None:
    """That is the first start, and no fault."""
    assert LastGoodFile(tmp_path / "not" / "there").read() is None


def test_a_file_is_replaced_as_a_whole_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    """Nothing is left beside it."""
    file = LastGoodFile(tmp_path / "new")
    for data in (b"first", b"second, and longer"):
        file.write(data)

    assert [path.name for path in (tmp_path / "new").iterdir()] == [FILE]
    assert (file.path.read_bytes(), file.path.stat().st_mode & 0o777) == (b"second, and longer", 0o600)


def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path) -> None:
    """A directory of that name is in the way: the error is the system's, and what was written beside it is gone."""
    (tmp_path / FILE).mkdir()
    with pytest.raises(OSError, match="directory"):
        LastGoodFile(tmp_path).write(b"new")

    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_file_that_is_none_of_ours_says_what_is_wrong(tmp_path: Path) -> None:
    """And so does one that cannot be read at all."""
    (tmp_path / FILE).write_bytes(b"something else")
    with pytest.raises(UnusableError, match="not a saved configuration"):
        LastGoodFile(tmp_path).read()

    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    with pytest.raises(UnusableError, match="directory"):
        LastGoodFile(tmp_path).read()
