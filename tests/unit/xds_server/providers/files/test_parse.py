"""From text to objects."""

import pytest

from xds_server.model.objects import HTTPRoute
from xds_server.providers.decode import Decoded, Decoder
from xds_server.providers.files.parse import Parsed, Parser
from xds_server.providers.kinds import KINDS


def parse(text: str, path: str = "a.yaml") -> Parsed:
    return Parser(KINDS).parse(path, text.encode())


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n    - port: 80\n"
ROUTE = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\n"


def test_documents_and_lists_are_taken_apart() -> None:
    """Objects may stand alone, in several documents, or in a List; empty documents are nothing."""
    listed = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: b}, spec: {}}\n"

    parsed = parse(f"---\n---\n{SERVICE}---\n# nothing\n---\n{listed}")

    assert list(parsed.objects) == [("services", "default/a"), ("services", "default/b")]
    assert (parsed.problems, parsed.ignored, parsed.intact) == ((), {}, True)


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

    assert parsed.ignored == {"apps/v1 Deployment": 1}
    assert not parsed.problems
    assert len(parsed.objects) == 1


@pytest.mark.parametrize("text", ["- a\n", "just text\n", "a: 1\n", "kind: [x]\n"])
def test_what_is_no_object_is_a_problem(text: str) -> None:
    """The other documents of the file are read."""
    parsed = parse(f"{SERVICE}---\n{text}")

    assert [str(p) for p in parsed.problems] == [
        "a.yaml:8: is not a Kubernetes object: give it apiVersion, kind and metadata"
    ]
    assert len(parsed.objects) == 1


