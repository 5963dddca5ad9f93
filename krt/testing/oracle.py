"""What a graph must hold: an evaluation that runs every transform anew and scans where krt looks up.

It uses nothing of what krt keeps to be fast: no index, no list of readers, no owner of an output key. Only what
no such evaluation can know is taken from the graph: outputs that stay because a transform failed, kept or waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from krt.collection import Collection, Context, Index
from krt.derived import Derived
from krt.errors import KeepPrevious, Parked
from krt.flat_map import FlatMap
from krt.graph import Graph
from krt.group import Group
from krt.key_order import in_order
from krt.keyed_node import KeyedNode
from krt.merge import Flatten, MergeBase
from krt.reads import ALL
from krt.transform import Transformed

STAYS: Any = type("STAYS", (), {"__repr__": lambda _: "STAYS"})()
"""The outcome of a run that has no output of its own: the last one stays."""


def from_scratch(graph: Graph) -> Mapping[str, Mapping[Any, Any]]:
    """The contents of all collections, by name, as an evaluation from the sources makes them. Raises: AssertionError.

    Runs every transform twice, and asserts that the runs agree: a transform is a pure function.
    """
    scratch = _Scratch()
    for node in sorted(graph.collections.values(), key=lambda node: node.rank):
        scratch.values[node] = scratch.evaluate(node)
    return {node.name: scratch.values[node] for node in graph.collections.values()}


def check_graph(graph: Graph) -> None:
    """Asserts that every collection and every index holds what an evaluation from scratch makes it."""
    for name, expected in from_scratch(graph).items():
        node = graph.collections[name]
        assert dict(node) == expected, f"{name!r} holds {dict(node)}, from scratch {expected}"
        for index in node._indexes.values():
            _check_index(index)


def _check_index(index: Index[Any, Any, Any]) -> None:
    values = index.collection._values
    places: dict[Any, dict[Any, Any]] = {}
    for key in in_order(values):
        for at in index._filed.get(key, ()) if key in index._failures else index._by(values[key]):
            places.setdefault(at, {})[key] = values[key]
    held = {at: dict(index._bucket(at)) for at in index._buckets}
    assert held == places, f"{index!r} holds {held}, from scratch {places}"
    for at, expected in places.items():
        assert index.lookup(at) == tuple(expected.values()), f"{index!r} at {at!r} is out of order"


def _expect_known(node: Derived[Any, Any], key: Any, known: Mapping[Any, Any], what: str) -> None:
    assert key in known, f"transform of {node.name!r} {what} for {key!r}, but the graph does not know of it"


class _Scratch:
    """Values of collections, computed in the order of rank."""

    def __init__(self) -> None:
        self.values: dict[KeyedNode[Any, Any], Mapping[Any, Any]] = {}
        self.parked: dict[KeyedNode[Any, Any], set[Any]] = {}

    def of(self, collection: KeyedNode[Any, Any]) -> Mapping[Any, Any]:
        """What was computed for a collection; a closed one is what it is."""
        return self.values.get(collection, collection._values)

    def doubtful(self, node: KeyedNode[Any, Any]) -> bool:
        """Whether a collection that has synced waits for some keys."""
        if not node.synced or node.closed or not isinstance(node, Derived):
            return False
        if isinstance(node, Flatten):
            members = self.members(node)
            return self.doubtful(node._container) or any(self.doubtful(one) or not one.synced for one in members)
        return bool(self.parked.get(node)) or any(map(self.doubtful, node._parents))

    def doubts(self, node: KeyedNode[Any, Any], key: Any) -> bool:
        """Whether there may be something under a key that is not known."""
        if isinstance(node, Group):
            return self.doubtful(node) or not node.synced
        if key in self.of(node):
            return False
        if isinstance(node, MergeBase):
            container = isinstance(node, Flatten) and (self.doubtful(node._container) or not node._container.synced)
            return container or any(self.doubts(member, key) for member in self.members(node))
        if not node.synced or not self.doubtful(node):
            return not node.synced
        if not isinstance(node, Transformed) or isinstance(node, FlatMap):
            return True
        return key in self.parked[node] or self.doubts(node._parents[0], key)

    def members(self, node: MergeBase[Any, Any]) -> Sequence[Collection[Any, Any]]:
        """The members of a merge, in the order of precedence."""
        if not isinstance(node, Flatten):
            return node._members()
        container = self.of(node._container)
        return [container[name] for name in in_order(container) if name not in node._failures]

    def evaluate(self, node: Collection[Any, Any]) -> Mapping[Any, Any]:
        """The contents of one collection, given those before it."""
        if isinstance(node, FlatMap):
            return self._flat_map(node)
        if isinstance(node, Transformed):
            return self._map(node)
        if isinstance(node, MergeBase):
            return self._merge(node)
        if isinstance(node, Group):
            return self._group(node)
        return node._values

    def _runs(self, node: Transformed[Any, Any]) -> Iterable[tuple[Any, Any]]:
        """The input keys of a collection in order, each with the outcome of a run."""
        inputs = self.of(node._parents[0])
        self.parked[node] = set()
        for key in in_order(inputs):
            outcome, again = (self._run(node, key, inputs[key]) for _ in range(2))
            assert outcome == again, f"transform of {node.name!r} is not pure: for {key!r} {outcome!r}, then {again!r}"
            yield key, outcome
        waits = set(node._parked)
        assert waits == self.parked[node], f"of {node.name!r} {waits} wait, from scratch {self.parked[node]}"

    def _run(self, node: Transformed[Any, Any], key: Any, value: Any) -> Any:
        context = _ScratchContext(node, self)
        context.key = key
        graph, outer = node.graph, node.graph._running
        graph._running = node
        try:
            return node._shape(node._fn(context, value))
        except Parked:
            self.parked.setdefault(node, set()).add(key)
            _expect_known(node, key, node._parked, "is parked")
        except KeepPrevious:
            _expect_known(node, key, node._kept, "keeps its output")
        except Exception as error:  # noqa: BLE001 - what a transform raises is an outcome
            _expect_known(node, key, node._failures, f"raised {error!r}")
        finally:
            graph._running = outer
        return STAYS

    def _map(self, node: Transformed[Any, Any]) -> Mapping[Any, Any]:
        outcomes = {key: node._values.get(key) if out is STAYS else out for key, out in self._runs(node)}
        return {key: value for key, value in outcomes.items() if value is not None}

    def _flat_map(self, node: FlatMap[Any, Any]) -> Mapping[Any, Any]:
        claims: dict[Any, list[Any]] = {}
        for key, outcome in self._runs(node):
            for name, value in (node._outputs.get(key, {}) if outcome is STAYS else outcome).items():
                claims.setdefault(name, []).append(value)
        return _combined(node, claims, None if isinstance(node._on_conflict, str) else node._on_conflict, alone=False)

    def _merge(self, node: MergeBase[Any, Any]) -> Mapping[Any, Any]:
        members = self.members(node)
        claims: dict[Any, list[Any]] = {}
        for member in members:
            for key, value in self.of(member).items():
                claims.setdefault(key, []).append(value)
        result = dict(_combined(node, claims, node._combine, alone=True))
        for key in {**claims, **node._values}:
            if self._is_undecided(node, key):  # it stays
                result.pop(key, None)
                if key in node._values:
                    result[key] = node._values[key]
        return result

    def _is_undecided(self, node: MergeBase[Any, Any], key: Any) -> bool:
        for member in self.members(node):
            if self.doubtful(member) and self.doubts(member, key):
                return True
            if node._combine is None and key in self.of(member):
                return False
        return False

    def _group(self, node: Group[Any, Any]) -> Mapping[Any, Any]:
        if self.doubtful(node._index.collection):
            return node._values  # they stay
        groups: dict[Any, tuple[Any, ...]] = {}
        for key, value in self.in_order(node._index.collection):
            for at in self.places(node._index, key, value):
                groups[at] = (*groups.get(at, ()), value)
        return groups

    def in_order(self, collection: Collection[Any, Any]) -> list[tuple[Any, Any]]:
        """All entries, in the order of their keys."""
        values = self.of(collection)
        return [(key, values[key]) for key in in_order(values)]

    def places(self, index: Index[Any, Any, Any], key: Any, value: Any) -> tuple[Any, ...]:
        """Where an index has to file a value."""
        return index._filed.get(key, ()) if key in index._failures else tuple(dict.fromkeys(index._by(value)))


def _combined(
    node: Derived[Any, Any], claims: Mapping[Any, list[Any]], combine: Callable[[Any], Any] | None, *, alone: bool
) -> Mapping[Any, Any]:
    """One value for each key: the first, or what a function makes of all; it gets single ones only if *alone*."""
    results: dict[Any, Any] = {}
    for key, values in claims.items():
        if combine is None or (len(values) == 1 and not alone):
            results[key] = values[0]
            continue
        try:
            results[key] = combine(values)
        except Exception:  # noqa: BLE001 - a failure of the user's function: the last value stays
            results[key] = node._values.get(key)
    return {key: value for key, value in results.items() if value is not None}


class _ScratchContext(Context):
    """Reads by scanning. Nothing is remembered."""

    __slots__ = ("_scratch",)

    def __init__(self, node: Transformed[Any, Any], scratch: _Scratch) -> None:
        super().__init__(node)
        self._scratch = scratch

    def _admit(self, of: KeyedNode[Any, Any], at: Any = ALL) -> None:
        super()._admit(of, at)
        scratch = self._scratch
        if scratch.doubtful(of) and (at is ALL or scratch.doubts(of, at)):
            raise Parked

    def _at(self, index: Index[Any, Any, Any], wanted: Callable[[set[Any]], bool], select: Any = None) -> Any:
        self._admit(index.collection)
        entries = self._scratch.in_order(index.collection)
        found = [value for key, value in entries if wanted(set(self._scratch.places(index, key, value)))]
        return tuple(found) if select is None else tuple(map(select, found))

    def get(self, of: Any, key: Any, *, select: Any = None) -> Any:
        """As `Context.get`."""
        self._admit(of, key)
        value = self._scratch.of(of).get(key)
        return value if select is None or value is None else select(value)

    def lookup(self, index: Any, at: Any, *, select: Any = None) -> Any:
        """As `Context.lookup`."""
        return self._at(index, lambda places: at in places, select)

    def lookup_all(self, index: Any, places: Any) -> Any:
        """As `Context.lookup_all`."""
        wanted = set(places)
        return self._at(index, lambda places: wanted <= places)

    def lookup_within(self, index: Any, places: Any) -> Any:
        """As `Context.lookup_within`."""
        wanted = set(places)
        return self._at(index, lambda places: bool(places) and places <= wanted)

    def fetch(self, of: Any, *, select: Any = None) -> Any:
        """As `Context.fetch`."""
        self._admit(of)
        values = [value for _, value in self._scratch.in_order(of)]
        return tuple(values) if select is None else tuple(map(select, values))
