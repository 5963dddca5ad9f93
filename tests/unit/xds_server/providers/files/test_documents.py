"""What kubectl takes, we take: the table was made with `kubectl apply --dry-run=client -f` of Kubernetes 1.36.

`tests/integration/kube/test_like_kubectl.py` asks a real kubectl again.
"""

from itertools import starmap

import pytest

from tests.support.like_kubectl import FILES, REFUSED
from xds_server.model.objects import Service
from xds_server.providers.files.documents import Malformed, decoded, parsed
from xds_server.providers.files.parse import Parser
from xds_server.providers.kinds import KINDS


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_kubectl_reads_it(name: str) -> None:
    """The same objects, with the same ports."""
    content, services = FILES[name]

    read = Parser(KINDS).parse("a.yaml", content)

    assert read.intact
    found = {key.partition("/")[2]: value for (_, key), value in read.objects.items()}
    assert {
        name: [port.port for port in one.ports] for name, one in found.items() if isinstance(one, Service)
    } == services


@pytest.mark.parametrize("name", REFUSED)
def test_what_kubectl_refuses_is_a_problem(name: str) -> None:
    """Of the file, or of the object."""
    read = Parser(KINDS).parse("a.yaml", REFUSED[name])

    assert read.problems


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
    ],
)
def test_a_field_has_its_line(document: int, field: str, line: int) -> None:
    """A field that is not there has the line of what should contain it."""
    chunk, number, _ = list(parsed(decoded(TEXT)))[document]

    assert chunk.place(number, field) == line


def test_json_has_lines_too() -> None:
    """Of each of several values."""
    [(first, _, _), (second, number, _)] = parsed('{"a": 1}\n{\n  "spec": {\n    "port": 1}}')

    assert first.line == 0
    assert second.place(number, "spec.port") == 4


@pytest.mark.parametrize("text", ["---\n" * 200_000, "#\n---\n" * 150_000, "--- a\n" * 150_000, "%a\n---\n" * 150_000])
def test_there_is_an_end_to_documents(text: str) -> None:
    """Nothing is cheaper to write than `---`."""
    try:
        count = sum(1 for _ in parsed(text))
    except Malformed:
        count = 0

    assert count <= 100_000


def test_anchors_end_with_their_document() -> None:
    """Each document is on its own."""
    with pytest.raises(Malformed, match="refers to an anchor"):
        list(parsed("a: &x 1\n---\nb: *x\n"))


def test_a_long_list_in_json_is_taken_apart() -> None:
    """So that no call takes long; an object that is as long is too large, and not read."""
    items = ",".join(starmap('{{"kind":"{}","metadata":{{"name":"{}"}}}}'.format, [("K", i) for i in range(100_000)]))
    [(_, _, document)] = parsed(f'{{"kind":"List","items":[{items}]}}')
    assert len(document.content["items"]) == 100_000

    [(_, _, document)] = parsed(f'{{"kind":"Service","spec":[{items}]}}')
    assert (document.content, document.oversized) == ({"kind": "Service"}, {id(document.content)})
