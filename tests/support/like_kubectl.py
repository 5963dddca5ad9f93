"""Files that kubectl takes, with what it makes of them, and files that it refuses."""

from typing import Final


def yaml(name: str, port: str = "80") -> str:
    """A Service, in YAML."""
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: {port}}}]}}\n"


def json(name: str) -> str:
    """A Service, in JSON."""
    return f'{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"{name}"}},"spec":{{"ports":[{{"port":80}}]}}}}'


def flow(name: str) -> str:
    """A Service, in YAML on one line, as an item of a list without apiVersion and kind."""
    return f"{{metadata: {{name: {name}}}, spec: {{ports: [{{port: 80}}]}}}}"


A: Final = yaml("a")
B: Final = yaml("b")
WHOLE: Final = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}\n"
PORTS: Final = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n"

Ports = dict[str, list[int]]
"""The ports of each Service, by name."""

_ONE: Final[Ports] = {"a": [80]}
_TWO: Final[Ports] = {"a": [80], "b": [80]}
_THREE: Final[Ports] = {"a": [80], "b": [80], "c": [80]}

_TAKEN: Final[dict[str, tuple[str, Ports]]] = {
    "one": (A, _ONE),
    "two": (f"{A}---\n{B}", _TWO),
    "a list": (f"apiVersion: v1\nkind: List\nitems:\n- {WHOLE}", _ONE),
    "a list of one kind": (f"apiVersion: v1\nkind: ServiceList\nitems:\n- {flow('a')}\n- {flow('b')}\n", _TWO),
    "a list in JSON": (f'{{"apiVersion":"v1","kind":"List","items":[{json("a")},{json("b")}]}}', _TWO),
    "JSON": (json("a"), _ONE),
    "JSON after a separator": (f"---\n{json('a')}", _ONE),
    "JSON after a comment": (f"# c\n{json('a')}", _ONE),
    "JSON and a comment": (f"{json('a')}\n# end\n", _ONE),
    "JSON twice": (json("a") + json("b"), _TWO),
    "JSON three times": (f"{json('a')}\n{json('b')}\n\n{json('c')}", _THREE),
    "JSON with separators": (f"{json('a')}\n---\n{json('b')}\n---\n{json('c')}", _THREE),
    "JSON, then YAML": (f"{json('a')}\n---\n{B}", _TWO),
    "YAML, then JSON": (f"{A}---\n{json('b')}", _TWO),
    "JSON with a comma too many": (json("a").replace("}]}}", "},]}}"), _ONE),
    "JSON with a field twice": (json("a").replace('"kind":', '"kind":"ConfigMap","kind":'), _ONE),
    "YAML on a line": (WHOLE, _ONE),
    "YAML on a line, then more": (f"{WHOLE}---\n{B}", _TWO),
    "a byte order mark": (f"\ufeff{A}", _ONE),
    "a byte order mark in the middle": (f"{A}---\n\ufeff{B}", _TWO),
    "a byte order mark before JSON": (f"\ufeff{json('a')}", _ONE),
    "CRLF": (f"{A}---\n{B}".replace("\n", "\r\n"), _TWO),
    "CR": (A.replace("\n", "\r"), _ONE),
    "NEL": (A.replace("{name: a}", "{name: a}\u0085#x"), _ONE),
    "a separator with a comment": (f"{A}--- # next\n{B}", _TWO),
    "a separator with spaces": (f"{A}---   \n{B}", _TWO),
    "dots and a separator": (f"{A}...\n---\n{B}", _TWO),
    "null": (f"null\n---\n{A}", _ONE),
    "a field twice": (f"{A}spec: {{ports: [{{port: 81}}]}}\n", {"a": [81]}),
    "a tag that nobody knows": (yaml("!foo a"), _ONE),
    "!!str": (yaml("!!str a"), _ONE),
    "!!binary": (yaml("!!binary YQ=="), _ONE),
    "!!int": (yaml("a", '!!int "80"'), _ONE),
    "!!timestamp": (yaml("!!timestamp 2020-01-01"), {"2020-01-01": [80]}),
    "!!set": (f"{A}x: !!set {{a: b}}\n", _ONE),
    "a date": (yaml("2020-01-01"), {"2020-01-01": [80]}),
    **{f"port {port}": (yaml("a", port), _ONE) for port in ("80.0", "8e1", "0x50", "0120", "0o120", "8_0", "+80", "0b1010000")},
    "port 09": (yaml("a", "09"), {"a": [9]}),
    "a merge": (f"{PORTS}  - &p {{port: 80, name: x}}\n  - {{<<: *p, port: 81, name: z}}\n", {"a": [80, 81]}),
    "keys that are no text": (f"{A}x: {{1: a, 1.5: b, 0x10: d, 1e3: f, true: a, no: b, .inf: c}}\n", _ONE),
    "a block with dashes": (f"{A}x: |\n  x\n  ---\n  y\n", _ONE),
    "a name that is a boolean in YAML 1.1 only": (yaml('"y"'), {"y": [80]}),
}  # fmt: skip

FILES: Final[dict[str, tuple[bytes, Ports]]] = {
    name: (text.encode(), ports) for name, (text, ports) in _TAKEN.items()
} | {
    "UTF-16, little end first": (b"\xff\xfe" + A.encode("utf-16-le"), _ONE),
    "UTF-16, big end first": (b"\xfe\xff" + A.encode("utf-16-be"), _ONE),
    "Latin-1 in a comment": (A.encode() + b"# f\xfcr\n", _ONE),
    "Latin-1 in a value": (A.encode() + b"x: f\xfcr\n", _ONE),
}
"""What is in it, and what is made of it."""

REFUSED: Final[dict[str, bytes]] = {
    name: text.encode()
    for name, text in {
        "an anchor of another document": f"{yaml('&x a')}---\n{yaml('*x')}",
        "an anchor within itself": "apiVersion: v1\nkind: Service\nmetadata: &m {name: a, labels: *m}\nspec: {}\n",
        "!!bool maybe": yaml("!!bool maybe"),
        '!!int ""': yaml('!!int ""'),
        "!!timestamp abc": yaml("!!timestamp abc"),
        "an escape": f"{A}# \x1b\n",
        "NUL": f"{A}# \0\n",
        "an array": f"[{json('a')}]",
        "a comma between values": f"{json('a')},{json('b')}",
        "a brace too many": f"{json('a')}\n}}\n",
        "no kind": "a: 1\n",
        "null as a key": f"{A}x: {{null: a}}\n",
        "a list as a key": f"{A}x: {{[a]: a}}\n",
        "a tab": A.replace("{name: a}", "\n\tname: a"),
        "a longer separator": f"{A}----\n{B}",
        "an item of no kind": "apiVersion: v1\nkind: List\nitems: [null, {metadata: {name: a}}]\n",
        "what does not end": f"{A}---\nkind: [\n",
    }.items()
}  # fmt: skip
