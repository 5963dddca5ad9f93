"""Builds values from the events of libyaml: with limits, without recursion, and without long calls that hold the GIL.

PyYAML's own loaders build a whole document in one call, and do not limit aliases, which can multiply. Here libyaml gets
the text in small pieces, so that other threads can run, and every value is counted as often as it is referred to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from xds_server.providers.files.yaml_scalars import key, plain, tagged

VALUE_COST: Final = 32
"""The cost of a value besides the length of its text. Unit: about a byte."""
LARGEST_OBJECT: Final = 3 * 2**20
"""The limit for the values of one object: a hundred thousand of them, or 3 MiB of text. API servers accept less."""
LARGEST_DOCUMENT: Final = 32 * 2**20
"""The limit for the values of one document, which may be a list: a million of them."""
MOST_ALIASED: Final = 4 * 2**20
"""The limit for the values that all aliases of a file expand to."""
_DEEPEST: Final = 256
_MOST_REPEATED: Final = 20
_NAME_IS_COLLECTION: Final = "a field's name is a mapping or a sequence"
_IDENTITY: Final = frozenset({"apiVersion", "kind", "metadata", "name", "namespace"})
_MERGE_TAG: Final = "tag:yaml.org,2002:merge"


class Refused(Exception):  # noqa: N818 - a problem of the input, not an error of this program
    """The text exceeds a limit, or has no equivalent in JSON. *line* counts from 0."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class Budget:
    """The rest of the limit for the aliases of a file."""

    aliases: int = MOST_ALIASED


@dataclass(slots=True)
class Document:
    """One document."""

    content: Any
    cost: int = 0
    """The cost of its values."""
    line: int = 0
    """The line on which it begins, from 0."""
    oversized: set[int] = field(default_factory=set)
    """The ids of objects that are too large. They have only their identifying fields."""
    aliased: bool = False
    """Whether aliases may have put a value in several places."""
    repeated: list[int] = field(default_factory=list)
    """Lines on which a field is set again. The last value is used."""


Marks = dict[int, dict[str | int, int]]
"""By the id of a mapping or sequence, and field or index: the line, from 0."""


def documents(text: str, budget: Budget, marks: Marks | None = None) -> Iterator[Document]:
    """The documents of a text, which may be one of several in a file. Adds lines to *marks* if given.

    Raises: yaml.YAMLError, if it is not YAML; Refused, if it is too large, too deep, or has no equivalent in JSON.
    """
    parser = yaml.CBaseLoader(_Pieces(text.encode()))  # of which only `get_event` is used: libyaml's parser
    while (event := parser.get_event()) is not None:
        if isinstance(event, yaml.DocumentStartEvent):
            yield _Builder(parser, budget, marks).build()


