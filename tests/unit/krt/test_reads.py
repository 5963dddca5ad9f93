"""Reads of all kinds: a change runs a transform again only if it changes what the transform read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import krt


@dataclass(frozen=True)
class Pod:
    name: str
    labels: tuple[tuple[str, str], ...] = ()
    ip: str = ""
    size: int = 0


def pod(name: str, ip: str = "", size: int = 0, **labels: str) -> Pod:
    return Pod(name, tuple(labels.items()), ip, size)


class Rig:
    """Pods, and a singleton that reads them in some way and counts its runs."""

    def __init__(self, read: Callable[[krt.Context, "Rig"], Any], *pods: Pod) -> None:
        self.graph = krt.Graph(on_failure="raise")
        self.pods: krt.Source[str, Pod] = self.graph.source("pods", {pod.name: pod for pod in pods})
        self.by_label = self.pods.index(lambda pod: pod.labels, name="label")
        self.runs = 0

        def counted(ctx: krt.Context) -> Any:
            self.runs += 1
            return read(ctx, self)

        self.reader = self.graph.singleton(counted, name="reader")

    def put(self, *pods: Pod) -> tuple[Any, int]:
        """Writes pods in one transaction; returns the reader's value and how often it ran for that."""
        self.runs = 0
        with self.graph.transaction():
            for pod in pods:
                self.pods.set(pod.name, pod)
        return self.reader.value, self.runs

    def remove(self, name: str) -> tuple[Any, int]:
        self.runs = 0
        self.pods.delete(name)
        return self.reader.value, self.runs


def names(pods: tuple[Pod, ...]) -> tuple[str, ...]:
    return tuple(pod.name for pod in pods)


def test_a_read_by_key_wakes_on_that_key_only() -> None:
    """A key that is absent is tracked, too, and so is its deletion."""
    rig = Rig(lambda ctx, rig: ctx.get(rig.pods, "b") or "none", pod("a"))

    assert rig.put(pod("a", ip="1")) == ("none", 0)
    assert rig.put(pod("b")) == (pod("b"), 1)
    assert rig.put(pod("b", ip="2")) == (pod("b", ip="2"), 1)
    assert rig.remove("b") == ("none", 1)


def test_two_keys_read_in_one_run_are_both_live() -> None:
    """Each of the two keys is created, changed and deleted, in either order."""
    rig = Rig(lambda ctx, rig: [p.name for key in ("a", "b") if (p := ctx.get(rig.pods, key))])

    assert rig.put(pod("b")) == (["b"], 1)
    assert rig.put(pod("a")) == (["a", "b"], 1)
    assert rig.put(pod("a", ip="1"), pod("b", ip="1")) == (["a", "b"], 1)
    assert rig.remove("b") == (["a"], 1)
    assert rig.remove("a") == ([], 1)


def test_one_collection_read_by_key_and_whole() -> None:
    """A change of another key wakes the read of the whole collection."""
    rig = Rig(lambda ctx, rig: (ctx.get(rig.pods, "a"), len(ctx.fetch(rig.pods))), pod("a"))

    assert rig.put(pod("b")) == ((pod("a"), 2), 1)


def test_a_lookup_wakes_on_values_at_that_index_value_only() -> None:
    """Values that join, leave or change wake a lookup; values at other index values do not."""
    rig = Rig(lambda ctx, rig: names(ctx.lookup(rig.by_label, ("app", "web"))), pod("a", app="web"))

    assert rig.put(pod("b", app="db")) == (("a",), 0)
    assert rig.put(pod("b", app="web")) == (("a", "b"), 1)
    assert rig.put(pod("b", ip="1", app="web")) == (("a", "b"), 1)
    assert rig.put(pod("b", ip="1", app="db")) == (("a",), 1)
    assert rig.remove("b") == (("a",), 0)


def test_two_index_values_of_one_index_in_one_run() -> None:
    """An object that moves between both index values stays in the result; one that leaves both does not."""
    rig = Rig(
        lambda ctx, rig: sorted(
            {p.name for app in ("foo", "bar") for p in ctx.lookup(rig.by_label, ("app", app))},
        ),
        pod("a", app="foo"),
    )

    assert rig.put(pod("a", app="bar")) == (["a"], 1)
    assert rig.put(pod("a")) == ([], 1)
    assert rig.put(pod("a")) == ([], 0)


def test_two_indexes_of_one_collection_in_one_run() -> None:
    """Each index is tracked separately, and so are reads by key."""

    def read(ctx: krt.Context, rig: Rig) -> tuple[int, int, int]:
        by_ip = rig.pods.index(IP, name="ip")
        by_key = [p for key in ("k1", "k3") if (p := ctx.get(rig.pods, key))]
        return len(ctx.lookup(rig.by_label, ("app", "web"))), len(ctx.lookup(by_ip, "1")), len(by_key)

    rig = Rig(read)

    assert rig.put(pod("k1", ip="1", app="web")) == ((1, 1, 1), 1)
    assert rig.put(pod("k2", ip="1")) == ((1, 2, 1), 1)
    assert rig.put(pod("k3", ip="2")) == ((1, 2, 2), 1)
    assert rig.put(pod("k2", ip="2")) == ((1, 1, 2), 1)
    assert rig.remove("k3") == ((1, 1, 1), 1)


