"""The file source on a real directory: each look is driven by hand."""

from pathlib import Path
from typing import Any

import pytest

from krt import Commit, Graph, Reflector, Source
from xds_server.model.source_state import Phase
from xds_server.providers.files import FilesProvider
from xds_server.providers.files.object_index import ObjectIndex
from xds_server.providers.kinds import KINDS
from xds_server.providers.sync_tracker import SyncTracker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Rig:
    """A graph with a source per kind, a tracker, and what a subscriber was told."""

    def __init__(self, directory: Path, *, barrier: Path | None = None, **delays: float) -> None:
        self.clock = Clock()
        self.graph = Graph()
        self.sources: dict[str, Source[str, Any]] = {kind.plural: self.graph.source(kind.plural) for kind in KINDS}
        self.tracker = SyncTracker(KINDS, clock=self.clock)
        self.commits: list[Commit] = []
        self.ended: list[tuple[float, str]] = []
        self.graph.subscribe(self.commits.append, *self.sources.values(), replay=False)
        self.source = FilesProvider(
            str(directory),
            kinds=KINDS,
            reflectors={plural: Reflector(source) for plural, source in self.sources.items()},
            graph=self.graph,
            tracker=self.tracker,
            barrier=None if barrier is None else str(barrier),
            list_delay=delays,
            on_hold_ended=lambda seconds, by: self.ended.append((seconds, by)),
            clock=self.clock,
        )

    async def settle(self) -> None:
        """Looks until what was written counts as written."""
        await self.source.look()
        self.clock.now += 1
        await self.source.look()

    def keys(self, plural: str = "services") -> list[str]:
        return sorted(self.sources[plural])

    def phases(self) -> set[Phase]:
        return {state.phase for state in self.tracker.states.values()}


def service(name: str, port: object = 80) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec:\n  ports: [{{port: {port}}}]\n"


GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web}
spec: {gatewayClassName: xds-server, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""


async def test_the_first_look_syncs_every_kind_in_one_transaction(tmp_path: Path) -> None:
    """Nobody sees Services without their Gateway; an empty kind is synced as well."""
    (tmp_path / "a.yaml").write_text(service("a"))
    (tmp_path / "g.yaml").write_text(GATEWAY)
    rig = Rig(tmp_path)
    assert rig.phases() == {Phase.PENDING}

    await rig.settle()

    assert len(rig.commits) == 1
    assert set(rig.commits[0].deltas) == {"services", "gateways"}
    assert all(source.synced for source in rig.sources.values())
    assert rig.phases() == {Phase.SYNCED}
    assert {state.epoch for state in rig.tracker.states.values()} == {rig.graph.epoch}
    assert rig.tracker.states["services"].objects == 1


async def test_a_barrier_withholds_everything_until_it_is_there(tmp_path: Path) -> None:
    """What fills the directory bit by bit makes it last; what is there by then is one list. It may go afterwards."""
    barrier = tmp_path / ".complete"
    (tmp_path / "a.yaml").write_text(service("a"))
    rig = Rig(tmp_path, barrier=barrier)

    await rig.settle()
    (tmp_path / "b.yaml").write_text(service("b"))
    await rig.settle()
    assert (rig.phases(), rig.keys(), rig.commits) == ({Phase.LISTING}, [], [])
    state = rig.tracker.states["services"]
    assert (state.objects, state.message) == (2, f"complete once there is a file {barrier}: let it be made last")

    barrier.touch()
    await rig.settle()
    assert (rig.phases(), rig.keys(), len(rig.commits)) == ({Phase.SYNCED}, ["default/a", "default/b"], 1)
    assert rig.tracker.states["services"].message == ""
    barrier.unlink()
    (tmp_path / "a.yaml").unlink()
    await rig.settle()

    assert (rig.phases(), rig.keys()) == ({Phase.SYNCED}, ["default/b"])


async def test_all_changes_of_a_look_are_one_transaction(tmp_path: Path) -> None:
    """Added, changed and deleted objects, in several files."""
    (tmp_path / "a.yaml").write_text(service("a") + "---\n" + service("b"))
    (tmp_path / "c.yaml").write_text(service("c"))
    rig = Rig(tmp_path)
    await rig.settle()
    epoch = rig.graph.epoch

    (tmp_path / "a.yaml").write_text(service("b", 81))
    (tmp_path / "c.yaml").unlink()
    (tmp_path / "d.yaml").write_text(service("d"))
    await rig.settle()

    assert rig.graph.epoch == epoch + 1
    assert set(rig.commits[-1].deltas["services"].changes) == {"default/a", "default/b", "default/c", "default/d"}
    assert rig.keys() == ["default/b", "default/d"]
    assert rig.tracker.states["services"].objects == 2


async def test_what_changed_is_written_in_order(tmp_path: Path) -> None:
    """Collections keep the order in which keys came, and the order of a set is another in each process."""
    (tmp_path / "a.yaml").write_text(service("a"))
    rig = Rig(tmp_path)
    await rig.settle()
    names = [f"s{i:02}" for i in range(20)]

    (tmp_path / "b.yaml").write_text("---\n".join(map(service, reversed(names))))
    await rig.settle()

    assert list(rig.sources["services"]) == ["default/a", *(f"default/{name}" for name in names)]


async def test_a_look_without_changes_costs_no_transaction(tmp_path: Path) -> None:
    """Not even when a file was written anew with the same objects."""
    (tmp_path / "a.yaml").write_text(service("a"))
    rig = Rig(tmp_path)
    await rig.settle()
    epoch = rig.graph.epoch

    await rig.settle()
    (tmp_path / "a.yaml").write_text("# touched\n" + service("a"))
    await rig.settle()

    assert rig.graph.epoch == epoch


async def test_bad_input_keeps_the_last_good_state(tmp_path: Path) -> None:
    """A file that does not parse, an invalid object: both stay as they were, are named, and mend."""
    path = tmp_path / "a.yaml"
    path.write_text(service("a"))
    (tmp_path / "b.yaml").write_text(service("b"))
    rig = Rig(tmp_path)
    await rig.settle()

    path.write_text(service("a", "eighty"))
    (tmp_path / "b.yaml").write_text("kind: [")
    await rig.settle()

    assert rig.keys() == ["default/a", "default/b"]
    assert rig.sources["services"]["default/a"].ports[0].port == 80
    assert [(p.source, p.line, p.object, p.field) for p in rig.tracker.problems] == [
        (str(path), 5, "Service default/a", "spec.ports[0].port"),
        (str(tmp_path / "b.yaml"), 1, "", ""),
    ]

    path.write_text(service("a", 90))
    (tmp_path / "b.yaml").unlink()
    await rig.settle()

    assert not rig.tracker.problems
    assert rig.sources["services"]["default/a"].ports[0].port == 90
    assert rig.keys() == ["default/a"]


async def test_an_invalid_object_does_not_stop_the_first_list(tmp_path: Path) -> None:
    """Everything else is served, and we are synced."""
    (tmp_path / "a.yaml").write_text(service("a", "eighty") + "---\n" + service("b"))
    rig = Rig(tmp_path)

    await rig.settle()

    assert rig.keys() == ["default/b"]
    assert rig.phases() == {Phase.SYNCED}


async def test_a_duplicate_is_settled_by_path(tmp_path: Path) -> None:
    """The first file counts; when it is gone, the second does, and its problem ends."""
    (tmp_path / "1.yaml").write_text(service("a", 1))
    (tmp_path / "2.yaml").write_text(service("a", 2))
    rig = Rig(tmp_path)
    await rig.settle()
    assert rig.sources["services"]["default/a"].ports[0].port == 1
    assert [p.source for p in rig.tracker.problems] == [str(tmp_path / "2.yaml")]

    (tmp_path / "1.yaml").unlink()
    await rig.settle()

    assert rig.sources["services"]["default/a"].ports[0].port == 2
    assert not rig.tracker.problems


async def test_a_directory_that_cannot_be_read_is_not_empty(tmp_path: Path) -> None:
    """At the start nothing is known; later what was known stays, and is marked; both heal."""
    root = tmp_path / "conf"
    rig = Rig(root)
    await rig.settle()
    assert rig.phases() == {Phase.ERROR}
    assert str(root) in rig.tracker.states["services"].message
    assert not rig.commits

    root.mkdir()
    (root / "a.yaml").write_text(service("a"))
    await rig.settle()
    assert rig.phases() == {Phase.SYNCED}

    root.rename(tmp_path / "away")
    await rig.settle()
    assert rig.phases() == {Phase.STALE}
    assert rig.keys() == ["default/a"]

    (tmp_path / "away").rename(root)
    await rig.settle()
    assert rig.phases() == {Phase.SYNCED}


async def test_a_withheld_kind_is_listed_later(tmp_path: Path) -> None:
    """Fault injection: the others are synced, this one is listing until its time has come, with what is there then."""
    (tmp_path / "a.yaml").write_text(service("a"))
    (tmp_path / "g.yaml").write_text(GATEWAY)
    rig = Rig(tmp_path, services=2.0)

    await rig.settle()  # one second
    assert rig.sources["gateways"].synced
    assert not rig.sources["services"].synced
    assert rig.tracker.states["services"].phase is Phase.LISTING

    (tmp_path / "b.yaml").write_text(service("b"))
    await rig.settle()
    assert rig.keys() == []

    await rig.settle()
    assert rig.keys() == ["default/a", "default/b"]
    assert rig.phases() == {Phase.SYNCED}
    assert rig.tracker.states["services"].epoch == rig.graph.epoch


async def test_ignored_kinds_are_counted_and_named_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The count follows the directory; the log names a kind once."""
    caplog.set_level("INFO", "xds_server.providers")
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    (tmp_path / "a.yaml").write_text(f"{pod}---\n{pod}")
    rig = Rig(tmp_path)
    await rig.settle()
    assert rig.source.ignored == {"v1 Pod": 2}

    (tmp_path / "a.yaml").write_text(pod)
    await rig.settle()

    assert rig.source.ignored == {"v1 Pod": 1}
    assert [record.message for record in caplog.records].count(
        f"ignored: 2 of kind 'v1 Pod' in {tmp_path}: this server does not read it"
    ) == 1
    assert len(caplog.records) == 1


async def test_a_file_that_is_held_is_a_problem_until_it_is_believed(tmp_path: Path) -> None:
    """With its path and what to do; it counts as held, and its end is told."""
    path = tmp_path / "a.yaml"
    path.write_text(service("a"))
    rig = Rig(tmp_path)
    await rig.settle()

    path.write_text("")
    await rig.settle()
    assert rig.keys() == ["default/a"]
    assert rig.source.held == {str(path): "is empty"}
    assert [str(problem) for problem in rig.tracker.problems] == [
        (
            f"{path}: is empty, so what it had stays for up to 10 s: "
            "write another file and rename it into place, or delete this one"
        )
    ]

    rig.clock.now += 9
    await rig.source.look()
    assert (rig.keys(), rig.source.held, rig.ended) == ([], {}, [(9.0, "timeout")])
    assert not rig.tracker.problems


async def test_an_operator_has_a_held_file_believed(tmp_path: Path) -> None:
    """At the next look."""
    (tmp_path / "a.yaml").write_text(service("a"))
    rig = Rig(tmp_path)
    await rig.settle()
    (tmp_path / "a.yaml").write_text("")
    await rig.settle()

    assert rig.source.release() == 1
    await rig.source.look()

    assert (rig.keys(), [by for _, by in rig.ended]) == ([], ["operator"])


async def test_nothing_is_listed_while_a_file_is_being_written(tmp_path: Path) -> None:
    """At the start nobody knows what it will have: the state says which file is awaited."""
    path = tmp_path / "a.yaml"
    path.write_text("")
    rig = Rig(tmp_path)

    await rig.settle()
    assert rig.phases() == {Phase.LISTING}
    assert rig.tracker.states["services"].message == f"complete once {path} is, which is empty"

    path.write_text(service("a"))
    await rig.settle()
    assert (rig.phases(), rig.keys()) == ({Phase.SYNCED}, ["default/a"])


@pytest.mark.parametrize(
    "fault", [ObjectIndex.update, Reflector.apply, SyncTracker.replace_problems], ids=lambda one: one.__qualname__
)
async def test_a_fault_of_ours_costs_one_look(
    tmp_path: Path, fault: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once, and a state with what to do; what changed is applied at a look without it."""
    (tmp_path / "a.yaml").write_text(service("a"))
    rig = Rig(tmp_path)
    await rig.settle()

    def fail(*_: object) -> None:
        raise KeyError("x")

    (tmp_path / "b.yaml").write_text(service("b") + "---\nkind: Service\n")
    owner = {"ObjectIndex": ObjectIndex, "Reflector": Reflector, "SyncTracker": SyncTracker}[
        fault.__qualname__.split(".")[0]
    ]
    with monkeypatch.context() as faulty:
        faulty.setattr(owner, fault.__name__, fail)
        for _ in range(3):
            await rig.settle()
        assert rig.phases() == {Phase.STALE}
        assert "KeyError" in rig.tracker.states["services"].message
    await rig.settle()

    assert (rig.phases(), rig.keys()) == ({Phase.SYNCED}, ["default/a", "default/b"])
    assert [problem.line for problem in rig.tracker.problems] == [7]
    assert len([record for record in caplog.records if record.exc_info]) == 1
