"""Lines of fields."""

import pytest

from xds_server.sources.files.lines import Lines

TEXT = b"""\
# a comment
kind: Service
metadata:
  name: a
---
kind: List
items:
  - kind: Service
    spec:
      ports:
        - port: 1
          name: x
        - port: 2
"""


@pytest.mark.parametrize(
    ("document", "field", "line"),
    [
        (0, "", 2),
        (0, "metadata.name", 4),
        (0, "metadata.namespace", 3),
        (0, "spec.ports[0]", 2),
        (1, "items[0]", 8),
        (1, "items[0].spec.ports[0].name", 12),
        (1, "items[0].spec.ports[1].port", 13),
        (1, "items[0].spec.ports[7].port", 10),
        (1, "items[4]", 7),
        (2, "", None),
    ],
)
def test_a_field_has_its_line(document: int, field: str, line: int | None) -> None:
    """A field that is not there has the line of what should contain it."""
    assert Lines(TEXT).line(document, field) == line


def test_json_has_lines_too() -> None:
    """JSON is YAML, as far as lines go."""
    assert Lines(b'{\n  "spec": {\n    "port": 1}}').line(0, "spec.port") == 3


def test_a_text_that_does_not_parse_has_no_lines() -> None:
    """Nobody can tell then."""
    assert Lines(b"a: [").line(0, "a") is None
