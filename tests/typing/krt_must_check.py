"""Code that must type-check, with its exact types. tests/unit/krt/test_typing.py reads it; it never runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_type

import krt
from krt import aio
from krt.testing import Rig, check_collection


@dataclass(frozen=True)
class Pod:
    app: str
    ip: str


graph = krt.Graph(on_failure="raise", clock=lambda: 0.0)
pods: krt.Source[str, Pod] = graph.source("pods")
more = graph.source("more", {("a", 1): Pod("web", "1")})
assert_type(more, krt.Source[tuple[str, int], Pod])

by_app = pods.index(lambda pod: [pod.app], name="app")
assert_type(by_app, krt.Index[str, str, Pod])
assert_type(by_app.lookup("web"), tuple[Pod, ...])
assert_type(by_app.group(name="groups"), krt.Collection[str, tuple[Pod, ...]])


def address(ctx: krt.Context, pod: Pod) -> str | None:
    assert_type(ctx.get(pods, "a"), Pod | None)
    assert_type(ctx.get(pods, "a", select=lambda other: len(other.ip)), int | None)
    assert_type(ctx.lookup(by_app, "web"), tuple[Pod, ...])
    assert_type(ctx.lookup(by_app, "web", select=lambda other: other.ip), tuple[str, ...])
    assert_type(ctx.lookup_all(by_app, ["web"]), tuple[Pod, ...])
    assert_type(ctx.lookup_within(by_app, {"web"}), tuple[Pod, ...])
    assert_type(ctx.fetch(pods), tuple[Pod, ...])
    assert_type(ctx.fetch(pods, select=lambda other: other.app), tuple[str, ...])
    return pod.ip or None


addresses = pods.map(address, name="addresses")
assert_type(addresses, krt.Collection[str, str])
assert_type(addresses["a"], str)
assert_type(addresses.failures["a"], krt.Failure)
assert_type(addresses.pending, frozenset[str])


def letters(ctx: krt.Context, text: str) -> dict[int, str]:
    return dict(enumerate(text))


def longest(values: Sequence[str]) -> str:
    return max(values, key=len)


assert_type(addresses.flat_map(letters, name="letters"), krt.Collection[int, str])
assert_type(addresses.flat_map(letters, name="longest", on_conflict=longest), krt.Collection[int, str])
assert_type(graph.merge(addresses, addresses, name="merged"), krt.Collection[str, str])
assert_type(graph.merge(addresses, name="counted", combine=len), krt.Collection[str, int])
total = graph.singleton(lambda ctx: len(ctx.fetch(pods)), name="total")
assert_type(total.value, int | None)

members: krt.Source[str, krt.Collection[str, Pod]] = graph.source("members", {"pods": pods})
assert_type(graph.flatten(members, name="flat"), krt.Collection[str, Pod])
assert_type(graph.view(addresses)[addresses], Mapping[str, str])


def receive(delta: krt.Delta[str, str]) -> None:
    for key, change in delta:
        assert_type(key, str)
        assert_type(change.old, str | None)


subscription = addresses.subscribe(receive)
assert_type(subscription, krt.Subscription)
wide: krt.Collection[str, object] = addresses  # a collection is read only, so it is covariant in its values
mapping: Mapping[str, str] = addresses
with krt.Scope() as scope:
    assert_type(scope.own(pods), krt.Source[str, Pod])


async def wait() -> None:
    await aio.wait_synced(graph, addresses, subscription)
    async for delta in aio.deltas(addresses):
        assert_type(delta, krt.Delta[str, str])


class PodRig:
    collection: krt.Collection[str, Pod] = pods

    def create(self, key: str) -> None: ...
    def replace(self, old: str, new: str) -> None: ...
    def delete(self, key: str) -> None: ...


rig: Rig = PodRig()
check_collection(PodRig)
