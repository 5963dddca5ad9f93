"""The behaviour that is specific to flat_map, merge, flatten, group and singleton."""

from typing import Any

import pytest

import krt


def test_a_flat_map_adds_and_removes_what_its_inputs_make() -> None:
    """An output key that an input gives up is deleted, a new one added, in one delta."""
    graph = krt.Graph(on_failure="raise")
    texts = graph.source("texts", {"t": "ab"})
    letters = texts.flat_map(lambda ctx, text: dict.fromkeys(text, text), name="letters")
    deltas: list[dict[str, krt.Change[str]]] = []
    letters.subscribe(lambda delta: deltas.append(dict(delta.changes)), replay=False)

    texts.set("t", "bc")
    texts.delete("t")

    assert deltas == [
        {"a": krt.Change("ab", None), "b": krt.Change("ab", "bc"), "c": krt.Change(None, "bc")},
        {"b": krt.Change("bc", None), "c": krt.Change("bc", None)},
    ]


def test_a_flat_map_leaves_out_entries_of_none() -> None:
    """As in a map, None means absent."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    many = numbers.flat_map(lambda ctx, n: {"some": n, "none": None}, name="many")

    assert dict(many) == {"some": 1}


def test_a_flat_map_is_not_changed_through_what_its_transform_returned() -> None:
    """The mapping is copied, so that later changes of it have no effect."""
    graph = krt.Graph(on_failure="raise")
    kept: dict[str, int] = {"x": 1}
    numbers = graph.source("numbers", {"a": 1})
    many = numbers.flat_map(lambda ctx, n: kept, name="many")

    kept["x"] = 2
    numbers.delete("a")
    numbers.set("a", 5)

    assert dict(many) == {"x": 2}


def test_of_two_inputs_with_one_output_key_the_first_in_order_has_it() -> None:
    """The order of keys decides, not which input came first; the other input has a failure that names both."""
    for order in ("ab", "ba"):
        graph = krt.Graph()
        texts: krt.Source[str, str] = graph.source("texts", {})
        many = texts.flat_map(lambda ctx, text: {"shared": text, text: text}, name="many")
        for key in order:
            texts.set(key, key.upper())

        assert dict(many) == {"shared": "A", "A": "A", "B": "B"}
        assert set(many.failures) == {"b"}
        error = many.failures["b"].error
        assert isinstance(error, krt.DuplicateKeyError)
        assert str(error) == (
            "'many': inputs 'a' and 'b' both return the key 'shared', and 'a' sorts first: "
            "return distinct keys, or pass on_conflict"
        )


def test_when_the_winner_leaves_the_next_takes_over() -> None:
    """The change is an update, not a deletion and an addition, and the failure of the next input ends."""
    graph = krt.Graph()
    texts = graph.source("texts", {"a": "A", "b": "B"})
    many = texts.flat_map(lambda ctx, text: {"shared": text}, name="many")
    deltas: list[dict[str, krt.Change[str]]] = []
    many.subscribe(lambda delta: deltas.append(dict(delta.changes)), replay=False)

    texts.delete("a")
    assert dict(many.failures) == {}
    texts.delete("b")

    assert deltas == [{"shared": krt.Change("A", "B")}, {"shared": krt.Change("B", None)}]


def test_an_output_key_that_moves_between_inputs_is_no_conflict() -> None:
    """Within one transaction, the order of the runs does not matter."""
    for order in ("ab", "ba"):
        graph = krt.Graph(on_failure="raise")
        texts = graph.source("texts", {"a": "x", "b": "y"})
        many = texts.flat_map(lambda ctx, text: {text: ctx.key}, name="many")
        with graph.transaction():
            for key in order:
                texts.set(key, {"a": "y", "b": "x"}[key])

        assert dict(many) == {"x": "b", "y": "a"}


def test_a_conflict_may_be_settled_in_silence_or_by_a_function() -> None:
    """With `first`, the other inputs have no failure; a function gets the values of all inputs, in their order."""
    graph = krt.Graph(on_failure="raise")
    texts = graph.source("texts", {"b": "B", "a": "A"})
    first = texts.flat_map(lambda ctx, text: {"shared": text}, name="first", on_conflict="first")
    joined = texts.flat_map(lambda ctx, text: {"shared": text}, name="joined", on_conflict="".join)

    assert (dict(first), dict(joined)) == ({"shared": "A"}, {"shared": "AB"})
    texts.set("c", "C")
    texts.delete("a")
    assert (dict(first), dict(joined)) == ({"shared": "B"}, {"shared": "BC"})


def test_a_conflict_function_that_raises_keeps_the_last_value() -> None:
    """The first of the inputs has a failure, which ends with the conflict."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 2})
    many = numbers.flat_map(
        lambda ctx, n: {"shared": n}, name="many", on_conflict=lambda values: values[0] // values[1]
    )
    numbers.set("b", 0)

    assert dict(many) == {"shared": 2}
    assert isinstance(many.failures["a"].error, ZeroDivisionError)

    numbers.delete("b")
    assert dict(many.failures) == {}


