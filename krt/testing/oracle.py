"""The oracle: evaluates a graph from its sources, by running every transform and scanning instead of looking up.

It uses no index, no readers and no owners of output keys, which krt keeps to be fast. It takes from the graph only
what an evaluation cannot know: outputs that stay because a transform failed, raised KeepPrevious or is parked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from krt.collection import Collection, Context, Index
from krt.derived import DerivedCollection
from krt.errors import KeepPrevious, ParkRun
from krt.flat_map import FlatMap
from krt.graph import Graph
from krt.group import Group
from krt.key_order import sort_keys
from krt.keyed_node import KeyedNode
from krt.merge import Flatten, MergeBase
from krt.reads import ALL
from krt.transform import TransformCollection

LAST_OUTPUT: Any = type("LAST_OUTPUT", (), {"__repr__": lambda _: "LAST_OUTPUT"})()
"""The outcome of a run that keeps the last output."""


def from_scratch(graph: Graph) -> Mapping[str, Mapping[Any, Any]]:
    """The contents of all collections by name, evaluated from the sources. Raises: AssertionError.

    It runs every transform twice, and asserts that both runs agree, because a transform must be pure.
    """
    evaluation = _Evaluation()
    for node in sorted(graph.collections.values(), key=lambda node: node.rank):
        evaluation.values[node] = evaluation.evaluate(node)
    return {node.name: evaluation.values[node] for node in graph.collections.values()}


def check_graph(graph: Graph) -> None:
    """Asserts that every collection and every index holds what an evaluation from scratch gives."""
    for name, expected in from_scratch(graph).items():
        node = graph.collections[name]
        assert dict(node) == expected, f"{name!r} holds {dict(node)}, from scratch {expected}"
        for index in node._indexes.values():
            _check_index(index)


def _check_index(index: Index[Any, Any, Any]) -> None:
    values = index.collection._values
    places: dict[Any, dict[Any, Any]] = {}
    for key in sort_keys(values):
        for at in index._places_of.get(key, ()) if key in index._failures else index._index_function(values[key]):
            places.setdefault(at, {})[key] = values[key]
    held = {at: dict(index._bucket_at(at)) for at in index._buckets}
    assert held == places, f"{index!r} holds {held}, from scratch {places}"
    for at, expected in places.items():
        assert index.lookup(at) == tuple(expected.values()), f"{index!r} at {at!r} is out of order"


def _expect_known(node: DerivedCollection[Any, Any], key: Any, known: Mapping[Any, Any], what: str) -> None:
    assert key in known, f"transform of {node.name!r} {what} for {key!r}, but not in the graph"


class _Evaluation:
    """The contents of collections, computed in the order of rank."""

    def __init__(self) -> None:
        self.values: dict[KeyedNode[Any, Any], Mapping[Any, Any]] = {}
        self.parked: dict[KeyedNode[Any, Any], set[Any]] = {}

    def of(self, collection: KeyedNode[Any, Any]) -> Mapping[Any, Any]:
        """The computed contents of a collection; the present ones of a closed collection."""
        return self.values.get(collection, collection._values)

    def has_unknown_keys(self, node: KeyedNode[Any, Any]) -> bool:
        """Whether a collection has synced and has unknown keys."""
        if not node.synced or node.closed or not isinstance(node, DerivedCollection):
            return False
        if isinstance(node, Flatten):
            members = self.members(node)
            return self.has_unknown_keys(node._container) or any(
                self.has_unknown_keys(member) or not member.synced for member in members
            )
        return bool(self.parked.get(node)) or any(map(self.has_unknown_keys, node._parents))

    def is_unknown(self, node: KeyedNode[Any, Any], key: Any) -> bool:
        """Whether a key has no value and may still get one."""
        if isinstance(node, Group):
            return self.has_unknown_keys(node) or not node.synced
        if key in self.of(node):
            return False
        if isinstance(node, MergeBase):
            container = isinstance(node, Flatten) and (
                self.has_unknown_keys(node._container) or not node._container.synced
            )
            return container or any(self.is_unknown(member, key) for member in self.members(node))
        if not node.synced or not self.has_unknown_keys(node):
            return not node.synced
        if not isinstance(node, TransformCollection) or isinstance(node, FlatMap):
            return True
        return key in self.parked[node] or self.is_unknown(node._parents[0], key)

    def members(self, node: MergeBase[Any, Any]) -> Sequence[Collection[Any, Any]]:
        """The members of a merge, the first one first."""
        if not isinstance(node, Flatten):
            return node._members()
        container = self.of(node._container)
        return [container[name] for name in sort_keys(container) if name not in node._failures]

    def evaluate(self, node: Collection[Any, Any]) -> Mapping[Any, Any]:
        """The contents of one collection, computed from those of lower rank."""
        if isinstance(node, FlatMap):
            return self._flat_map(node)
        if isinstance(node, TransformCollection):
            return self._map(node)
        if isinstance(node, MergeBase):
            return self._merge(node)
        if isinstance(node, Group):
            return self._group(node)
        return node._values

    def _runs(self, node: TransformCollection[Any, Any]) -> Iterable[tuple[Any, Any]]:
        """Yields the input keys of a collection in order, each with the outcome of a run."""
        inputs = self.of(node._parents[0])
        self.parked[node] = set()
        for key in sort_keys(inputs):
            outcome, again = (self._run(node, key, inputs[key]) for _ in range(2))
            assert outcome == again, f"transform of {node.name!r} is not pure: for {key!r} {outcome!r}, then {again!r}"
            yield key, outcome
        parked = set(node._parked)
        assert parked == self.parked[node], f"{node.name!r} has parked {parked}, from scratch {self.parked[node]}"

    def _run(self, node: TransformCollection[Any, Any], key: Any, value: Any) -> Any:
        context = _EvaluationContext(node, self)
        context.key = key
        graph, outer = node.graph, node.graph._running
        graph._running = node
        try:
            return node._checked_output(node._transform(context, value))
        except ParkRun:
            self.parked.setdefault(node, set()).add(key)
            _expect_known(node, key, node._parked, "is parked")
        except KeepPrevious:
            _expect_known(node, key, node._kept, "keeps its output")
        except Exception as error:  # noqa: BLE001 - an error is an outcome
            _expect_known(node, key, node._failures, f"raised {error!r}")
        finally:
            graph._running = outer
        return LAST_OUTPUT

    def _map(self, node: TransformCollection[Any, Any]) -> Mapping[Any, Any]:
        outcomes = {key: node._values.get(key) if out is LAST_OUTPUT else out for key, out in self._runs(node)}
        return {key: value for key, value in outcomes.items() if value is not None}

    def _flat_map(self, node: FlatMap[Any, Any]) -> Mapping[Any, Any]:
        claims: dict[Any, list[Any]] = {}
        for key, outcome in self._runs(node):
            for name, value in (node._outputs.get(key, {}) if outcome is LAST_OUTPUT else outcome).items():
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
            if self.has_unknown_keys(member) and self.is_unknown(member, key):
                return True
            if node._combine is None and key in self.of(member):
                return False
        return False

    def _group(self, node: Group[Any, Any]) -> Mapping[Any, Any]:
        if self.has_unknown_keys(node._index.collection):
            return node._values  # they stay
        groups: dict[Any, tuple[Any, ...]] = {}
        for key, value in self.sorted_entries(node._index.collection):
            for at in self.places(node._index, key, value):
                groups[at] = (*groups.get(at, ()), value)
        return groups

    def sorted_entries(self, collection: Collection[Any, Any]) -> list[tuple[Any, Any]]:
        """All entries in the order of their keys."""
        values = self.of(collection)
        return [(key, values[key]) for key in sort_keys(values)]

    def places(self, index: Index[Any, Any, Any], key: Any, value: Any) -> tuple[Any, ...]:
        """The places at which an index must file a value."""
        return (
            index._places_of.get(key, ())
            if key in index._failures
            else tuple(dict.fromkeys(index._index_function(value)))
        )


def _combined(
    node: DerivedCollection[Any, Any],
    claims: Mapping[Any, list[Any]],
    combine: Callable[[Any], Any] | None,
    *,
    alone: bool,
) -> Mapping[Any, Any]:
    """One value for each key: the first, or the result of *combine*. *alone*: call it for a single value, too."""
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


class _EvaluationContext(Context):
    """Reads by scanning, without tracking."""

    __slots__ = ("_evaluation",)

    def __init__(self, node: TransformCollection[Any, Any], evaluation: _Evaluation) -> None:
        super().__init__(node)
        self._evaluation = evaluation

    def _require_known(self, of: KeyedNode[Any, Any], at: Any = ALL) -> None:
        super()._require_known(of, at)
        evaluation = self._evaluation
        if evaluation.has_unknown_keys(of) and (at is ALL or evaluation.is_unknown(of, at)):
            raise ParkRun

    def _at(self, index: Index[Any, Any, Any], wanted: Callable[[set[Any]], bool], select: Any = None) -> Any:
        self._require_known(index.collection)
        entries = self._evaluation.sorted_entries(index.collection)
        found = [value for key, value in entries if wanted(set(self._evaluation.places(index, key, value)))]
        return tuple(found) if select is None else tuple(map(select, found))

    def get(self, of: Any, key: Any, *, select: Any = None) -> Any:
        """As `Context.get`."""
        self._require_known(of, key)
        value = self._evaluation.of(of).get(key)
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
        self._require_known(of)
        values = [value for _, value in self._evaluation.sorted_entries(of)]
        return tuple(values) if select is None else tuple(map(select, values))
