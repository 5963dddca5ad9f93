"""From text to objects."""

import pytest

from xds_server.model.objects import HTTPRoute
from xds_server.sources.files.parse import Parsed, Parser
from xds_server.sources.kinds import KINDS


def parse(text: str, path: str = "a.yaml") -> Parsed:
    return Parser(KINDS).parse(path, text.encode())


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n    - port: 80\n"
ROUTE = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\n"


def test_documents_and_lists_are_taken_apart() -> None:
    """Objects may stand alone, in several documents, or in a List; empty documents are nothing."""
    listed = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: b}, spec: {}}\n"

    parsed = parse(f"---\n---\n{SERVICE}---\n# nothing\n---\n{listed}")

    assert list(parsed.objects) == [("services", "default/a"), ("services", "default/b")]
    assert (parsed.problems, parsed.ignored, parsed.intact) == ((), (), True)


def test_json_is_read_as_json() -> None:
    """A .json file holds one object, or a List."""
    parsed = parse('{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","namespace":"n"},"spec":{}}', "a.json")

    assert list(parsed.objects) == [("services", "n/a")]


def test_a_time_is_text() -> None:
    """YAML would make an object of it; the Kubernetes API has it as text."""
    parsed = parse(ROUTE.replace("{name: r}", "{name: r, creationTimestamp: 2026-01-02T03:04:05Z}") + "spec: {}\n")

    value = parsed.objects["httproutes", "default/r"]
    assert isinstance(value, HTTPRoute)
    assert value.created == "2026-01-02T03:04:05Z"


def test_unknown_kinds_are_ignored_and_counted() -> None:
    """A directory may hold what others read."""
    parsed = parse("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n---\n" + SERVICE)

    assert parsed.ignored == ("apps/v1 Deployment",)
    assert not parsed.problems
    assert len(parsed.objects) == 1


@pytest.mark.parametrize("text", ["- a\n", "just text\n", "a: 1\n", "kind: [x]\n"])
def test_what_is_no_object_is_a_problem(text: str) -> None:
    """The other documents of the file are read."""
    parsed = parse(f"{SERVICE}---\n{text}")

    assert [str(p) for p in parsed.problems] == [
        "a.yaml:8: is no Kubernetes object: give it apiVersion, kind and metadata"
    ]
    assert len(parsed.objects) == 1


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.yaml", f"{SERVICE}---\nkind: [\n", 9),
        ("a.yaml", "a: b: c\n", 1),
        ("a.yaml", "a: !custom b\n", 1),
        ("a.yaml", "a: \0\n", None),
        ("a.json", '{"a": 1,\n\n"b": }', 3),
        ("a.json", "", None),
    ],
)
def test_a_file_that_does_not_parse_is_not_intact(path: str, text: str, line: int | None) -> None:
    """Nothing is taken from it, not even what comes before the error, and the problem names the line."""
    parsed = parse(text, path)

    assert not parsed.intact
    assert not parsed.objects
    assert [(p.source, p.object, p.line) for p in parsed.problems] == [(path, "", line)]
    assert "does not parse" in parsed.problems[0].message


def test_an_invalid_object_is_named_with_line_and_field() -> None:
    """It is there, but has no value; the others of the file do."""
    parsed = parse(f"{ROUTE}spec:\n  rules:\n    - matches:\n        - path:\n            value: a\n---\n{SERVICE}")

    assert parsed.intact
    assert parsed.objects["httproutes", "default/r"] is None
    assert parsed.objects["services", "default/a"] is not None
    assert [str(p) for p in parsed.problems] == [
        (
            "a.yaml:8: HTTPRoute default/r spec.rules[0].matches[0].path.value: 'a': value must be an absolute path and start with '/' "
            "when type one of ['Exact', 'PathPrefix']: correct it"
        )
    ]


def test_of_two_equal_names_in_a_file_the_first_counts() -> None:
    """The second is a problem, on its own line."""
    parsed = parse(f"{SERVICE}---\n{SERVICE.replace('80', '81')}")

    assert len(parsed.objects) == 1
    assert [(p.object, p.line) for p in parsed.problems] == [("Service default/a", 8)]
