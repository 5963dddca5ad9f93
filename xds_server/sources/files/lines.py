"""On which line of a file a field stands. Used only once something is wrong."""

import re
from functools import cached_property
from typing import Final

import yaml

_STEP: Final = re.compile(r"\[(?P<index>\d+)\]|(?P<name>[^.\[\]]+)")


class Lines:
    """Finds lines in one file; reads it again, with marks, when it is first asked."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    @cached_property
    def _documents(self) -> list[yaml.Node]:
        try:
            return list(yaml.compose_all(self._text, Loader=yaml.CSafeLoader))
        except yaml.YAMLError:
            return []

    def line(self, document: int, field: str) -> int | None:
        """Line, from 1, of a field such as `spec.rules[0].matches` in one document of the file.

        A field that is not there has the line of what should contain it. None if nobody can tell.
        """
        if document >= len(self._documents):
            return None
        node = self._documents[document]
        line: int = node.start_mark.line + 1
        for step in _STEP.finditer(field):
            inside = _inside(node, step)
            if inside is None:
                break
            line, node = inside
        return line


def _inside(node: yaml.Node, step: re.Match[str]) -> tuple[int, yaml.Node] | None:
    """The line on which an entry of *node* begins, and its value."""
    if isinstance(node, yaml.MappingNode) and step["name"]:
        for key, value in node.value:
            if key.value == step["name"]:
                return key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and step["index"] and int(step["index"]) < len(node.value):
        entry = node.value[int(step["index"])]
        return entry.start_mark.line + 1, entry
    return None
