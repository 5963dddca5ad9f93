"""Reads: by key, by index, whole, by several index values, and of a projection; each wakes on what it read."""

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
    """Also on one that is not there yet, and on its going away."""
    rig = Rig(lambda ctx, rig: ctx.get(rig.pods, "b") or "none", pod("a"))

    assert rig.put(pod("a", ip="1")) == ("none", 0)
    assert rig.put(pod("b")) == (pod("b"), 1)
    assert rig.put(pod("b", ip="2")) == (pod("b", ip="2"), 1)
    assert rig.remove("b") == ("none", 1)


def test_two_keys_read_in_one_run_are_both_live() -> None:
    """Created, changed and deleted in either order."""
    rig = Rig(lambda ctx, rig: [p.name for key in ("a", "b") if (p := ctx.get(rig.pods, key))])

    assert rig.put(pod("b")) == (["b"], 1)
    assert rig.put(pod("a")) == (["a", "b"], 1)
    assert rig.put(pod("a", ip="1"), pod("b", ip="1")) == (["a", "b"], 1)
    assert rig.remove("b") == (["a"], 1)
    assert rig.remove("a") == ([], 1)


def test_one_collection_read_by_key_and_whole() -> None:
    """A change outside the key is a change of the whole."""
    rig = Rig(lambda ctx, rig: (ctx.get(rig.pods, "a"), len(ctx.fetch(rig.pods))), pod("a"))

    assert rig.put(pod("b")) == ((pod("a"), 2), 1)


def test_a_lookup_wakes_on_values_at_that_index_value_only() -> None:
    """On entering, leaving and changing; not on what is elsewhere."""
    rig = Rig(lambda ctx, rig: names(ctx.lookup(rig.by_label, ("app", "web"))), pod("a", app="web"))

    assert rig.put(pod("b", app="db")) == (("a",), 0)
    assert rig.put(pod("b", app="web")) == (("a", "b"), 1)
    assert rig.put(pod("b", ip="1", app="web")) == (("a", "b"), 1)
    assert rig.put(pod("b", ip="1", app="db")) == (("a",), 1)
    assert rig.remove("b") == (("a",), 0)


def test_two_index_values_of_one_index_in_one_run() -> None:
    """An object that moves from one to the other stays, found under the other; one that leaves both is gone."""
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
    """Each is tracked for itself, beside reads by key."""

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
    """`lookup_all` finds what has all of some labels; with none asked for, that is everything."""
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
    """A change among the values of the other labels, but not of the rarest, wakes nobody."""
    rig = Rig(
        lambda ctx, rig: names(ctx.lookup_all(rig.by_label, [("app", "web"), ("rare", "yes")])),
        *(pod(f"p{i}", app="web") for i in range(5)),
    )

    assert rig.put(pod("p1", ip="1", app="web")) == ((), 0)
    assert rig.put(pod("p2", app="web", rare="yes")) == (("p2",), 1)
    assert rig.remove("p2") == ((), 1)


def test_selectors_are_matched_from_the_side_of_the_labels() -> None:
    """`lookup_within` finds selectors that some labels satisfy; an empty selector is filed nowhere, so not found."""
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
    """A change of another field wakes nobody; coming, going, and the field itself do."""
    rig = Rig(lambda ctx, rig: ctx.get(rig.pods, "a", select=lambda pod: pod.ip) or "none")

    assert rig.put(pod("a", ip="1")) == ("1", 1)
    assert rig.put(pod("a", ip="1", size=5)) == ("1", 0)
    assert rig.put(pod("a", ip="2", size=5)) == ("2", 1)
    assert rig.remove("a") == ("none", 1)


def test_a_projection_of_a_lookup_or_of_the_whole() -> None:
    """What enters and leaves shows; an unprojected field of what is there does not."""
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
    """The whole value counts, whichever was read first."""
    for first in (True, False):

        def read(ctx: krt.Context, rig: Rig, first: bool = first) -> Any:
            before = ctx.get(rig.pods, "a") if first else None
            ip = ctx.get(rig.pods, "a", select=lambda pod: pod.ip)
            return before, ip, ctx.get(rig.pods, "a") if not first else None

        rig = Rig(read, pod("a", ip="1"))
        assert rig.put(pod("a", ip="1", size=5))[1] == 1


def test_two_projections_of_one_value_in_one_run() -> None:
    """A change of either wakes, a change of neither does not."""
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
    """Its failure is the transform's; a change of the value runs it again."""
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
    """So that outputs do not depend on which object came first; equal sources, equal outputs."""

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
    """There is always an order, and it is a function of the keys."""
    graph = krt.Graph(on_failure="raise")
    things: krt.Source[Any, str] = graph.source("things", {"b": "text", 2: "number", None: "none"})
    read = graph.singleton(lambda ctx: ctx.fetch(things), name="read")

    assert read.value == ("text", "number", "none")  # repr: 'b' < 2 < None


def test_a_context_tells_the_input_key() -> None:
    """A join by key needs no key in the value."""
    graph = krt.Graph(on_failure="raise")
    left = graph.source("left", {"a": 1, "b": 2})
    right = graph.source("right", {"a": 10})
    joined = left.map(lambda ctx, n: (n, ctx.get(right, ctx.key)), name="joined")

    assert dict(joined) == {"a": (1, 10), "b": (2, None)}


def test_reads_of_a_removed_input_and_dropped_reads_leave_no_trace() -> None:
    """10,000 relabels leave the lists of readers at the size they had."""
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
    """As a whole read does."""
    graph = krt.Graph(on_failure="raise")
    things: krt.Source[Any, str] = graph.source("things", {2: "number", "b": "text"})
    index = things.index(lambda thing: ["all"], name="all")
    things.set(None, "none")

    assert index.lookup("all") == ("text", "number", "none")


def test_an_index_function_that_returns_a_text_is_refused() -> None:
    """It would file by letters; the value is filed nowhere, and the failure says what to return."""
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
    """Whatever it raises: their repr decides."""

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