class _Pieces:
    """A file object over the text, read in the small pieces that libyaml requests."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at = 0

    def read(self, size: int = -1, /) -> bytes:
        piece = self._text[self._at : self._at + size]
        self._at += size
        return piece


class _Frame:
    """A mapping or sequence that is being filled."""

    __slots__ = ("anchor", "began", "content", "key", "lists", "merging", "outside")

    def __init__(self, content: dict[str, Any] | list[Any], anchor: str | None, began: int) -> None:
        self.content = content
        self.anchor = anchor
        self.began = began
        self.lists = False
        """Whether it is a sequence of objects, or an object that may hold one."""
        self.outside: int | None = None
        """If an object begins with it: what that in which it is has cost until then."""
        self.key: str | None = None
        """Of the value that comes next; None if a key comes next."""
        self.merging = False
        """Whether the value that comes next is merged into the mapping."""


class _Builder:
    """Builds one document."""

    def __init__(self, parser: Any, budget: Budget, marks: Marks | None) -> None:
        self._next = parser.get_event
        self._budget = budget
        self._marks = marks
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._stack: list[_Frame] = []
        self._document = Document(None)
        self._object_cost = 0

    def build(self) -> Document:
        """The document that has just begun."""
        document, event = self._document, self._next()
        document.line = event.start_mark.line
        try:
            while not isinstance(event, yaml.DocumentEndEvent):
                self._take(event)
                event = self._next()
        except ValueError as error:
            raise Refused(str(error), event.start_mark.line) from None
        return document

    def _take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent():
                self._open({}, event)
            case yaml.SequenceStartEvent():
                self._open([], event)
            case yaml.AliasEvent():
                if event.anchor not in self._anchors:
                    raise ValueError("an alias refers to an anchor that is not complete before it")
                value, cost = self._anchors[event.anchor]
                self._budget.aliases -= cost
                self._document.aliased = True
                self._spend(cost)
                self._put(value, event)
            case _:  # the end of a mapping or sequence
                frame = self._stack.pop()
                if frame.outside is not None:
                    if self._object_cost > LARGEST_OBJECT:
                        self._document.oversized.add(id(frame.content))
                    self._object_cost = frame.outside
                if frame.anchor is not None:
                    self._anchors[frame.anchor] = (frame.content, self._document.cost - frame.began)
                self._put(frame.content, event)

    def _spend(self, cost: int) -> None:
        self._document.cost += cost
        self._object_cost += cost
        if self._budget.aliases < 0:
            raise ValueError("aliases expand to too much: use fewer aliases")
        if self._document.cost > LARGEST_DOCUMENT:
            raise ValueError("the document is too large: split it")

    def _open(self, content: dict[str, Any] | list[Any], event: Any) -> None:
        if len(self._stack) >= _DEEPEST:
            raise ValueError(f"the document is nested deeper than {_DEEPEST} levels")
        if self._at_key():
            raise ValueError(_NAME_IS_COLLECTION)
        self._mark(event)
        frame = _Frame(content, event.anchor, self._document.cost)
        top = self._stack[-1] if self._stack else None
        if isinstance(content, list):
            frame.lists = top is not None and top.lists and top.key == "items"
        elif top is None or (top.lists and isinstance(top.content, list)):
            frame.lists = True
            frame.outside, self._object_cost = self._object_cost, 0
        self._stack.append(frame)
        self._spend(VALUE_COST)

    def _scalar(self, event: Any) -> None:
        text, tag = event.value, event.tag
        self._spend(VALUE_COST + len(text))
        value = (plain(text) if event.implicit[0] else text) if tag is None else tagged(tag, text)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, VALUE_COST + len(text))
        if text == "<<" and self._at_key() and (event.implicit[0] or tag == _MERGE_TAG):
            self._stack[-1].merging = True
            return
        self._put(value, event)

    def _at_key(self) -> bool:
        top = self._stack[-1] if self._stack else None
        return top is not None and isinstance(top.content, dict) and top.key is None and not top.merging

    def _put(self, value: Any, event: Any) -> None:
        """Adds a complete value to its parent."""
        if not self._stack:
            self._document.content = value
            return
        top = self._stack[-1]
        if isinstance(top.content, list):
            if not isinstance(event, yaml.CollectionEndEvent):
                self._mark(event)
            if top.lists or self._object_cost <= LARGEST_OBJECT:
                top.content.append(value)
        elif top.merging:
            top.merging = False
            if self._object_cost <= LARGEST_OBJECT:
                _merge(top.content, value)
        elif top.key is None:
            if isinstance(value, dict | list):
                raise ValueError(_NAME_IS_COLLECTION)  # noqa: TRY004 - about the text, not about our types
            top.key = key(value)
            if top.key in top.content and len(self._document.repeated) < _MOST_REPEATED:
                self._document.repeated.append(event.start_mark.line)
            if self._marks is not None:
                self._marks.setdefault(id(top.content), {})[top.key] = event.start_mark.line
        else:
            if self._object_cost <= LARGEST_OBJECT or top.key in _IDENTITY:
                top.content[top.key] = value
            top.key = None

    def _mark(self, event: Any) -> None:
        """Records the line on which an item of a sequence begins."""
        if self._marks is not None and self._stack and isinstance(self._stack[-1].content, list):
            content = self._stack[-1].content
            self._marks.setdefault(id(content), {})[len(content)] = event.start_mark.line


def _merge(into: dict[str, Any], value: Any) -> None:
    """Takes over the fields of a mapping, or of several of which the first counts, as kubectl does: over what is there."""
    sources = value if isinstance(value, list) else [value]
    for source in reversed(sources):
        if not isinstance(source, dict):
            raise ValueError("<< merges only mappings")  # noqa: TRY004 - about the text, not about our types
        into.update(source)


def exceeds(content: Any, limit: int) -> bool:
    """Whether the values of *content* cost more than *limit*; no more of them are looked at than that takes."""
    cost, rest = 0, [content]
    while rest and cost <= limit:
        value = rest.pop()
        cost += VALUE_COST
        if isinstance(value, dict):
            cost += sum(map(len, value)) + VALUE_COST * len(value)
            rest.extend(value.values())
        elif isinstance(value, list):
            rest.extend(value)
        elif isinstance(value, str):
            cost += len(value)
    return cost > limit