def test_merge_takes_the_first_collections_value() -> None:
    """Adding, shadowing, changing and deleting at every priority, as one net change each."""
    graph = krt.Graph(on_failure="raise")
    high: krt.Source[str, str] = graph.source("high", {})
    middle: krt.Source[str, str] = graph.source("middle", {})
    low: krt.Source[str, str] = graph.source("low", {})
    merged = graph.merge(high, middle, low, name="merged")
    deltas: list[tuple[Any, Any]] = []
    merged.subscribe(lambda delta: deltas.extend((change.old, change.new) for _, change in delta), replay=False)

    middle.set("k", "m1")
    high.set("k", "h1")
    low.set("k", "l1")
    middle.set("k", "m2")
    assert merged["k"] == "h1"
    high.delete("k")
    low.set("k", "l2")
    middle.delete("k")
    low.delete("k")

    assert deltas == [
        (None, "m1"),
        ("m1", "h1"),
        ("h1", "m2"),
        ("m2", "l2"),
        ("l2", None),
    ]


def test_merge_with_a_function_makes_one_of_all() -> None:
    """The function gets the present values, in the order of the collections; None leaves the key out."""
    graph = krt.Graph(on_failure="raise")
    first = graph.source("first", {"k": 1, "only": 3})
    second = graph.source("second", {"k": 2})
    merged = graph.merge(first, second, name="merged", combine=lambda values: sum(values) if sum(values) != 3 else None)
    assert dict(merged) == {}

    second.set("k", 5)
    assert dict(merged) == {"k": 6}
    deltas: list[dict[str, krt.Change[int]]] = []
    merged.subscribe(lambda delta: deltas.append(dict(delta.changes)), replay=False)
    with graph.transaction():
        first.delete("k")
        second.delete("k")
    assert deltas == [{"k": krt.Change(6, None)}]


def test_an_index_of_a_merge_finds_winners_only() -> None:
    """Shadowed values are not in the index."""
    graph = krt.Graph(on_failure="raise")
    first = graph.source("first", {"k": 1})
    second = graph.source("second", {"k": 2, "other": 2})
    by_value = graph.merge(first, second, name="merged").index(lambda n: [n], name="value")

    assert (by_value.lookup(1), by_value.lookup(2)) == ((1,), (2,))


class Clusters:
    """Members that come and go, and what is derived from all of them."""

    def __init__(self, combine: Any = None) -> None:
        self.graph = krt.Graph(on_failure="raise")
        self.members: krt.Source[str, krt.Collection[str, int]] = self.graph.source("members", {})
        self.all = self.graph.flatten(self.members, name="all", combine=combine)
        self.deltas: list[dict[str, tuple[Any, Any]]] = []
        self.all.subscribe(lambda delta: self.deltas.append({k: (c.old, c.new) for k, c in delta}), replay=False)
        self.built = 0

    def source(self, **values: int) -> krt.Source[str, int]:
        self.built += 1
        with self.graph.before(self.all):
            return self.graph.source(f"source{self.built}", values)


def test_flatten_follows_members_that_come_and_go() -> None:
    """A member that is created later contributes from when it is added until it is removed."""
    clusters = Clusters()
    east, west = clusters.source(a=1, b=2), clusters.source(b=20, c=30)

    clusters.members.set("west", west)
    clusters.members.set("east", east)
    assert dict(clusters.all) == {"a": 1, "b": 2, "c": 30}
    west.set("b", 21)
    east.delete("b")
    clusters.members.delete("east")
    east.set("a", 5)
    clusters.members.delete("west")

    assert clusters.deltas == [
        {"b": (None, 20), "c": (None, 30)},
        {"a": (None, 1), "b": (20, 2)},
        {"b": (2, 21)},
        {"a": (1, None)},
        {"b": (21, None), "c": (30, None)},
    ]


