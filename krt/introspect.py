"""Questions about a live graph: why a key has its value or none, what depends on what, what a transaction did."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from krt.collection import Collection, Index
from krt.derived import DerivedCollection
from krt.flat_map import FlatMap
from krt.graph import Graph
from krt.group import Group
from krt.key_order import sort_keys
from krt.keyed_node import KeyedNode
from krt.merge import Flatten, MergeBase
from krt.reads import ALL, Read, Readable
from krt.recorder import Record, Recorder
from krt.transform import TransformCollection


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a key of a collection has its value, or none. `str` of it is a readable tree."""

    collection: str
    key: Any
    value: Any
    """None if the key is absent."""
    why: str
    because: tuple[Explanation, ...] = ()
    """Explanations of its inputs, back to the sources."""
    reads: tuple[str, ...] = ()
    """What its transform read; if the run ended early, until then."""

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self, indent: str = "") -> Iterator[str]:
        what = "absent" if self.value is None else repr(self.value)
        yield f"{indent}{self.collection}[{self.key!r}] is {what}: {self.why}"
        for read in self.reads:
            yield f"{indent}  read {read}"
        for explanation in self.because:
            yield from explanation._lines(indent + "  ")


def explain(collection: Collection[Any, Any], key: Hashable) -> Explanation:
    """Explains where the value of a key comes from, back to the sources, or why the key is absent.

    A key is absent if it has no input, if the transform left it out or failed, or if the run is parked because it
    reads something unknown. For an output key of several inputs, it names the one that provides the value, and the
    others, which it shadows.
    """
    if isinstance(collection, FlatMap):
        return _explain_flat_map(collection, key)
    if isinstance(collection, TransformCollection):
        return _explain_map(collection, key)
    if isinstance(collection, MergeBase):
        return _explain_merge(collection, key)
    if isinstance(collection, Group):
        return _explain_group(collection, key)
    value = collection._values.get(key)
    return Explanation(
        collection.name, key, value, "written from outside" if value is not None else _unwritten(collection)
    )


def _unwritten(source: Collection[Any, Any]) -> str:
    return "no input" if source.synced else "not known yet: the source has not synced"


def _explain_map(node: TransformCollection[Any, Any], key: Any) -> Explanation:
    parent = node._parents[0]
    why = _state(node, key) or ("made by the transform" if key in node._values else "left out by the transform")
    if key not in parent._values:
        why = "no input"
    return Explanation(node.name, key, node._values.get(key), why, (explain(parent, key),), _reads(node, key))


def _state(node: TransformCollection[Any, Any], key: Any) -> str | None:
    """Why the output of an input key is missing or not up to date; None if it is up to date."""
    if key in node._parked:
        awaited = node._parked[key]
        what = ", which has unknown keys" if awaited.synced else " to sync"
        return f"parked: waits for {awaited.name!r}{what}"
    if key in node._kept:
        return f"kept as it was: {node._kept[key]}" if node._kept[key] else "kept as it was"
    if key in node._failures:
        failure = node._failures[key]
        return f"failed after epoch {failure.epoch}: {failure.error!r}"
    return None


def _explain_flat_map(node: FlatMap[Any, Any], key: Any) -> Explanation:
    parent = node._parents[0]
    value = node._values.get(key)
    if key not in node._owners:
        stuck = {input_key: _state(node, input_key) for input_key in (*node._parked, *node._kept, *node._failures)}
        why = "; ".join(
            ["no input makes it", *(f"but input {input_key!r} is {state}" for input_key, state in stuck.items())]
        )
        return Explanation(node.name, key, value, why, tuple(explain(parent, input_key) for input_key in stuck))
    owner = node._owners[key]
    why = f"made from input {owner!r}"
    if state := _state(node, owner):
        why += f", which is {state}"
    others = [claimant for claimant in sort_keys(node._contested.get(key, {})) if claimant != owner]
    if others:
        verb = "shadows" if isinstance(node._on_conflict, str) else "is combined with"
        why += f", which {verb} {', '.join(map(repr, others))}"
    return Explanation(node.name, key, value, why, (explain(parent, owner),), _reads(node, owner))


def _explain_merge(node: MergeBase[Any, Any], key: Any) -> Explanation:
    members = [member for member in node._members() if key in member._values]
    value = node._values.get(key)
    names = [member.name for member in members]
    if key in node._failures:
        why = f"failed: {node._failures[key].error!r}"
    elif not members:
        why = "no input"
    elif node._combine is not None:
        why = f"combined from {', '.join(names)}"
    elif len(members) == 1:
        why = f"from {names[0]}"
    else:
        why = f"from {names[0]}, which shadows {', '.join(names[1:])}"
    return Explanation(node.name, key, value, why, tuple(explain(member, key) for member in members))


