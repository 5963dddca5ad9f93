"""What can befall an API server, and what the source makes of it: the same on one to order and on the real one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_server.follower import Follower, following
from tests.support.api_server.worlds import RealWorld, World, fake_world
from xds_server.model.source_state import Phase
from xds_server.providers.kubernetes import informer, keepalive


@pytest.fixture(params=["to order", pytest.param("real", marks=pytest.mark.kube)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Both clusters in turn; at first everything is there, and we may read it."""
    if request.param == "to order":
        async with fake_world(tmp_path) as fake:
            yield fake
        return
    real = RealWorld(request.getfixturevalue("kube"), tmp_path)
    await real.open()
    yield real
    await real.relay.cut()
    for kind in ("services", "gateways"):
        await real._run("delete", kind, "-l", "scenario=it", "--ignore-not-found")
    await real.close()


def service(name: str, port: int = 80) -> dict[str, Any]:
    ports = [{"name": "web", "port": port, "protocol": "TCP", "targetPort": port}]
    return {
        "metadata": {"name": name, "labels": {"scenario": "it"}},
        "spec": {"clusterIP": "None", "ports": ports},
    }


def gateway(name: str) -> dict[str, Any]:
    listeners = [{"name": "http", "port": 80, "protocol": "HTTP"}]
    spec = {"gatewayClassName": "xds-server", "listeners": listeners}
    return {"metadata": {"name": name, "labels": {"scenario": "it"}}, "spec": spec}


def ours(it: Follower) -> dict[str, int]:
    """Services of ours, with their port."""
    return {
        key.removeprefix("default/"): value.ports[0].port
        for key, value in it.sources["services"].items()
        if key != "default/kubernetes"
    }


async def synced(it: Follower, seconds: float = 40) -> None:
    await it.until(lambda: it.phases() == {Phase.SYNCED}, seconds)


@pytest.mark.parametrize("streamed", [False, True])
async def test_what_is_there_is_listed_and_changes_follow(world: World, streamed: bool) -> None:
    """In pages or as a stream; a kind of which there is nothing is listed, too."""
    await world.put("services", service("a"))
    async with following(world.kubeconfig, streamed=streamed) as it:
        await synced(it)
        assert ours(it) == {"a": 80}
        assert it.state("httproutes").objects == 0
        assert it.state("httproutes").known
        assert it.state("services").restarts == 0

        await world.put("services", service("a", 81))
        await world.put("services", service("b"))
        await it.until(lambda: ours(it) == {"a": 81, "b": 80})
        await world.delete("services", "a")
        await it.until(lambda: ours(it) == {"b": 80})
        assert it.phases_seen["services"] in (
            [Phase.PENDING, Phase.LISTING, Phase.SYNCED],
            [Phase.PENDING, Phase.SYNCED],
        )


@pytest.mark.parametrize("streamed", [False, True])
async def test_what_happens_while_the_server_is_gone_and_forgets_is_found_by_the_next_list(
    world: World, streamed: bool
) -> None:
    """Deleted, changed, added, and made anew under the same name: nothing is lost, and no ghost stays."""
    for name in ("stays", "changes", "goes", "anew"):
        await world.put("services", service(name))
    await world.put("gateways", gateway("only"))
    async with following(world.kubeconfig, streamed=streamed) as it:
        await synced(it)
        await world.relay.cut()
        await it.until(lambda: it.phases() == {Phase.STALE})

        await world.put("services", service("changes", 81))
        await world.delete("services", "goes")
        await world.delete("services", "anew")
        await world.put("services", service("anew", 82))
        await world.put("services", service("comes"))
        await world.delete("gateways", "only")
        await world.forget()
        assert set(ours(it)) == {"stays", "changes", "goes", "anew"}
        await world.relay.start()

        await it.until(lambda: {state.lists for state in it.tracker.states.values()} == {2}, seconds=40)
        await synced(it)
        assert ours(it) == {"stays": 80, "changes": 81, "anew": 82, "comes": 80}
        assert len(it.sources["gateways"]) == 0


async def test_a_permission_that_is_missing_or_taken_back_is_shown_and_healed(world: World) -> None:
    """At the start: forbidden within 5 s, with what to add; while serving: stale. The other kinds live on."""
    await world.forbid("gateways")
    async with following(world.kubeconfig) as it:
        await it.until(lambda: it.state("gateways").phase is Phase.FORBIDDEN, seconds=5)
        assert (it.state("gateways").code, it.state("gateways").known) == (403, False)
        assert "verbs: [list, watch]}" in it.state("gateways").message
        assert it.state("gateways").retry_seconds is not None
        await it.until(lambda: it.state("services").phase is Phase.SYNCED)

        await world.allow("gateways")
        await synced(it)
        await world.put("gateways", gateway("one"))
        await it.until(lambda: len(it.sources["gateways"]) == 1)


