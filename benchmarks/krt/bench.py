"""Benchmarks B1 to B12 of krt, and the same work written by hand, in one run.

    .venv/bin/python -m benchmarks krt [B1 B2 ... scale memory]

Each time is the best of several repetitions, because noise only adds time. Ratios matter more than values.
"""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import krt
from benchmarks.krt.workload import HandWrittenWorkload, KrtWorkload, Service, new_pods

Bench = Callable[[], Iterator[tuple[str, str]]]
BENCHES: dict[str, tuple[str, Bench]] = {}


def bench(name: str, what: str) -> Callable[[Bench], Bench]:
    """Registers a benchmark."""

    def register(function: Bench) -> Bench:
        BENCHES[name] = (what, function)
        return function

    return register


def best(act: Callable[[], object], repetitions: int = 7) -> float:
    """The best time of *act*, in seconds."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return min(times)


def ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def us(seconds: float, per: int = 1) -> str:
    return f"{seconds / per * 1e6:.2f} us"


@contextmanager
def runs_of(*collections: krt.Collection) -> Iterator[list[int]]:
    """Yields a list that gets, when the block ends, the number of runs of *collections* within it."""
    before = sum(collection.counters.runs for collection in collections)
    found: list[int] = []
    yield found
    found.append(sum(collection.counters.runs for collection in collections) - before)


def numbers(graph: krt.Graph, size: int, name: str = "numbers") -> krt.Source[int, int]:
    return graph.source(name, {i: i for i in range(size)})


@bench("B1", "1000 pods change, beside B12, the same by hand")
def b1() -> Iterator[tuple[str, str]]:
    workload, by_hand = KrtWorkload(), HandWrittenWorkload()
    sets = iter(new_pods, None)

    def one_by_one() -> None:
        for name, pod in next(sets).items():
            workload.pods.set(name, pod)
        workload.changed.clear()

    def batch() -> None:
        workload.pods.replace(next(sets))
        workload.changed.clear()

    def hand() -> None:
        for name, pod in next(sets).items():
            by_hand.update(name, pod)
        by_hand.changed.clear()

    made = best(new_pods, 15)
    baseline, batched, single = (best(act, 15) - made for act in (hand, batch, one_by_one))
    yield "B12 by hand", ms(baseline)
    yield "in one transaction", f"{ms(batched)}, {batched / baseline:.1f} x by hand (goal 4)"
    yield "one by one", f"{ms(single)}, {single / baseline:.1f} x by hand (goal 10)"
    yield "making 1000 pods, not included", ms(made)


@bench("B2", "one of 50 services changes: only the 20 pods that it selects, or selected, are touched")
def b2() -> Iterator[tuple[str, str]]:
    workload = KrtWorkload()
    services = [
        Service("svc-7", "ns-1", (("app", "app-7"),)),
        Service("svc-7", "ns-1", (("app", "app-8"),)),
    ]

    def flip() -> None:
        services.reverse()
        workload.services.set("svc-7", services[0])

    with runs_of(workload.workloads) as runs:
        flip()
    yield "per change", f"{us(best(flip))}, {runs[0]} runs"


@bench("B3", "one value that n inputs read")
def b3() -> Iterator[tuple[str, str]]:
    for size in (10_000, 20_000):
        graph = krt.Graph()
        rate = graph.source("rate", {"r": 0})
        scaled = numbers(graph, size).map(lambda ctx, n: n + ctx.get(rate, "r"), name="scaled")
        turns = iter(range(1, 1000))
        with runs_of(scaled) as runs:
            rate.set("r", next(turns))
        seconds = best(lambda: rate.set("r", next(turns)), 5)
        yield f"n = {size}", f"{ms(seconds)}, {us(seconds, size)} per input, {runs[0]} runs"


@bench("B4", "a chain of 50 or 100 levels, 1000 keys, all change")
def b4() -> Iterator[tuple[str, str]]:
    for depth in (50, 100):
        graph = krt.Graph()
        source = numbers(graph, 1000)
        links: list[krt.Collection] = [source]
        for i in range(depth):
            links.append(links[-1].map(lambda ctx, n: n + 1, name=f"link{i}"))
        turns = iter(range(1, 1000))

        def change(source: krt.Source = source, turns: Iterator[int] = turns) -> None:
            turn = next(turns) * 1000
            source.replace({i: i + turn for i in range(1000)})

        with runs_of(*links[1:]) as runs:
            change()
        seconds = best(change, 5)
        yield f"depth {depth}", f"{ms(seconds)}, {us(seconds, depth * 1000)} per key and level, {runs[0]} runs"


@bench("B5", "a diamond of width 20 or 40: the bottom reads all sides, and runs once")
def b5() -> Iterator[tuple[str, str]]:
    for width in (20, 40):
        graph = krt.Graph()
        source = numbers(graph, 1000)
        sides = [source.map(lambda ctx, n, i=i: n + i, name=f"side{i}") for i in range(width)]
        bottom = source.map(lambda ctx, n, of=sides: sum(ctx.get(side, ctx.key) for side in of), name="bottom")
        turns = iter(range(1, 10_000))
        with runs_of(bottom) as runs:
            source.set(7, -1)
        seconds = best(lambda: source.set(7, next(turns) * 1000), 50)
        yield f"width {width}", f"{us(seconds)} per change, {us(seconds, width)} per side, {runs[0]} run"


@bench("B6", "a merge of 10 collections of 1000, of which 10 % overlap")
def b6() -> Iterator[tuple[str, str]]:
    for name, combine in (("first wins", None), ("with a function", sum)):
        graph = krt.Graph()
        members = [graph.source(f"m{m}", {m * 900 + i: i for i in range(1000)}) for m in range(10)]
        rounds = iter(range(1000))

        def load(graph: krt.Graph = graph, members: list = members, combine=combine, rounds=rounds) -> None:
            graph.merge(*members, name=f"merged{next(rounds)}", combine=combine)

        loaded = best(load, 3)
        turns = iter(range(10_000, 20_000))
        seconds = best(lambda: members[4].set(3650, next(turns)), 50)
        yield name, f"loaded in {ms(loaded)}, {us(loaded, 9100)} per key; a change of an overlap {us(seconds, 3)}"


@bench("B7", "10k objects in 500 groups; one moves")
def b7() -> Iterator[tuple[str, str]]:
    graph = krt.Graph()
    source = numbers(graph, 10_000)
    index = source.index(lambda n: [n % 500], name="group")
    loaded = best(lambda: index.group(name="groups") and graph.collections["groups"].close(), 3)
    groups = index.group(name="groups")
    turns = iter(range(1, 100_000))
    with runs_of(groups) as runs:
        source.set(7, 8)
    seconds = best(lambda: source.set(7, next(turns)), 200)
    yield "grouping", f"{ms(loaded)}; one move {us(seconds)}, {runs[0]} groups made anew"


@bench("B8", "10k inputs that read one of 10k keys each; one reads another")
def b8() -> Iterator[tuple[str, str]]:
    graph = krt.Graph()
    names = numbers(graph, 10_000, "names")
    pointers = numbers(graph, 10_000, "pointers")
    followed = pointers.map(lambda ctx, at: ctx.get(names, at), name="followed")
    turns = iter(range(100_000))

    def relabel() -> None:
        turn = next(turns)
        pointers.set(turn % 10_000, (turn * 7 + 1) % 10_000)

    seconds = best(lambda: [relabel() for _ in range(1000)], 10) / 1000
    with runs_of(followed) as runs:
        names.set(9_999, -5)
    readers = sum(map(len, names._readers.values()))
    yield (
        "per relabel",
        f"{us(seconds)}; then a name changes: {runs[0]} runs; {readers} readers are entered, as at first",
    )


@bench("B9", "1000 services that select among 1000 pods by two labels; one pod changes")
def b9() -> Iterator[tuple[str, str]]:
    graph = krt.Graph()
    pods = graph.source("pods", {i: (("app", i % 100), ("env", i % 7), ("zone", i % 3)) for i in range(1000)})
    by_label = pods.index(lambda labels: labels, name="label")
    services = graph.source("services", {i: (("app", i % 100), ("env", i % 7)) for i in range(1000)})
    rounds = iter(range(1000))

    def derive() -> krt.Collection:
        return services.map(lambda ctx, labels: len(ctx.lookup_all(by_label, labels)), name=f"selected{next(rounds)}")

    loaded = best(lambda: derive().close(), 3)
    selected = derive()
    kinds = [(("app", 7), ("env", 0), ("zone", 1)), (("app", 8), ("env", 0), ("zone", 1))]

    def relabel() -> None:
        kinds.reverse()
        pods.set(7, kinds[0])

    with runs_of(selected) as runs:
        relabel()
    yield (
        "matching all",
        f"{ms(loaded)}, {us(loaded, 1000)} per service; one pod relabelled {us(best(relabel, 30))}, {runs[0]} runs",
    )


@bench("B10", "10k subscriptions, and unsubscribed again")
def b10() -> Iterator[tuple[str, str]]:
    graph = krt.Graph()
    source = numbers(graph, 10)

    def churn() -> None:
        for subscription in [source.subscribe(lambda delta: None, replay=False) for _ in range(10_000)]:
            subscription.close()

    seconds = best(churn, 5)
    others = numbers(graph, 1, "others")
    held = [source.subscribe(lambda delta: None, replay=False) for _ in range(10_000)]
    turns = iter(range(1, 10_000))
    beside = best(lambda: others.set(0, next(turns)), 50)
    del held
    yield "each", f"{us(seconds, 10_000)}; a change beside 10k subscriptions to something else {us(beside)}"


@bench("B11", "first sync of 100k objects through 5 levels, one of them with a lookup")
def b11() -> Iterator[tuple[str, str]]:
    def sync() -> None:
        graph = krt.Graph()
        source: krt.Source[int, int] = graph.source("numbers")
        parents: krt.Source[int, int] = graph.source("parents")
        index = source.index(lambda n: [n // 10], name="parent")
        level: krt.Collection = source.map(lambda ctx, n: n + 1, name="one")
        level = level.map(lambda ctx, n: (n,), name="two")
        level = level.flat_map(lambda ctx, n: {ctx.key: n}, name="three")
        parents.map(lambda ctx, n: sum(ctx.lookup(index, n)), name="four")
        graph.merge(level, source, name="five")
        parents.replace({i: i for i in range(10_000)})
        source.replace({i: i for i in range(100_000)})

    gc.collect()
    gc.freeze()
    gc.disable()
    seconds = best(sync, 3)
    gc.enable()
    yield "all", f"{ms(seconds)}, {us(seconds, 410_000)} per derived key"


@bench("scale", "one key changes among 1k and among 100k, with a join, a lookup, a group and a subscriber")
def scale() -> Iterator[tuple[str, str]]:
    times = {}
    for size in (1_000, 100_000):
        graph = krt.Graph()
        pods = graph.source("pods", {i: (i, i) for i in range(size)})
        services = numbers(graph, size, "services")
        index = pods.index(lambda pod: [pod[1] // 3], name="third")
        services.map(lambda ctx, n, pods=pods: ctx.get(pods, n), name="joined")
        services.map(lambda ctx, n, index=index: len(ctx.lookup(index, n)), name="looked")
        index.group(name="groups").subscribe(lambda delta: None)
        gc.collect()
        gc.freeze()
        turns = iter(range(1, 10**9))

        def change(pods: krt.Source = pods, turns: Iterator[int] = turns) -> None:
            for _ in range(200):
                pods.set(700, (-next(turns), 700))

        times[size] = best(change, 30) / 200
    yield "1k, 100k", f"{us(times[1_000])}, {us(times[100_000])}: ratio {times[100_000] / times[1_000]:.2f} (goal 1.5)"


@bench("memory", "bytes of Python memory, as tracemalloc counts them")
def memory() -> Iterator[tuple[str, str]]:
    size = 20_000
    values = {f"namespace/name-{i}": (i,) for i in range(size)}

    def cost(build: Callable[[krt.Graph, krt.Source[str, tuple[int]]], object]) -> float:
        graph = krt.Graph()
        source = graph.source("source", values)
        other = graph.source("other", values)
        source.other = other
        gc.collect()
        tracemalloc.start()
        kept = build(graph, source)
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del kept
        return used / size

    yield "object in a source", f"{cost(lambda graph, _: graph.source('more', values)):.0f}"
    derived = cost(lambda _, source: source.map(lambda ctx, v: v, name="same"))
    yield "object in a map, value not counted", f"{derived:.0f}"
    yield (
        "object in a flat_map",
        f"{cost(lambda _, source: source.flat_map(lambda ctx, v: {ctx.key: v}, name='many')):.0f}",
    )
    yield (
        "object in an index, ten to a place",
        f"{cost(lambda _, source: source.index(lambda v: [v[0] // 10], name='i')):.0f}",
    )
    one = cost(lambda _, source: source.map(lambda ctx, v: ctx.get(source.other, ctx.key), name="read"))
    yield "tracked read, the only one of its key", f"{one - derived:.0f}"
    shared = cost(lambda _, source: source.map(lambda ctx, v: ctx.get(source.other, "namespace/name-1"), name="read"))
    yield "tracked read, of a key that all read", f"{shared - derived:.0f}"


def main(names: list[str]) -> None:
    for name, (what, function) in BENCHES.items():
        if not names or name in names:
            print(f"{name}: {what}")
            for label, figure in function():
                print(f"    {label:40} {figure}")


if __name__ == "__main__":
    main(sys.argv[1:])
