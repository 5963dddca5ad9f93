# ruff: noqa: PTH104, PTH108, PTH113, PTH114, PTH116, PTH118, PTH123, PTH206, PTH211 - some paths are bytes
"""Whatever is done to a directory, what stands there in the end is what counts, and one bad file costs itself alone."""

import asyncio
import contextlib
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from krt import Graph, Reflector, Source
from xds_server.model.source_state import Phase
from xds_server.providers.files import FilesProvider
from xds_server.providers.files.documents import parsed
from xds_server.providers.files.parse import Parsed, Parser
from xds_server.providers.kinds import KINDS
from xds_server.providers.sync_tracker import SyncTracker

# -- texts ---------------------------------------------------------------------------------------------


def service(name: str) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80}}]}}\n"


NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
GOOD = st.lists(NAMES, max_size=4, unique=True)
PARTS = st.sampled_from(
    [
        "---\n", "...\n", "%TAG !a! x\n", "%YAML 1.2\n", "# c\n", "- ", "? ", ": ", "[", "]", "{", "}", ",", "&a ", "*a", "<<: *a\n",
        "<<: [*a, *a]\n", "!!bool ", "!!int ", "!!float ", "!!timestamp ", "!!binary ", "!!null ", "!!set ", "!x ", "! ", "!<tag> ",
        "maybe", '""', "''", '"', "'", "|\n", ">-\n", " x\n", "\t", "\r", "\n", "\0", "\x1b", "\x85", "\u2028", "\ufeff", "\ud800", "\U0001f600",
        "9" * 500, "-0b1", "0x", "1e999", ".inf", "-.inf", ".nan", "2020-13-99", "=", "~", "null: ", "[a]: ", "1: ", "true: ",
        "apiVersion: v1\n", "kind: Service\n", "kind: List\n", "kind: ServiceList\n", "items:\n", "items: ", "metadata: {name: a}\n",
        "metadata: ", "spec: ", "spec: {ports: [{port: 80}]}\n", "kind: HTTPRoute\n", "apiVersion: gateway.networking.k8s.io/v1\n",
        '{"a": 1}', '{"kind": "List", "items": [', '{"a":', "a: 1\n", "- a\n", service("a"), service("b"),
    ]
)  # fmt: skip
REPEATED = st.builds(lambda part, times: part * times, PARTS, st.sampled_from([1, 1, 1, 2, 300, 20_000]))
TEXTS = st.one_of(
    st.lists(st.one_of(PARTS, REPEATED), max_size=12)
    .map("".join)
    .map(lambda text: text.encode(errors="surrogatepass")),
    st.text(max_size=50).map(lambda text: text.encode("utf-16", errors="surrogatepass")),
    st.binary(max_size=50),
)
BOMBS = st.builds(
    lambda wide, high, end: (
        f"a0: &a0 {{{', '.join(f'k{i}: 1' for i in range(wide))}}}\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * wide)}]\n" for i in range(1, high))
        + end.replace("*a", f"*a{high - 1}")
    ).encode(),
    st.integers(1, 12),
    st.integers(1, 12),
    st.sampled_from(["x: *a\n", "<<: *a\n", "kind: List\nitems: *a\n", service("a") + "status: *a\n"]),
)


def bounded(read: Parsed) -> None:
    """What was found in a file can be shown."""
    said = [*map(str, read.problems), *read.ignored]
    assert all(one.isprintable() and len(one) < 2000 for one in said)
    assert len(said) < 100
    assert read.intact or (not read.objects and len(read.problems) == 1)
    assert not any("cannot be parsed" in one for one in said)


@given(st.one_of(TEXTS, BOMBS))
def test_every_text_is_parsed_or_refused(text: bytes) -> None:
    """Nothing is raised, and what is found can be shown."""
    bounded(Parser(KINDS).parse("a.yaml", text))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
    | st.floats(allow_nan=False, allow_infinity=False, width=32).filter(lambda x: not x.is_integer()),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text("abcxyz<=~.-", min_size=1), children, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(VALUES.filter(lambda value: value is not None), st.booleans(), st.integers(1, 200))
def test_a_value_that_is_written_is_read_again(value: object, flow: bool, width: int) -> None:
    """By another YAML library, in either style: text that looks like something else is quoted by it."""
    text = yaml.dump(value, Dumper=Quoting, default_flow_style=flow, width=width, allow_unicode=True)

    [(_, _, document)] = parsed(f"---\n{text}")

    assert document.content == value


class Quoting(yaml.SafeDumper):
    """Quotes all text: which words mean something differs between the versions of YAML."""

    def ignore_aliases(self, _: object) -> bool:
        return True


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
Quoting.add_representer(float, lambda dumper, number: dumper.represent_scalar("tag:yaml.org,2002:float", f"{number!r}"))


# -- trees ---------------------------------------------------------------------------------------------

PLACES = ["", "sub", "sub/deep", "..1", "..2"]
FILES = [
    b"a.yaml",
    b"b.yml",
    b"c.json",
    b"\xff.yaml",
    b"n\n\x1b.yaml",
    b"x" * 200 + b".yaml",
    b".hidden.yaml",
    b"note.txt",
]

