"""Sync: when collections are complete, what they wait for, and that unknown is never read as empty."""

from typing import Any

import krt


def chain(start: krt.Collection[str, int], length: int) -> list[krt.Collection[str, int]]:
    """A chain of maps."""
    links = [start]
    for i in range(length):
        links.append(links[-1].map(lambda ctx, n: n + 1, name=f"link{i}"))
    return links[1:]


def test_a_chain_of_fifty_syncs_in_the_settle_of_its_source() -> None:
    """One transaction completes all fifty, with one commit."""
    graph = krt.Graph(on_failure="raise")
    numbers: krt.Source[str, int] = graph.source("numbers")
    links = chain(numbers, 50)
    commits: list[krt.Commit] = []
    graph.subscribe(commits.append, links[-1], replay=False)
    assert links[-1].pending == {"numbers"}

    numbers.replace({"a": 0})

    assert all(link.synced for link in links)
    assert dict(links[-1]) == {"a": 50}
    assert [len(commit.synced) for commit in commits] == [51]


def test_a_source_that_is_written_is_not_yet_synced() -> None:
    """A written source is not synced until it is marked: readers wait, and derived collections have the present keys."""
    graph = krt.Graph(on_failure="raise")
    numbers: krt.Source[str, int] = graph.source("numbers")
    doubled = numbers.map(lambda ctx, n: n * 2, name="doubled")
    total = graph.singleton(lambda ctx: sum(ctx.fetch(doubled)), name="total")

    numbers.set("a", 1)
    assert dict(doubled) == {"a": 2}
    assert not doubled.synced
    assert dict(total) == {}
    assert total.pending == {"numbers"}

    numbers.mark_synced()
    assert total.value == 2
    assert (doubled.pending, total.pending) == (frozenset(), frozenset())


def test_an_empty_source_that_is_synced_makes_all_empty_and_synced() -> None:
    """An empty synced source is known to be empty."""
    graph = krt.Graph(on_failure="raise")
    numbers: krt.Source[str, int] = graph.source("numbers")
    total = graph.singleton(lambda ctx: sum(ctx.fetch(numbers)), name="total")

    numbers.replace({})

    assert (total.value, total.synced) == (0, True)


def test_a_parked_key_stalls_nobody_else() -> None:
    """Only the input that reads something unknown waits; it runs in the settle in which that becomes known."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1, "b": 2})
    unknown: krt.Source[str, int] = graph.source("unknown")
    reader = numbers.map(lambda ctx, n: n if n == 1 else ctx.get(unknown, "x"), name="reader")

    assert dict(reader) == {"a": 1}
    assert not reader.synced
    assert reader.pending == {"unknown"}

    unknown.replace({"x": 10})
    assert dict(reader) == {"a": 1, "b": 10}
    assert reader.synced


def test_a_key_that_no_longer_reads_the_unknown_is_no_longer_parked() -> None:
    """When its input changes or is deleted, the collection becomes synced without the unknown."""
    for change in ("set", "delete"):
        graph = krt.Graph(on_failure="raise")
        numbers = graph.source("numbers", {"b": 2})
        unknown: krt.Source[str, int] = graph.source("unknown")
        reader = numbers.map(lambda ctx, n: n if n == 1 else ctx.get(unknown, "x"), name="reader")  # noqa: B023
        if change == "set":
            numbers.set("b", 1)
        else:
            numbers.delete("b")

        assert reader.synced
        assert unknown._parked_readers == {}


def test_once_synced_a_parked_key_does_not_take_it_back() -> None:
    """The parked key keeps its last good output until what it waits for is known."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    unknown: krt.Source[str, int] = graph.source("unknown")
    reader = numbers.map(lambda ctx, n: n if n == 1 else ctx.get(unknown, "x"), name="reader")

    numbers.set("a", 2)
    assert reader.synced
    assert dict(reader) == {"a": 1}

    unknown.replace({"x": 7})
    assert dict(reader) == {"a": 7}


def test_pending_names_every_source_that_is_waited_for() -> None:
    """`pending` looks through merges, groups and parked keys."""
    graph = krt.Graph(on_failure="raise")
    left: krt.Source[str, int] = graph.source("left")
    right: krt.Source[str, int] = graph.source("right")
    known = graph.source("known", {"a": 1})
    third: krt.Source[str, int] = graph.source("third")
    merged = graph.merge(left, right, known, name="merged")
    parked = known.map(lambda ctx, n: ctx.get(third, "a"), name="parked")
    both = graph.merge(merged, parked, name="both")

    assert both.pending == {"left", "right", "third"}
    left.replace({})
    third.replace({"a": 1})
    assert both.pending == {"right"}


def test_a_failure_does_not_keep_a_collection_from_syncing() -> None:
    """A failed key is known, and is in `failures`, where a readiness check can look."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")
    inverse = numbers.map(lambda ctx, n: 60 // n, name="inverse")

    numbers.replace({"a": 0, "b": 2})

    assert inverse.synced
    assert dict(inverse) == {"b": 30}


def test_a_collection_over_synced_ones_is_complete_when_it_is_made() -> None:
    """It is complete when the call that creates it returns."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    links = chain(numbers, 3)

    assert dict(links[-1]) == {"a": 4}
    assert links[-1].synced


def test_a_relist_never_takes_back_that_a_collection_is_synced() -> None:
    """The source stays synced during a relist; its end deletes the missing objects in one change."""
    graph = krt.Graph(on_failure="raise")
    numbers: krt.Source[str, int] = graph.source("numbers")
    doubled = numbers.map(lambda ctx, n: n * 2, name="doubled")
    reflector = krt.Reflector(numbers)
    reflector.begin()
    reflector.apply("a", 1)
    reflector.apply("b", 2)
    reflector.listed()
    deltas: list[dict[str, krt.Change[Any]]] = []
    doubled.subscribe(lambda delta: deltas.append(dict(delta.changes)), replay=False)

    reflector.begin()
    reflector.apply("b", 3)
    assert doubled.synced
    assert deltas == []
    reflector.listed()

    assert doubled.synced
    assert deltas == [{"a": krt.Change(2, None), "b": krt.Change(4, 6)}]
