"""What a look sees, and what it opens."""

import os
import time
from pathlib import Path

import pytest

from xds_server.providers.files import file_reader
from xds_server.providers.files import poller as directory_module
from xds_server.providers.files.parse import Parsed, Parser
from xds_server.providers.files.poller import Directory, DirectoryChanges, Ended
from xds_server.providers.files.scan import walk
from xds_server.providers.kinds import KINDS


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


def names(look: DirectoryChanges) -> list[str]:
    return sorted(Path(path).name for path in look.parsed)


LATER = 10**9


class Clock:
    """Both clocks: the monotonic one, and that of the file system, on which every file is old."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Rig:
    """A directory of files, and looks at it."""

    def __init__(self, root: Path, *, parser: Parser | None = None, age: int = LATER, hold: float = 10.0) -> None:
        self.clock = Clock()
        self.directory = Directory(
            str(root),
            parser or Parser(KINDS),
            hold_seconds=hold,
            clock=self.clock,
            now=lambda: time.time_ns() + age,
        )

    def look(self, *, after: float = 0.0) -> DirectoryChanges:
        self.clock.seconds += after
        return self.directory.look()

    def settled(self) -> DirectoryChanges:
        """What a look sees once what was written is still."""
        first = self.look(after=1)
        second = self.look(after=1)
        return DirectoryChanges({**first.parsed, **second.parsed}, first.gone | second.gone, first.ended + second.ended)


def test_only_what_changed_is_parsed(tmp_path: Path) -> None:
    """A look at an unchanged directory opens nothing."""
    parser = Opened()
    rig = Rig(tmp_path, parser=parser)
    (tmp_path / "a.yaml").write_text(service("a"))
    (tmp_path / "b.yaml").write_text(service("b"))
    assert names(rig.look()) == ["a.yaml", "b.yaml"]

    assert rig.look() == DirectoryChanges()
    (tmp_path / "b.yaml").write_text(service("b") + "# anew")
    (tmp_path / "a.yaml").unlink()
    look = rig.settled()

    assert names(look) == ["b.yaml"]
    assert look.gone == {str(tmp_path / "a.yaml")}
    assert parser.paths == ["a.yaml", "b.yaml", "b.yaml"]


def test_a_young_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writes within one tick of the clock may have one signature: the second must not be missed."""
    path = tmp_path / "a.yaml"
    path.write_text(service("a"))
    one_tick = walk(str(tmp_path))
    monkeypatch.setattr(directory_module, "walk", lambda _: one_tick)
    monkeypatch.setattr(file_reader, "signature", lambda _: one_tick.files[str(path)])
    written = path.stat().st_mtime_ns
    parser = Opened()
    now = written
    directory = Directory(str(tmp_path), parser, hold_seconds=0, now=lambda: now)
    directory.look()

    path.write_text(service("b"))
    assert names(directory.look()) == ["a.yaml"]

    now += LATER
    assert directory.look() == DirectoryChanges()
    path.write_text(service("not looked at: by now every write has another signature"))
    assert directory.look() == DirectoryChanges()
    assert parser.paths == ["a.yaml", "a.yaml"]


def test_a_file_that_may_be_read_again_is_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it holds what it held: the problem must go. And it is tried again without being touched."""
    path = tmp_path / "a.yaml"
    path.write_text(service("a"))
    rig = Rig(tmp_path)
    rig.settled()

    with monkeypatch.context() as closed:
        closed.setattr(os, "open", _refuse)
        os.utime(path)
        assert not rig.settled().parsed[str(path)].intact

    assert rig.look().parsed[str(path)].intact


def _refuse(path: str, _: int) -> int:
    raise PermissionError(13, "Permission denied", path)


def test_a_replaced_file_is_seen_at_once(tmp_path: Path) -> None:
    """Editors write another file and rename it over the first: it is complete, and need not be still."""
    rig = Rig(tmp_path, age=0)
    (tmp_path / "a.yaml").write_text(service("a"))
    rig.settled()

    (tmp_path / ".a.yaml.tmp").write_text(service("a") + "---\n" + service("b"))
    (tmp_path / ".a.yaml.tmp").rename(tmp_path / "a.yaml")
    look = rig.look()

    assert names(look) == ["a.yaml"]
    assert look.gone == set()


def test_a_mended_file_is_parsed_though_it_is_what_it_was(tmp_path: Path) -> None:
    """Taking back a mistake brings the content of before, and an end to the problem."""
    rig = Rig(tmp_path)
    path = tmp_path / "a.yaml"
    path.write_text(service("a"))
    rig.settled()
    path.write_text("a: [")
    assert not rig.settled().parsed[str(path)].intact

    path.write_text(service("a"))

    assert rig.settled().parsed[str(path)].intact


def test_a_place_that_cannot_be_read_is_a_problem_not_an_absence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that closes takes no file away, and one that opens again clears the problem."""
    sub = tmp_path / "sub"
    sub.mkdir()
    (sub / "a.yaml").write_text(service("a"))
    directory = Rig(tmp_path).directory
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
            f"{sub}: cannot be read: Permission denied: make it readable; until then its objects stay as they were"
        ]
        assert directory.look() == DirectoryChanges()

    assert directory.look() == DirectoryChanges(gone={str(sub)})


