"""Parses the content of one file into objects."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from xds_server.model.printable import printable
from xds_server.model.source_state import Problem
from xds_server.providers.decode import Decoded, Decoder, key_of, problem
from xds_server.providers.files.documents import Chunk, Malformed, decoded, parsed
from xds_server.providers.files.near_miss import near_miss, unread
from xds_server.providers.files.yaml_events import Document
from xds_server.providers.kinds import Kind, Value
from xds_server.providers.schema.base import Finding

_log = logging.getLogger(__name__)

ObjectId = tuple[str, str]
"""Plural name of the kind, and `namespace/name`."""

_MOST_PROBLEMS: Final = 20
_MOST_IGNORED: Final = 50  # kinds of a file that are counted separately
_LONGEST_NAME: Final = 80
_LONGEST_MESSAGE: Final = 300
_TOO_LARGE: Final = Finding("", "is larger than an API server accepts: split it into several objects")
_TWICE: Final = Finding("", "is in this file twice, and the first one is used: remove one")
_REPEATED: Final = "a field is set twice, and the last value is used: remove one"
_NO_OBJECT: Final = Finding("", "is not a Kubernetes object: give it apiVersion, kind and metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The objects and problems of one file."""

    objects: Mapping[ObjectId, Value | None]
    """In the order of the file. None for an invalid object."""
    problems: tuple[Problem, ...] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)
    """The number of objects of kinds that are not read, by `apiVersion kind`."""
    intact: bool = True
    """False for a file that could not be read or parsed: its previous objects stay."""


def broken(path: str, message: str, line: int | None = None) -> Parsed:
    """The result for a file that cannot be read or parsed."""
    said = f"{message}; until then its objects stay as they were"
    return Parsed(objects={}, problems=(Problem(source=path, message=said, line=line),), intact=False)


class Parser:
    """Parses files into objects of the given kinds."""

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self._decoders = [(kind, Decoder(kind)) for kind in kinds]

    def parse(self, path: str, content: bytes) -> Parsed:
        """All objects of a file. *path* is its name in problems. Raises nothing, whatever the content is."""
        contents = _Contents(path)
        try:
            for chunk, number, document in parsed(decoded(content)):
                for one in _objects(chunk, number, document, document.content):
                    self._read(one, contents)
                contents.repeated(chunk, document.repeated)
        except Malformed as error:
            return broken(path, f"does not parse: {printable(str(error), _LONGEST_MESSAGE)}: fix it", error.line)
        except Exception as error:  # noqa: BLE001 - a bug must cost this file only
            _log.exception("a file cannot be parsed because of a bug in this program: %s", path)
            return broken(path, f"cannot be parsed ({type(error).__name__}): report it, and write the file differently")
        return contents.parsed()

    def _read(self, one: "_Object", contents: "_Contents") -> None:
        content = one.content
        if content is None:
            return
        if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
            contents.found(one, _NO_OBJECT)
            return
        api_version, name = content.get("apiVersion"), content["kind"]
        if not isinstance(api_version, str):
            api_version = ""
        for kind, decoder in self._decoders:
            if kind.describes(api_version, name):
                contents.add(one, kind, decoder)
                return
        meant = near_miss([kind for kind, _ in self._decoders], api_version, name)
        if meant is not None:
            contents.refuse(one, *meant)
            return
        if hint := unread(api_version, name):
            contents.found(one, Finding("kind", hint))
        contents.ignore(f"{printable(api_version, _LONGEST_NAME)} {printable(name, _LONGEST_NAME)}")


@dataclass(slots=True)
class _Object:
    """A value that should be an object, and its place in the file."""

    chunk: Chunk
    number: int
    """The number of the document in the chunk."""
    at: str
    """Its path in the document; empty unless it is an item of a list."""
    content: Any
    oversized: bool
    """Whether it is too large, so that its content was not read completely."""


@dataclass(slots=True)
class _Contents:
    """The objects and problems read so far from one file."""

    path: str
    objects: dict[ObjectId, Value | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    more_problems: int = 0
    ignored: Counter[str] = field(default_factory=Counter)

    def add(self, one: _Object, kind: Kind, decoder: Decoder) -> None:
        """Adds an object of a kind that is read."""
        if one.oversized:
            self.refuse(one, kind, _TOO_LARGE)
        else:
            self._add(one, kind, decoder.loaded(one.content))

    def refuse(self, one: _Object, kind: Kind, finding: Finding) -> None:
        """Adds an invalid object: its last good state stays."""
        self._add(one, kind, Decoded(key_of(one.content), None, (finding,)))

    def _add(self, one: _Object, kind: Kind, read: Decoded) -> None:
        for finding in read.findings:
            self.found(one, finding, kind, read.key)
        identity = (kind.plural, read.key)
        if identity in self.objects:
            self.found(one, _TWICE, kind, read.key)
        elif read.key:
            self.objects[identity] = read.value

    def ignore(self, name: str) -> None:
        """Counts an object of a kind that is not read."""
        self.ignored[name if name in self.ignored or len(self.ignored) < _MOST_IGNORED else "others"] += 1

    def repeated(self, chunk: Chunk, lines: list[int]) -> None:
        """Reports fields that are set more than once in a mapping."""
        for line in lines:
            self._note(Problem(source=self.path, message=_REPEATED, line=chunk.line + line + 1))

    def found(self, one: _Object, finding: Finding, kind: Kind | None = None, key: str = "") -> None:
        """Reports a problem with its line."""
        line = one.chunk.place(one.number, f"{one.at}.{finding.field}") if len(self.problems) < _MOST_PROBLEMS else None
        self._note(
            problem(kind, key, finding, self.path, line)
            if kind is not None
            else Problem(source=self.path, message=finding.message, line=line)
        )

    def _note(self, one: Problem) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(one)
        else:
            self.more_problems += 1

    def parsed(self) -> Parsed:
        """The result."""
        if self.more_problems:
            message = f"has {self.more_problems} more problems: fix the listed ones first"
            self.problems.append(Problem(source=self.path, message=message))
        return Parsed(objects=self.objects, problems=tuple(self.problems), ignored=self.ignored)


def _objects(chunk: Chunk, number: int, document: Document, content: Any, at: str = "") -> Iterator[_Object]:
    """The objects of a document: an object, or a list, whose items may omit the apiVersion and kind that its kind implies."""
    kind, items = (content.get("kind"), content.get("items", ())) if isinstance(content, dict) else (None, ())
    if items is None and isinstance(kind, str) and kind.endswith("List"):
        return
    if not isinstance(items, list):
        yield _Object(chunk, number, at, content, id(content) in document.oversized)
        return
    inferred: dict[str, Any] = {}
    if isinstance(kind, str) and kind != "List":
        inferred = {"apiVersion": content.get("apiVersion"), "kind": kind.removesuffix("List")}
    for i, item in enumerate(items):
        if not document.aliased:
            items[i] = None  # frees a long list item by item, because freeing it at once would take too long
        for one in _objects(chunk, number, document, item, f"{at}.items[{i}]" if at else f"items[{i}]"):
            if one.content is item and isinstance(item, dict) and not item.get("kind") and not item.get("apiVersion"):
                one.content = {**item, **inferred}
            yield one