def IP(pod: Pod) -> list[str]:  # noqa: N802 - one and the same function, so that the index is one
    return [pod.ip]


def test_labels_are_matched_without_a_scan() -> None:
    """`lookup_all` finds the objects that have all of some labels; without labels, all objects."""
    rig = Rig(
        lambda ctx, rig: (
            names(ctx.lookup_all(rig.by_label, [("app", "web"), ("env", "prod")])),
            len(ctx.lookup_all(rig.by_label, [])),
        ),
        pod("a", app="web", env="prod"),
        pod("b", app="web"),
        pod("c", env="prod"),
    )

    assert rig.reader.value == (("a",), 3)
    assert rig.put(pod("b", app="web", env="prod"))[0] == (("a", "b"), 3)
    assert rig.put(pod("a", app="web", env="test"))[0] == (("b",), 3)


def test_a_label_match_costs_and_wakes_on_its_rarest_label() -> None:
    """A change of objects without the rarest label wakes nothing."""
    rig = Rig(
        lambda ctx, rig: names(ctx.lookup_all(rig.by_label, [("app", "web"), ("rare", "yes")])),
        *(pod(f"p{i}", app="web") for i in range(5)),
    )

    assert rig.put(pod("p1", ip="1", app="web")) == ((), 0)
    assert rig.put(pod("p2", app="web", rare="yes")) == (("p2",), 1)
    assert rig.remove("p2") == ((), 1)


def test_selectors_are_matched_from_the_side_of_the_labels() -> None:
    """`lookup_within` finds the selectors that some labels match; an empty selector is filed nowhere, so it is not found."""
    selectors = [pod("all"), pod("web", app="web"), pod("both", app="web", env="prod"), pod("db", app="db")]
    rig = Rig(
        lambda ctx, rig: names(ctx.lookup_within(rig.by_label, [("app", "web"), ("env", "prod"), ("x", "y")])),
        *selectors,
    )

    assert rig.reader.value == ("both", "web")
    assert rig.put(pod("db", ip="1", app="db")) == (("both", "web"), 0)
    assert rig.put(pod("both", app="web", env="test")) == (("web",), 1)
    assert rig.put(pod("new", x="y")) == (("new", "web"), 1)
    assert rig.remove("web") == (("new",), 1)


def test_a_projection_wakes_on_a_change_of_the_projection_only() -> None:
    """A change of another field wakes nothing; adding, deleting and a change of the field do."""
    rig = Rig(lambda ctx, rig: ctx.get(rig.pods, "a", select=lambda pod: pod.ip) or "none")

    assert rig.put(pod("a", ip="1")) == ("1", 1)
    assert rig.put(pod("a", ip="1", size=5)) == ("1", 0)
    assert rig.put(pod("a", ip="2", size=5)) == ("2", 1)
    assert rig.remove("a") == ("none", 1)


def test_a_projection_of_a_lookup_or_of_the_whole() -> None:
    """Values that join or leave wake the read; a change of another field does not."""
    rig = Rig(
        lambda ctx, rig: (
            ctx.lookup(rig.by_label, ("app", "web"), select=lambda pod: pod.ip),
            ctx.fetch(rig.pods, select=lambda pod: pod.name),
        ),
        pod("a", ip="1", app="web"),
    )

    assert rig.put(pod("a", ip="1", size=5, app="web")) == ((("1",), ("a",)), 0)
    assert rig.put(pod("b", ip="2", app="web")) == ((("1", "2"), ("a", "b")), 1)
    assert rig.put(pod("b", ip="2")) == ((("1",), ("a", "b")), 1)


def test_a_projection_and_the_whole_value_in_one_run() -> None:
    """A change of the whole value wakes the run, whichever was read first."""
    for first in (True, False):

        def read(ctx: krt.Context, rig: Rig, first: bool = first) -> Any:
            before = ctx.get(rig.pods, "a") if first else None
            ip = ctx.get(rig.pods, "a", select=lambda pod: pod.ip)
            return before, ip, ctx.get(rig.pods, "a") if not first else None

        rig = Rig(read, pod("a", ip="1"))
        assert rig.put(pod("a", ip="1", size=5))[1] == 1


def test_two_projections_of_one_value_in_one_run() -> None:
    """A change of either projection wakes the run; another change does not."""
    rig = Rig(
        lambda ctx, rig: (
            ctx.get(rig.pods, "a", select=lambda pod: pod.ip),
            ctx.get(rig.pods, "a", select=lambda pod: pod.size),
        ),
        pod("a", ip="1"),
    )

    assert rig.put(pod("a", ip="1", size=1))[1] == 1
    assert rig.put(pod("a", ip="2", size=1))[1] == 1
    assert rig.put(pod("a", ip="2", size=1, app="web"))[1] == 0