THREE = "---\n".join(map(service, "abc"))


def held(rig: Rig) -> list[str]:
    return [change.reason for change in rig.directory.changing.values()]


def test_a_file_that_is_written_in_place_is_read_once_it_is_still(tmp_path: Path) -> None:
    """Its size and time of change must be the same at two looks; while it grows, or shrinks, nothing is read."""
    path = tmp_path / "a.yaml"
    path.write_text(THREE)
    parser = Opened()
    rig = Rig(tmp_path, parser=parser)
    rig.settled()

    for text in ("", service("x"), service("x") + "---\n" + service("y")):
        path.write_text(text)
        assert rig.look(after=0.2) == DirectoryChanges()
    path.write_text(THREE + "---\n" + service("d"))
    assert rig.look(after=0.2) == DirectoryChanges()
    look = rig.look(after=0.2)

    assert names(look) == ["a.yaml"]
    assert parser.paths == ["a.yaml", "a.yaml"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("# by helm\n---\n", "is empty"),
        (service("a"), "ends before the last 2 of 3 objects that it had"),
        (service("new") + "---\n" + service("a"), "ends before the last 2 of 3 objects that it had"),
        (service("new"), "ends before the last 3 of 3 objects that it had"),
    ],
)
def test_what_is_missing_at_the_end_of_a_file_may_be_still_to_come(tmp_path: Path, text: str, reason: str) -> None:
    """A file that was emptied, or cut where a document ends, is held by its own clock, and then believed."""
    path = tmp_path / "a.yaml"
    path.write_text(THREE)
    rig = Rig(tmp_path)
    rig.settled()

    path.write_text(text)
    assert (rig.settled(), held(rig)) == (DirectoryChanges(), [reason])
    assert (rig.look(after=5), held(rig)) == (DirectoryChanges(), [reason])
    look = rig.look(after=5)

    assert names(look) == ["a.yaml"]
    assert look.ended == [Ended(str(path), 10.0, "timeout")]
    assert held(rig) == []


def test_a_file_that_becomes_complete_ends_its_hold(tmp_path: Path) -> None:
    """The clock is that of the first doubt, however often the file changes."""
    path = tmp_path / "a.yaml"
    path.write_text(THREE)
    rig = Rig(tmp_path)
    rig.settled()
    path.write_text("")
    rig.settled()
    path.write_text(service("a"))
    rig.settled()

    path.write_text(THREE + "---\n" + service("d"))
    look = rig.settled()

    assert len(look.parsed[str(path)].objects) == 4
    assert [(ended.path, ended.by) for ended in look.ended] == [(str(path), "recovered")]


def test_a_file_that_never_rests_is_read_when_its_time_is_up(tmp_path: Path) -> None:
    """Somebody may write into it for ever."""
    path = tmp_path / "a.yaml"
    path.write_text(service("a"))
    rig = Rig(tmp_path)
    rig.settled()

    seen = []
    for i in range(60):
        path.write_text(service("a") + f"# {i}\n" * (i + 1) + f"---\n{service(f'b{i}')}")
        seen += [i for _ in rig.look(after=0.2).parsed]

    assert seen == [50]


@pytest.mark.parametrize("text", [service("b") + "---\n" + service("c"), service("c")])
def test_what_is_missing_before_the_end_was_taken_out(tmp_path: Path, text: str) -> None:
    """Nobody writes the end of a file first."""
    path = tmp_path / "a.yaml"
    path.write_text(THREE)
    rig = Rig(tmp_path)
    rig.settled()

    path.write_text(text)

    assert names(rig.settled()) == ["a.yaml"]