Step = tuple[str, Any]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(PLACES), st.sampled_from(FILES), GOOD),
        st.tuples(st.just("replace"), st.sampled_from(PLACES), st.sampled_from(FILES), GOOD),
        st.tuples(st.just("spoil"), st.sampled_from(PLACES), st.sampled_from(FILES), st.one_of(TEXTS, BOMBS)),
        st.tuples(st.just("cut"), st.sampled_from(PLACES), st.sampled_from(FILES), st.integers(0, 100)),
        st.tuples(st.just("remove"), st.sampled_from(PLACES), st.sampled_from(FILES)),
        st.tuples(st.just("link"), st.sampled_from(PLACES), st.sampled_from([b"up", b"l.yaml", b"m.yaml"]), st.sampled_from(
            ["..", ".", "sub", "sub/deep", "nowhere", "l.yaml", "m.yaml", "..data", "..data/a.yaml", "/dev/zero", "a.yaml", "up/up"]
        )),
        st.tuples(st.just("turn"), st.sampled_from(["..1", "..2", "sub"])),
        st.tuples(st.just("pipe"), st.sampled_from(PLACES), st.sampled_from(FILES)),
        st.tuples(st.just("socket"), st.sampled_from(PLACES), st.sampled_from(FILES)),
        st.tuples(st.just("directory"), st.sampled_from(PLACES), st.sampled_from(FILES)),
        st.tuples(st.just("wait"), st.sampled_from([0.01, 0.2, 1.0, 11.0])),
    ),
    max_size=25,
)  # fmt: skip


class Tree:
    """A directory, and a source over it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for place in PLACES:
            (root / place).mkdir(exist_ok=True, parents=True)
        (root / "..data").symlink_to("..1")
        (root / "0.yaml").write_text(service("bystander"))
        self.now = 100.0
        graph = Graph()
        self.services: Source[str, Any] = graph.source("services")
        sources: dict[str, Source[str, Any]] = {
            kind.plural: graph.source(kind.plural) for kind in KINDS if kind.plural != "services"
        }
        sources["services"] = self.services
        self.tracker = SyncTracker(KINDS, clock=lambda: self.now)
        self.source = FilesProvider(
            str(root), kinds=KINDS, reflectors={name: Reflector(one) for name, one in sources.items()},
            graph=graph, tracker=self.tracker, clock=lambda: self.now,
        )  # fmt: skip

    def path(self, place: str, name: bytes) -> bytes:
        return os.fsencode(self.root / place) + b"/" + name

    def do(self, step: Step) -> None:
        kind, *rest = step
        if kind == "wait":
            self.now += rest[0]
        elif kind == "turn":
            (self.root / "..new").symlink_to(rest[0])
            (self.root / "..new").rename(self.root / "..data")
        else:
            path = self.path(rest[0], rest[1])
            with contextlib.suppress(OSError):  # something else is there
                ACTIONS[kind](path, *rest[2:])

    def look(self) -> None:
        asyncio.run(self.source.look())
        for problem in map(str, self.tracker.problems):
            assert problem.isprintable()
            assert "bug in this program" not in problem
            assert "cannot be parsed" not in problem
        assert all(state.phase in {Phase.LISTING, Phase.SYNCED} for state in self.tracker.states.values())
        if self.services.synced:
            assert "default/bystander" in self.services

    def settle(self) -> None:
        for _ in range(4):
            self.now += 11
            self.look()


def write(path: bytes, names: list[str]) -> None:
    spoil(path, "---\n".join(map(service, names)).encode())


def spoil(path: bytes, text: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK)
    try:
        os.write(descriptor, text)
    finally:
        os.close(descriptor)


def replace(path: bytes, names: list[str]) -> None:
    write(path + b".tmp", names)
    os.rename(path + b".tmp", path)


def cut(path: bytes, percent: int) -> None:
    os.truncate(path, os.stat(path).st_size * percent // 100)


def listen(path: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path)


ACTIONS: dict[str, Callable[..., None]] = {
    "write": write,
    "replace": replace,
    "spoil": spoil,
    "cut": cut,
    "remove": os.unlink,
    "link": lambda path, target: os.symlink(target, path),
    "pipe": os.mkfifo,
    "socket": listen,
    "directory": os.mkdir,
}


def said(root: Path) -> set[str]:
    """What the files below *root* say that can be read, by another library and another walk."""
    found: set[str] = set()
    for directory, _, files in os.walk(root, followlinks=False):
        for name in files:
            path = os.path.join(directory, name)
            hidden = any(part.startswith(".") for part in os.path.relpath(path, root).split(os.sep))
            if not hidden and name.endswith((".yaml", ".yml", ".json")) and os.path.isfile(path):
                with open(path, "rb") as file:
                    found |= {f"default/{one['metadata']['name']}" for one in yaml.safe_load_all(file) if one}
    return found


def mend(root: Path) -> None:
    """Removes all links, and writes all files anew that have a name of ours."""
    for directory, directories, files in os.walk(os.fsencode(root)):
        for name in (*directories, *files):
            path = os.path.join(directory, name)
            if os.path.islink(path):
                os.unlink(path)
            elif name in files and name.endswith((b".yaml", b".yml", b".json")) and name != b"0.yaml":
                os.unlink(path)
                write(path, ["a", f"f{len(name)}"])


@given(STEPS)
def test_what_stands_there_in_the_end_is_what_counts(steps: list[Step]) -> None:
    """After any history: everything that cannot be read is replaced, and nothing of the history is left."""
    with tempfile.TemporaryDirectory() as name:
        tree = Tree(Path(name) / "tree")  # a link to above it leads to nothing else
        for step in steps:
            tree.do(step)
            tree.look()
        tree.settle()
        mend(tree.root)
        tree.settle()

        assert set(tree.services) == said(tree.root)
        assert [str(one) for one in tree.tracker.problems if "comes first and is used" not in one.message] == []
