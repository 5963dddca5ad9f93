"""Closing: collections that come and go leave no references behind."""

import gc
import weakref
from typing import Any

import krt


def test_a_closed_collection_stays_readable_and_is_not_kept_up_to_date() -> None:
    """It keeps its contents, its name is free, and closing it again does nothing."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    doubled = numbers.map(lambda ctx, n: n * 2, name="doubled")

    doubled.close()
    doubled.close()
    numbers.set("a", 2)
    again = numbers.map(lambda ctx, n: n * 3, name="doubled")

    assert dict(doubled) == {"a": 2}
    assert dict(again) == {"a": 6}
    assert repr(doubled) == "<map 'doubled', 1 keys, closed>"


def test_closing_closes_what_is_derived_from_it() -> None:
    """Maps, groups and merges are closed with their input, and keep their last contents."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    other = graph.source("other", {"b": 2})
    doubled = numbers.map(lambda ctx, n: n * 2, name="doubled")
    groups = doubled.index(lambda n: [n], name="value").group(name="groups")
    merged = graph.merge(doubled, other, name="merged")

    numbers.close()

    assert [node.closed for node in (numbers, doubled, groups, merged, other)] == [True, True, True, True, False]
    assert list(graph.collections) == ["other"]
    other.set("b", 3)
    assert dict(merged) == {"a": 2, "b": 2}


def test_who_merely_read_it_keeps_its_output_and_fails_when_it_reads_again() -> None:
    """A read is not an input: the reader stays open, and its next read fails with an error that names the collection."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    rates = graph.source("rates", {"r": 10})
    scaled = numbers.map(lambda ctx, n: n * (ctx.get(rates, "r") or 0), name="scaled")

    rates.close()
    assert dict(scaled) == {"a": 10}
    numbers.set("a", 2)

    assert dict(scaled) == {"a": 10}
    assert isinstance(scaled.failures["a"].error, krt.ClosedError)


def test_a_member_that_is_closed_keeps_its_entries_until_it_is_taken_out() -> None:
    """A flatten stays open when a member is closed; it is closed with the collection of its members."""
    graph = krt.Graph(on_failure="raise")
    members: krt.Source[str, krt.Collection[str, int]] = graph.source("members", {})
    everything = graph.flatten(members, name="everything")
    with graph.before(everything):
        east = graph.source("east", {"a": 1})
    members.set("east", east)

    east.close()
    assert dict(everything) == {"a": 1}
    members.delete("east")
    assert dict(everything) == {}
    members.close()
    assert everything.closed


def test_a_subscription_goes_on_without_a_collection_that_was_closed() -> None:
    """The subscription is called with the deltas of its other collection."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    other = graph.source("other", {"a": 1})
    commits: list[list[str]] = []
    graph.subscribe(lambda commit: commits.append(list(commit.deltas)), numbers, other, replay=False)

    numbers.close()
    other.set("a", 2)

    assert commits == [["other"]]


def test_a_scope_closes_what_it_owns_in_reverse() -> None:
    """A scope owns collections, subscriptions and other scopes; closing it twice is allowed."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    deltas: list[krt.Delta[str, int]] = []
    with krt.Scope() as scope:
        doubled = scope.own(numbers.map(lambda ctx, n: n * 2, name="doubled"))
        scope.own(doubled.subscribe(deltas.append, replay=False))
        inner = scope.own(krt.Scope())
        tripled = inner.own(numbers.map(lambda ctx, n: n * 3, name="tripled"))
        numbers.set("a", 2)
    scope.close()
    numbers.set("a", 3)

    assert len(deltas) == 1
    assert (doubled.closed, tripled.closed) == (True, True)


def rebuild(graph: krt.Graph, pods: krt.Source[Any, int], services: krt.Source[Any, int], scope: krt.Scope) -> None:
    """Creates a collection of every kind, with reads of every kind."""
    index = pods.index(BY_VALUE, name="value")
    joined = scope.own(services.map(lambda ctx, n: ctx.get(pods, n), name="joined"))
    scope.own(services.flat_map(lambda ctx, n: {n: len(ctx.lookup(index, n))}, name="many"))
    scope.own(graph.singleton(lambda ctx: len(ctx.fetch(pods)), name="single"))
    scope.own(graph.merge(pods, joined, name="merged"))
    scope.own(index.group(name="groups"))
    members: krt.Source[str, krt.Collection[Any, int]] = scope.own(graph.source("members", {"pods": pods}))
    scope.own(graph.flatten(members, name="flat"))
    scope.own(services.map(lambda ctx, n: ctx.get(graph_unknown(graph), n), name="parked"))
    scope.own(joined.subscribe(lambda delta: None))


def BY_VALUE(n: int) -> list[int]:  # noqa: N802 - one and the same function, so that the index is one
    return [n % 3]


def graph_unknown(graph: krt.Graph) -> krt.Collection[Any, int]:
    return graph.collections["unknown"]


def test_twenty_rounds_of_building_and_closing_leave_nothing_on_what_stays() -> None:
    """No reader, child, group, parked run, subscription or object is left, whether the sources are synced or not."""
    graph = krt.Graph(on_failure="raise")
    pods = graph.source("pods", {i: i for i in range(10)})
    services = graph.source("services", {i: i for i in range(10)})
    unknown: krt.Source[Any, int] = graph.source("unknown")
    index = pods.index(BY_VALUE, name="value")
    dead: list[weakref.ref[Any]] = []
    for _ in range(20):
        scope = krt.Scope()
        rebuild(graph, pods, services, scope)
        dead += [weakref.ref(node) for node in graph.collections.values() if node not in (pods, services, unknown)]
        scope.close()
    del scope
    gc.collect()

    for source in (pods, services, unknown):
        assert (source._readers, source._children, source._parked_readers, source._subscriptions) == ({}, {}, {}, {})
    assert (index._readers, index._groups) == ({}, {})
    assert list(graph.collections) == ["pods", "services", "unknown"]
    assert len(graph._by_rank) == 3
    assert [ref() for ref in dead if ref() is not None] == []
