"""Which files a walk sees."""

import os
import socket
from pathlib import Path

import pytest

from xds_server.providers.files.scan import DirectoryListing, walk


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
    it = DirectoryListing(unreadable={"/d/sub": "cannot be read"})

    assert [it.covers(path) for path in ("/d/sub", "/d/sub/a.yaml", "/d/subway.yaml", "/d/a.yaml")] == [
        False,
        False,
        True,
        True,
    ]


def test_a_tree_of_links_that_doubles_is_walked_once(tmp_path: Path) -> None:
    """Each level has two links to the next: two to the power of forty paths, and one file."""
    for level in range(40):
        (tmp_path / f"d{level}").mkdir()
        for side in "ab":
            (tmp_path / f"d{level}" / side).symlink_to(f"../d{level + 1}")
    write(tmp_path, "d40/a.yaml")

    assert seen(tmp_path) == ["d40/a.yaml"]


def test_links_in_a_circle_are_problems(tmp_path: Path) -> None:
    """Those that have the name of a file; others lead nowhere, as many do."""
    for here, there in (("a.yaml", "b.yaml"), ("b.yaml", "a.yaml"), ("c", "c")):
        (tmp_path / here).symlink_to(there)

    found = walk(str(tmp_path))

    assert found.files == {}
    assert {os.path.relpath(path, tmp_path) for path in found.unreadable} == {"a.yaml", "b.yaml", "c"}


def test_what_is_no_file_is_a_problem_and_is_not_opened(tmp_path: Path) -> None:
    """A pipe would be waited for, a device has no end."""
    os.mkfifo(tmp_path / "pipe.yaml")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket.json"))
    (tmp_path / "zero.yml").symlink_to("/dev/zero")
    (tmp_path / "lost.yaml").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")

    found = walk(str(tmp_path))

    assert found.files == {}
    assert {os.path.relpath(path, tmp_path): reason for path, reason in found.unreadable.items()} == {
        "pipe.yaml": "is a pipe: put a file there",
        "socket.json": "is a socket: put a file there",
        "zero.yml": "is a device: put a file there",
        "lost.yaml": "is a broken symbolic link: fix or remove it",
    }


def test_directories_may_be_nested_as_deep_as_the_system_lets_them(tmp_path: Path) -> None:
    """Deeper than Python may recurse."""
    paths = [tmp_path]
    while len(paths) < 1100:
        paths.append(paths[-1] / "d")
        paths[-1].mkdir()
    deep = paths[-1] / "a.yaml"
    deep.write_text("{}")
    try:
        assert list(walk(str(tmp_path)).files) == [str(deep)]
    finally:  # others would recurse
        deep.unlink()
        for path in reversed(paths[1:]):
            path.rmdir()


def test_what_is_near_the_root_is_seen_though_there_is_too_much_beyond(tmp_path: Path) -> None:
    """A link to the root of a machine, say: what is not looked into is not gone, and is a problem."""
    write(tmp_path, "a.yaml", "sub/b.yaml", *(f"wide/{i}/c.yaml" for i in range(10)))

    found = walk(str(tmp_path), most=6)

    assert {os.path.relpath(path, tmp_path) for path in found.files} == {"a.yaml", "sub/b.yaml"}
    assert len(found.unreadable) == 10
    assert not found.covers(str(tmp_path / "wide" / "3" / "c.yaml"))
    assert set(found.unreadable.values()) == {
        "is not looked into, because there is too much before it: keep other files elsewhere"
    }