def _explain_group(node: Group[Any, Any], key: Any) -> Explanation:
    index = node._index
    members = list(index._bucket_at(key))
    why = f"{len(members)} values of {index.label}" if members else "no input"
    because = tuple(explain(index.collection, member) for member in members)
    return Explanation(node.name, key, node._values.get(key), why, because)


def _reads(node: TransformCollection[Any, Any], key: Any) -> tuple[str, ...]:
    return tuple(map(_read, node._reads.get(key, ())))


def _read(read: Read) -> str:
    of, at, projection = read
    if isinstance(of, Index):
        what = f"{of.label} at {at!r} ({len(of._values_at(at))} values)"
    elif at is ALL:
        what = f"all of {of.label} ({len(_node_of(of)._values)} values)"
    else:
        what = f"{of.label}[{at!r}]" + (" (absent)" if at not in _node_of(of)._values else "")
    return f"a projection of {what}" if projection is not None else what


def _node_of(of: Readable) -> KeyedNode[Any, Any]:
    """The collection that was read, directly or by an index."""
    node = of.collection if isinstance(of, Index) else of
    assert isinstance(node, KeyedNode)
    return node


def edges(graph: Graph) -> Mapping[tuple[str, str], str]:
    """All edges as (from, to) -> "input", or "read" if the last run of some key read it or waits for it."""
    found: dict[tuple[str, str], str] = {}
    for node in graph.collections.values():
        if not isinstance(node, DerivedCollection):
            continue
        reads: dict[str, None] = {}
        if isinstance(node, TransformCollection):
            reads.update(
                dict.fromkeys(_node_of(of).name for reads_of_run in node._reads.values() for of, _, _ in reads_of_run)
            )
            reads.update(dict.fromkeys(awaited.name for awaited in node._parked.values()))
        found.update(dict.fromkeys(((name, node.name) for name in reads), "read"))
        members = [member.name for member in node._members()] if isinstance(node, Flatten) else []
        found.update(dict.fromkeys(((name, node.name) for name in (*node.inputs, *members)), "input"))
    return found


def to_mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flow chart. Solid arrows are inputs, dotted ones are reads."""
    names = {name: f"n{number}" for number, name in enumerate(graph.collections)}
    lines = ["flowchart LR"]
    for name, node in graph.collections.items():
        text = f"{name}<br/>{len(node._values)} keys{'' if node.synced else ', not synced'}".replace('"', "#quot;")
        opening, closing = ("[(", ")]") if node.kind == "source" else ("[", "]")
        lines.append(f'  {names[name]}{opening}"{text}"{closing}')
    for (start, end), kind in edges(graph).items():
        lines.append(f"  {names[start]} {'-->' if kind == 'input' else '-.->'} {names[end]}")
    return "\n".join(lines) + "\n"


def to_json(graph: Graph) -> dict[str, Any]:
    """The graph as plain values for `json.dumps`: state, counters and edges of each collection, no contents."""
    read_by: dict[str, list[str]] = {}
    for (start, end), kind in edges(graph).items():
        if kind == "read":
            read_by.setdefault(end, []).append(start)
    collections = [
        {
            "name": node.name,
            "kind": node.kind,
            "inputs": list(node.inputs) if isinstance(node, DerivedCollection) else [],
            "reads": sorted(read_by.get(node.name, [])),
            "keys": len(node._values),
            "synced": node.synced,
            "pending": sorted(node.pending),
            "parked": {repr(k): c.name for k, c in node._parked.items()}
            if isinstance(node, TransformCollection)
            else {},
            "failures": {repr(key): repr(failure.error) for key, failure in node.failures.items()},
            "indexes": {name: len(index._buckets) for name, index in node._indexes.items()},
            "counters": asdict(node.counters),
        }
        for node in graph.collections.values()
    ]
    return {"epoch": graph.epoch, "collections": collections}


@contextmanager
def record(graph: Graph) -> Iterator[list[Record]]:
    """Yields a list to which each transaction of the graph within the block adds a Record. Not for production use."""
    recorder, outer = Recorder(), graph._recorder
    graph._recorder = recorder
    try:
        yield recorder.records
    finally:
        graph._recorder = outer
