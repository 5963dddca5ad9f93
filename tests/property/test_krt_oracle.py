"""Compares random graphs and transactions with an oracle that computes everything from scratch."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import krt
from krt.testing import check_graph
from tests.property.krt_model import STRINGS, Node, Oracle, Shape, Tape, filed_under, parity, shape, transform

pytestmark = pytest.mark.timeout(3600)  # the nightly profile takes its time


class AbortError(Exception):
    """Aborts a transaction."""


class ContextReader:
    """Reads collections by name through a context."""

    def __init__(self, ctx: krt.Context, world: World) -> None:
        self._ctx = ctx
        self._world = world

    def read(self, how: str, of: str, at: Any) -> Any:
        """Like the oracle's reader."""
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
    """The contents of a collection, folded from its deltas. Each old value must be that of the mirror."""

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
    """A graph of a shape, its oracle, and a mirror of every collection."""

    def __init__(self, shape: Shape) -> None:
        self.graph = krt.Graph()
        self.shape = shape
        self.oracle = Oracle(shape)
        self.collections: dict[str, krt.Collection[Any, Any]] = {}
        self.indexes: dict[str, krt.Index[Any, Any, Any]] = {}
        self.sources: dict[str, krt.Source[str, int]] = {}
        self.members: dict[str, krt.Source[str, krt.Collection[str, int]]] = {}  # by name of the flatten
        self.runs: Counter[tuple[str, Any]] = Counter()
        self.views: list[tuple[krt.View, dict[krt.Collection[Any, Any], dict[Any, Any]]]] = []
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
            combine: Any = tuple if node.on_conflict else None
            return self.graph.merge(*parents, name=node.name, combine=combine)
        if node.kind == "flatten":
            self.members[node.name] = self.graph.source(f"members of {node.name}", {})
            combine = tuple if node.on_conflict else None
            return self.graph.flatten(self.members[node.name], name=node.name, combine=combine)
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
        """A transaction of a few writes, some of them in nested ones; some are aborted."""
        self.runs.clear()
        model = {name: dict(self.oracle.values[name]) for name in self.sources}
        model |= {f"members of {name}": dict(members) for name, members in self.oracle.members.items()}
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
            changed = self._adopt(model, synced)
        self.oracle.settle()
        assert self.graph.epoch == epoch + changed
        assert all(mirror.epochs[-1:] <= [self.graph.epoch] for mirror in self.mirrors)

    def _adopt(self, model: dict[str, Any], synced: dict[str, bool]) -> bool:
        """Passes the committed contents to the oracle. Returns whether anything changed."""
        oracle, changed = self.oracle, synced != self.oracle.synced
        oracle.synced.update(synced)
        for name in self.sources:
            changed |= oracle.values[name] != model[name]
            oracle.values[name] = model[name]
        for name in self.members:
            changed |= oracle.members[name] != model[f"members of {name}"]
            oracle.members[name] = model[f"members of {name}"]
        return changed

    def _write(self, tape: Tape, model: dict[str, Any], synced: dict[str, bool], *, depth: int) -> None:
        name = tape.one_of((*self.shape.sources, *self.members))
        if name in self.members:
            self._write_member(tape, name, model[f"members of {name}"])
            return
        source, values = self.sources[name], model[name]
        choice, key, value = tape.below(10), tape.one_of(STRINGS), tape.below(6)
        if depth == 2:
            self._nested(tape, model, synced)
        elif choice < 5:
            source.set(key, value)
            values[key] = value
        elif choice < 7:
            source.delete(key)
            values.pop(key, None)
        elif choice == 7:
            source.mark_synced()
            synced[name] = True
        else:
            values.clear()
            values.update({one: tape.below(6) for one in STRINGS if tape.below(2)})
            source.replace(dict(values))
            synced[name] = True

    def _write_member(self, tape: Tape, name: str, members: dict[str, str]) -> None:
        node = next(node for node in self.shape.nodes if node.name == name)
        member, of = tape.one_of(STRINGS[:3]), tape.one_of(node.inputs)
        if tape.below(3):
            self.members[name].set(member, self.collections[of])
            members[member] = of
        else:
            self.members[name].delete(member)
            members.pop(member, None)

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
        """A transaction, or an act that must not change anything."""
        self.runs.clear()
        self.oracle.runs.clear()
        choice = tape.below(14)
        name = tape.one_of(list(self.collections))
        if choice == 12:
            self._cut(1 + tape.below(3))
        elif choice == 13:
            self._grow(tape)
        elif choice == 9:
            self.mirrors.append(Mirror(self.collections[name]))
        elif choice == 10:
            self.mirrors.append(Mirror(self.collections[name]))
            self.mirrors.pop(tape.below(len(self.mirrors))).subscription.close()
        elif choice == 11:
            self.views = [*self.views[-3:], (self.graph.view(), self._contents())]
        else:
            self.transact(tape)

    def _cut(self, count: int) -> None:
        """Closes the newest collections, which no other needs, in one scope."""
        scope = krt.Scope()
        for node in self.shape.nodes[-count:]:
            scope.own(self.collections.pop(node.name))
            if node.name in self.members:
                scope.own(self.members.pop(node.name))
            self.oracle.remove(node)
            self.mirrors = [mirror for mirror in self.mirrors if mirror.name != node.name]
        del self.shape.nodes[-count:]
        scope.close()

    def _grow(self, tape: Tape) -> None:
        """Creates another collection, over the present ones."""
        node = self.shape.grow(tape)
        self._add(self._build(node))
        self.mirrors.append(Mirror(self.collections[node.name]))
        self.oracle.add(node)
        self.oracle.settle()

    # -- what must hold ----------------------------------------------------------------------------

    def _contents(self) -> dict[krt.Collection[Any, Any], dict[Any, Any]]:
        return {collection: dict(collection) for collection in self.collections.values()}

    def check(self) -> None:
        """Checks all laws."""
        oracle = self.oracle
        for name, collection in self.collections.items():
            assert dict(collection) == oracle.values[name], name
            assert collection.synced == oracle.synced[name], name
            assert bool(collection.pending) == (not collection.synced or oracle.doubtful[name]), name
            for at in range(3):
                assert self.indexes[name].lookup(at) == oracle.found("lookup", name, at), name
        for node in self.shape.nodes:
            assert set(self.collections[node.name].failures) == oracle.failed[node.name], node.name
        for mirror in self.mirrors:
            assert mirror.contents == oracle.values[mirror.name], mirror.name
        for view, contents in self.views:
            for collection, held in contents.items():
                assert dict(view[collection]) == held
                assert len(view[collection]) == len(held)

    def check_runs(self) -> None:
        """Exactly the keys that had to run have run, each once."""
        assert all(count == 1 for count in self.runs.values())
        coarse = {node.name for node in self.shape.nodes if any(read.how == "all" for read in node.reads)}
        needless = set(self.runs) - self.oracle.runs
        assert {name for name, _ in needless} <= coarse
        assert self.oracle.runs <= set(self.runs)


