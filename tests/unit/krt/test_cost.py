"""A change costs what it touches, not what exists: counted in executed lines, not in time."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

import krt


def lines_of(act: Callable[[], object]) -> int:
    """The number of lines of Python that *act* executes."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(outer)
    return count


class World:
    """Objects with a collection of every kind, and neighbours that the change does not affect."""

    def __init__(self, size: int, neighbours: int = 0) -> None:
        self.graph = graph = krt.Graph()
        self.pods = graph.source("pods", {i: (i % 50, i) for i in range(size)})
        self.services = graph.source("services", {i: i for i in range(size)})
        by_group = self.pods.index(lambda pod: [pod[1] // 4], name="group")
        joined = self.services.map(lambda ctx, n: (n, ctx.get(self.pods, n)), name="joined")
        looked = self.services.map(lambda ctx, n: sum(p[0] for p in ctx.lookup(by_group, n // 4)), name="looked")
        within = self.services.map(
            lambda ctx, n: len(ctx.lookup_within(by_group, [n // 4])) + len(ctx.lookup_all(by_group, [n // 4])),
            name="within",
        )
        part = self.services.map(lambda ctx, n: ctx.get(self.pods, n, select=lambda pod: pod[0]), name="part")
        many = looked.flat_map(lambda ctx, n: {(ctx.key, 0): n, (ctx.key, 1): n}, name="many")
        merged = graph.merge(joined, part, name="merged")
        members: krt.Source[str, krt.Collection[int, Any]] = graph.source("members", {"m": merged, "w": within})
        flat = graph.flatten(members, name="flat")
        groups = by_group.group(name="groups")
        self.changes = 0
        for collection in (self.pods, joined, many, flat, groups):
            collection.subscribe(self.changed, replay=False)
        graph.subscribe(lambda commit: None, flat, replay=False)
        for i in range(neighbours):
            other = graph.source(f"other{i}", {0: i})
            other.map(lambda ctx, n: (n, ctx.get(self.services, 0)), name=f"other map{i}")
            other.subscribe(self.changed, replay=False)
        self.view = graph.view()

    def changed(self, delta: krt.Delta[Any, Any]) -> None:
        self.changes += len(delta)

    def change(self) -> None:
        self.pods.set(7, (99, 7))

    def add_and_remove(self) -> None:
        self.pods.set(-1, (1, 7))
        self.pods.delete(-1)

    def abort(self) -> None:
        try:
            with self.graph.transaction():
                self.pods.set(7, (98, 7))
                self.pods.delete(8)
                raise LookupError  # noqa: TRY301 - the body raises, as users' do
        except LookupError:
            pass


ACTS = ["change", "add_and_remove", "abort"]


@pytest.mark.parametrize("act", ACTS)
def test_a_change_costs_the_same_among_100_and_among_10_000(act: str) -> None:
    """With reads, indexes, groups, merges, subscribers and a view, the number of executed lines is the same."""
    small, large = World(100), World(10_000)

    assert lines_of(getattr(small, act)) == lines_of(getattr(large, act)) > 50
    assert small.changes == large.changes


@pytest.mark.parametrize("act", ACTS)
def test_a_change_costs_the_same_beside_200_other_collections_and_subscriptions(act: str) -> None:
    """A settle and the calls after it visit only what the change touches."""
    alone, crowded = World(100), World(100, neighbours=200)

    assert lines_of(getattr(alone, act)) == lines_of(getattr(crowded, act))


def test_a_change_in_a_member_costs_the_same_among_5_and_among_500_members() -> None:
    """A flatten visits only the members that have the key, also when a member is added or removed."""

    def members(count: int) -> tuple[krt.Source[str, int], krt.Source[int, krt.Collection[str, int]]]:
        graph = krt.Graph()
        sources: list[krt.Collection[str, int]] = [graph.source(f"s{i}", {f"k{i}": i, "all": i}) for i in range(count)]
        first = graph.source("first", {"only": 1})
        members = graph.source("members", {**dict(enumerate(sources)), -1: first})
        graph.flatten(members, name="flat")
        return first, members

    (small, few), (large, many) = members(5), members(500)

    assert lines_of(lambda: small.set("only", 2)) == lines_of(lambda: large.set("only", 2))
    assert lines_of(lambda: few.delete(-1)) == lines_of(lambda: many.delete(-1))


def test_closing_costs_what_was_derived() -> None:
    """The cost does not depend on other collections."""

    def derived(world: World) -> krt.Collection[int, Any]:
        few = world.graph.source("few", {1: 1, 2: 2})
        return few.map(lambda ctx, n: ctx.get(world.pods, n), name="derived from few")

    small, large = derived(World(100)), derived(World(5_000, neighbours=50))

    assert lines_of(small.close) == lines_of(large.close)


def test_a_wide_fan_out_is_linear_with_one_run_per_key() -> None:
    """A change of one value that all inputs read runs each once; twice as many inputs cost twice as much."""

    def fan_out(size: int) -> tuple[int, int]:
        graph = krt.Graph()
        rate = graph.source("rate", {"r": 1})
        numbers = graph.source("numbers", {i: i for i in range(size)})
        scaled = numbers.map(lambda ctx, n: n * (ctx.get(rate, "r") or 0), name="scaled")
        lines = lines_of(lambda: rate.set("r", 2))
        return lines, scaled.counters.runs - size

    lines, runs = fan_out(500)
    more_lines, more_runs = fan_out(1000)

    assert (runs, more_runs) == (500, 1000)
    assert more_lines / lines == pytest.approx(2, rel=0.02)


def test_a_deep_chain_and_a_wide_diamond_run_each_key_once() -> None:
    """A chain of fifty levels, and twenty paths that end in one collection."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {i: i for i in range(10)})
    chain: krt.Collection[int, int] = numbers
    for i in range(50):
        chain = chain.map(lambda ctx, n: n + 1, name=f"chain{i}")
    sides = [numbers.map(lambda ctx, n, i=i: n * i, name=f"side{i}") for i in range(20)]  # type: ignore[misc]
    bottom = numbers.map(lambda ctx, n: sum(ctx.get(side, ctx.key) or 0 for side in sides), name="bottom")

    numbers.set(3, 100)

    assert (chain.counters.runs, bottom.counters.runs) == (11, 11)
    assert (chain[3], bottom[3]) == (150, 100 * sum(range(20)))
