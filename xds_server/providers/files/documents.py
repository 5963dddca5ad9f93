"""Splits a file into documents as `kubectl apply -f` does: YAML or JSON, several in a file, UTF-8 or UTF-16.

Source: k8s.io/apimachinery, pkg/util/yaml/decoder.go, and k8s.io/cli-runtime, pkg/resource/visitor.go.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import msgspec
import yaml

from xds_server.providers.files.yaml_events import (
    LARGEST_OBJECT,
    VALUE_COST,
    Budget,
    Document,
    Marks,
    Refused,
    documents,
    exceeds,
)

_LARGEST_JSON: Final = 2**20  # bytes of an object: decoding a larger one in one call would take too long
_MOST_DOCUMENTS: Final = 100_000
_TOO_MANY: Final = f"has more than {_MOST_DOCUMENTS} documents: split it"
_MOST_DIRECTIVES: Final = 16  # libyaml compares each of them with every other
_SEPARATOR: Final = "\n---"
_PIECE: Final = 2**18  # bytes that are decoded in one call
_DIRECTIVES: Final = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n|%[^\n]*\n)*")
_STEP: Final = re.compile(r"\[(?P<index>\d+)\]|(?P<name>[^.\[\]]+)")
_TRAILING: Final = re.compile(r"trailing characters \(byte (\d+)\)")
_QUOTED_TAG: Final = re.compile(r" '!.*'")
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Malformed(Exception):  # noqa: N818 - a problem of the input, not an error of this program
    """The file does not parse. *line* counts from 1, and is None if it is not known."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class Chunk:
    """A part of a file that is parsed separately."""

    text: str
    line: int
    """The line on which it begins, from 0."""

    @cached_property
    def _marked(self) -> tuple[list[Document], Marks]:
        marks: Marks = {}
        try:
            return list(documents(self.text, Budget(), marks)), marks
        except (yaml.YAMLError, Refused):  # JSON that is not YAML
            return [], marks

    def place(self, number: int, path: str) -> int:
        """Line, from 1, of a field such as `spec.rules[0].matches` in one document of the chunk.

        A missing field has the line of its parent. The first call parses the text again.
        """
        found, marks = self._marked
        if number >= len(found):
            return self.line + 1
        node, line = found[number].content, found[number].line
        for step in _STEP.finditer(path):
            inside: str | int = int(step["index"]) if step["index"] else step["name"]
            lines = marks.get(id(node), {})
            if inside not in lines:
                break
            node, line = node[inside], lines[inside]
        return self.line + line + 1


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8, or the encoding of its byte order mark. Invalid bytes become U+FFFD."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding)
    return _decoded(content, "utf-8")


def _decoded(content: bytes, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    pieces = [decoder.decode(content[at : at + _PIECE]) for at in range(0, len(content), _PIECE)]
    return "".join((*pieces, decoder.decode(b"", final=True)))


def parsed(text: str) -> Iterator[tuple[Chunk, int, Document]]:
    """All documents of a file: the chunk, the document's number in it, and the document. Raises: Malformed."""
    budget = Budget()
    for count, chunk in enumerate(_chunks(text)):
        if count >= _MOST_DOCUMENTS:
            raise Malformed(_TOO_MANY, chunk.line + 1)
        values: list[tuple[Chunk, int, Document]] = []
        if chunk.text.lstrip()[:1] == "{":
            try:
                values += _json(chunk)
            except (msgspec.DecodeError, RecursionError):
                values = []  # kubectl treats it as YAML then, too
        if values:
            yield from values
        else:
            for number, document in enumerate(_yaml(chunk, budget)):
                yield chunk, number, document


def _chunks(text: str) -> Iterator[Chunk]:
    """The parts between lines of `---`, without blank ones. Directives stay with the document after them."""
    begin = line = 0
    for start, after, end in _separators(text):
        part = text[begin:start]
        if "%" in part and _DIRECTIVES.fullmatch(part):
            continue
        if part.strip():
            yield Chunk(part.removeprefix("\ufeff"), line)
        following = start if after and after[0] != "#" else end
        line += text.count("\n", begin, following)
        begin = following
    if text[begin:].strip():
        yield Chunk(text[begin:].removeprefix("\ufeff"), line)


def _separators(text: str) -> Iterator[tuple[int, str, int]]:
    """Where each line of `---` begins, what else is on it, and where the next line begins."""
    at = -1 if text.startswith("---") else _found(text, 0)
    while at is not None:
        start = at + 1
        end = text.find("\n", start) + 1 or len(text)
        rest = text[start + 3 : end]
        if not rest or rest[0].isspace():
            yield start, rest.strip(), end
        at = _found(text, end - 1)


def _found(text: str, begin: int) -> int | None:
    at = text.find(_SEPARATOR, begin)
    return at if at >= 0 else None


def _yaml(chunk: Chunk, budget: Budget) -> Iterator[Document]:
    if chunk.text.count("\n%") > _MOST_DIRECTIVES:
        raise Malformed("has too many directives: remove lines that begin with %", chunk.line + 1)
    try:
        yield from documents(chunk.text, budget)
    except Refused as refusal:
        raise Malformed(str(refusal), chunk.line + refusal.line + 1) from None
    except yaml.YAMLError as error:
        raise Malformed(_what(error), _line(error, chunk)) from None


def _line(error: yaml.YAMLError, chunk: Chunk) -> int | None:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return chunk.line + min(int(mark.line) + 1, chunk.text.count("\n") + 1)
    position = getattr(error, "position", None)  # of a character that YAML does not permit
    return None if position is None else chunk.line + chunk.text.count("\n", 0, position) + 1


def _what(error: yaml.YAMLError) -> str:
    """The first line of the error, without quotes from the file: they may contain a password."""
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or error
    return _QUOTED_TAG.sub("", str(said).partition("\n")[0])


def _json(chunk: Chunk) -> Iterator[tuple[Chunk, int, Document]]:
    """The JSON values of a chunk. Raises: msgspec.DecodeError, RecursionError, Malformed."""
    rest, line = memoryview(chunk.text.encode()), chunk.line
    for _ in range(_MOST_DOCUMENTS):
        raw = bytes(rest[: _first_value(rest)])
        document = Document(None)
        document.content = _value(raw, document)
        yield Chunk(raw.decode(), line), 0, document
        line += raw.count(b"\n")
        rest = rest[len(raw) :]
        if not rest:
            return
    raise Malformed(_TOO_MANY, line + 1)


def _first_value(rest: memoryview) -> int:
    """The length in bytes of the first JSON value, with the space after it."""
    try:
        msgspec.json.decode(rest, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        more = _TRAILING.search(str(error))
        if more is None:
            raise
        return int(more[1]) - 1  # the error names the byte after the first trailing one
    return rest.nbytes


def _value(raw: bytes | msgspec.Raw, document: Document) -> Any:
    """A JSON value. Of a list that is long each item is read by itself, and of an object what says which it is."""
    size = len(memoryview(raw))
    if size <= _LARGEST_JSON:
        content = msgspec.json.decode(raw)
        # A value takes two bytes at least: what is short need not be counted.
        if size * VALUE_COST // 2 > LARGEST_OBJECT and exceeds(content, LARGEST_OBJECT):
            document.oversized.add(id(content))
        return content
    fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    items = fields.pop("items", None)
    content = {
        name: msgspec.json.decode(field) for name, field in fields.items() if len(memoryview(field)) <= _LARGEST_JSON
    }
    if items is None:
        document.oversized.add(id(content))
    else:
        content["items"] = [_value(item, document) for item in msgspec.json.decode(items, type=list[msgspec.Raw])]
    return content
