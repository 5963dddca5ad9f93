"""What a look sees, and what it opens."""

import os
import time
from pathlib import Path

import pytest

from xds_server.sources.files import directory as directory_module
from xds_server.sources.files.directory import Directory, Look
from xds_server.sources.files.parse import Parsed, Parser
from xds_server.sources.files.scan import Walk
from xds_server.sources.kinds import KINDS


class Opened(Parser):
    """A parser that tells what it was given."""

    def __init__(self) -> None:
        super().__init__(KINDS)
        self.paths: list[str] = []

    def parse(self, path: str, text: bytes) -> Parsed:
        self.paths.append(Path(path).name)
        return super().parse(path, text)


def service(name: str) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{}}\n"


def names(look: Look) -> list[str]:
    return sorted(Path(path).name for path in look.parsed)


LATER = 10**9


def test_only_what_changed_is_parsed(tmp_path: Path) -> None:
    """A look at an unchanged directory opens nothing."""
    parser = Opened()
    directory = Directory(str(tmp_path), parser, now=lambda: time.time_ns() + LATER)
    (tmp_path / "a.yaml").write_text(service("a"))
    (tmp_path / "b.yaml").write_text(service("b"))
    assert names(directory.look()) == ["a.yaml", "b.yaml"]

    assert directory.look() == Look()
    (tmp_path / "b.yaml").write_text(service("bb"))
    (tmp_path / "a.yaml").unlink()
    look = directory.look()

    assert names(look) == ["b.yaml"]
    assert look.gone == {str(tmp_path / "a.yaml")}
    assert parser.paths == ["a.yaml", "b.yaml", "b.yaml"]


def test_a_young_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writes within one tick of the clock may have one signature: the second must not be missed."""
    path = tmp_path / "a.yaml"
    written = 5 * LATER
    now = written
    one_tick = Walk(files={str(path): (written, written, 1, 1)})
    monkeypatch.setattr(directory_module, "walk", lambda _: one_tick)
    parser = Opened()
    directory = Directory(str(tmp_path), parser, now=lambda: now)
    path.write_text(service("a"))
    directory.look()

    path.write_text(service("b"))
    assert names(directory.look()) == ["a.yaml"]

    now += LATER
    assert directory.look() == Look()
    path.write_text(service("not looked at: by now every write has another signature"))
    assert directory.look() == Look()
    assert parser.paths == ["a.yaml", "a.yaml"]


def test_a_file_that_may_be_read_again_is_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it holds what it held: the problem must go."""
    path = tmp_path / "a.yaml"
    path.write_text(service("a"))
    directory = Directory(str(tmp_path), Opened())
    directory.look()

    with monkeypatch.context() as closed:
        closed.setattr(Path, "read_bytes", _refuse)
        os.utime(path)
        assert not directory.look().parsed[str(path)].intact
    os.utime(path)

    assert directory.look().parsed[str(path)].intact


def _refuse(path: Path) -> bytes:
    raise PermissionError(13, "Permission denied", str(path))


def test_a_replaced_file_is_seen(tmp_path: Path) -> None:
    """Editors write another file and rename it over the first."""
    directory = Directory(str(tmp_path), Opened())
    (tmp_path / "a.yaml").write_text(service("a"))
    directory.look()

    (tmp_path / ".a.yaml.tmp").write_text(service("b"))
    (tmp_path / ".a.yaml.tmp").rename(tmp_path / "a.yaml")
    look = directory.look()

    assert names(look) == ["a.yaml"]
    assert look.gone == set()


def test_a_mended_file_is_parsed_though_it_is_what_it_was(tmp_path: Path) -> None:
    """Taking back a mistake brings the content of before, and an end to the problem."""
    directory = Directory(str(tmp_path), Opened())
    path = tmp_path / "a.yaml"
    path.write_text(service("a"))
    directory.look()
    path.write_text("a: [")
    assert not directory.look().parsed[str(path)].intact

    path.write_text(service("a"))

    assert directory.look().parsed[str(path)].intact


def test_a_place_that_cannot_be_read_is_a_problem_not_an_absence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that closes takes no file away, and one that opens again clears the problem."""
    sub = tmp_path / "sub"
    sub.mkdir()
    (sub / "a.yaml").write_text(service("a"))
    directory = Directory(str(tmp_path), Opened(), now=lambda: time.time_ns() + LATER)
    directory.look()
    real = os.scandir

    def refuse(path: str) -> object:
        if path == str(sub):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    with monkeypatch.context() as closed:
        closed.setattr(os, "scandir", refuse)
        look = directory.look()
        assert look.gone == set()
        assert [str(p) for p in look.parsed[str(sub)].problems] == [
            f"{sub}: cannot be read: Permission denied: allow it; until then its objects stay as they were"
        ]
        assert directory.look() == Look()

    assert directory.look() == Look(gone={str(sub)})
