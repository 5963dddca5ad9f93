"""An oracle: computes the contents of a graph from scratch, without code of krt.

A `Shape` says what a graph looks like. Its transforms are ordinary functions of a value and of a reader, so
that krt and the oracle run the same ones: krt through its context, the oracle through plain dictionaries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from krt import KeepPrevious

STRINGS = ("a", "b", "c", "d")
NUMBERS = (0, 1, 2)

Values = dict[Any, Any]


class Tape:
    """Reads bytes as a series of choices. After the end all choices are 0, so that shorter data is simpler."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def below(self, limit: int) -> int:
        """A number in [0, limit)."""
        return next(self._data, 0) % limit

    def one_of(self, things: Any) -> Any:
        """An element of a sequence."""
        return things[self.below(len(things))]


@dataclass(frozen=True)
class Read:
    """One read of a transform. The values read before and the salt decide whether it happens, and of which key."""

    how: str
    of: str
    salt: int


@dataclass(frozen=True)
class Node:
    """A derived collection of a shape."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    keys: tuple[Any, ...]  # those that it can have
    reads: tuple[Read, ...] = ()
    salt: int = 1
    fails: bool = False
    keeps: bool = False
    on_conflict: Any = "fail"  # of a flat_map; of a merge, whether to combine


@dataclass
class Shape:
    """Sources and derived collections, in the order of creation."""

    sources: tuple[str, ...]
    nodes: list[Node] = field(default_factory=list)
    grown: int = 0

    def grow(self, tape: Tape) -> Node:
        """Another derived collection, over any of the present ones."""
        self.grown += 1
        kind = tape.one_of(KINDS)
        keys = {name: self.keys_of(name) for name in (*self.sources, *(node.name for node in self.nodes))}
        self.nodes.append(_node(tape, f"{kind}{self.grown}", kind, keys))
        return self.nodes[-1]

    def keys_of(self, name: str) -> tuple[Any, ...]:
        """The keys that a collection can have."""
        return next((node.keys for node in self.nodes if node.name == name), STRINGS)


KINDS = ("map", "map", "map", "flat_map", "flat_map", "merge", "flatten", "group")
READS = ("get", "get", "lookup", "fetch", "all", "within", "parity", "parities")


def shape(tape: Tape) -> Shape:
    """A random graph of sources and up to seven derived collections, each derived from earlier ones."""
    made = Shape(tuple(f"source{i}" for i in range(2 + tape.below(2))))
    for _ in range(1 + tape.below(7)):
        made.grow(tape)
    return made


def _node(tape: Tape, name: str, kind: str, keys: Mapping[str, tuple[Any, ...]]) -> Node:
    names = list(keys)
    if kind == "merge":
        alike = [name for name in names if keys[name] == STRINGS]
        return Node(name, kind, (tape.one_of(alike), tape.one_of(alike)), STRINGS, on_conflict=tape.below(2) == 1)
    if kind == "flatten":  # its inputs are those that may become members
        alike = [name for name in names if keys[name] == STRINGS]
        return Node(name, kind, tuple(alike), STRINGS, on_conflict=tape.below(2) == 1)
    if kind == "group":
        return Node(name, kind, (tape.one_of(names),), NUMBERS)
    parent = tape.one_of(names)
    reads = tuple(Read(tape.one_of(READS), tape.one_of(names), tape.below(12)) for _ in range(tape.below(4)))
    traits = tape.below(8)
    return Node(
        name,
        kind,
        (parent,),
        keys[parent] if kind == "map" else STRINGS,
        reads,
        salt=1 + tape.below(5),
        fails=traits % 4 == 1,
        keeps=traits % 4 == 2,
        on_conflict=tape.one_of(("fail", "first", sum)) if kind == "flat_map" else "fail",
    )


class BoomError(Exception):
    """An intended failure of a transform."""


class Reader(Protocol):
    """The reads of a transform, for krt and for the oracle."""

    def read(self, how: str, of: str, at: Any) -> Any:
        """The result of one read: a value, or several in the order of their keys."""


def number(value: Any) -> int:
    """Groups are tuples; all other values are numbers."""
    return sum(map(number, value)) if isinstance(value, tuple) else int(value or 0)


def parity(value: Any) -> int:
    """The projection of all reads with `select`: 1 or 2."""
    return 1 + number(value) % 2


def filed_under(value: Any) -> list[int]:
    """The index function of all indexes: one or two index values."""
    return [number(value) % 3, number(value) % 2]


def transform(node: Node, keys_of: Callable[[str], tuple[Any, ...]]) -> Callable[[Reader, Any], Any]:
    """A transform whose reads depend on what it read before. For some values it fails, keeps its last output or returns None."""

    def run(reader: Reader, value: Any) -> Any:
        total = number(value) * node.salt
        for read in node.reads:
            choice = total + read.salt
            if choice % 4 == 0:
                continue
            keys = keys_of(read.of)
            at: Any = None
            if read.how in ("get", "parity"):
                at = keys[choice % len(keys)]
            elif read.how in ("lookup", "parities"):
                at = choice % 3
            elif read.how in ("all", "within"):
                at = (choice % 3, choice % 2)
            total += 1 + (1 + read.salt % 3) * number(reader.read(read.how, read.of, at))
        total %= 15
        if node.fails and total % 5 == 1:
            raise BoomError
        if node.keeps and total % 5 == 2:
            raise KeepPrevious("as asked", default=None if total % 2 else _output(node, total))
        return None if total % 5 == 3 and node.kind == "map" else _output(node, total)

    return run


def _output(node: Node, total: int) -> Any:
    if node.kind == "map":
        return total
    return {STRINGS[(total + i) % 4]: total + i for i in range(total % 4)}


class UnknownError(Exception):
    """The oracle was asked for something unknown."""

    def __init__(self, read: tuple[str, str, Any]) -> None:
        super().__init__(read)
        self.read = read


@dataclass
class Past:
    """The last run of one key: what it read, and the results."""

    value: Any
    reads: dict[tuple[str, str, Any], Any] = field(default_factory=dict)
    awaited: tuple[str, str, Any] | None = None


class Oracle:
    """The contents of all collections of a shape, computed from the sources at every transaction.

    Only what no evaluation from scratch can know is remembered: the last good output of a key whose
    transform fails, keeps or waits; that a collection has been synced; and what the last run read.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.values: dict[str, Values] = {name: {} for name in shape.sources}
        self.synced: dict[str, bool] = dict.fromkeys(shape.sources, False)
        self.outputs: dict[str, Values] = {}  # of a transform, by input key
        self.failed: dict[str, set[Any]] = {}
        self.runs: set[tuple[str, Any]] = set()
        self.past: dict[str, dict[Any, Past]] = {}
        self.members: dict[str, dict[str, str]] = {}  # flatten -> name of a member -> collection
        self.nodes: dict[str, Node] = {}
        self.doubtful: dict[str, bool] = dict.fromkeys(shape.sources, False)
        """Whether a collection has synced and has unknown keys."""
        for node in shape.nodes:
            self.add(node)
        self.settle()

    def add(self, node: Node) -> None:
        """Adds a collection; the next settle computes it."""
        self.values[node.name], self.past[node.name], self.outputs[node.name] = {}, {}, {}
        self.synced[node.name] = self.doubtful[node.name] = False
        self.nodes[node.name] = node
        if node.kind == "flatten":
            self.members[node.name] = {}

    def remove(self, node: Node) -> None:
        """Removes a collection."""
        for state in (
            self.values,
            self.past,
            self.outputs,
            self.synced,
            self.failed,
            self.members,
            self.nodes,
            self.doubtful,
        ):
            state.pop(node.name, None)

    def settle(self) -> None:
        """Brings everything up to date. Afterwards `runs` has exactly the runs that krt must make."""
        self.runs = set()
        for node in self.shape.nodes:
            self.failed[node.name] = set()
            parents = [self.values[name] for name in node.inputs]
            waits = False
            inputs = node.inputs
            if node.kind == "merge":
                self.values[node.name] = self._decided(node, _merged(node, parents))
            elif node.kind == "flatten":
                inputs = tuple(of for _, of in sorted(self.members[node.name].items()))
                self.values[node.name] = self._decided(node, _merged(node, [self.values[name] for name in inputs]))
            elif node.kind == "group" and self.doubtful[node.inputs[0]]:
                pass  # a key that waits may be in any group: they stay
            elif node.kind == "group":
                groups = {at: self.found("lookup", node.inputs[0], at) for at in NUMBERS}
                self.values[node.name] = {at: found for at, found in groups.items() if found}
            else:
                self.outputs[node.name] = self._outputs(node, parents[0])
                self.values[node.name] = self._owned(node) if node.kind == "flat_map" else self.outputs[node.name]
                waits = any(past.awaited for past in self.past[node.name].values())
            if not waits and all(self.synced[name] for name in inputs):
                self.synced[node.name] = True
            doubt = waits or any(self.doubtful[name] for name in inputs)
            doubt |= node.kind == "flatten" and not all(self.synced[name] for name in inputs)
            self.doubtful[node.name] = self.synced[node.name] and doubt

    def of(self, node: Node) -> tuple[str, ...]:
        """The names of the inputs of a collection, the first one first."""
        return tuple(of for _, of in sorted(self.members[node.name].items())) if node.kind == "flatten" else node.inputs

    def doubts(self, name: str, key: Any) -> bool:
        """Whether a key has no value and may still get one. A group may have a value and be unknown all the same."""
        node, open_ = self.nodes.get(name), self.doubtful[name] or not self.synced[name]
        if node is not None and node.kind == "group":
            return open_
        if key in self.values[name]:
            return False
        if node is None or node.kind == "flat_map" or not self.synced[name]:
            return open_ if node is None or node.kind not in ("merge", "flatten") else self._any_doubts(node, key)
        if node.kind in ("merge", "flatten"):
            return self._any_doubts(node, key)
        past = self.past[name].get(key)
        return open_ and ((past is not None and past.awaited is not None) or self.doubts(node.inputs[0], key))

    def _any_doubts(self, node: Node, key: Any) -> bool:
        return any(self.doubts(name, key) for name in self.of(node))

    def known(self, how: str, of: str, at: Any) -> bool:
        """Whether the result of a read is known."""
        one = how in ("get", "parity")
        return self.synced[of] and (not self.doubtful[of] or (one and not self.doubts(of, at)))

    def _decided(self, node: Node, merged: Values) -> Values:
        """Keeps the values of keys that depend on a member in which they are unknown."""
        before = self.values[node.name]
        for key in {**merged, **before}:
            for name in self.of(node):
                if self.doubtful[name] and self.doubts(name, key):
                    merged.pop(key, None)
                    if key in before:
                        merged[key] = before[key]
                    break
                if not node.on_conflict and key in self.values[name]:
                    break
        return merged

    def _outputs(self, node: Node, inputs: Values) -> Values:
        before, after = self.outputs[node.name], {}
        past, self.past[node.name] = self.past[node.name], {}
        run = transform(node, self.shape.keys_of)
        for key, value in inputs.items():
            if self._is_stale(past.get(key), value):
                self.runs.add((node.name, key))
            self.past[node.name][key] = now = Past(value)
            result = before.get(key)
            try:
                result = run(OracleReader(self, now), value)
            except UnknownError as unknown:
                now.awaited = unknown.read
            except KeepPrevious as keep:
                result = keep.default if result is None else result
            except BoomError:
                self.failed[node.name].add(key)
            if result or (node.kind == "map" and result is not None):
                after[key] = result
        return after

    def _owned(self, node: Node) -> Values:
        """The contents of a flat_map: the input whose key sorts first owns an output key."""
        claims: dict[str, list[tuple[Any, int]]] = {}
        for key in sorted(self.outputs[node.name]):
            for name, value in self.outputs[node.name][key].items():
                claims.setdefault(name, []).append((key, value))
        if callable(node.on_conflict):
            return {name: sum(value for _, value in claim) for name, claim in claims.items()}
        if node.on_conflict == "fail":
            self.failed[node.name] |= {key for claim in claims.values() for key, _ in claim[1:]}
        return {name: claim[0][1] for name, claim in claims.items()}

    def _is_stale(self, past: Past | None, value: Any) -> bool:
        if past is None or past.value != value or (past.awaited and self.known(*past.awaited)):
            return True
        return any(not self.known(*read) or self.sensed(*read) != was for read, was in past.reads.items())

    def content(self, how: str, of: str, at: Any) -> Values:
        """The present values that a read finds, by key."""
        values = self.values[of]
        if how in ("get", "parity"):
            return {at: values[at]} if at in values else {}
        if how in ("lookup", "parities"):
            return {key: value for key, value in values.items() if at in filed_under(value)}
        if how == "all":
            return {key: value for key, value in values.items() if set(at) <= set(filed_under(value))}
        if how == "within":
            return {key: value for key, value in values.items() if set(filed_under(value)) <= set(at)}
        return values

    def found(self, how: str, of: str, at: Any) -> tuple[Any, ...]:
        """The result of a read: the values in the order of their keys, or a projection of each."""
        content = self.content(how, of, at)
        values = tuple(content[key] for key in sorted(content))
        return tuple(map(parity, values)) if how in ("parity", "parities") else values

    def sensed(self, how: str, of: str, at: Any) -> Any:
        """What a read depends on: krt must run a key again exactly if this has changed.

        Keys count, so that two objects that change places are a difference; for projections they do not.
        Reads at several places depend on more than they find: see `Context.lookup_all` and `lookup_within`.
        """
        if how in ("parity", "parities"):
            return self.found(how, of, at)
        if how == "within":
            return [dict(self.content("lookup", of, one)) for one in at]
        return dict(self.content(how, of, at))


def _merged(node: Node, members: Sequence[Values]) -> Values:
    keys = {key: None for member in members for key in member}
    found = {key: tuple(member[key] for member in members if key in member) for key in keys}
    return found if node.on_conflict else {key: values[0] for key, values in found.items()}


class OracleReader:
    """Reads the oracle's dictionaries, and notes the results."""

    def __init__(self, oracle: Oracle, past: Past) -> None:
        self._oracle = oracle
        self._past = past

    def read(self, how: str, of: str, at: Any) -> Any:
        """The result of a read. Raises if it is unknown."""
        if not self._oracle.known(how, of, at):
            raise UnknownError((how, of, at))
        self._past.reads[(how, of, at)] = self._oracle.sensed(how, of, at)
        return self._oracle.found(how, of, at)
