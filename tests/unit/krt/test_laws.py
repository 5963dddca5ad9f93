"""The eight laws of krt, by name. docs/krt/laws.md states them in words."""

from collections.abc import Callable

import pytest

import krt


def test_law_rank_a_transform_reads_only_what_was_created_before_it() -> None:
    """Reading a later collection is a RankError of the key, and it names both collections."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    later: list[krt.Collection[str, int]] = []
    reader = numbers.map(lambda ctx, n: ctx.get(later[0], "a") if later else n, name="reader")

    later.append(graph.source("later", {"a": 7}))
    numbers.set("a", 2)

    error = reader.failures["a"].error
    assert isinstance(error, krt.RankError)
    assert "'reader'" in str(error)
    assert "'later'" in str(error)
    assert dict(reader) == {"a": 1}


def test_law_rank_a_transform_cannot_read_its_own_collection() -> None:
    """A transform that reads its own collection gets a RankError."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    own: list[krt.Collection[str, int]] = []
    reader = numbers.map(lambda ctx, n: ctx.get(own[0], "a") if own else n, name="reader")

    own.append(reader)
    numbers.set("a", 2)

    assert isinstance(reader.failures["a"].error, krt.RankError)


def test_law_once_a_diamond_runs_each_key_once_and_never_sees_two_epochs() -> None:
    """A -> B, A -> C, D(B, C, A): D runs once per change, and all that it reads is of one epoch."""
    graph = krt.Graph(on_failure="raise")
    a = graph.source("a", {"k": 1})
    b = a.map(lambda ctx, n: n * 10, name="b")
    c = a.map(lambda ctx, n: n * 100, name="c")
    seen: list[tuple[int, int | None, int | None]] = []

    def combine(ctx: krt.Context, tens: int) -> int:
        seen.append((tens, ctx.get(c, "k"), ctx.get(a, "k")))
        return tens

    b.map(combine, name="d")
    a.set("k", 2)

    assert seen == [(10, 100, 1), (20, 200, 2)]


def test_law_once_a_dependency_found_on_the_way_is_up_to_date() -> None:
    """A read that a run makes for the first time finds the value of this epoch, in the same run."""
    graph = krt.Graph(on_failure="raise")
    a = graph.source("a", {"k": 1})
    deep = a.map(lambda ctx, n: n * 10, name="deep").map(lambda ctx, n: n * 10, name="deeper")
    runs: list[int | None] = []

    def curious(ctx: krt.Context, n: int) -> int | None:
        runs.append(ctx.get(deep, "k") if n > 1 else None)
        return runs[-1]

    late = a.map(curious, name="late")
    a.set("k", 2)

    assert runs == [None, 200]
    assert dict(late) == {"k": 200}


def test_law_cutoff_an_equal_output_stops_the_wave() -> None:
    """A run with an equal output wakes nothing downstream."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    parity = numbers.map(lambda ctx, n: n % 2 == 0, name="parity")
    runs: list[bool] = []

    def sink(ctx: krt.Context, even: bool) -> bool:
        runs.append(even)
        return even

    parity.map(sink, name="sink")

    numbers.set("a", 3)

    assert runs == [False]


def test_law_cutoff_an_equal_write_is_no_change() -> None:
    """Writing an equal value does not advance the epoch and calls no subscriber."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    deltas: list[krt.Delta[str, int]] = []
    numbers.subscribe(deltas.append, replay=False)
    epoch = graph.epoch

    numbers.set("a", 1)

    assert deltas == []
    assert graph.epoch == epoch


def test_law_net_deltas_one_delta_per_transaction_with_exact_old_values() -> None:
    """The change of a key goes from the value before the transaction to the value after it, however often it is written."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "gone": 5})
    doubled = numbers.map(lambda ctx, n: n * 2, name="doubled")
    deltas: list[dict[str, krt.Change[int]]] = []
    doubled.subscribe(lambda delta: deltas.append(dict(delta.changes)), replay=False)

    with graph.transaction():
        numbers.set("a", 7)
        numbers.set("a", 2)
        numbers.set("new", 4)
        numbers.delete("gone")

    assert deltas == [{"a": krt.Change(2, 4), "new": krt.Change(None, 8), "gone": krt.Change(10, None)}]


def test_law_net_deltas_what_comes_and_goes_in_one_transaction_never_was() -> None:
    """A key that is added and deleted, or deleted and added again with an equal value, has not changed."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    deltas: list[krt.Delta[str, int]] = []
    numbers.subscribe(deltas.append, replay=False)

    with graph.transaction():
        numbers.set("b", 2)
        numbers.delete("b")
        numbers.delete("a")
        numbers.set("a", 1)

    assert deltas == []


