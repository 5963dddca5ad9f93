"""The recompute log, the tracker and the oracle: what they accept, and what they refuse."""

import pytest

import krt
from krt.testing import RecomputeLog, Tracker, check_graph, from_scratch


def test_a_recompute_log_names_what_ran() -> None:
    """`expect` takes the exact runs in any order, and clears the log."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "b": 2})
    log = RecomputeLog(graph)
    numbers.map(lambda ctx, n: n * 2, name="doubled")
    log.expect("doubled['a']", "doubled['b']")

    numbers.set("a", 3)
    assert log.take() == ["doubled['a']"]
    log.expect_silence()
    numbers.set("a", 4)
    with pytest.raises(AssertionError, match="ran"):
        log.expect_silence()


def test_a_tracker_expects_events_and_silence() -> None:
    """`expect` takes events in any order, `expect_batches` takes them by transaction; other events fail."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    tracker = Tracker(numbers)
    tracker.expect("add/a")

    with graph.transaction():
        numbers.set("a", 2)
        numbers.set("b", 1)
    numbers.delete("a")
    tracker.expect_batches("add/b,update/a", "delete/a")
    tracker.expect_silence()
    numbers.set("b", 2)
    with pytest.raises(AssertionError, match="sent"):
        tracker.expect_silence()


def test_a_tracker_notices_a_lost_delta() -> None:
    """The deltas must fold to the contents of the collection."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    tracker = Tracker(numbers)
    tracker.expect("add/a")
    numbers._values["b"] = 2

    with pytest.raises(AssertionError, match="deltas of 'numbers' give"):
        tracker.expect_silence()


def everything(graph: krt.Graph) -> krt.Source[str, int]:
    """A graph with collections of every kind, with failures, kept and parked keys and conflicts."""
    numbers = graph.source("numbers", {"a": 1, "b": 2, "c": 3})
    unknown: krt.Source[str, int] = graph.source("unknown")
    by_parity = numbers.index(lambda n: [n % 2, n % 3], name="parity")

    def mixed(ctx: krt.Context, n: int) -> int:
        if n == 5:
            raise krt.KeepPrevious
        if n == 6:
            return ctx.get(unknown, "u") or 0
        reads = (ctx.lookup(by_parity, n % 2), ctx.lookup_all(by_parity, [1, 0]), ctx.lookup_within(by_parity, [1, 2]))
        return 60 // n + sum(map(sum, reads)) + sum(ctx.fetch(numbers, select=lambda n: n % 4))

    graph.merge(numbers, numbers.map(mixed, name="mixed"), name="merged", combine=sum)
    numbers.flat_map(lambda ctx, n: {n % 2: n, ctx.key: 60 // n}, name="many")
    summed: krt.Collection[int, int] = numbers.flat_map(lambda ctx, n: {n % 2: n}, name="summed", on_conflict=sum)
    assert not summed.failures
    by_parity.group(name="groups")
    graph.merge(numbers, name="inverse", combine=lambda values: 60 // values[0])
    graph.flatten(graph.source("members", {"n": numbers, "u": unknown}), name="flat")
    return numbers


def test_the_oracle_agrees_with_a_graph_of_everything() -> None:
    """The oracle agrees also for keys that fail, are kept, are parked or conflict."""
    graph = krt.Graph()
    numbers = everything(graph)
    for values in ({"a": 0, "b": 5, "c": 6}, {"a": 4, "d": 6}, {}, {"x": 7, "y": 9}):
        numbers.replace(values)
        check_graph(graph)

    assert from_scratch(graph)["numbers"] == {"x": 7, "y": 9}


@pytest.mark.parametrize("name", ["mixed", "merged", "many", "summed", "groups", "flat"], ids=lambda name: f"in {name}")
def test_the_oracle_notices_a_wrong_value_in_any_kind(name: str) -> None:
    """The oracle finds an additional entry."""
    graph = krt.Graph()
    everything(graph)
    graph.collections[name]._values["wrong"] = 99

    with pytest.raises(AssertionError, match=f"'{name}' holds"):
        check_graph(graph)


def test_the_oracle_notices_a_wrong_index() -> None:
    """The oracle finds a value in the wrong bucket."""
    graph = krt.Graph()
    numbers = everything(graph)
    numbers._indexes["parity"]._buckets[7] = {"a": 1}

    with pytest.raises(AssertionError, match="<Index 'parity' of 'numbers'"):
        check_graph(graph)


def test_the_oracle_notices_a_forgotten_failure() -> None:
    """The oracle finds a transform that raises without a failure in the graph."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 0})
    inverse = numbers.map(lambda ctx, n: 60 // n, name="inverse")
    inverse._failures.clear()  # type: ignore[attr-defined]

    with pytest.raises(AssertionError, match="raised ZeroDivisionError"):
        check_graph(graph)


def test_the_oracle_notices_a_transform_that_is_not_pure() -> None:
    """The oracle finds a transform whose two runs disagree."""
    graph = krt.Graph()
    counter = iter(range(100))
    graph.source("numbers", {"a": 0}).map(lambda ctx, n: next(counter), name="impure")

    with pytest.raises(AssertionError, match="transform of 'impure' is not pure"):
        check_graph(graph)