def test_a_link_that_is_turned_is_believed_at_once_whatever_it_leads_to(tmp_path: Path) -> None:
    """A ConfigMap that loses its last objects, gains a file, or loses one, in one step."""
    for version, text in (("..1", THREE), ("..2", service("a"))):
        (tmp_path / version).mkdir()
        (tmp_path / version / "a.yaml").write_text(text)
    (tmp_path / "..1" / "gone.yaml").write_text(service("gone"))
    (tmp_path / "..2" / "new.yaml").write_text(service("new"))
    (tmp_path / "..data").symlink_to("..1")
    for name in ("a.yaml", "gone.yaml"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    rig = Rig(tmp_path, age=0)
    rig.settled()

    (tmp_path / "..tmp").symlink_to("..2")
    (tmp_path / "..tmp").rename(tmp_path / "..data")
    (tmp_path / "new.yaml").symlink_to("..data/new.yaml")
    (tmp_path / "gone.yaml").unlink()
    look = rig.look()

    assert names(look) == ["a.yaml", "new.yaml"]
    assert look.gone == {str(tmp_path / "gone.yaml")}


def test_a_directory_behind_a_link_is_turned_in_one_step(tmp_path: Path) -> None:
    """As git-sync does: everything below it is another file."""
    for version, text in (("1", THREE), ("2", "")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "a.yaml").write_text(text)
    (tmp_path / "1" / "b.yaml").write_text(service("d"))
    (tmp_path / "current").symlink_to("1")
    rig = Rig(tmp_path / "current", age=0)
    rig.settled()

    (tmp_path / "tmp").symlink_to("2")
    (tmp_path / "tmp").rename(tmp_path / "current")
    look = rig.look()

    assert names(look) == ["a.yaml"]
    assert look.gone == {str(tmp_path / "current" / "b.yaml")}


def test_a_file_that_is_missing_for_a_moment_is_not_gone(tmp_path: Path) -> None:
    """Some editors move a file away, and write it anew under its name."""
    path = tmp_path / "a.yaml"
    path.write_text(THREE)
    rig = Rig(tmp_path)
    rig.settled()

    path.rename(tmp_path / "a.yaml~")
    assert rig.look(after=0.2) == DirectoryChanges()
    path.write_text(THREE)
    assert rig.settled().gone == set()
    path.unlink()

    assert rig.settled().gone == {str(path)}


def test_what_moves_from_one_file_to_another_is_never_nowhere(tmp_path: Path) -> None:
    """What is complete waits for what began to change in the same look."""
    (tmp_path / "a.yaml").write_text(THREE)
    rig = Rig(tmp_path, age=0)
    rig.settled()

    (tmp_path / "b.yaml").write_text(THREE)
    (tmp_path / "a.yaml").unlink()
    assert rig.look(after=0.2) == DirectoryChanges()
    look = rig.look(after=0.2)

    assert (names(look), look.gone) == (["b.yaml"], {str(tmp_path / "a.yaml")})


@pytest.mark.parametrize(("text", "reason"), [("", "is empty"), ("kind: [", "does not parse")])
def test_at_the_start_a_file_that_was_just_written_must_be_complete(tmp_path: Path, text: str, reason: str) -> None:
    """Nobody knows what it had: without it there is no list, for as long as somebody may be writing it."""
    (tmp_path / "a.yaml").write_text(text)
    rig = Rig(tmp_path, age=0)

    rig.settled()
    assert (rig.directory.complete, held(rig)) == (False, [reason])
    rig.look(after=10)
    assert rig.directory.complete

    old = Rig(tmp_path, age=60 * LATER)
    old.look()
    assert old.directory.complete


def test_everything_is_believed_at_once_if_nothing_is_to_be_held(tmp_path: Path) -> None:
    """A setting of 0."""
    path = tmp_path / "a.yaml"
    rig = Rig(tmp_path, hold=0, age=0)
    for text in (THREE, "", THREE):
        path.write_text(text)
        assert names(rig.look()) == ["a.yaml"]
    path.unlink()

    assert rig.look().gone == {str(path)}


def test_an_operator_ends_holds(tmp_path: Path) -> None:
    """All of them, at the next look."""
    path = tmp_path / "a.yaml"
    path.write_text(THREE)
    rig = Rig(tmp_path)
    rig.settled()
    path.write_text("")
    rig.settled()

    assert rig.directory.override() == 1
    look = rig.look()

    assert names(look) == ["a.yaml"]
    assert [ended.by for ended in look.ended] == ["operator"]
