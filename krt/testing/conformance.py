"""The rules that every kind of collection keeps. To run them against your own kind, write a `Rig`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from krt.collection import Collection
from krt.errors import SubscriberError
from krt.graph import Graph
from krt.testing.oracle import check_graph
from krt.testing.tracker import Tracker

KEYS = ("a/b", "a/c", "a/d")


class Rig(Protocol):
    """A collection that starts empty and synced, and the ways to add and delete keys in it.

    Each rule gets a new rig. Each call must be one transaction.
    """

    collection: Collection[Any, Any]

    def create(self, key: str) -> None:
        """Makes the collection have a value for *key*."""

    def replace(self, old: str, new: str) -> None:
        """Makes it have a value for *new*, and none for *old*, in one transaction."""

    def delete(self, key: str) -> None:
        """Makes it have no value for *key*."""


def _graph_of(rig: Rig) -> Graph:
    graph = rig.collection.graph
    assert isinstance(graph, Graph)
    return graph


def starts_empty_and_synced(rig: Rig) -> None:
    """A new collection is empty and synced, and so is a subscription to it."""
    tracker = Tracker(rig.collection)
    assert dict(rig.collection) == {}
    assert rig.collection.synced
    assert rig.collection.pending == frozenset()
    assert tracker.subscription.synced
    tracker.expect_silence()


def tells_what_is_created(rig: Rig) -> None:
    """One new object is one event. The object is found by key and by iteration, and counts in the size."""
    tracker = Tracker(rig.collection)
    rig.create("a/b")
    tracker.expect_batches("add/a/b")
    assert (list(rig.collection), len(rig.collection), "a/b" in rig.collection) == (["a/b"], 1, True)
    assert rig.collection["a/b"] is not None


def replays_to_late_subscribers(rig: Rig) -> None:
    """A late subscriber gets the contents as one batch of additions; without replay, it gets nothing."""
    rig.create("a/b")
    for _ in range(2):
        Tracker(rig.collection).expect_batches("add/a/b")
    Tracker(rig.collection, replay=False).expect_silence()


def late_subscribers_miss_nothing_and_get_nothing_twice(rig: Rig) -> None:
    """Whenever a subscriber starts in a series of changes, replay and changes together add each object once."""
    names = [f"x/{i:02}" for i in range(20)]
    trackers = []
    for name in names:
        rig.create(name)
        trackers.append(Tracker(rig.collection))
    for tracker in trackers:
        tracker.expect(*(f"add/{name}" for name in names))


def tells_a_replacement_as_one_net_change(rig: Rig) -> None:
    """A replacement is one batch: the old key is deleted and the new one added, with no events in between."""
    rig.create("a/b")
    tracker = Tracker(rig.collection, replay=False)
    rig.replace("a/b", "a/c")
    tracker.expect_batches("add/a/c,delete/a/b")
    assert list(rig.collection) == ["a/c"]


def tells_what_is_deleted(rig: Rig) -> None:
    """A deletion is one event, and the object is not found any more."""
    for key in KEYS:
        rig.create(key)
    tracker = Tracker(rig.collection, replay=False)
    rig.delete("a/c")
    tracker.expect_batches("delete/a/c")
    assert sorted(rig.collection) == ["a/b", "a/d"]


def is_silent_once_unsubscribed(rig: Rig) -> None:
    """A closed subscription gets nothing, and the others still get everything."""
    closed, other = Tracker(rig.collection), Tracker(rig.collection)
    closed.subscription.close()
    closed.subscription.close()
    rig.create("a/b")
    other.expect("add/a/b")
    assert closed.mirror == {}


def a_subscriber_that_raises_stalls_nobody(rig: Rig) -> None:
    """When a subscriber raises, the next one is called, and the collection is up to date."""
    graph = _graph_of(rig)

    def fail(_: object) -> None:
        raise LookupError

    failing = rig.collection.subscribe(fail, replay=False)
    tracker = Tracker(rig.collection)
    with suppress(SubscriberError):  # not raised if the graph reports to a function
        rig.create("a/b")
    failing.close()
    rig.create("a/c")
    tracker.expect("add/a/b", "add/a/c")
    check_graph(graph)


def keeps_indexes_in_step(rig: Rig) -> None:
    """An index that is created before or after the data finds the present values, also within a subscriber."""
    before = rig.collection.index(lambda _: ["all"], name="conformance.before")
    sizes: list[int] = []
    rig.collection.subscribe(lambda _: sizes.append(len(before.lookup("all"))))
    for key in KEYS:
        rig.create(key)
    after = rig.collection.index(lambda _: ["all"], name="conformance.after")
    rig.delete("a/c")
    assert sizes == [1, 2, 3, 2]
    assert before.lookup("all") == after.lookup("all") == (rig.collection["a/b"], rig.collection["a/d"])


def can_be_derived_from_and_read(rig: Rig) -> None:
    """The collection works as an input, and in reads by key, by index and of all values; all agree after each step."""
    graph, collection = _graph_of(rig), rig.collection
    index = collection.index(lambda _: ["all"], name="conformance.read")
    group = index.group(name="conformance.group")
    mapped = collection.map(lambda ctx, value: (ctx.get(collection, ctx.key), value), name="conformance.map")
    count = graph.singleton(
        lambda ctx: (len(ctx.fetch(collection)), len(ctx.lookup(index, "all"))), name="conformance.count"
    )
    steps: Sequence[Callable[[], None]] = (
        lambda: rig.create("a/b"),
        lambda: rig.create("a/c"),
        lambda: rig.replace("a/b", "a/d"),
    )
    for step in steps:
        step()
        assert sorted(mapped) == sorted(collection)
        assert count.value == (len(collection), len(collection))
        assert group["all"] == tuple(collection[key] for key in sorted(collection))
        check_graph(graph)


def a_view_of_it_does_not_change(rig: Rig) -> None:
    """A view keeps its contents when objects are added and deleted."""
    rig.create("a/b")
    contents, view = dict(rig.collection), _graph_of(rig).view(rig.collection)
    rig.create("a/c")
    rig.delete("a/b")
    assert dict(view[rig.collection]) == contents


def closes_without_a_trace(rig: Rig) -> None:
    """Closing it closes what is derived from it. It stays readable, and its name is free again."""
    rig.create("a/b")
    mapped = rig.collection.map(lambda _, value: value, name="conformance.closing")
    rig.collection.close()
    rig.collection.close()
    assert mapped.closed
    assert list(rig.collection) == list(mapped) == ["a/b"]
    assert rig.collection.name not in rig.collection.graph.collections


RULES: Sequence[Callable[[Rig], None]] = (
    starts_empty_and_synced,
    tells_what_is_created,
    replays_to_late_subscribers,
    late_subscribers_miss_nothing_and_get_nothing_twice,
    tells_a_replacement_as_one_net_change,
    tells_what_is_deleted,
    is_silent_once_unsubscribed,
    a_subscriber_that_raises_stalls_nobody,
    keeps_indexes_in_step,
    can_be_derived_from_and_read,
    a_view_of_it_does_not_change,
    closes_without_a_trace,
)
"""Each rule is a function that takes a new rig and raises AssertionError. Parametrize a test with them."""


def check_collection(make_rig: Callable[[], Rig]) -> None:
    """Runs all rules. Raises: AssertionError, if a kind of collection breaks one."""
    for rule in RULES:
        rule(make_rig())
