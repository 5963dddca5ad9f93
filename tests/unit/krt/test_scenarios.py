"""Scenarios with pods, services and endpoints, as in istio's tests of krt."""

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import krt
from krt.testing import Tracker, check_graph


@dataclass(frozen=True)
class Pod:
    app: str = ""
    ip: str = ""
    wants: str = ""
    size: str = ""


class Endpoints:
    """Addresses of services, two levels deep: pods with an address, by app; services that select an app."""

    def __init__(self) -> None:
        self.graph = krt.Graph(on_failure="raise")
        self.pods: krt.Source[str, Pod] = self.graph.source("pods", {})
        self.services: krt.Source[str, str] = self.graph.source("services", {})
        self.simple = self.pods.map(lambda ctx, pod: pod if pod.ip else None, name="simple")
        by_app = self.simple.index(lambda pod: [pod.app], name="app")
        self.endpoints = self.services.flat_map(
            lambda ctx, app: {f"{ctx.key}/{pod.ip}": pod.ip for pod in ctx.lookup(by_app, app)}, name="endpoints"
        )


def test_endpoints_follow_pods_and_services() -> None:
    """There is no endpoint while the pod, the service or the address is missing; then each change is one event."""
    world = Endpoints()
    tracker = Tracker(world.endpoints)
    simple = Tracker(world.simple)

    world.pods.set("p1", Pod("web"))
    world.services.set("svc", "web")
    tracker.expect_silence()
    simple.expect_silence()

    world.pods.set("p1", Pod("web", "1.1.1.1"))
    simple.expect_batches("add/p1")
    tracker.expect_batches("add/svc/1.1.1.1")
    world.pods.set("p1", Pod("web", "2.2.2.2"))
    simple.expect_batches("update/p1")
    tracker.expect_batches("add/svc/2.2.2.2,delete/svc/1.1.1.1")
    world.pods.delete("p1")
    simple.expect_batches("delete/p1")
    tracker.expect_batches("delete/svc/2.2.2.2")

    with world.graph.transaction():
        world.pods.set("p1", Pod("web", "3.3.3.3"))
        world.pods.set("p2", Pod("web", "4.4.4.4"))
    tracker.expect_batches("add/svc/3.3.3.3,add/svc/4.4.4.4")
    check_graph(world.graph)


def test_things_that_count_others_see_one_change_each() -> None:
    """Pods count the pods of the size that they want; a change that affects two pods is one batch."""
    graph = krt.Graph(on_failure="raise")
    pods: krt.Source[str, Pod] = graph.source("pods", {})
    wanting = pods.map(lambda ctx, pod: pod.wants or None, name="wanting")
    sized = pods.map(lambda ctx, pod: pod.size or None, name="sized")
    by_size = sized.index(lambda size: [size], name="size")
    things = wanting.map(lambda ctx, wants: len(ctx.lookup(by_size, wants)), name="things")
    tracker = Tracker(things)

    pods.set("wants-large", Pod(wants="large"))
    tracker.expect_batches("add/wants-large")
    pods.set("large", Pod(size="large"))
    tracker.expect_batches("update/wants-large")
    pods.set("small", Pod(size="small"))
    pods.set("large", Pod(size="large"))
    tracker.expect_silence()
    pods.set("large2", Pod(size="large"))
    tracker.expect_batches("update/wants-large")
    pods.set("dual", Pod(wants="small", size="large"))
    tracker.expect_batches("add/dual,update/wants-large")
    assert dict(things) == {"wants-large": 3, "dual": 1}
    pods.set("large2", Pod(size="small"))
    tracker.expect_batches("update/dual,update/wants-large")
    pods.delete("dual")
    tracker.expect_batches("delete/dual,update/wants-large")
    pods.delete("large")
    tracker.expect_batches("update/wants-large")
    pods.delete("wants-large")
    tracker.expect_batches("delete/wants-large")
    assert dict(things) == {}


def test_a_product_of_two_collections_changes_by_one_factor() -> None:
    """Part of an output key comes from a read: a change of that affects only the keys with that part."""
    graph = krt.Graph(on_failure="raise")
    namespaces = graph.source("namespaces", {"a": 1})
    names = graph.source("names", {"b": 1})
    names_of = names.map(lambda ctx, _: str(ctx.key), name="names_of")
    product = namespaces.flat_map(lambda ctx, _: {f"{ctx.key}/{n}": n for n in ctx.fetch(names_of)}, name="product")
    tracker = Tracker(product)
    tracker.expect("add/a/b")

    with graph.transaction():
        names.delete("b")
        names.set("c", 1)
    tracker.expect_batches("add/a/c,delete/a/b")