def test_flatten_exchanges_a_member_as_one_change() -> None:
    """Entries that both members have stay, and the old member has no reference left."""
    clusters = Clusters()
    old, new = clusters.source(a=1, b=2), clusters.source(a=1, b=3, c=4)
    clusters.members.set("east", old)
    clusters.deltas.clear()

    clusters.members.set("east", new)
    old.set("a", 100)

    assert clusters.deltas == [{"b": (2, 3), "c": (None, 4)}]
    assert clusters.all not in old._children


def test_flatten_with_a_function_combines_in_the_order_of_the_members_keys() -> None:
    """Adding a contributor is an update, removing the last one a deletion; empty members change nothing."""
    clusters = Clusters(combine=tuple)
    clusters.members.set("b", clusters.source(k=2))
    clusters.members.set("a", clusters.source(k=1))
    clusters.members.set("c", clusters.source())
    clusters.members.delete("c")
    clusters.members.delete("b")
    clusters.members.delete("a")

    assert [delta["k"] for delta in clusters.deltas] == [
        (None, (2,)),
        ((2,), (1, 2)),
        ((1, 2), (1,)),
        ((1,), None),
    ]


def test_flatten_waits_for_its_first_members_and_never_again() -> None:
    """A later member that is not synced does not make the flatten unsynced."""
    graph = krt.Graph(on_failure="raise")
    east: krt.Source[str, int] = graph.source("east")
    members: krt.Source[str, krt.Collection[str, int]] = graph.source("members", {"east": east})
    everything = graph.flatten(members, name="everything")
    assert everything.pending == {"east"}

    east.replace({"a": 1})
    assert everything.synced
    with graph.before(everything):
        west: krt.Source[str, int] = graph.source("west")
    members.set("west", west)
    assert everything.synced
    west.set("b", 2)
    assert dict(everything) == {"a": 1, "b": 2}


def test_flatten_contains_what_cannot_be_a_member() -> None:
    """A collection of higher rank, a closed one or another object is a failure of its key only."""
    graph = krt.Graph()
    members: krt.Source[str, Any] = graph.source("members", {})
    everything = graph.flatten(members, name="everything")
    late, closed = graph.source("late", {"a": 1}), graph.source("closed", {"a": 1})
    closed.close()
    with graph.before(everything):
        early = graph.source("early", {"a": 1})

    members.replace({"late": late, "closed": closed, "text": "text", "early": early})

    assert dict(everything) == {"a": 1}
    errors = {key: type(failure.error) for key, failure in everything.failures.items()}
    assert errors == {"late": krt.RankError, "closed": krt.ClosedError, "text": krt.OutputTypeError}
    members.replace({"early": early})
    assert dict(everything.failures) == {}


def test_a_group_follows_objects_that_move() -> None:
    """One delta has one change per group: an empty group is deleted, a changed one updated."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1, "b": 2, "c": 3})
    groups = numbers.index(lambda n: [n % 2], name="parity").group(name="groups")
    deltas: list[dict[int, tuple[Any, Any]]] = []
    groups.subscribe(lambda delta: deltas.append({k: (c.old, c.new) for k, c in delta}), replay=False)

    numbers.set("b", 5)
    numbers.set("a", 7)

    assert dict(groups) == {1: (7, 5, 3)}
    assert deltas == [{0: ((2,), None), 1: ((1, 3), (1, 5, 3))}, {1: ((1, 5, 3), (7, 5, 3))}]


def test_a_group_can_be_indexed_and_derived_from() -> None:
    """A group collection can be used like any other, and becomes synced with the indexed collection."""
    graph = krt.Graph(on_failure="raise")
    numbers: krt.Source[str, int] = graph.source("numbers")
    groups = numbers.index(lambda n: [n % 2], name="parity").group(name="groups")
    by_size = groups.index(lambda group: [len(group)], name="size")
    sizes = groups.map(lambda ctx, group: len(group), name="sizes")
    assert not sizes.synced
    assert sizes.pending == {"numbers"}

    numbers.replace({"a": 1, "b": 2, "c": 3})

    assert dict(sizes) == {1: 2, 0: 1}
    assert by_size.lookup(2) == ((1, 3),)


def test_a_singleton_has_a_value_or_none() -> None:
    """A singleton follows what it reads, and can be read and subscribed to."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    total = graph.singleton(lambda ctx: sum(ctx.fetch(numbers)) or None, name="total")
    doubled = total.map(lambda ctx, n: n * 2, name="doubled")
    assert (total.value, dict(total)) == (1, {"": 1})

    numbers.delete("a")
    assert (total.value, dict(doubled)) == (None, {})


