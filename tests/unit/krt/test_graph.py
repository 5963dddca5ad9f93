"""Transactions and the graph: nesting, aborts, the epoch, failures, and when collections may be created."""

import weakref

import pytest

import krt


def test_nested_transactions_settle_once_at_the_outermost_exit() -> None:
    """Three writes in nested blocks are one transaction: one run per key, one call."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    runs: list[int] = []

    def total(ctx: krt.Context) -> int:
        runs.append(1)
        return sum(ctx.fetch(numbers))

    graph.singleton(total, name="total")
    deltas: list[krt.Delta[str, int]] = []
    numbers.subscribe(deltas.append, replay=False)
    runs.clear()

    with graph.transaction():
        numbers.set("a", 2)
        with graph.transaction():
            numbers.set("b", 3)
        numbers.set("c", 4)

    assert runs == [1]
    assert [dict(delta.changes) for delta in deltas] == [
        {"a": krt.Change(1, 2), "b": krt.Change(None, 3), "c": krt.Change(None, 4)}
    ]


def test_a_nested_transaction_that_raises_undoes_its_own_writes_only() -> None:
    """The writes of the outer block before and after it stay, and so do the places in indexes."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "b": 2})
    parity = numbers.index(lambda n: [n % 2], name="parity")

    def fail_within() -> None:
        with graph.transaction():
            numbers.set("a", 4)
            numbers.delete("b")
            numbers.mark_synced()
            raise LookupError

    with graph.transaction():
        numbers.set("a", 3)
        with pytest.raises(LookupError):
            fail_within()
        numbers.set("c", 6)

    assert dict(numbers) == {"a": 3, "b": 2, "c": 6}
    assert parity.lookup(0) == (2, 6)
    assert parity.lookup(1) == (3,)


def test_a_nested_transaction_that_raises_takes_back_the_mark_of_being_synced() -> None:
    """A source that was marked as synced in a block that raised is not synced."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")

    def fail_within() -> None:
        with graph.transaction():
            numbers.mark_synced()
            raise LookupError

    with graph.transaction(), pytest.raises(LookupError):
        fail_within()

    assert not numbers.synced


def test_an_abort_restores_where_an_index_filed_what_its_function_fails_for() -> None:
    """If the index function fails for a value, its key stays where its last good value was, also after an abort."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    inverse = numbers.index(lambda n: [60 // n], name="inverse")
    numbers.set("a", 0)
    assert inverse.lookup(60) == (0,)

    def fail_after() -> None:
        with graph.transaction():
            numbers.set("a", 2)
            raise LookupError

    with pytest.raises(LookupError):
        fail_after()

    assert inverse.lookup(60) == (0,)
    assert inverse.lookup(30) == ()
    assert set(inverse.failures) == {"a"}


def test_the_epoch_counts_what_changed_something() -> None:
    """A change and becoming synced count; an empty transaction, a net no-op and an abort do not."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")
    assert graph.epoch == 0

    with graph.transaction():
        pass
    with graph.transaction():
        numbers.set("a", 1)
        numbers.delete("a")
    numbers.delete("never there")
    assert graph.epoch == 0

    numbers.set("a", 1)
    assert graph.epoch == 1
    numbers.mark_synced()
    assert graph.epoch == 2
    numbers.mark_synced()
    assert graph.epoch == 2


def test_to_create_a_collection_is_no_transaction() -> None:
    """Deriving a collection neither advances the epoch nor calls a subscriber."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    commits: list[krt.Commit] = []
    graph.subscribe(commits.append, replay=False)

    numbers.map(lambda ctx, n: n, name="same")
    graph.source("others", {"b": 2})

    assert commits == []
    assert graph.epoch == 0


