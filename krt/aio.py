"""The asyncio edge: waiting for a graph, which itself never waits. The core does not import this module."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Protocol

from krt.collection import Collection
from krt.delta import Change, Commit, Delta
from krt.graph import Graph
from krt.key_order import same
from krt.type_variables import K, V


class Syncable(Protocol):
    """A collection or a subscription."""

    @property
    def synced(self) -> bool:
        """Whether it is complete."""


async def wait_synced(graph: Graph, *things: Syncable) -> None:
    """Returns once all *things* (collections or subscriptions; by default, all collections) are synced.

    No timer runs meanwhile: the transaction that makes the last of them complete ends the wait. For a bound use
    `asyncio.timeout`, and `Collection.pending` to say what was missing.
    """
    awaited = things or tuple(graph.collections.values())
    # Subscribed last, so that it is called after the subscriptions that are waited for.
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def look(_: Commit) -> None:
        if not done.done() and all(thing.synced for thing in awaited):
            done.set_result(None)

    subscription = graph.subscribe(look)
    try:
        await done
    finally:
        subscription.close()


async def deltas(collection: Collection[K, V], *, replay: bool = True) -> AsyncIterator[Delta[K, V]]:
    """The net changes of a collection, for a consumer that takes its time: one Delta per step, of all since the last.

    What comes while the consumer is busy is merged by key, so that no more waits than there are keys, and the graph
    never waits. Folding all deltas still gives the collection. Ends never; leave the loop to unsubscribe.
    """
    waiting: dict[Any, Change[Any]] = {}
    arrived = asyncio.Event()

    def take(delta: Delta[K, V]) -> None:
        for key, change in delta:
            merged = Change(waiting.pop(key, change).old, change.new)
            if not same(merged.old, merged.new):
                waiting[key] = merged
        arrived.set()

    subscription = collection.subscribe(take, replay=replay)
    try:
        while True:
            await arrived.wait()
            arrived.clear()
            if waiting:
                ready, waiting = waiting, {}
                yield Delta(collection.name, ready)
    finally:
        subscription.close()