def test_law_atomic_an_exception_in_the_body_leaves_no_trace() -> None:
    """Values, indexes, derived collections, subscribers and the epoch are as before the transaction."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "b": 2})
    parity = numbers.index(lambda n: [n % 2], name="parity")
    doubled = numbers.map(lambda ctx, n: n * 2, name="doubled")
    deltas: list[krt.Delta[str, int]] = []
    numbers.subscribe(deltas.append, replay=False)
    epoch = graph.epoch

    def write_and_fail() -> None:
        with graph.transaction():
            numbers.set("a", 4)
            numbers.delete("b")
            numbers.set("c", 1 // 0)

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    assert (dict(numbers), dict(doubled)) == ({"a": 1, "b": 2}, {"a": 2, "b": 4})
    assert (parity.lookup(0), parity.lookup(1)) == ((2,), (1,))
    assert deltas == []
    assert graph.epoch == epoch


def test_law_tracked_a_direct_read_in_a_transform_is_refused() -> None:
    """A direct read is an UntrackedReadError that names both collections."""
    graph = krt.Graph()
    other = graph.source("other", {"a": 1})
    by_value = other.index(lambda n: [n], name="value")
    numbers = graph.source("numbers", {"get": 1, "in": 2, "iter": 3, "index": 4})
    reads: list[Callable[[], object]] = [
        lambda: other["a"],
        lambda: "a" in other,
        lambda: list(other),
        lambda: by_value.lookup(1),
    ]
    reader = numbers.map(lambda ctx, n: str(reads[n - 1]()), name="reader")

    assert dict(reader) == {}
    assert set(reader.failures) == set(numbers)
    for failure in reader.failures.values():
        assert isinstance(failure.error, krt.UntrackedReadError)
        assert "'reader'" in str(failure.error)
        assert "'other'" in str(failure.error)


def test_law_tracked_dropped_reads_wake_nobody() -> None:
    """A change of what the last run read wakes a key; a change of what only an earlier run read does not."""
    graph = krt.Graph(on_failure="raise")
    names = graph.source("names", {"a": "ann", "b": "bob"})
    pointer = graph.source("pointer", {"p": "a"})
    runs: list[str] = []

    def follow(ctx: krt.Context, key: str) -> str | None:
        runs.append(key)
        return ctx.get(names, key)

    followed = pointer.map(follow, name="followed")
    pointer.set("p", "b")
    names.set("a", "anna")
    assert runs == ["a", "b"]

    names.set("b", "bert")
    assert runs == ["a", "b", "b"]
    assert dict(followed) == {"p": "bert"}


def test_law_replay_folding_all_deltas_over_nothing_gives_the_collection() -> None:
    """The old values of each delta match the folded deltas before, and all deltas fold to the collection."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    evens = numbers.map(lambda ctx, n: n if n % 2 == 0 else None, name="evens")
    mirror: dict[str, int] = {}

    def fold(delta: krt.Delta[str, int]) -> None:
        for key, (old, new) in delta:
            assert mirror.get(key) == old
            assert old != new
            if new is None:
                del mirror[key]
            else:
                mirror[key] = new

    evens.subscribe(fold)
    for key, value in [("a", 2), ("b", 4), ("a", 3), ("a", 6), ("b", 8)]:
        numbers.set(key, value)
    numbers.delete("b")

    assert mirror == dict(evens) == {"a": 6}


def test_law_contained_a_transform_that_raises_costs_its_own_key_only() -> None:
    """The last good output stays, `failures` has the error, other keys go on, and a good run removes the failure."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "b": 2})
    inverse = numbers.map(lambda ctx, n: 60 // n, name="inverse")

    with graph.transaction():
        numbers.set("a", 0)
        numbers.set("b", 3)
    assert dict(inverse) == {"a": 60, "b": 20}
    assert isinstance(inverse.failures["a"].error, ZeroDivisionError)

    numbers.set("a", 2)
    assert dict(inverse) == {"a": 30, "b": 20}
    assert dict(inverse.failures) == {}


def test_law_contained_a_failure_in_the_beginning_lets_the_collection_sync() -> None:
    """A key that failed in its first run is absent and in `failures`, and the collection becomes synced."""
    graph = krt.Graph()
    inverse = graph.source("numbers", {"a": 0}).map(lambda ctx, n: 60 // n, name="inverse")

    assert inverse.synced
    assert dict(inverse) == {}
    assert set(inverse.failures) == {"a"}
