"""Which files a walk sees."""

import os
from pathlib import Path

import pytest

from xds_server.sources.files.scan import Walk, walk


def seen(root: Path) -> list[str]:
    return [os.path.relpath(path, root) for path in walk(str(root)).files]


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def test_yaml_and_json_are_seen_at_any_depth(tmp_path: Path) -> None:
    """Other files, editors' files and hidden directories are passed over."""
    write(tmp_path, "b.yml", "a.yaml", "sub/deep/c.json")
    write(tmp_path, "x.txt", ".hidden.yaml", "a.yaml~", ".git/d.yaml", "#a.yaml#", "4913", "a.yaml.swp")

    assert seen(tmp_path) == ["a.yaml", "b.yml", "sub/deep/c.json"]


def test_links_are_followed(tmp_path: Path) -> None:
    """A mounted ConfigMap is seen once, through its links; a link to nowhere is not there."""
    write(tmp_path, "..2026_01/a.yaml")
    (tmp_path / "..data").symlink_to("..2026_01")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    (tmp_path / "lost.yaml").symlink_to("nowhere")

    assert seen(tmp_path) == ["a.yaml"]


def test_a_link_back_up_has_an_end(tmp_path: Path) -> None:
    """A directory that contains itself is walked once."""
    write(tmp_path, "sub/a.yaml")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)

    assert seen(tmp_path) == ["sub/a.yaml"]


def test_a_swap_behind_a_link_changes_the_signature(tmp_path: Path) -> None:
    """A ConfigMap is updated by turning a link; the files' own entries stay as they are."""
    write(tmp_path, "..1/a.yaml", "..2/a.yaml")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    before = walk(str(tmp_path)).files

    (tmp_path / "..new").symlink_to("..2")
    (tmp_path / "..new").rename(tmp_path / "..data")

    assert walk(str(tmp_path)).files.keys() == before.keys()
    assert walk(str(tmp_path)).files != before


def test_a_root_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A directory that cannot be read is never taken for an empty one."""
    with pytest.raises(FileNotFoundError):
        walk(str(tmp_path / "nowhere"))


def test_what_lies_below_an_unreadable_place_is_not_covered() -> None:
    """Nobody may conclude that a file is gone from a directory that could not be read."""
    it = Walk(unreadable={"/d/sub": PermissionError()})

    assert [it.covers(path) for path in ("/d/sub", "/d/sub/a.yaml", "/d/subway.yaml", "/d/a.yaml")] == [
        False,
        False,
        True,
        True,
    ]