async def test_a_crd_comes_and_goes_and_comes_back(world: World) -> None:
    """Optional: known to be empty while it is away; and its first object is there within seconds."""
    await world.uninstall("httproutes")
    try:
        async with following(world.kubeconfig, "httproutes") as it:
            await it.until(lambda: it.phases() == {Phase.SYNCED, Phase.ABSENT})
            assert it.state("httproutes").known
            for _ in range(2):
                await world.install("httproutes")
                await world.put("httproutes", {"metadata": {"name": "r"}, "spec": {}})
                await it.until(lambda: len(it.sources["httproutes"]) == 1)
                await world.put("httproutes", {"metadata": {"name": "s"}, "spec": {}})
                await it.until(lambda: len(it.sources["httproutes"]) == 2)  # by the watch, or just before it
                await world.delete("httproutes", "s")
                await it.until(lambda: len(it.sources["httproutes"]) == 1)  # by the watch
                await world.uninstall("httproutes")
                await it.until(lambda: it.state("httproutes").phase is Phase.ABSENT)
                assert len(it.sources["httproutes"]) == 0
    finally:
        await world.install("httproutes")


async def test_a_server_that_is_down_at_the_start_is_waited_for(world: World) -> None:
    """Nothing is known meanwhile, and nothing ends."""
    await world.put("services", service("a"))
    await world.stop()
    async with following(world.kubeconfig) as it:
        try:
            await it.until(lambda: it.phases() == {Phase.ERROR} and it.state("services").failures > 2)
            assert not any(source.synced for source in it.sources.values())
        finally:
            await world.start()
        await synced(it)
        assert ours(it) == {"a": 80}


async def test_a_server_that_goes_away_while_we_serve_takes_nothing_with_it(world: World) -> None:
    """Stale, with the reason, and everything stays; back again, changes follow."""
    await world.put("services", service("a"))
    async with following(world.kubeconfig) as it:
        await synced(it)
        await world.stop()
        try:
            await it.until(lambda: it.phases() == {Phase.STALE} and "cannot reach" in it.state("services").message)
            assert ours(it) == {"a": 80}
        finally:
            await world.start()
        await synced(it)
        await world.put("services", service("b"))
        await it.until(lambda: ours(it) == {"a": 80, "b": 80})


async def test_a_token_that_is_refused_is_shown_and_a_new_one_heals(world: World) -> None:
    """It is read anew from its file, as a rotating one must be."""
    async with following(world.kubeconfig) as it:
        await synced(it)
        await world.spoil_token()
        await it.until(lambda: it.phases() == {Phase.STALE} and it.state("services").code == 401, seconds=40)
        assert "renew the credentials" in it.state("services").message

        await world.restore_token()
        await synced(it)
        await world.put("services", service("a"))
        await it.until(lambda: ours(it) == {"a": 80})


async def test_a_frozen_server_is_noticed_and_deletes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connections stay open and silent: after a time we list again, which fails; when it thaws, we follow."""
    monkeypatch.setattr(informer, "SILENCE_SECONDS", 1.5)
    async with following(world.kubeconfig) as it:
        await synced(it)
        await world.put("services", service("a"))
        await it.until(lambda: ours(it) == {"a": 80})  # the watch is there, not only the list
        await world.freeze()
        try:
            await it.until(lambda: it.state("services").ended == "idle_timeout")
            assert ours(it) == {"a": 80}
        finally:
            await world.thaw()
        await world.put("services", service("b"))
        await it.until(lambda: ours(it) == {"a": 80, "b": 80}, seconds=40)


async def test_a_frozen_server_is_noticed_before_its_watches_are_silent_for_long(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something small is asked: stale, with the reason; once it answers, the watches go on, and nothing is listed."""
    monkeypatch.setattr(keepalive, "QUIET_SECONDS", 1.0)
    monkeypatch.setattr(keepalive, "ANSWER_SECONDS", 1.0)
    async with following(world.kubeconfig) as it:
        await synced(it)
        await world.put("services", service("a"))
        await it.until(lambda: ours(it) == {"a": 80})
        lists = {plural: state.lists for plural, state in it.tracker.states.items()}
        await world.freeze()
        try:
            await it.until(lambda: it.phases() == {Phase.STALE}, seconds=10)
            assert "no answer within 1 s" in it.state("services").message
            assert ours(it) == {"a": 80}
        finally:
            await world.thaw()
        await world.put("services", service("b"))
        await it.until(lambda: ours(it) == {"a": 80, "b": 80}, seconds=10)
        await synced(it)
        assert {plural: state.lists for plural, state in it.tracker.states.items()} == lists


async def test_after_an_outage_all_kinds_are_back_soon_after_the_first(world: World) -> None:
    """Each waits for its next try by then, some for long: the first that gets an answer wakes the others."""
    async with following(world.kubeconfig) as it:
        await synced(it)
        await world.relay.cut()
        await it.until(lambda: all((state.retry_seconds or 0) > 3.0 for state in it.tracker.states.values()))
        await world.relay.start()
        await synced(it)
        since = [state.since for state in it.tracker.states.values()]
        assert max(since) - min(since) < 3.0
