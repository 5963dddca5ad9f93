"""Random graphs, random transactions, against an oracle that computes everything from scratch."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import krt
from tests.property.krt_model import STRINGS, Node, Oracle, Shape, Tape, filed_under, parity, shape, transform


class AbortError(Exception):
    """Ends a transaction that is to leave no trace."""


class ContextReader:
    """Reads collections by name through a context."""

    def __init__(self, ctx: krt.Context, world: World) -> None:
        self._ctx = ctx
        self._world = world

    def read(self, how: str, of: str, at: Any) -> Any:
        """As the oracle's reader does it."""
        ctx, collection, index = self._ctx, self._world.collections[of], self._world.indexes[of]
        if how == "get":
            return ctx.get(collection, at)
        if how == "parity":
            return ctx.get(collection, at, select=parity)
        if how == "lookup":
            return ctx.lookup(index, at)
        if how == "parities":
            return ctx.lookup(index, at, select=parity)
        if how == "all":
            return ctx.lookup_all(index, at)
        if how == "within":
            return ctx.lookup_within(index, at)
        return ctx.fetch(collection)


class Mirror:
    """A collection as its deltas alone tell it. Each old value must be what the mirror holds."""

    def __init__(self, collection: krt.Collection[Any, Any]) -> None:
        self.name = collection.name
        self.contents: dict[Any, Any] = {}
        self.epochs: list[int] = []
        self._graph = collection.graph
        self.subscription = collection.subscribe(self.fold)

    def fold(self, delta: krt.Delta[Any, Any]) -> None:
        """Law replay."""
        assert len(delta) > 0
        self.epochs.append(self._graph.epoch)
        for key, (old, new) in delta:
            assert self.contents.get(key) == old
            assert old != new
            self.contents[key] = new
            if new is None:
                del self.contents[key]


