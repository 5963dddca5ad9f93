"""A kind that is followed namespace by namespace."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from krt import Graph, Reflector, Source
from xds_server.model.source_state import Phase, Problem
from xds_server.providers.kinds import kinds
from xds_server.providers.kubernetes.namespaces import NamespaceReflectors
from xds_server.providers.sync_tracker import SyncTracker

SERVICES = next(kind for kind in kinds() if kind.plural == "services")


class Rig:
    """Services of the namespaces a and b."""

    def __init__(self) -> None:
        self.now = 0.0
        self.graph = Graph()
        self.source: Source[str, Any] = self.graph.source("services")
        self.tracker = SyncTracker([SERVICES], clock=lambda: self.now)
        reflectors = {"services": Reflector(self.source)}
        self.parts = NamespaceReflectors((SERVICES,), ("a", "b", "a"), reflectors, self.graph, self.tracker)

    def listing(self, namespace: str, *names: str) -> None:
        part, tracker = self.parts.reflector("services", namespace), self.parts.trackers[namespace]
        part.begin()
        for name in names:
            part.apply(f"{namespace}/{name}", name)
        part.listed()
        tracker.start_list("services")
        tracker.record_list("services", epoch=self.graph.epoch, objects=part.count)

    @property
    def keys(self) -> list[str]:
        return sorted(self.source)


def test_a_kind_is_known_once_every_namespace_was_listed() -> None:
    """Unknown is not empty, here neither."""
    rig = Rig()

    rig.listing("a", "x")
    assert (rig.source.synced, rig.tracker.states["services"].known) == (False, False)
    rig.listing("b")

    state = rig.tracker.states["services"]
    assert (rig.source.synced, state.phase, state.objects, state.epoch) == (True, Phase.SYNCED, 1, rig.graph.epoch)


def test_a_list_replaces_its_namespace_alone() -> None:
    """In one transaction, which touches nothing of the others; one that breaks off leaves no trace."""
    rig = Rig()
    rig.listing("a", "x", "y")
    rig.listing("b", "x")
    epoch = rig.graph.epoch

    rig.listing("a", "y", "z")
    assert (rig.keys, rig.graph.epoch) == (["a/y", "a/z", "b/x"], epoch + 1)
    part = rig.parts.reflector("services", "b")
    part.begin()
    part.apply("b/ghost", "ghost")
    part.begin()
    part.keep("b/x")
    part.listed()

    assert rig.keys == ["a/y", "a/z", "b/x"]


def test_the_worst_part_is_shown_with_its_namespace() -> None:
    """Failures are counted together."""
    rig = Rig()
    rig.listing("a", "x")

    rig.parts.trackers["b"].record_failure(
        "services", Phase.FORBIDDEN, code=403, message="add a rule", retry_seconds=1.0
    )
    state = rig.tracker.states["services"]
    assert (state.phase, state.code, state.message) == (Phase.FORBIDDEN, 403, "namespace b: add a rule")
    rig.listing("b")
    rig.parts.trackers["a"].record_failure("services", Phase.ERROR, message="gone")

    state = rig.tracker.states["services"]
    assert (state.phase, state.message, state.failures) == (Phase.STALE, "namespace a: gone", 2)


def test_problems_of_a_namespace_are_replaced_by_its_lists_alone() -> None:
    """What is wrong in another one stays wrong."""
    rig = Rig()
    one, two = (Problem(source="services", object=f"Service {name}", field="", message="m") for name in ("a/x", "b/x"))
    rig.parts.trackers["a"].replace_problems("services", [one])
    rig.parts.trackers["b"].set_problems("services", "Service b/x", (two,))
    assert rig.tracker.problems == (one, two)

    rig.parts.trackers["a"].replace_problems("services", [])

    assert rig.tracker.problems == (two,)
    assert {problem.source for problem in rig.tracker.problems} == {"services"}


def test_that_something_was_heard_in_one_of_them_is_enough() -> None:
    """They are on the same server."""
    rig = Rig()

    rig.parts.trackers["a"].record_contact("services")

    assert rig.tracker.states["services"].last_contact is not None


_STEPS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(("asked", "listed", "failed"))), max_size=12)


@given(_STEPS)
def test_a_kind_is_as_old_as_the_oldest_of_its_lists(steps: list[tuple[str, str]]) -> None:
    """Whatever was listed how often: it was listed since a moment once every namespace was, by lists begun after it."""
    rig = Rig()
    begun: dict[str, float] = {}
    complete: dict[str, float] = {}
    for namespace, what in steps:
        rig.now += 1
        tracker = rig.parts.trackers[namespace]
        if what == "asked":
            tracker.start_list("services")
            begun[namespace] = rig.now
        elif namespace in begun and what == "listed":
            tracker.record_list("services", epoch=1, objects=0)
            complete[namespace] = begun.pop(namespace)
        elif namespace in begun:
            tracker.record_failure("services", Phase.ERROR, message="no")
            del begun[namespace]

        expected = min(complete.values()) if len(complete) == 2 else None
        assert rig.tracker.states["services"].listed_from == expected
