"""What a server, or something in between, can say and do on the wire, to order: the source survives each of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from probes import Degraded
from tests.support.api_server.follower import Follower, following
from tests.support.api_server.server import ApiServer, Fault, line, status
from tests.support.api_server.worlds import FakeWorld, fake_world
from xds_server.model.source_state import Phase
from xds_server.readiness import layers


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[FakeWorld]:
    """A server with the Services a, b and c."""
    async with fake_world(tmp_path) as it:
        for name in "abc":
            await it.put("services", service(name))
        yield it


@pytest.fixture
def api(world: FakeWorld) -> ApiServer:
    return world.api


def service(name: str, port: int = 80) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": port}]}}


def at(version: int, name: str, port: int = 80) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "resourceVersion": str(version)}
    return {**service(name, port), "metadata": metadata}


def names(it: Follower) -> str:
    return "".join(sorted(key.removeprefix("default/") for key in it.sources["services"]))


@asynccontextmanager
async def watching(world: FakeWorld, **more: bool) -> AsyncIterator[Follower]:
    """A follower that has listed all kinds, and has an open watch on each."""
    async with following(world.kubeconfig, **more) as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED})
        await world.put("services", service("w"))
        await it.until(lambda: "w" in names(it))
        yield it


async def follows(world: FakeWorld, it: Follower, seconds: float = 10) -> None:
    """That a change still arrives, that all kinds are well in time, and that nothing else is there than on the server."""
    await world.put("services", service("z"))
    await it.until(lambda: "z" in names(it), 10)
    await it.until(lambda: it.phases() == {Phase.SYNCED}, seconds)
    assert set(it.sources["services"]) == set(world.api.store.objects["services"])


@pytest.mark.parametrize(
    "answer",
    [
        lambda: status(410, "too old"),
        lambda: status(500),
        lambda: status(504, "Too large resource version"),
        lambda: status(429, headers={"Retry-After": "0"}),
        lambda: status(503),
        lambda: web.Response(status=502, text="<html>Bad Gateway</html>"),
        lambda: web.Response(status=404, text="<html>Not Found</html>"),
        lambda: web.Response(text="<html>Welcome</html>"),
        lambda: None,
    ],
    ids=["410", "500", "504", "429", "503", "502 html", "404 html", "200 html", "cut"],
)
@pytest.mark.parametrize("verb", ["list", "watch"])
async def test_a_refused_request_ends_nothing(world: FakeWorld, api: ApiServer, answer: Any, verb: str) -> None:
    """Once for each kind, be it the list or the watch: all are synced, and follow."""
    for plural in api.served:
        api.faults.append(Fault(answer, plural, verb))
    async with following(world.kubeconfig) as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED})
        await follows(world, it)
        assert not any(fault.times for fault in api.faults if fault.plural == "services")


@pytest.mark.parametrize(
    ("said", "lists"),
    [
        ([line("ERROR", {"kind": "Status", "code": 410, "message": "too old"})], 2),
        ([line("ERROR", {"kind": "Status", "code": 500, "message": "etcd"})], 2),
        ([b"<html>\n"], 2),
        ([line("ADDED", at(9000, "ghost"))[:-20]], 1),
        ([], 1),
        ([line("SURPRISE", at(14, "w"))], 1),
        ([line("ADDED", at(3, "ghost"))], 2),
        ([line("DELETED", at(11, "a"))], 2),
    ],
    ids=["410 event", "500 event", "garbage", "half a line", "end", "unknown type", "out of order", "old deletion"],
)
async def test_whatever_a_watch_says_and_however_it_ends_it_goes_on(
    world: FakeWorld, api: ApiServer, said: list[bytes], lists: int
) -> None:
    """From where it was, if that is known; else from a new list. Nothing is invented, and nothing is lost."""
    async with watching(world) as it:
        api.say("services", *said)
        api.end("services")
        await it.until(lambda: it.state("services").restarts == 1)
        world.api.store.delete("services", "default/b")
        await it.until(lambda: names(it) == "acw", 10)
        await follows(world, it)
        assert it.state("services").lists == lists


async def test_a_watch_that_is_cut_goes_on_where_it_was(world: FakeWorld, api: ApiServer) -> None:
    """No list, and no event twice."""
    async with watching(world) as it:
        commits = it.commits
        api.cut("services")
        await it.until(lambda: it.state("services").restarts == 1)
        await follows(world, it)
        assert (it.state("services").lists, it.commits) == (1, commits + 1)


async def test_a_list_that_breaks_off_leaves_no_ghost(world: FakeWorld, api: ApiServer) -> None:
    """What was on its first page, and is deleted before it is listed again, was never there."""
    api.page_limit = 1

    def delete_and_cut() -> None:
        if "default/a" in api.store.objects["services"]:
            api.store.delete("services", "default/a")

    # Twice: of a connection that was used before, aiohttp asks a second time by itself.
    api.faults.append(Fault(delete_and_cut, "services", "list", page=1, times=2))
    async with following(world.kubeconfig) as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED})
        assert names(it) == "bc"
        await follows(world, it)


async def test_a_page_that_has_expired_begins_the_list_anew(world: FakeWorld, api: ApiServer) -> None:
    """The server has forgotten the version that the first page was of."""
    api.page_limit = 1
    api.faults.append(Fault(lambda: status(410, "continue token expired"), "services", "list", page=1))
    async with following(world.kubeconfig) as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED})
        assert names(it) == "abc"
        assert api.count("services", "list") == 2 + 3
        assert it.state("services").failures == 0


async def test_a_list_that_is_allowed_and_a_watch_that_is_not(world: FakeWorld, api: ApiServer) -> None:
    """Listed, then stale with what is missing; allowed, it follows, and had not to be listed again."""
    api.forbidden.add(("services", "watch"))
    async with following(world.kubeconfig) as it:
        await it.until(lambda: it.state("services").phase is Phase.STALE)
        assert (it.state("services").code, names(it)) == (403, "abc")
        assert "may not watch services" in it.state("services").message

        api.forbidden.clear()
        await follows(world, it)
        assert it.state("services").lists == 1


async def test_a_server_that_forgot_is_not_called_synced_before_the_new_list(world: FakeWorld, api: ApiServer) -> None:
    """It agrees to a watch from where we were, and takes it back by the first event."""
    async with watching(world) as it:
        await world.stop()
        await it.until(lambda: it.state("services").phase is Phase.STALE)
        await world.forget()
        api.forbidden.add(("services", "list"))
        await world.start()
        await it.until(lambda: it.state("services").code == 403)
        assert [Phase.SYNCED, Phase.STALE] == it.phases_seen["services"][-2:]
        api.forbidden.clear()
        await follows(world, it)
        assert [Phase.SYNCED, Phase.STALE, Phase.SYNCED] == it.phases_seen["services"][-3:]


async def test_a_crd_of_which_not_every_server_knows_yet_is_followed_once_they_do(
    world: FakeWorld, api: ApiServer
) -> None:
    """What serves a kind lags behind its CRD, and behind one address there may be several servers."""
    await world.uninstall("httproutes")
    async with following(world.kubeconfig, "httproutes") as it:
        await it.until(lambda: it.state("httproutes").phase is Phase.ABSENT)
        api.served["httproutes"] = {"v1beta1"}  # first one version, then the other
        await world.put("httproutes", {"metadata": {"name": "a"}, "spec": {}})
        await it.until(lambda: set(it.sources["httproutes"]) == {"default/a"})

        api.faults += [Fault(lambda: status(404), "httproutes", verb, times=2) for verb in ("watch", "list")]
        api.served["httproutes"] = {"v1", "v1beta1"}
        api.end("httproutes")
        await it.until(lambda: not any(fault.times for fault in api.faults))

        await world.put("httproutes", {"metadata": {"name": "b"}, "spec": {}})
        await it.until(lambda: "default/b" in it.sources["httproutes"], 10)
        assert {"default/a", "default/b"} == set(it.sources["httproutes"])
        assert Phase.ABSENT not in it.phases_seen["httproutes"][2:]
        await follows(world, it)


async def test_a_busy_server_is_given_the_time_that_it_asks_for(world: FakeWorld, api: ApiServer) -> None:
    """Retry-After is shown, and kept."""
    api.faults.append(Fault(lambda: status(429, headers={"Retry-After": "1"}), "services", "list"))
    async with following(world.kubeconfig) as it:
        await it.until(lambda: it.state("services").phase is Phase.ERROR)
        failed = it.state("services").since
        assert (it.state("services").code, it.state("services").retry_seconds) == (429, 1.0)
        await it.until(lambda: it.state("services").phase is Phase.SYNCED)
        assert it.state("services").started - failed >= 1.0


async def test_a_login_that_fails_for_a_while_is_tried_again(world: FakeWorld) -> None:
    """No token yet: no exit, and the reason is shown."""
    token = world.kubeconfig.parent / "token"
    token.unlink()
    async with following(world.kubeconfig) as it:
        await it.until(lambda: it.phases() == {Phase.ERROR} and it.state("services").failures > 1)
        assert "no credentials" in it.state("services").message
        await world.restore_token()
        await it.until(lambda: it.phases() == {Phase.SYNCED})


async def test_a_watch_that_is_always_ended_at_once_is_not_hammered(world: FakeWorld, api: ApiServer) -> None:
    """Something in between ends each at once: it is shown, every try waits longer, and changes are found all the same."""
    async with watching(world) as it:
        fault = Fault(web.Response, "services", "watch", times=4)
        api.faults.append(fault)
        api.end("services")
        await it.until(lambda: it.state("services").restarts == 1 + 4)
        assert (
            "ends within 1 s: check the proxies between this server and the API server" in it.state("services").message
        )
        await follows(world, it, 20)  # once a watch has stood for a while
        assert it.state("services").lists == 1


async def test_watches_that_fail_after_good_lists_are_shown_and_not_hammered(world: FakeWorld, api: ApiServer) -> None:
    """Each kind in its own way, for ever: stale, with the reason, while a good kind follows; and all heal."""
    async with watching(world) as it:
        faults = [
            Fault(lambda: status(500, "no etcd"), "gateways", "watch", times=10**6),
            Fault(lambda: status(410, "too old"), "httproutes", "watch", times=10**6),
            Fault(lambda: web.Response(text="<html>Welcome</html>\n"), "endpointslices", "watch", times=10**6),
        ]
        api.faults += faults
        kinds = [fault.plural for fault in faults]
        for plural in kinds:
            api.end(plural)
        await it.until(lambda: all(it.state(plural).lists > 4 for plural in kinds))
        before = {plural: it.state(plural).lists for plural in kinds}
        await it.until(lambda: all((it.state(plural).retry_seconds or 0) > 1.0 for plural in kinds), 10)
        for plural, said in zip(kinds, ("no etcd", "too old", "does not parse"), strict=True):
            assert it.state(plural).lists - before[plural] <= 2
            assert said in it.state(plural).message
            assert it.state(plural).phase is Phase.STALE
            verdict = layers.of_source(it.state(plural))
            assert isinstance(verdict, Degraded)
            assert said in verdict.reason
        await world.put("services", service("x"))
        await it.until(lambda: "x" in names(it))

        for fault in faults:
            fault.times = 0
        await follows(world, it, 20)


async def test_bookmarks_move_us_on(world: FakeWorld, api: ApiServer) -> None:
    """A kind of which nothing happened is not too old when all others have moved on."""
    api.bookmark_seconds = 0.05
    async with watching(world) as it:
        for _ in range(3):
            await world.put("gateways", {"metadata": {"name": "g"}, "spec": {"gatewayClassName": "x"}})
        await api.told("httproutes")
        api.store.oldest = api.store.version
        api.end("httproutes")
        await it.until(lambda: it.state("httproutes").restarts == 1)
        await follows(world, it)
        assert it.state("httproutes").lists == 1


async def test_a_server_without_streamed_lists_is_listed_in_pages(world: FakeWorld, api: ApiServer) -> None:
    """It is asked once, and the refusal is no failure."""
    api.streams = False
    async with watching(world, streamed=True) as it:
        assert (it.state("services").failures, api.count("services", "list")) == (0, 1)
        await follows(world, it)


async def test_a_burst_of_changes_is_a_bounded_number_of_transactions(world: FakeWorld, api: ApiServer) -> None:
    """At most one for each change, and none for what changes nothing that we read."""
    async with watching(world) as it:
        commits = it.commits
        for i in range(200):
            await world.put("services", service(f"burst-{i % 10}", 80 + i))
        await it.until(lambda: set(it.sources["services"]) == set(api.store.objects["services"]))
        await follows(world, it)
        assert it.commits - commits <= 201
        seen = {key: value.ports[0].port for key, value in it.sources["services"].items()}
        assert seen == {key: obj["spec"]["ports"][0]["port"] for key, obj in api.store.objects["services"].items()}

        commits = it.commits
        for i in range(20):
            labelled = service("a")
            labelled["metadata"]["labels"] = {"turn": str(i)}
            await world.put("services", labelled)
        await world.put("services", service("last"))
        await it.until(lambda: "default/last" in it.sources["services"])
        assert it.commits - commits == 1


async def test_some_namespaces_alone_are_followed(world: FakeWorld, api: ApiServer) -> None:
    """Each with lists and watches of its own; nothing of the others is asked for."""
    for name, namespace in (("x", "one"), ("x", "two"), ("x", "three")):
        await world.put("services", {**service(name), "metadata": {"name": name, "namespace": namespace}})
    async with following(world.kubeconfig, namespaces=("one", "two")) as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED})
        assert set(it.sources["services"]) == {"one/x", "two/x"}
        await world.put("services", {**service("y"), "metadata": {"name": "y", "namespace": "two"}})
        await it.until(lambda: "two/y" in it.sources["services"])
        api.store.delete("services", "one/x")
        await it.until(lambda: set(it.sources["services"]) == {"two/x", "two/y"})
        assert it.state("services").objects == 2
        assert (api.count("services", "list"), api.count("services", "watch")) == (2, 2)