def test_state_from_elsewhere_comes_in_by_a_source_that_counts() -> None:
    """A source with a counter works as a recompute trigger: each new number runs its readers again."""
    graph = krt.Graph(on_failure="raise")
    trigger: krt.Source[str, int] = graph.source("trigger")
    elsewhere = ["one"]

    def read(ctx: krt.Context) -> str:
        ctx.get(trigger, "turn")
        return elsewhere[0]

    state = graph.singleton(read, name="state")
    assert not state.synced

    trigger.mark_synced()
    assert state.value == "one"
    for turn, value in enumerate(("two", "three")):
        elsewhere[0] = value
        trigger.set("turn", turn)
        assert state.value == value


def test_groups_of_a_merge_of_members_follow_all_of_them() -> None:
    """Clusters with services; merged by name over clusters, grouped by app: one update of the group per change."""
    graph = krt.Graph(on_failure="raise")
    clusters: krt.Source[str, krt.Collection[str, Any]] = graph.source("clusters", {})
    services = graph.flatten(
        clusters,
        name="services",
        combine=lambda many: (many[0][0], tuple(sorted({ip for _, ips in many for ip in ips}))),
    )
    groups = services.index(lambda service: [service[0]], name="app").group(name="groups")
    addresses = groups.map(lambda ctx, group: tuple(ip for _, ips in group for ip in ips), name="addresses")
    tracker = Tracker(addresses)

    with graph.before(services):
        east = graph.source("east", {"a": ("web", ("1", "2"))})
        west = graph.source("west", {"a": ("web", ("2", "3")), "b": ("web", ("4",))})
    clusters.set("east", east)
    tracker.expect_batches("add/web")
    clusters.set("west", west)
    tracker.expect_batches("update/web")
    assert addresses["web"] == ("1", "2", "3", "4")
    west.set("c", ("web", ("5",)))
    tracker.expect_batches("update/web")
    clusters.delete("east")
    tracker.expect_batches("update/web")
    clusters.delete("west")
    tracker.expect_batches("delete/web")


def test_credentials_that_rotate_never_drop_a_member() -> None:
    """Make before break: one change replaces the member when the new one is complete."""
    graph = krt.Graph(on_failure="raise")
    clusters: krt.Source[str, krt.Collection[str, int]] = graph.source("clusters", {})
    services = graph.flatten(clusters, name="services")
    with graph.before(services):
        old = graph.source("old", {"a": 1})
        new: krt.Source[str, int] = graph.source("new")
    clusters.set("east", old)
    tracker = Tracker(services)
    tracker.expect("add/a")

    graph.subscribe(lambda commit: clusters.set("east", new) if "new" in commit.synced else None, replay=False)
    new.set("a", 2)
    tracker.expect_silence()
    new.replace({"a": 2, "b": 3})
    tracker.expect_batches("add/b,update/a")


def test_a_filter_that_changes_adds_and_removes_what_it_is_about() -> None:
    """Objects of namespaces that are not selected are neither in the collection nor in its deltas."""
    graph = krt.Graph(on_failure="raise")
    objects = graph.source("objects", {("red", "a"): 1, ("blue", "b"): 2})
    namespaces = graph.source("namespaces", {"red": True, "blue": True})
    selected = objects.map(lambda ctx, value: value if ctx.get(namespaces, ctx.key[0]) else None, name="selected")
    tracker = Tracker(selected)
    tracker.expect("add/('red', 'a')", "add/('blue', 'b')")

    namespaces.set("blue", False)
    tracker.expect_batches("delete/('blue', 'b')")
    objects.set(("blue", "c"), 3)
    tracker.expect_silence()
    namespaces.set("blue", True)
    tracker.expect_batches("add/('blue', 'b'),add/('blue', 'c')")


def test_the_order_of_everything_is_the_same_under_every_hash_seed() -> None:
    """Iteration, lookups, deltas and drawings, in processes whose hashes differ."""
    code = """
import krt
graph = krt.Graph()
source = graph.source("source", {})
index = source.index(lambda text: set(text), name="letter")
groups = index.group(name="groups")
many = source.flat_map(lambda ctx, text: {letter: text for letter in sorted(text)}, name="many")
source.map(lambda ctx, text: ctx.lookup_all(index, sorted(set(text))), name="all")
graph.subscribe(lambda commit: print([(n, list(d.changes)) for n, d in commit.deltas.items()]), source, many)
source.replace({"one": "abc", "two": "bcd", "three": "cde"})
source.replace({"four": "abx", "two": "bc"})
print(list(source), list(many), index.lookup("c"), many.failures, krt.to_mermaid(graph))
"""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }

    assert len(outputs) == 1
