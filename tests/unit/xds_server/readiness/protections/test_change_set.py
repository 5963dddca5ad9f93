"""A change of the served state as one value."""

from krt import Change, Graph
from tests.support import builders
from xds_server.model.resource import resource
from xds_server.readiness.protections.change_set import ChangeSet, collections_of
from xds_server.translate.pipeline import build_pipeline

A, B = resource("a", b"1"), resource("a", b"2")


def test_by_place_and_back_is_the_same() -> None:
    """Policies that treat all collections alike see each change under its collection and key."""
    changes = ChangeSet(clusters={"a": Change(A, B)}, listeners={("shop/edge", 80): Change(None, A)})

    flat = changes.by_place()

    assert flat == {("clusters", "a"): (A, B), ("listeners", ("shop/edge", 80)): (None, A)}
    assert ChangeSet.of_places(flat) == changes
    assert any(changes)
    assert not any(ChangeSet())


def test_of_two_changes_of_a_key_the_newer_counts() -> None:
    """And those of other keys are there, too."""
    older = ChangeSet(clusters={"a": Change(None, A), "b": Change(None, B)})
    newer = ChangeSet(clusters={"a": Change(None, B)})

    assert older.updated(newer) == ChangeSet(clusters={"a": Change(None, B), "b": Change(None, B)})


def test_its_fields_are_collections_of_the_pipeline() -> None:
    """So a commit of the graph is one, and so are the contents of the collections."""
    graph = Graph(on_failure="raise")
    pipeline = build_pipeline(graph, "xds-server")
    seen: list[ChangeSet] = []
    collections = collections_of(pipeline)
    watched = [graph.collections[name] for name in collections]
    graph.subscribe(lambda commit: seen.append(ChangeSet.of_commit(commit)), *watched, replay=False)
    for source in pipeline.sources.values():
        source.mark_synced()

    pipeline.sources["services"].set("shop/cart", builders.service())

    assert {name for name, by_key in seen[-1].by_collection() if by_key} == {"clusters", "load_assignments"}
    assert ChangeSet.of_contents(collections) == seen[-1]
