"""krt with asyncio: wait until a graph is synced, iterate over its changes. The core does not import this module."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Protocol

from krt.collection import Collection
from krt.delta import Change, Commit, Delta
from krt.graph import Graph
from krt.key_order import values_equal
from krt.type_variables import K, V


class Syncable(Protocol):
    """A collection or a subscription."""

    @property
    def synced(self) -> bool:
        """Whether its contents have been complete."""


async def wait_synced(graph: Graph, *things: Syncable) -> None:
    """Waits until all *things* are synced: collections or subscriptions, by default all collections.

    It does not poll: the transaction in which the last of them becomes synced ends the wait. To limit the wait, use
    `asyncio.timeout`; `Collection.pending` then names what is missing.
    """
    awaited = things or tuple(graph.collections.values())
    # This subscription is the newest, so it is called after the subscriptions in *things*.
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def check(_: Commit) -> None:
        if not done.done() and all(thing.synced for thing in awaited):
            done.set_result(None)

    subscription = graph.subscribe(check)
    try:
        await done
    finally:
        subscription.close()


async def deltas(collection: Collection[K, V], *, replay: bool = True) -> AsyncIterator[Delta[K, V]]:
    """Iterates over the net changes of a collection: each step yields one Delta of all changes since the last step.

    Changes that arrive while the consumer is busy are merged by key, so the memory is bounded by the number of keys,
    and the graph never waits. Folding all deltas gives the collection. The iteration does not end by itself; leave
    the loop to unsubscribe.
    """
    waiting: dict[Any, Change[Any]] = {}
    arrived = asyncio.Event()

    def take(delta: Delta[K, V]) -> None:
        for key, change in delta:
            merged = Change(waiting.pop(key, change).old, change.new)
            if not values_equal(merged.old, merged.new):
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
