"""What is published, and to whom."""

import gc
from typing import Any

import pytest

from tests.support.protocol_script import DeltaRig, Rig
from xds_server.model.resource import (
    CLUSTER,
    LISTENER,
    PASS_THROUGH,
    ROUTE,
    RUNTIME,
    SECRET,
    Resource,
    TypeUrl,
    resource,
)
from xds_server.xds.cache.acceptance import Rejection
from xds_server.xds.cache.resource_cache import ResourceCache

ONE = resource("one", b"1")
TWO = resource("two", b"2")


def publish(store: ResourceCache, epoch: int = 1, **parts: Any) -> Any:
    return store.publish(epoch, **{"roles": {}, "shared": {}, "own": {}} | parts)


def names(store: ResourceCache, role: str, type_url: TypeUrl) -> list[str]:
    view = store.role_tables(role)
    assert view is not None
    return [item.name for item in view[type_url]]


def test_nothing_is_published_at_first() -> None:
    """Before the first publication there is no epoch and no role."""
    store = ResourceCache()

    assert store.epoch is None
    assert store.role_tables("shop/edge") is None


def test_roles_share_clusters_and_have_listeners_of_their_own() -> None:
    """A change of a cluster concerns everybody, one of a listener its role."""
    store = ResourceCache()

    changed = publish(
        store,
        epoch=7,
        roles={"a/a": True, "b/b": True},
        shared={CLUSTER: [(None, ONE)]},
        own={LISTENER: [("a/a", (None, TWO))]},
    )

    assert ({CLUSTER: frozenset({"one"})}, frozenset({"two"})) == (changed[0], changed[1]["a/a"][LISTENER])
    assert store.epoch == 7
    assert ["one"] == names(store, "a/a", CLUSTER) == names(store, "b/b", CLUSTER)
    assert (names(store, "a/a", LISTENER), names(store, "b/b", LISTENER)) == (["two"], [])
    assert store.count_resources()[LISTENER] == 1


def test_a_stream_reports_what_its_client_accepted_or_rejected() -> None:
    """Listeners are called with the event; names of a shared type concern all roles, those of a role's own that role."""
    store = ResourceCache()
    publish(store, roles={"a/a": True})
    heard: list[Any] = []
    store.on_acceptance_changed(lambda *event: heard.append(event))

    store.acceptance_changed("a/a", CLUSTER, frozenset({"one"}))

    assert heard == [("a/a", CLUSTER, frozenset({"one"}))]
    assert store.names_by_role(*heard[0]) == ({CLUSTER: frozenset({"one"})}, {})
    assert store.names_by_role("a/a", ROUTE, frozenset({"r"})) == ({}, {"a/a": {ROUTE: frozenset({"r"})}})
    assert store.names_by_role("a/a", ROUTE, frozenset()) == ({}, {})
    assert store.names_by_role("b/b", ROUTE, frozenset({"r"})) == ({}, {})


def test_what_is_carried_reaches_every_role() -> None:
    """Types that we derive nothing of are published like clusters, and counted once there are any."""
    store = ResourceCache()
    publish(store, roles={"a/a": True, "b/b": True})
    assert not set(PASS_THROUGH) & set(store.count_resources())

    changed = publish(store, shared={SECRET: [(None, ONE)]})

    assert {SECRET: frozenset({"one"})} == changed[0]
    assert ["one"] == names(store, "a/a", SECRET) == names(store, "b/b", SECRET)
    assert [] == names(store, "a/a", RUNTIME)
    assert 1 == store.count_resources()[SECRET]


def test_a_removed_resource_counts_as_changed() -> None:
    """What is gone is named, so that streams send the set without it."""
    store = ResourceCache()
    publish(store, shared={CLUSTER: [(None, ONE), (None, TWO)]})

    shared, _ = publish(store, shared={CLUSTER: [(ONE, None)]})

    assert frozenset({"one"}) == shared[CLUSTER]
    assert store.count_resources()[CLUSTER] == 1


def test_a_role_that_went_is_not_served_and_not_emptied() -> None:
    """Streams of a deleted Gateway keep what they were given; new ones are not admitted."""
    store = ResourceCache()
    publish(store, roles={"a/a": True}, own={LISTENER: [("a/a", (None, ONE))]})
    held = store.role_tables("a/a")
    assert held is not None

    _, by_role = publish(store, roles={"a/a": False}, own={LISTENER: [("a/a", (ONE, None))]})

    assert store.role_tables("a/a") is None
    assert by_role == {}
    assert [item.name for item in held[LISTENER]] == ["one"]


def test_a_role_that_comes_back_replaces_what_it_left() -> None:
    """Streams that outlived the role get its new resources, and lose those that are no more."""
    store = ResourceCache()
    publish(store, roles={"a/a": True}, own={LISTENER: [("a/a", (None, ONE))], ROUTE: [("a/a", (None, ONE))]})
    held = store.role_tables("a/a")
    publish(store, roles={"a/a": False})

    _, by_role = publish(store, roles={"a/a": True}, own={LISTENER: [("a/a", (None, TWO))]})

    assert held is store.role_tables("a/a")
    assert names(store, "a/a", LISTENER) == ["two"]
    assert {LISTENER: frozenset({"one", "two"}), ROUTE: frozenset({"one"})} == by_role["a/a"]