@settings(max_examples=10 * settings().max_examples)
@given(st.binary(min_size=250, max_size=500))
def test_a_graph_is_what_an_evaluation_from_scratch_makes_it(data: bytes) -> None:
    """After every transaction, all collections, failures, mirrors, views and runs agree with the oracle."""
    tape = Tape(data)
    world = World(shape(tape))
    world.check()
    for _ in range(12):
        world.act(tape)
        world.check()
        world.check_runs()
    check_graph(world.graph)


class Machine(RuleBasedStateMachine):
    """The same as a state machine, so that a failure is shown with the fewest steps."""

    @initialize(data=st.binary(min_size=40, max_size=80))
    def build(self, data: bytes) -> None:
        """Any graph."""
        self.world = World(shape(Tape(data)))

    @rule(data=st.binary(min_size=20, max_size=40))
    def transact(self, data: bytes) -> None:
        """A transaction, maybe nested, maybe aborted."""
        self.world.transact(Tape(data))
        self.world.check_runs()

    @rule(data=st.binary(min_size=3, max_size=30))
    def act(self, data: bytes) -> None:
        """Anything that can happen."""
        self.world.act(Tape(data))
        self.world.check_runs()

    @invariant()
    def holds(self) -> None:
        """All laws, after every step."""
        if hasattr(self, "world"):
            self.world.check()

    def teardown(self) -> None:
        """In the end, the oracle of krt.testing agrees, too."""
        if hasattr(self, "world"):
            check_graph(self.world.graph)


TestMachine = Machine.TestCase
