"""YAML files named on the command line: settings, a bootstrap, a Deployment."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from xds_server.model.errors import UserError

_MOST_BYTES: Final = 1 << 20
_MOST_VALUES: Final = 200_000
"""In a document, after its aliases are written out: 1 KiB of them can stand for billions."""
_DEEPEST: Final = 100
_SHOWN: Final = 80
_NULL: Final = "tag:yaml.org,2002:null"

Text = str | list[str] | dict[str, str]
"""What a setting may be in a file: a scalar as it is written, or a list or a mapping of them."""


class DocumentError(UserError):
    """A file cannot be read. The message names it, the line if there is one, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Given:
    """A setting as it stands in a file."""

    value: Text | None
    """None for null, or nothing at all."""
    line: int
    """Counted from 1."""


def get_path(document: object, path: str) -> Any:
    """The value at a path such as `spec.template`; None if there is none."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def documents(what: str, path: str) -> list[Any]:
    """The documents in a file of YAML or JSON, which messages call *what*. Raises: DocumentError."""
    loaded = []
    for node in _nodes(what, path):
        if _weight(node, f"{what} {path!r}") > _MOST_VALUES:
            raise DocumentError(f"{what} {path!r} has more than {_MOST_VALUES} values: check that it is the right file")
        loader = _Loader("")
        try:
            loaded.append(loader.construct_document(node))
        except Exception as error:  # noqa: BLE001 - whatever the parser makes of a strange tag, it is the file's fault
            raise DocumentError(
                f"{what} {path!r}, line {loader.at.start_mark.line + 1}: {_bad_value(loader.at, error)}"
            ) from None
        finally:
            loader.dispose()
    return loaded


def settings(path: str, sections: Collection[str] = ()) -> Mapping[str, Given]:
    """The settings in a file, by key, with dots between the levels of *sections*.

    Each is text, whatever YAML would make of it: `off` is a word, and `1:30` is not 90. Raises: DocumentError.
    """
    nodes = _nodes("config", path)
    if len(nodes) > 1:
        raise DocumentError(f"config {path!r} has {len(nodes)} documents: leave one, without a line of ---")
    node = nodes[0] if nodes else None
    if node is None or _is_null(node):
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise DocumentError(f"config {path!r} is not a mapping: write one setting per line, as in gate: bounded")
    found: dict[str, Given] = {}
    _collect(node, "", f"config {path!r}", frozenset(sections), found)
    return found


def _collect(
    node: yaml.MappingNode, prefix: str, where: str, sections: frozenset[str], found: dict[str, Given]
) -> None:
    """Adds the settings of a section to *found*."""
    names: dict[str, int] = {}
    for key_node, value in node.value:
        line = int(key_node.start_mark.line) + 1
        key = prefix + _scalar(key_node, f"{where}, line {line}: a name").replace("-", "_")
        earlier = names.get(key) or (found[key].line if key in found else None)
        if earlier is not None:
            raise DocumentError(f"{where}, line {line}: {key} is there already, in line {earlier}")
        names[key] = line
        if key in sections and not _is_null(value):
            if not isinstance(value, yaml.MappingNode):
                raise DocumentError(f"{where}, line {line}: {key} is a section: write its settings below it, indented")
            _collect(value, f"{key}.", where, sections, found)
        elif key not in sections:
            found[key] = Given(None if _is_null(value) else _text(value, f"{where}, line {line}: {key}"), line)


def _nodes(what: str, path: str) -> list[yaml.Node]:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # a path may not have NUL
        reason = getattr(error, "strerror", None) or error
        raise DocumentError(f"{what} {path!r} cannot be read: {reason}") from None
    if len(data) > _MOST_BYTES:
        raise DocumentError(f"{what} {path!r} has more than {_MOST_BYTES >> 20} MiB: check that it is the right file")
    try:
        return list(yaml.compose_all(data, Loader=yaml.CSafeLoader))
    except Exception as error:  # noqa: BLE001 - as above
        raise DocumentError(f"{what} {path!r} is not YAML: {_one_line(error)}") from None


def _weight(node: yaml.Node, where: str) -> int:
    """How many values a document has, its aliases written out. Raises: DocumentError, if it contains itself."""
    known: dict[int, int] = {}
    open_: set[int] = set()

    def weigh(one: yaml.Node) -> int:
        if id(one) in open_:
            raise DocumentError(
                f"{where}, line {one.start_mark.line + 1}: what &... marks contains itself: remove the * in it"
            )
        if len(open_) > _DEEPEST:
            raise DocumentError(
                f"{where}, line {one.start_mark.line + 1} is nested more than {_DEEPEST} deep: check that it is the right file"
            )
        if id(one) not in known:
            open_.add(id(one))
            known[id(one)] = 1 + sum(map(weigh, _below(one)))
            open_.discard(id(one))
        return known[id(one)]

    return weigh(node)


def _below(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _text(node: yaml.Node, where: str) -> Text:
    if isinstance(node, yaml.SequenceNode):
        return [_scalar(each, f"{where} has a value that") for each in node.value]
    if isinstance(node, yaml.MappingNode):
        return {
            _scalar(key, f"{where} has a name that"): _scalar(each, f"{where} has a value that")
            for key, each in node.value
        }
    return _scalar(node, where)


def _scalar(node: yaml.Node, subject: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise DocumentError(f"{subject} is to be a text or a number, not a list or a mapping")
    return "" if _is_null(node) else str(node.value)


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == _NULL


class _Loader(yaml.SafeLoader):
    """Knows at which value it failed."""

    at: yaml.Node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - the parser's own
        self.at = node
        return super().construct_object(node, deep)


def _bad_value(node: yaml.Node, error: Exception) -> str:
    if isinstance(error, yaml.YAMLError):
        return _one_line(error)
    return f"{str(node.value)[:_SHOWN]!r} is not a valid {node.tag.rpartition(':')[2]}"


def _one_line(error: Exception) -> str:
    """The message of a foreign parser in one line."""
    return " ".join(str(error).split()) or type(error).__name__