class Moody:
    """A value that cannot be compared with any other."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("incomparable")

    __hash__ = object.__hash__


def test_what_cannot_be_compared_is_a_change_in_every_kind() -> None:
    """A comparison that raises affects one change, not the later values of its key."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    moods: krt.Source[str, object] = graph.source("moods", {"a": Moody()})

    def mood(n: int) -> object:
        return Moody() if n < 3 else n

    mapped = numbers.map(lambda ctx, n: mood(n), name="mapped")
    many = numbers.flat_map(lambda ctx, n: {"a": mood(n)}, name="many")
    merged = graph.merge(numbers, name="merged", combine=lambda values: mood(*values))
    grouped = mapped.index(lambda mood: ["a"], name="mood").group(name="grouped")
    nodes = (moods, mapped, many, merged, grouped)
    before = [node["a"] for node in nodes]

    moods.set("a", second := Moody())
    numbers.set("a", 2)
    assert moods["a"] is second
    assert all(node["a"] is not was for node, was in zip(nodes, before, strict=True))

    moods.set("a", 3)
    numbers.set("a", 3)
    assert [node["a"] for node in nodes] == [3, 3, 3, 3, (3,)]
    assert [dict(node.failures) for node in nodes] == [{}] * 5


def test_an_equality_that_raises_is_reported() -> None:
    """The report names the collection and the key, and the write stays."""
    said: list[krt.KrtError] = []
    graph = krt.Graph(on_failure=said.append)
    moods = graph.source("moods", {"a": Moody()})

    with graph.transaction():
        moods.set("a", Moody())
        moods.set("a", last := Moody())

    assert moods["a"] is last
    assert "equality of the values of 'moods' failed for 'a': RuntimeError('incomparable')" in map(str, said)


def test_a_keyboard_interrupt_in_a_transform_is_raised_once_the_graph_has_settled() -> None:
    """An error that is not an Exception is raised, but only after the graph has settled."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "b": 1})

    def interrupted(ctx: krt.Context, n: int) -> int:
        if n == 2 and ctx.key == "a":
            raise KeyboardInterrupt
        return n

    same = numbers.map(interrupted, name="same")
    doubled = same.map(lambda ctx, n: n * 2, name="doubled")

    with pytest.raises(KeyboardInterrupt), graph.transaction():
        numbers.replace({"a": 2, "b": 2})
    assert dict(doubled) == {"a": 2, "b": 4}
    assert isinstance(same.failures["a"].error, KeyboardInterrupt)

    numbers.set("a", 3)
    assert dict(doubled) == {"a": 6, "b": 4}


def test_on_failure_raise_reports_the_key_after_the_settle() -> None:
    """The transaction raises the error of a transform after it has committed."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    inverse = numbers.map(lambda ctx, n: 60 // n, name="inverse")

    with pytest.raises(krt.TransformError, match=r"'inverse' failed for 'b'") as caught:
        numbers.replace({"a": 2, "b": 0})

    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert dict(numbers) == {"a": 2, "b": 0}
    assert dict(inverse) == {"a": 30}


def test_on_failure_raise_refuses_a_collection_that_fails_from_the_start() -> None:
    """Creating the collection raises, and its name is free again."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 0})

    with pytest.raises(krt.TransformError):
        numbers.map(lambda ctx, n: 60 // n, name="inverse")

    assert "inverse" not in graph.collections


def test_on_failure_may_be_a_function_that_is_told_of_each() -> None:
    """The function gets the failures of transforms and index functions, and the transaction does not raise."""
    reported: list[krt.KrtError] = []
    graph = krt.Graph(on_failure=reported.append)
    numbers = graph.source("numbers", {"a": 1})
    numbers.index(lambda n: [60 // n], name="places")
    numbers.map(lambda ctx, n: 60 // n, name="inverse")

    numbers.set("a", 0)

    assert [type(error) for error in reported] == [krt.TransformError, krt.TransformError]
    assert "index 'places' of 'numbers'" in str(reported[0])
    assert "transform of 'inverse'" in str(reported[1])


def test_a_collection_created_before_another_can_be_read_by_it() -> None:
    """Collections created within `before` rank below the given collection, even long after it."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    late: list[krt.Collection[str, int]] = []
    reader = numbers.map(lambda ctx, n: ctx.get(late[0], "a") if late else n, name="reader")

    with graph.before(reader):
        extra = graph.source("extra", {"a": 10})
        late.append(extra.map(lambda ctx, n: n * 10, name="tenfold"))
    numbers.set("a", 2)

    assert extra.rank < late[0].rank < reader.rank
    assert dict(reader) == {"a": 100}
    extra.set("a", 20)
    assert dict(reader) == {"a": 200}


