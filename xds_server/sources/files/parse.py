"""From the content of one file to the objects in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
import yaml

from xds_server.model.source_state import Problem
from xds_server.sources.decode import Decoder, problem
from xds_server.sources.files.lines import Lines
from xds_server.sources.kinds import Kind, Value
from xds_server.sources.schema.base import Finding

ObjectId = tuple[str, str]
"""Plural name of the kind, and `namespace/name`."""

_QUOTED_TAG: Final = re.compile(r" '!.*'")
_BYTE: Final = re.compile(r"\(byte (\d+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a file contains."""

    objects: Mapping[ObjectId, Value | None]
    """None for an object that cannot be used as it is."""
    problems: tuple[Problem, ...] = ()
    ignored: tuple[str, ...] = ()
    """Of objects of kinds that are not read: `apiVersion kind`."""
    intact: bool = True
    """False for a file that could not be read or parsed: what it contained before still holds."""


def broken(path: str, message: str, line: int | None = None) -> Parsed:
    """A file from which nothing new can be learnt."""
    said = f"{message}; until then its objects stay as they were"
    return Parsed(
        objects={}, problems=(Problem(source=path, object="", field="", message=said, line=line),), intact=False
    )


class Parser:
    """Parses files into objects of the given kinds."""

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self._decoders = [(kind, Decoder(kind)) for kind in kinds]

    def parse(self, path: str, text: bytes) -> Parsed:
        """All objects of a file; *path* is how problems name it."""
        try:
            documents = list(_documents(path, text))
        except (yaml.YAMLError, msgspec.DecodeError, ValueError, RecursionError) as error:
            return broken(path, f"does not parse: {_what(error)}: mend it", _error_line(error, text))
        contents = _Contents(path, Lines(text))
        for document in documents:
            self._read(document, contents)
        return Parsed(objects=contents.objects, problems=tuple(contents.problems), ignored=tuple(contents.ignored))

    def _read(self, document: "_Document", contents: "_Contents") -> None:
        content = document.content
        if content is None:
            return
        if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
            contents.found(document, Finding("", "is no Kubernetes object: give it apiVersion, kind and metadata"))
            return
        api_version, name = str(content.get("apiVersion", "")), content["kind"]
        for kind, decoder in self._decoders:
            if kind.describes(api_version, name):
                contents.add(document, kind, decoder)
                return
        contents.ignored.append(f"{api_version} {name}")


class _Document(NamedTuple):
    number: int
    """Which document of the file."""
    at: str
    """Path in it; empty unless it is an item of a List."""
    content: object


@dataclass(slots=True)
class _Contents:
    """What has been read of one file."""

    path: str
    lines: Lines
    objects: dict[ObjectId, Value | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def add(self, document: _Document, kind: Kind, decoder: Decoder) -> None:
        """Adds an object of a kind that is read."""
        decoded = decoder.loaded(document.content)
        for finding in decoded.findings:
            self.found(document, finding, kind, decoded.key)
        identity = (kind.plural, decoded.key)
        if identity in self.objects:
            again = Finding("", "is in this file twice, and the first one counts: remove one")
            self.found(document, again, kind, decoded.key)
        elif decoded.key:
            self.objects[identity] = decoded.value

    def found(self, document: _Document, finding: Finding, kind: Kind | None = None, key: str = "") -> None:
        """Notes something wrong, with its line."""
        line = self.lines.line(document.number, f"{document.at}.{finding.field}")
        self.problems.append(
            problem(kind, key, finding, self.path, line)
            if kind is not None
            else Problem(source=self.path, object="", field="", message=finding.message, line=line)
        )


class _Loader(yaml.CSafeLoader):
    """Text stays text: the Kubernetes API knows no type for times, nor for a lone `=`."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in ("timestamp", "value")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _documents(path: str, text: bytes) -> Iterator[_Document]:
    """The documents of a file; a List is taken apart."""
    is_json = path.endswith(".json")
    loaded: list[Any] = [msgspec.json.decode(text)] if is_json else list(yaml.load_all(text, Loader=_Loader))
    for number, content in enumerate(loaded):
        items = content.get("items") if isinstance(content, dict) and content.get("kind") == "List" else None
        if isinstance(items, list):
            for i, item in enumerate(items):
                yield _Document(number, f"items[{i}]", item)
        else:
            yield _Document(number, "", content)


def _what(error: Exception) -> str:
    """The first line of it, without what it quotes of the file: that may be a password."""
    return _QUOTED_TAG.sub("", str(getattr(error, "problem", None) or error).partition("\n")[0])


def _error_line(error: Exception, text: bytes) -> int | None:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    byte = _BYTE.search(str(error))
    return text.count(b"\n", 0, int(byte[1])) + 1 if byte is not None else None