class World:
    """A krt graph of a shape, its oracle, and a mirror of every collection that is fed by deltas alone."""

    def __init__(self, shape: Shape) -> None:
        self.graph = krt.Graph()
        self.shape = shape
        self.oracle = Oracle(shape)
        self.collections: dict[str, krt.Collection[Any, Any]] = {}
        self.indexes: dict[str, krt.Index[Any, Any, Any]] = {}
        self.sources: dict[str, krt.Source[str, int]] = {}
        self.runs: Counter[tuple[str, Any]] = Counter()
        self.views: list[tuple[krt.View, dict[str, dict[Any, Any]]]] = []
        for name in shape.sources:
            self.sources[name] = self.graph.source(name)
            self._add(self.sources[name])
        for node in shape.nodes:
            self._add(self._build(node))
        self.mirrors = [Mirror(collection) for collection in self.collections.values()]

    def _add(self, collection: krt.Collection[Any, Any]) -> None:
        self.collections[collection.name] = collection
        self.indexes[collection.name] = collection.index(filed_under, name="filed_under")

    def _build(self, node: Node) -> krt.Collection[Any, Any]:
        parents = [self.collections[name] for name in node.inputs]
        if node.kind == "merge":
            return self.graph.merge(*parents, name=node.name, combine=tuple if node.on_conflict else None)
        if node.kind == "group":
            return self.indexes[node.inputs[0]].group(name=node.name)
        run = transform(node, self.shape.keys_of)

        def logged(ctx: krt.Context, value: Any) -> Any:
            self.runs[(node.name, ctx.key)] += 1
            return run(ContextReader(ctx, self), value)

        if node.kind == "map":
            return parents[0].map(logged, name=node.name)
        return parents[0].flat_map(logged, name=node.name, on_conflict=node.on_conflict)

    # -- what can happen ---------------------------------------------------------------------------

    def transact(self, tape: Tape) -> None:
        """One transaction of a few writes, some of them in nested ones; some are given up."""
        self.runs.clear()
        model = {name: dict(self.oracle.values[name]) for name in self.sources}
        synced = dict(self.oracle.synced)
        epoch = self.graph.epoch
        try:
            with self.graph.transaction():
                for _ in range(1 + tape.below(4)):
                    self._write(tape, model, synced, depth=tape.below(3))
                if tape.below(5) == 1:
                    raise AbortError  # noqa: TRY301 - the body raises, as users' do
        except AbortError:
            changed = False
        else:
            changed = any(self.oracle.values[name] != model[name] for name in model) or synced != self.oracle.synced
            self.oracle.values.update(model)
            self.oracle.synced.update(synced)
        self.oracle.settle()
        assert self.graph.epoch == epoch + changed
        assert all(mirror.epochs[-1:] <= [self.graph.epoch] for mirror in self.mirrors)

    def _write(self, tape: Tape, model: dict[str, Any], synced: dict[str, bool], *, depth: int) -> None:
        name = tape.one_of(self.shape.sources)
        source, values = self.sources[name], model[name]
        choice, key, value = tape.below(8), tape.one_of(STRINGS), tape.below(6)
        if depth == 2:
            self._nested(tape, model, synced)
        elif choice < 4:
            source.set(key, value)
            values[key] = value
        elif choice < 6:
            source.delete(key)
            values.pop(key, None)
        elif choice == 6:
            source.mark_synced()
            synced[name] = True
        else:
            values.clear()
            values.update({one: tape.below(6) for one in STRINGS if tape.below(2)})
            source.replace(dict(values))
            synced[name] = True

    def _nested(self, tape: Tape, model: dict[str, Any], synced: dict[str, bool]) -> None:
        before, synced_before = {name: dict(values) for name, values in model.items()}, dict(synced)
        try:
            with self.graph.transaction():
                for _ in range(1 + tape.below(2)):
                    self._write(tape, model, synced, depth=1 + tape.below(2))
                if tape.below(2):
                    raise AbortError  # noqa: TRY301 - the body raises, as users' do
        except AbortError:
            model.update(before)
            synced.update(synced_before)

    def act(self, tape: Tape) -> None:
        """A transaction, or something that must not change anything."""
        self.runs.clear()
        self.oracle.runs.clear()
        choice = tape.below(12)
        name = tape.one_of(list(self.collections))
        if choice == 9:
            self.mirrors.append(Mirror(self.collections[name]))
        elif choice == 10:
            self.mirrors.pop(tape.below(len(self.mirrors))).subscription.close()
            self.mirrors.append(Mirror(self.collections[name]))
        elif choice == 11:
            self.views = [*self.views[-3:], (self.graph.view(), self._contents())]
        else:
            self.transact(tape)

    # -- what must hold ----------------------------------------------------------------------------

    def _contents(self) -> dict[str, dict[Any, Any]]:
        return {name: dict(collection) for name, collection in self.collections.items()}

    def check(self) -> None:
        """All laws at once."""
        oracle = self.oracle
        for name, collection in self.collections.items():
            assert dict(collection) == oracle.values[name], name
            assert collection.synced == oracle.synced[name], name
            assert bool(collection.pending) != collection.synced, name
            for at in range(3):
                assert self.indexes[name].lookup(at) == oracle.found("lookup", name, at), name
        for node in self.shape.nodes:
            assert set(self.collections[node.name].failures) == oracle.failed[node.name], node.name
        for mirror in self.mirrors:
            assert mirror.contents == oracle.values[mirror.name], mirror.name
        for view, contents in self.views:
            for name, collection in self.collections.items():
                assert dict(view[collection]) == contents[name], name
                assert len(view[collection]) == len(contents[name]), name

    def check_runs(self) -> None:
        """Each key ran at most once, each that had to run did, and no other did."""
        assert all(count == 1 for count in self.runs.values())
        coarse = {node.name for node in self.shape.nodes if any(read.how == "all" for read in node.reads)}
        needless = set(self.runs) - self.oracle.runs
        assert {name for name, _ in needless} <= coarse
        assert self.oracle.runs <= set(self.runs)


@settings(max_examples=10 * settings().max_examples)
@given(st.binary(min_size=40, max_size=400))
def test_a_graph_is_what_an_evaluation_from_scratch_makes_it(data: bytes) -> None:
    """After every transaction all collections, failures, mirrors, views and runs are the oracle's."""
    tape = Tape(data)
    world = World(shape(tape))
    world.check()
    for _ in range(12):
        world.act(tape)
        world.check()
        world.check_runs()