def test_keep_previous_keeps_the_output_and_remembers_what_was_read() -> None:
    """Good, kept, good are two changes; a change of what only the kept run read runs it again."""
    graph = krt.Graph(on_failure="raise")
    texts = graph.source("texts", {"t": "1"})
    extra = graph.source("extra", {"e": "2"})

    def parsed(ctx: krt.Context, text: str) -> int:
        if not text.isdigit():
            text = ctx.get(extra, "e") or ""
        if not text.isdigit():
            raise krt.KeepPrevious(f"{text!r} is no number")
        return int(text)

    numbers = texts.map(parsed, name="numbers")
    deltas: list[krt.Delta[str, int]] = []
    numbers.subscribe(deltas.append, replay=False)

    extra.set("e", "bad")
    texts.set("t", "bad")
    assert dict(numbers) == {"t": 1}
    assert deltas == []
    assert dict(numbers.failures) == {}

    extra.set("e", "7")
    assert dict(numbers) == {"t": 7}


def test_keep_previous_without_a_previous_output_takes_its_default() -> None:
    """With the default None the key is left out, and the collection becomes synced all the same."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})

    def keep(default: int | None) -> Any:
        def always(ctx: krt.Context, n: int) -> int:
            raise krt.KeepPrevious("always", default=default and default + n)

        return always

    with_default = numbers.map(keep(10), name="with_default")
    without = numbers.map(keep(None), name="without")
    numbers.set("a", 2)

    assert (dict(with_default), dict(without)) == ({"a": 11}, {})
    assert without.synced


def test_status_and_outputs_come_from_one_run_and_commit_together() -> None:
    """Two maps split a pair: they commit in one epoch, and an equal status is cut off."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    pairs = numbers.map(lambda ctx, n: ("odd" if n % 2 else None, {f"{ctx.key}{i}": i for i in range(n)}), name="pairs")
    status = pairs.map(lambda ctx, pair: pair[0], name="status")
    outputs = pairs.flat_map(lambda ctx, pair: pair[1], name="outputs")
    commits: list[list[str]] = []
    graph.subscribe(lambda commit: commits.append(list(commit.deltas)), status, outputs, replay=False)

    numbers.set("a", 3)
    numbers.set("a", 2)
    numbers.delete("a")

    assert commits == [["outputs"], ["status", "outputs"], ["outputs"]]


def test_a_merge_of_other_graphs_is_refused() -> None:
    """All collections of a merge must belong to one graph."""
    one, other = krt.Graph().source("one", {"a": 1}), krt.Graph().source("other", {"a": 1})

    with pytest.raises(krt.RankError):
        one.graph.merge(one, other, name="merged")


def test_a_flat_map_keeps_or_takes_a_default_as_a_map_does() -> None:
    """All outputs of the input stay; if there are none, the default mapping is used."""
    graph = krt.Graph(on_failure="raise")
    texts = graph.source("texts", {"a": "x"})

    def parts(ctx: krt.Context, text: str) -> dict[str, str]:
        if text.startswith("?"):
            raise krt.KeepPrevious(default={"default": text})
        return {text: text}

    many = texts.flat_map(parts, name="many")
    texts.set("a", "?")
    texts.set("b", "?1")

    assert dict(many) == {"x": "x", "default": "?1"}


def test_a_default_of_the_wrong_kind_is_a_failure() -> None:
    """The default of a flat_map must be a mapping; otherwise its key fails, and the settle goes on."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "b": 2})

    def keep(ctx: krt.Context, n: int) -> dict[str, int]:
        if n == 1:
            raise krt.KeepPrevious(default=5)
        return {ctx.key: n}

    many = numbers.flat_map(keep, name="many")

    assert dict(many) == {"b": 2}
    assert isinstance(many.failures["a"].error, krt.OutputTypeError)