def test_a_resource_that_changes_its_name_leaves_no_ghost() -> None:
    """The old name is discarded, and both names count as changed."""
    store = ResourceCache()
    renamed: Resource = resource("three", b"1")
    publish(store, shared={CLUSTER: [(None, ONE)]})

    shared, _ = publish(store, shared={CLUSTER: [(ONE, renamed)]})

    assert frozenset({"one", "three"}) == shared[CLUSTER]
    assert store.count_resources()[CLUSTER] == 1


def test_the_first_publication_replaces_what_was_prepared() -> None:
    """In the same tables, so that who is served from them hears of all that changed and all that went."""
    store = ResourceCache()
    store.preload({CLUSTER: [ONE, TWO]}, {"a/a": {LISTENER: [ONE, TWO], ROUTE: [TWO]}, "b/b": {LISTENER: [ONE]}})
    view = store.prepared_tables("a/a")
    assert (store.role_tables("a/a"), store.epoch, len(view[CLUSTER]), len(view[LISTENER])) == (None, None, 2, 2)

    for_all, by_role = publish(
        store, roles={"a/a": True}, shared={CLUSTER: [(None, TWO)]}, own={LISTENER: [("a/a", (None, ONE))]}
    )

    assert store.role_tables("a/a") is view
    assert ([one.name for one in view[CLUSTER]], [one.name for one in view[LISTENER]]) == (["two"], ["one"])
    assert len(view[ROUTE]) == 0
    assert for_all[CLUSTER] == {"one", "two"}
    assert by_role["a/a"] == {LISTENER: {"one", "two"}, ROUTE: {"two"}}
    assert store.role_tables("b/b") is None


def test_rejections_are_told_with_their_role() -> None:
    """What was rejected of what roles share has no role; the rest is a Gateway's."""
    store = ResourceCache()
    publish(store, roles={"a/a": True}, shared={CLUSTER: [(None, ONE)]}, own={LISTENER: [("a/a", (None, TWO))]})
    view = store.role_tables("a/a")
    assert view is not None
    view[CLUSTER].acceptance.rejected(ONE, "proxy-1", "no")
    view[LISTENER].acceptance.rejected(TWO, "proxy-1", "neither")

    assert list(store.rejections()) == [
        (None, CLUSTER, Rejection("one", ONE.version, "proxy-1", "no")),
        ("a/a", LISTENER, Rejection("two", TWO.version, "proxy-1", "neither")),
    ]


def test_a_role_that_went_is_forgotten_unless_somebody_is_served_from_it() -> None:
    """Gateways that come and go leave nothing behind; a stream that outlives one has its tables when it comes back."""
    store = ResourceCache()
    publish(store, 1, roles={"a/b": True, "a/c": True})
    held = store.role_tables("a/b")
    publish(store, 2, roles={"a/b": False, "a/c": False})
    gc.collect()

    assert list(store._all_tables) == ["a/b"]
    assert store._by_role == {}
    publish(store, 3, roles={"a/b": True})
    assert store.role_tables("a/b") is held


def test_a_role_that_a_client_made_up_is_kept_for_it_alone() -> None:
    """Without a gate everybody is served, whatever role it names."""
    store = ResourceCache()
    publish(store)
    view = store.prepared_tables("made/up")
    assert store.prepared_tables("made/up") is view
    del view
    gc.collect()
    assert not list(store._all_tables)


@pytest.mark.parametrize("variant", [Rig, DeltaRig])
def test_what_clients_rejected_is_counted_by_stream_and_type(variant: type[Rig]) -> None:
    """All that is tried again is suspected, the culprit is refused in the end; a stream that goes counts no more."""
    store = ResourceCache()
    publish(store, roles={"a/a": True, "b/b": True}, shared={CLUSTER: [(None, ONE), (None, TWO)]})
    views = [store.role_tables("a/a"), store.role_tables("b/b")]
    assert views[0] is not None
    assert views[1] is not None
    rigs = [variant(view) for view in views if view is not None]
    assert not store.count_rejected()

    for rig in rigs:
        rig.run("ask CDS *\n-> CDS one two\nnack CDS")
    assert store.count_rejected() == {(CLUSTER, "suspected"): 4}

    for rig in rigs:
        while text := rig.sent():
            rig.run("nack CDS" if "one" in text else "ack CDS")
    assert store.count_rejected() == {(CLUSTER, "refused"): 2}

    rigs.pop()
    del rig
    gc.collect()
    assert store.count_rejected() == {(CLUSTER, "refused"): 1}

    mended = resource("one", b"mended")
    changed = publish(store, epoch=2, shared={CLUSTER: [(ONE, mended)]})
    rigs[0].stream.tables_changed(changed[0])
    rigs[0].run("-> CDS one two" if variant is Rig else "-> CDS one")
    rigs[0].run("ack CDS")
    assert not store.count_rejected()