def test_a_projection_that_fails_fails_its_run_and_recovers() -> None:
    """If the projection raises, the transform fails, and a change of the value runs it again."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 0})
    reader = graph.singleton(lambda ctx: ctx.get(numbers, "a", select=lambda n: 60 // n), name="reader")
    assert set(reader.failures) == {""}

    numbers.set("a", 6)
    assert reader.value == 10
    numbers.set("a", 0)
    assert reader.value == 10
    assert isinstance(reader.failures[""].error, ZeroDivisionError)


def test_several_values_come_in_the_order_of_their_keys() -> None:
    """Outputs do not depend on which object came first: equal sources give equal outputs."""

    def build(order: str) -> tuple[Any, Any, Any]:
        graph = krt.Graph(on_failure="raise")
        letters: krt.Source[str, str] = graph.source("letters", {})
        index = letters.index(lambda letter: ["all"], name="all")
        group = index.group(name="group")
        read = graph.singleton(lambda ctx: ctx.fetch(letters) + ctx.lookup(index, "all"), name="read")
        for letter in order:
            letters.set(letter, letter.upper())
        letters.delete(order[0])
        letters.set(order[0], order[0].upper())
        return read.value, group["all"], index.lookup("all")

    assert build("abcd") == build("dcba") == build("bdac")


def test_keys_that_cannot_be_compared_come_in_the_order_of_their_repr() -> None:
    """Keys that cannot be compared have an order, too, which depends on the keys alone."""
    graph = krt.Graph(on_failure="raise")
    things: krt.Source[Any, str] = graph.source("things", {"b": "text", 2: "number", None: "none"})
    read = graph.singleton(lambda ctx: ctx.fetch(things), name="read")

    assert read.value == ("text", "number", "none")  # repr: 'b' < 2 < None


def test_a_context_tells_the_input_key() -> None:
    """`ctx.key` is the input key, so that a join by key needs no key in the value."""
    graph = krt.Graph(on_failure="raise")
    left = graph.source("left", {"a": 1, "b": 2})
    right = graph.source("right", {"a": 10})
    joined = left.map(lambda ctx, n: (n, ctx.get(right, ctx.key)), name="joined")

    assert dict(joined) == {"a": (1, 10), "b": (2, None)}


def test_reads_of_a_removed_input_and_dropped_reads_leave_no_trace() -> None:
    """After 10,000 relabels there are as many readers as before."""
    graph = krt.Graph(on_failure="raise")
    names: krt.Source[int, str] = graph.source("names", {i: str(i) for i in range(10)})
    pointers = graph.source("pointers", {"p": 0})
    index = names.index(lambda name: [len(name)], name="length")
    followed = pointers.map(lambda ctx, at: (ctx.get(names, at), ctx.lookup(index, at)), name="followed")

    for i in range(10_000):
        pointers.set("p", i)
    assert (len(names._readers), len(index._readers)) == (1, 1)

    pointers.delete("p")
    assert (names._readers, index._readers) == ({}, {})
    assert dict(followed) == {}


def test_an_index_holds_keys_that_cannot_be_compared_in_the_order_of_their_repr() -> None:
    """The order in an index is the same as that of a read of all values."""
    graph = krt.Graph(on_failure="raise")
    things: krt.Source[Any, str] = graph.source("things", {2: "number", "b": "text"})
    index = things.index(lambda thing: ["all"], name="all")
    things.set(None, "none")

    assert index.lookup("all") == ("text", "number", "none")


def test_an_index_function_that_returns_a_text_is_refused() -> None:
    """The value is filed nowhere, and the failure says what to return."""
    graph = krt.Graph()
    things = graph.source("things", {"a": "web"})
    index = things.index(lambda thing: thing, name="thing")

    assert index.lookup("w") == ()
    assert str(index.failures["a"].error).endswith(
        "which would be filed by its letters: return a list with the string in it"
    )


def test_an_index_value_that_is_not_hashable_moves_nothing() -> None:
    """The value stays filed where it was."""
    graph = krt.Graph()
    things: krt.Source[str, Any] = graph.source("things", {"a": ("x",)})
    index = things.index(lambda thing: thing, name="thing")
    for bad in ([["list"]], ["y", ["list"]]):
        things.set("a", bad)
        assert index.lookup("x") == (bad,)
        assert index.lookup("y") == ()
        assert isinstance(index.failures["a"].error, TypeError)


def test_keys_whose_comparison_raises_have_an_order_all_the_same() -> None:
    """If the comparison raises, their repr decides."""

    @dataclass(frozen=True)
    class Odd:
        name: str

        def __lt__(self, other: object) -> bool:
            raise RuntimeError("no order")

    graph = krt.Graph(on_failure="raise")
    things: krt.Source[Odd, str] = graph.source("things", {})
    index = things.index(lambda thing: ["all"], name="all")
    for name in "cab":
        things.set(Odd(name), name)

    assert index.lookup("all") == ("a", "b", "c")
