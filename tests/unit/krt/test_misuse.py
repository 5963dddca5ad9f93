"""Misuse is an error that names the collections, the keys and the next step, and leaves the graph consistent."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

import krt


def failure(collection: krt.Collection[Any, Any], key: Any) -> BaseException:
    """Why one input key failed."""
    return collection.failures[key].error


@pytest.fixture
def graph() -> krt.Graph:
    return krt.Graph()


@pytest.fixture
def numbers(graph: krt.Graph) -> Iterator[krt.Source[str, int]]:
    source = graph.source("numbers", {"a": 1})
    yield source
    # Whatever was done wrong: the graph takes the next transaction as if nothing had been.
    doubled = source.map(lambda ctx, n: n * 2, name="doubled")
    source.set("a", 21)
    assert doubled["a"] == 42


def test_reading_directly_in_a_transform_names_both_and_the_remedy(
    graph: krt.Graph, numbers: krt.Source[str, int]
) -> None:
    """len, in, [], iteration and a lookup are refused, because krt cannot track them."""
    other = graph.source("other", {"a": 1})
    reader = numbers.map(lambda ctx, n: len(other), name="reader")

    assert isinstance(failure(reader, "a"), krt.UntrackedReadError)
    assert str(failure(reader, "a")) == (
        "transform of 'reader' read 'other' directly: read it through the context, so that its changes run the transform again"
    )


def test_reading_directly_in_an_index_function_is_refused_too(graph: krt.Graph, numbers: krt.Source[str, int]) -> None:
    """An index function that reads another collection fails when it runs in a settle."""
    other = graph.source("other", {"a": 1})
    same = numbers.map(lambda ctx, n: n, name="same")
    by_other = same.index(lambda n: [other["a"]], name="by_other")

    numbers.set("a", 2)

    assert isinstance(by_other.failures["a"].error, krt.UntrackedReadError)


def test_writing_in_a_transform_is_refused(graph: krt.Graph, numbers: krt.Source[str, int]) -> None:
    """Writes, transactions, subscriptions, views, new and closed collections are all refused."""
    other = graph.source("other", {"a": 1})
    acts: list[Callable[[], object]] = [
        lambda: other.set("a", 2),
        lambda: other.delete("a"),
        lambda: other.replace({}),
        other.mark_synced,
        lambda: graph.transaction().__enter__(),
        lambda: other.subscribe(print),
        graph.view,
        lambda: graph.source("new"),
        lambda: other.map(lambda ctx, n: n, name="new"),
        other.close,
    ]
    tries = graph.source("tries", {str(i): act for i, act in enumerate(acts)})
    writer = tries.map(lambda ctx, act: str(act()), name="writer")

    assert set(writer.failures) == set(tries)
    for key in tries:
        assert isinstance(failure(writer, key), krt.WriteError), key
        assert "'writer'" in str(failure(writer, key)), key
    assert dict(other) == {"a": 1}
    assert "new" not in graph.collections


def test_an_async_transform_is_refused_when_it_is_given(numbers: krt.Source[str, int]) -> None:
    """A coroutine function can never be a transform."""

    async def later(ctx: krt.Context, n: int) -> int:
        await asyncio.sleep(0)
        return n

    with pytest.raises(krt.OutputTypeError, match="transform of 'later' is async: a transform is synchronous"):
        numbers.map(later, name="later")


def test_a_singleton_that_is_refused_leaves_nothing_behind(graph: krt.Graph, numbers: krt.Source[str, int]) -> None:
    """An async function and a name that exists are refused."""

    async def later(ctx: krt.Context) -> int:
        return 1

    with pytest.raises(krt.OutputTypeError, match="transform of 'later' is async"):
        graph.singleton(later, name="later")
    with pytest.raises(krt.DuplicateNameError, match="'numbers'"):
        graph.singleton(lambda ctx: 1, name="numbers")
    with pytest.raises(TypeError, match="merge 'nothing' has no collections"):
        graph.merge(name="nothing")

    assert list(graph.collections) == ["numbers"]


def test_a_coroutine_as_output_is_refused_when_it_comes(numbers: krt.Source[str, int]) -> None:
    """A lambda that returns a coroutine fails its key, without a RuntimeWarning about the coroutine."""

    async def later(n: int) -> int:
        return n

    outputs: krt.Collection[str, Awaitable[int]] = numbers.map(lambda ctx, n: later(n), name="outputs")
    many = numbers.flat_map(lambda ctx, n: cast("dict[str, int]", later(n)), name="many")

    assert isinstance(failure(outputs, "a"), krt.OutputTypeError)
    assert "returned a coroutine" in str(failure(many, "a"))


def test_a_flat_map_must_return_a_mapping(numbers: krt.Source[str, int]) -> None:
    """A list or None as the result fails its key."""
    lists = numbers.flat_map(lambda ctx, n: cast("dict[str, int]", [n]), name="lists")
    nones = numbers.flat_map(lambda ctx, n: cast("dict[str, int]", None), name="nones")

    assert str(failure(lists, "a")) == "transform of 'lists' returned a list: it must return a mapping"
    assert str(failure(nones, "a")) == "transform of 'nones' returned a NoneType: it must return a mapping"


@pytest.mark.parametrize("key", [["list"], {"dict": 1}, {"set"}, ("tuple with", ["list"])])
def test_an_unhashable_key_is_refused_at_the_source(graph: krt.Graph, key: Any) -> None:
    """`set` refuses it, and the source stays as it was."""
    things: krt.Source[Any, int] = graph.source("things", {})

    with pytest.raises(krt.KeyTypeError, match=r"collection 'things': key .* is not hashable: use a tuple"):
        things.set(key, 1)

    assert dict(things) == {}


@dataclass(unsafe_hash=True)
class MutableKey:
    name: str


@dataclass(frozen=True)
class FrozenKey:
    name: str


def test_a_key_that_could_change_is_refused(graph: krt.Graph) -> None:
    """A dataclass that is hashable but not frozen is refused."""
    things: krt.Source[Any, int] = graph.source("things", {})

    with pytest.raises(krt.KeyTypeError, match="make MutableKey a frozen dataclass"):
        things.set(MutableKey("a"), 1)
    with pytest.raises(krt.KeyTypeError, match="make MutableKey a frozen dataclass"):
        things.replace({MutableKey("a"): 1})
    with pytest.raises(krt.KeyTypeError, match="make MutableKey a frozen dataclass"):
        graph.source("more", {MutableKey("a"): 1})
    assert "more" not in graph.collections
    things.set(FrozenKey("a"), 1)

    assert dict(things) == {FrozenKey("a"): 1}


def test_a_key_that_could_change_fails_the_input_that_makes_it(numbers: krt.Source[str, int]) -> None:
    """As an output key, it is a failure of its input."""
    many = numbers.flat_map(lambda ctx, n: {MutableKey("a"): n}, name="many")

    assert isinstance(failure(many, "a"), krt.KeyTypeError)


def test_an_unhashable_key_in_a_read_fails_the_run_only(graph: krt.Graph, numbers: krt.Source[str, int]) -> None:
    """A read that raised leaves no reader behind."""
    other: krt.Source[Any, int] = graph.source("other", {"a": 1})
    places = other.index(lambda n: [n], name="places")
    get = numbers.map(lambda ctx, n: ctx.get(other, cast("str", ["list"])), name="get")
    lookup = numbers.map(lambda ctx, n: ctx.lookup(places, cast("int", ["list"])), name="lookup")

    assert isinstance(failure(get, "a"), TypeError)
    assert isinstance(failure(lookup, "a"), TypeError)


def test_a_context_used_after_its_run_is_refused(graph: krt.Graph, numbers: krt.Source[str, int]) -> None:
    """A context is refused outside a settle, and in the run of another collection."""
    kept: list[krt.Context] = []
    numbers.map(lambda ctx, n: kept.append(ctx), name="keeper")
    thief = numbers.map(lambda ctx, n: kept[0].get(numbers, "a"), name="thief")

    with pytest.raises(
        krt.ContextExpiredError, match="a context of 'keeper' was used outside its run to read 'numbers'"
    ):
        kept[0].get(numbers, "a")
    assert isinstance(failure(thief, "a"), krt.ContextExpiredError)


def test_reading_another_graph_is_refused(numbers: krt.Source[str, int]) -> None:
    """krt cannot track another graph; the message says what to do instead."""
    foreign = krt.Graph().source("foreign", {"a": 1})
    reader = numbers.map(lambda ctx, n: ctx.get(foreign, "a"), name="reader")

    assert isinstance(failure(reader, "a"), krt.RankError)
    assert "'foreign' of another graph" in str(failure(reader, "a"))
    with pytest.raises(krt.RankError, match="belongs to another graph"):
        numbers.graph.merge(numbers, foreign, name="both")
    assert "both" not in numbers.graph.collections


def test_a_name_is_given_once(graph: krt.Graph, numbers: krt.Source[str, int]) -> None:
    """Two collections of one name, and two indexes of one name, are refused."""
    numbers.index(lambda n: [n], name="value")

    with pytest.raises(krt.DuplicateNameError, match="the graph has a collection 'numbers' already"):
        graph.source("numbers")
    with pytest.raises(krt.DuplicateNameError, match="collection 'numbers' has an index 'value' already"):
        numbers.index(lambda n: [n], name="value")


def test_none_is_no_value(numbers: krt.Source[str, int]) -> None:
    """None means absent, and the message names `delete`."""
    with pytest.raises(krt.WriteError, match="the value of 'a' is None, which means absent: use delete"):
        numbers.set("a", cast("int", None))
    with pytest.raises(krt.WriteError, match="which means absent"):
        numbers.replace({"a": cast("int", None)})


def test_building_in_a_transaction_is_refused(graph: krt.Graph, numbers: krt.Source[str, int]) -> None:
    """In an open transaction, collections are neither created nor closed, and no view is taken."""
    with pytest.raises(krt.WriteError, match="collection 'new' was created in a transaction"), graph.transaction():
        numbers.map(lambda ctx, n: n, name="new")
    with pytest.raises(krt.WriteError, match="collection 'numbers' was closed in a transaction"), graph.transaction():
        numbers.close()
    with pytest.raises(krt.WriteError, match="a view was taken in a transaction"), graph.transaction():
        graph.view()


def test_a_transform_cannot_hide_that_it_is_parked(graph: krt.Graph, numbers: krt.Source[str, int]) -> None:
    """A transform that catches all exceptions is parked all the same: unknown is never read as empty."""
    unknown: krt.Source[str, int] = graph.source("unknown")

    def stubborn(ctx: krt.Context, n: int) -> int:
        try:
            return ctx.get(unknown, "a") or 0
        except BaseException:  # noqa: BLE001 - the point
            return -1

    reader = numbers.map(stubborn, name="reader")
    assert dict(reader) == {}
    assert reader.pending == {"unknown"}

    unknown.replace({"a": 5})
    assert dict(reader) == {"a": 5}
    unknown.close()


def test_listed_without_begin_is_refused(numbers: krt.Source[str, int]) -> None:
    """`listed` without `begin` is an error."""
    with pytest.raises(RuntimeError, match=r"listed\(\) without begin\(\)"):
        krt.Reflector(numbers).listed()


def test_closed_collections_are_refused_by_name(graph: krt.Graph, numbers: krt.Source[str, int]) -> None:
    """Each use is refused: write, derive, index, subscribe, and read in a transform."""
    closed = graph.source("closed", {"a": 1})
    reader = numbers.map(lambda ctx, n: n if n == 1 else ctx.get(closed, "a"), name="reader")
    closed.close()
    numbers.set("a", 2)

    assert isinstance(failure(reader, "a"), krt.ClosedError)
    acts: list[Callable[[], object]] = [
        lambda: closed.set("a", 2),
        lambda: closed.map(lambda ctx, n: n, name="new"),
        lambda: closed.index(lambda n: [n], name="new"),
        lambda: closed.subscribe(print),
    ]
    for act in acts:
        with pytest.raises(krt.ClosedError, match="'closed'"):
            act()
    assert "new" not in graph.collections
    with pytest.raises(krt.RankError, match="'closed' is closed"), graph.before(closed):
        pass