WRONG_TAGS = (
    "!!bool maybe", '!!int ""', "!!int 1.5", '!!float ""', "!!float x", "!!timestamp abc", "!!null 1", "!!binary a",
    "!!int true", "!!bool 1", "!!int 1e999",
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.yaml", f"{SERVICE}---\nkind: [\n", 9),
        ("a.yaml", "a: b: c\n", 1),
        ("a.yaml", "a: \0\n", 1),
        ("a.yaml", f"{SERVICE}---\na: 1\nb: *nobody\n", 9),
        ("a.yaml", f"{SERVICE}---\na: &a [*a]\n", 8),
        ("a.yaml", "\n".join(f"%TAG !a{i}! x" for i in range(20)) + "\n---\na: b\n", 1),
        ("a.yaml", "a: " + "[" * 300 + "]" * 300, 1),
        ("a.json", '{"a": 1,\n\n"b": ', 3),
        ("a.json", '{"a": 1}\n{"b": 2', 2),
        *(("a.yaml", f"{SERVICE}---\na:\n- {value}\n", 9) for value in WRONG_TAGS),
        *(("a.yaml", f"{SERVICE}---\na:\n- {{{name}: 1}}\n", 9) for name in ("null", "[a]", "{a: b}", "~", "!!null a")),
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


def test_an_item_may_leave_out_what_the_kind_of_its_list_says() -> None:
    """As in what an API server answers; lists may be in lists."""
    services = "{apiVersion: v1, kind: ServiceList, items: [{metadata: {name: a}, spec: {}}, {metadata: {name: b}}]}"

    parsed = parse(f"apiVersion: v1\nkind: List\nitems:\n- {services}\n- {{metadata: {{name: x}}}}\n")

    assert list(parsed.objects) == [("services", "default/a"), ("services", "default/b")]
    assert [(str(p.object), p.field, p.message, p.line) for p in parsed.problems] == [
        ("Service default/b", "spec", "is missing: add it", 4),
        ("", "", "is not a Kubernetes object: give it apiVersion, kind and metadata", 5),
    ]


def test_a_field_that_is_given_twice_is_told() -> None:
    """The last one counts, as for kubectl."""
    parsed = parse(f"{SERVICE}metadata: {{name: b}}\n")

    assert list(parsed.objects) == [("services", "default/b")]
    assert [str(p) for p in parsed.problems] == [
        "a.yaml:7: a field is set twice, and the last value is used: remove one"
    ]


def test_only_the_first_problems_of_a_file_are_told() -> None:
    """And how many more there are; and only so many kinds that are not read are counted one by one."""
    parsed = parse("---\n".join(["a: 1\n"] * 100 + [f"kind: K{i}\n" for i in range(100)]))

    assert len(parsed.problems) == 21
    assert parsed.problems[-1].message == "has 80 more problems: fix the listed ones first"
    assert (len(parsed.ignored), parsed.ignored["others"]) == (51, 50)


def test_what_a_file_says_is_cut_where_it_is_shown() -> None:
    """A name, a value, a kind of a megabyte; and what acts on a terminal or a log is escaped."""
    long = "a" * 10**6
    texts = (
        SERVICE.replace("name: a", f"name: {long}"),
        SERVICE.replace("80", f"[{long}]"),
        SERVICE.replace("name: a", '"name": "a\\e\\n\\x85\\u2028"'),
        ROUTE + f"spec: {{rules: [{{matches: [{{path: {{value: {long}}}}}]}}]}}",
        f"apiVersion: v1\nkind: {long}\n",
        f"apiVersion: v1\nkind: List\nitems: [{{apiVersion: {long}, kind: a}}]\n",
    )
    for text in texts:
        parsed = parse(text)
        said = [*map(str, parsed.problems), *parsed.ignored]
        assert said
        assert all(len(one) < 1200 and one.isprintable() for one in said)


def test_an_object_that_is_too_large_costs_itself() -> None:
    """It is there, and has no value; what its file holds besides is read."""
    many = ",".join(["{}"] * 100_000)
    for text in (
        f"{ROUTE}spec: {{rules: [{many}]}}\n",
        f'{{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {{"name": "r"}}, "spec": {{"rules": [{many}]}}}}\n',
    ):
        parsed = parse(f"{SERVICE}---\n{text}")

        assert parsed.objects["httproutes", "default/r"] is None
        assert parsed.objects["services", "default/a"] is not None
        assert [str(p) for p in parsed.problems] == [
            "a.yaml:8: HTTPRoute default/r: is larger than an API server accepts: split it into several objects"
        ]


def test_a_fault_of_ours_costs_one_file(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is raised is a problem of the file, which keeps what it had."""

    def fail(_decoder: Decoder, _document: object) -> Decoded:
        raise KeyError("x")

    monkeypatch.setattr(Decoder, "loaded", fail)
    parsed = parse(SERVICE)

    assert not parsed.intact
    assert "cannot be parsed (KeyError)" in str(parsed.problems[0])
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("api_version", "kind", "hint"),
    [
        ("gateway.networking.k8s.io/v1", "HttpRoute", "a.yaml:2: HTTPRoute default/r kind: 'HttpRoute' is not known"),
        ("gateway.networking.k8s.io/v9", "HTTPRoute", "a.yaml:1: HTTPRoute default/r apiVersion: 'v9' is not read"),
    ],
)
def test_a_kind_that_is_misspelt_is_a_problem_and_keeps_the_object(api_version: str, kind: str, hint: str) -> None:
    """Its last good state stays, as if an API server had refused it."""
    parsed = parse(f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: r}}\nspec: {{}}\n")

    assert dict(parsed.objects) == {("httproutes", "default/r"): None}
    assert not parsed.ignored
    assert [str(one).startswith(hint) for one in parsed.problems] == [True], parsed.problems


def test_routes_that_are_not_supported_are_said() -> None:
    """They are ignored, and not in silence."""
    parsed = parse("apiVersion: gateway.networking.k8s.io/v1\nkind: TCPRoute\nmetadata: {name: r}\n")

    assert len(parsed.ignored) == 1
    assert ["TCPRoute is not supported yet" in str(one) for one in parsed.problems] == [True]