def test_what_was_created_before_another_has_no_room_before_itself() -> None:
    """`before` has one level; a second one is an error that says what to do."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    with graph.before(numbers):
        first = graph.source("first", {"a": 1})

    with pytest.raises(krt.RankError, match="in that same block"), graph.before(first):
        pass


def test_a_clock_makes_collections_count_their_seconds() -> None:
    """With a clock, each flush is measured; without one, the core reads no time."""
    ticks = iter(range(100))
    graph = krt.Graph(clock=lambda: float(next(ticks)))
    numbers = graph.source("numbers", {"a": 1})
    same = numbers.map(lambda ctx, n: n, name="same")

    numbers.set("a", 2)

    assert same.counters.seconds == 2.0  # one flush when it was created, one for the change


def test_counters_tell_runs_changes_and_what_was_cut_off() -> None:
    """Runs, net changes and equal outputs are counted per collection."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "b": 0})
    parity = numbers.map(lambda ctx, n: 10 // n % 2, name="parity")

    numbers.set("a", 5)  # 10 -> 2: equal
    numbers.set("a", 3)  # 3: odd

    assert (parity.counters.runs, parity.counters.changes) == (4, 2)
    assert (parity.counters.cut_off, parity.counters.failed) == (1, 1)


class Page:
    """A big object that is on the stack when a transform fails."""


@pytest.mark.parametrize("on_failure", ["contain", "function"])
def test_a_failure_says_where_and_holds_on_to_nothing(on_failure: str) -> None:
    """A failure has the lines of the user's code, and does not keep the objects on the stack alive."""
    reported: list[object] = []
    graph = krt.Graph(
        on_failure="contain" if on_failure == "contain" else lambda error: reported.append(error.__cause__)
    )
    numbers = graph.source("numbers", {"a": 1})
    inverse = numbers.map(lambda ctx, n: 60 // n, name="inverse")

    def write() -> "weakref.ref[Page]":
        page = Page()
        numbers.set("a", 0)
        return weakref.ref(page)

    assert write()() is None
    failure = inverse.failures["a"]
    assert failure.error.__traceback__ is None
    (place,) = failure.trace
    assert place.startswith(__file__)
    assert place.endswith("in <lambda>")
    assert reported == ([] if on_failure == "contain" else [failure.error])


def test_what_a_subscriber_wrote_during_a_replay_outlives_the_abort_around_it() -> None:
    """The replay showed committed contents; the subscriber's write is a transaction of its own."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    echo: krt.Source[str, int] = graph.source("echo", {})

    def subscribe_and_fail() -> None:
        with graph.transaction():
            numbers.set("a", 5)
            numbers.subscribe(lambda delta: echo.set("a", delta.changes["a"].new or 0))
            raise LookupError

    with pytest.raises(LookupError):
        subscribe_and_fail()

    assert dict(echo) == {"a": 1}
    assert dict(numbers) == {"a": 1}


def test_an_outer_block_that_fails_undoes_what_its_inner_ones_did() -> None:
    """Of three nested blocks, the middle one raises: the writes of the innermost are undone with it."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})

    def middle() -> None:
        with graph.transaction():
            with graph.transaction():
                numbers.set("a", 3)
                numbers.set("b", 3)
            raise LookupError

    with graph.transaction():
        numbers.set("a", 2)
        with pytest.raises(LookupError):
            middle()

    assert dict(numbers) == {"a": 2}
