"""krt with asyncio."""

import asyncio
from contextlib import aclosing

import pytest

import krt
from krt import aio


async def test_wait_synced_returns_at_once_when_all_is_synced() -> None:
    """By default, all collections of the graph."""
    graph = krt.Graph()
    graph.source("numbers", {"a": 1}).map(lambda ctx, n: n, name="same")

    await aio.wait_synced(graph)

    assert graph._delivery.every_commit == {}


async def test_wait_synced_ends_with_the_transaction_that_completes_the_last() -> None:
    """A collection and a subscription; contents are complete, and subscribers were called, right after."""
    graph = krt.Graph()
    left: krt.Source[str, int] = graph.source("left")
    right: krt.Source[str, int] = graph.source("right")
    merged = graph.merge(left, right, name="merged")
    sizes: list[int] = []
    subscription = merged.subscribe(lambda delta: sizes.append(len(delta)))
    waiter = asyncio.create_task(aio.wait_synced(graph, merged, subscription))
    await asyncio.sleep(0)

    left.replace({"a": 1})
    await asyncio.sleep(0)
    assert not waiter.done()
    right.replace({"b": 2})
    await waiter

    assert dict(merged) == {"a": 1, "b": 2}
    assert sizes == [1, 1]
    assert graph._delivery.every_commit == {}


async def test_wait_synced_can_be_bounded() -> None:
    """A cancelled wait leaves no subscription."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await aio.wait_synced(graph, numbers)

    assert graph._delivery.every_commit == {}
    assert numbers.pending == {"numbers"}


async def test_nothing_is_polled() -> None:
    """While `wait_synced` waits, the event loop has no timer and nothing to run."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")
    waiter = asyncio.create_task(aio.wait_synced(graph, numbers))
    for _ in range(3):
        await asyncio.sleep(0)

    loop = asyncio.get_running_loop()
    assert loop._scheduled == []  # type: ignore[attr-defined]
    assert len(loop._ready) == 0  # type: ignore[attr-defined]
    numbers.mark_synced()
    await waiter


async def test_deltas_merge_what_comes_while_the_consumer_is_busy() -> None:
    """One delta per step, with exact old values and without keys that came and went; other subscribers are not delayed."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    others: list[int] = []
    numbers.subscribe(lambda delta: others.append(len(delta)), replay=False)
    async with aclosing(aio.deltas(numbers)) as changes:  # type: ignore[type-var]
        assert dict(await anext(changes)) == {"a": krt.Change(None, 1)}

        numbers.set("a", 2)
        numbers.set("a", 3)
        numbers.set("b", 4)
        numbers.delete("b")
        assert others == [1, 1, 1, 1]
        assert dict((await anext(changes)).changes) == {"a": krt.Change(1, 3)}

        numbers.set("a", 4)
        numbers.set("a", 3)
        numbers.set("c", 5)
        assert dict((await anext(changes)).changes) == {"c": krt.Change(None, 5)}
    assert len(numbers._subscriptions) == 1


async def test_deltas_of_nothing_wait() -> None:
    """A change that is undone before the next step is not in a delta."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    async with aclosing(aio.deltas(numbers, replay=False)) as changes:  # type: ignore[type-var]
        step = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        numbers.set("a", 2)
        numbers.set("a", 1)
        for _ in range(3):
            await asyncio.sleep(0)
        assert not step.done()

        numbers.set("a", 5)
        assert dict((await step).changes) == {"a": krt.Change(1, 5)}
