"""Secrets and ConfigMaps from an API server: only those that somebody refers to, whatever happens on the way."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.support.api_server.follower import Follower, following
from tests.support.api_server.server import ApiServer, Fault, status
from tests.support.api_server.worlds import FakeWorld, RealWorld, World, fake_world
from tests.support.kube_cluster import Kube
from xds_server.model.objects import Content, Reference
from xds_server.model.references import ABSENT
from xds_server.model.source_state import Phase, Problem

CERT = Reference("secrets", "default/cert")
AUTHORITIES = Reference("configmaps", "default/ca")
NAMES = {"gateways": "edge", "secrets": "cert", "configmaps": "ca"}


@pytest.fixture
async def fake(tmp_path: Path) -> AsyncIterator[FakeWorld]:
    async with fake_world(tmp_path) as it:
        yield it


@pytest.fixture
def api(fake: FakeWorld) -> ApiServer:
    return fake.api


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.kube)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "fake":
        async with fake_world(tmp_path) as it:
            yield it
        return
    kube: Kube = request.getfixturevalue("kube")
    real = RealWorld(kube, tmp_path)
    await real.open()
    for plural in ("secrets", "configmaps"):
        await real.allow(plural)
    yield real
    for plural, name in NAMES.items():
        await asyncio.to_thread(kube.run, "delete", plural, name, "--ignore-not-found")
    await real.relay.cut()
    await real.close()


def gateway(*certificates: str, authorities: str = "") -> dict[str, Any]:
    tls = {"certificateRefs": [{"name": name} for name in certificates]}
    listener = {"name": "https", "port": 443, "protocol": "HTTPS", "tls": tls}
    spec: dict[str, Any] = {"gatewayClassName": "xds-server", "listeners": [listener]}
    if authorities:
        reference = {"name": authorities, "group": "", "kind": "ConfigMap"}
        spec["tls"] = {"frontend": {"default": {"validation": {"caCertificateRefs": [reference]}}}}
    return {"metadata": {"name": "edge"}, "spec": spec}


def secret(key: str = "hunter2", name: str = "cert") -> dict[str, Any]:
    encoded = {"tls.crt": "Y2VydA==", "tls.key": base64.b64encode(key.encode()).decode()}
    return {"metadata": {"name": name}, "type": "kubernetes.io/tls", "data": encoded}


def contents(it: Follower) -> dict[Reference, Any]:
    assert it.references is not None
    return dict(it.references.contents)


def problems(it: Follower) -> list[Problem]:
    return [problem for problem in it.tracker.problems if problem.source == "contents"]


def key(it: Follower) -> bytes | None:
    found = contents(it).get(CERT)
    return found["tls.key"] if isinstance(found, Content) else None


@pytest.mark.parametrize("streamed", [False, True], ids=["pages", "streams"])
async def test_the_content_follows_who_refers_to_it_and_the_secret(
    world: World, caplog: pytest.LogCaptureFixture, streamed: bool
) -> None:
    """Absent, there, changed, gone, there again, and no longer referred to; and no line of the log shows it."""
    caplog.set_level(logging.DEBUG)
    async with following(world.kubeconfig, referring=True, streamed=streamed) as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED})
        assert "secrets" not in it.tracker.states

        await world.put("gateways", gateway("cert", authorities="ca"))
        await it.until(lambda: contents(it) == {CERT: ABSENT, AUTHORITIES: ABSENT})
        await it.until(lambda: it.state("secrets").phase is Phase.SYNCED)

        await world.put("secrets", secret())
        await world.put("configmaps", {"metadata": {"name": "ca"}, "data": {"ca.crt": "ca"}})
        await it.until(lambda: key(it) == b"hunter2" and contents(it).get(AUTHORITIES) == Content({"ca.crt": b"ca"}))
        await world.put("secrets", secret("hunter3"))
        await it.until(lambda: key(it) == b"hunter3")
        await world.delete("secrets", "cert")
        await it.until(lambda: contents(it).get(CERT) is ABSENT)
        await world.put("secrets", secret("hunter4"))
        await it.until(lambda: key(it) == b"hunter4")

        await world.put("gateways", gateway("other"))
        await it.until(lambda: contents(it) == {Reference("secrets", "default/other"): ABSENT})
        assert it.references is not None
        await it.until(lambda: it.references is not None and not it.references.fetched)
    assert not [record for record in caplog.records if "hunter" in record.getMessage()]


async def test_a_secret_that_may_not_be_read_is_shown_and_healed(world: World) -> None:
    """What is served does not wait for it; the message has the rule that is missing."""
    await world.forbid("secrets")
    await world.put("secrets", secret())
    await world.put("gateways", gateway("cert"))
    async with following(world.kubeconfig, referring=True) as it:
        await it.until(lambda: "secrets" in it.tracker.states and it.state("secrets").phase is Phase.FORBIDDEN)
        assert "resources: [secrets], verbs: [get, list, watch]" in it.state("secrets").message
        assert not it.state("secrets").required
        assert contents(it) == {}

        await world.allow("secrets")
        await it.until(lambda: key(it) == b"hunter2")


async def test_nothing_is_asked_for_that_nobody_refers_to(fake: FakeWorld, api: ApiServer) -> None:
    """Without references neither kind; with one, metadata of that kind, and the content of that one, once."""
    for name in ("cert", "other", "third"):
        await fake.put("secrets", secret(name=name))
    async with following(fake.kubeconfig, referring=True) as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED})
        assert not {"secrets", "configmaps"} & {asked.plural for asked in api.asked}

        await fake.put("gateways", gateway("cert"))
        await it.until(lambda: key(it) == b"hunter2")
        await fake.put("secrets", secret("again", name="other"))
        await fake.put("secrets", secret("again"))
        await it.until(lambda: key(it) == b"again")

        asked = sorted((one.verb, one.name, one.metadata) for one in api.asked if one.plural == "secrets")
        assert [*[("get", "cert", False)] * 2, ("list", "", True), ("watch", "", True)] == asked
        assert "configmaps" not in {one.plural for one in api.asked}


@pytest.mark.parametrize(
    "answer",
    [
        lambda: status(403, "secrets is forbidden"),
        lambda: status(404),
        lambda: status(500),
        lambda: status(429, headers={"Retry-After": "0"}),
        lambda: None,
    ],
    ids=["403", "404", "500", "429", "cut"],
)
async def test_a_content_that_cannot_be_fetched_keeps_the_last_one_and_is_tried_again(
    fake: FakeWorld, api: ApiServer, answer: Any
) -> None:
    """Unknown before it was fetched once, the last one after that; the others are not kept waiting."""
    await fake.put("secrets", secret())
    await fake.put("secrets", secret(name="other"))
    await fake.put("gateways", gateway("cert", "other"))
    async with following(fake.kubeconfig, referring=True) as it:
        await it.until(lambda: key(it) == b"hunter2" and len(contents(it)) == 2)
        api.faults.append(Fault(answer, "secrets", "get", times=2))
        await fake.put("secrets", secret("new"))
        await it.until(lambda: not api.faults[0].times)
        await it.until(lambda: key(it) == b"new")
        assert problems(it) == []
        assert it.references is not None
        assert it.references.counts() == {"resolved": 2, "missing": 0, "pending": 0}


@pytest.mark.parametrize(
    "body",
    [
        b'{"metadata":' + b'{"a":' * 100_000,
        b'{"metadata":{"name":"cert"},"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"metadata":{"name":"cert"},"data":{"tls.key":"hunter3!"}}',
        b'{"metadata":{"name":"cert"},"data":{"tls.key":["hunter3"]}}',
        b'{"metadata":{"name":"cert"},"data":{"tls.key":"\xff\xfehunter3"}}',
        b'{"metadata":{"name":"\\ud800"},"data":{"tls.key":"aHVudGVyMw=="}}',
        b"[]", b"null", b"{}", b"", b"hunter3", b"\0",
    ],
)  # fmt: skip
async def test_whatever_a_content_is_it_costs_itself(
    fake: FakeWorld, api: ApiServer, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a problem, the last one stays, the others are fetched, and nothing of it is shown."""
    caplog.set_level(logging.DEBUG)
    await fake.put("secrets", secret())
    await fake.put("gateways", gateway("cert"))
    async with following(fake.kubeconfig, referring=True) as it:
        await it.until(lambda: key(it) == b"hunter2")
        api.faults.append(Fault(lambda: web.Response(body=body, content_type="application/json"), "secrets", "get"))
        await fake.put("secrets", secret("new"))
        await it.until(lambda: bool(problems(it)))
        await fake.put("secrets", secret("other", name="other"))
        await fake.put("gateways", gateway("cert", "other"))
        await it.until(lambda: len(contents(it)) == 2)
        assert "hunter3" not in caplog.text + str(it.tracker.problems)

        await fake.put("secrets", secret("newer"))
        await it.until(lambda: key(it) == b"newer" and not problems(it))


async def test_what_is_not_known_yet_is_not_absent(fake: FakeWorld, api: ApiServer) -> None:
    """As long as it may not be got: a problem names the object, and says what to add."""
    api.forbidden.add(("secrets", "get"))
    await fake.put("secrets", secret())
    await fake.put("gateways", gateway("cert", "none"))
    async with following(fake.kubeconfig, referring=True) as it:
        await it.until(lambda: bool(problems(it)))
        (problem,) = problems(it)
        assert problem.object == "Secret default/cert"
        assert "may not get secrets: add this to the rules" in problem.message
        assert contents(it) == {Reference("secrets", "default/none"): ABSENT}

        api.forbidden.clear()
        await it.until(lambda: key(it) == b"hunter2")
        assert problems(it) == []


async def test_with_some_namespaces_alone_metadata_are_asked_for_in_those(fake: FakeWorld, api: ApiServer) -> None:
    """The kind is as well as the worst of them."""
    await fake.put("secrets", secret())
    await fake.put("gateways", gateway("cert"))
    api.faults.append(Fault(lambda: status(500), "secrets", "list"))
    async with following(fake.kubeconfig, namespaces=("default", "other"), referring=True) as it:
        await it.until(lambda: key(it) == b"hunter2" and it.state("secrets").phase is Phase.SYNCED)

        assert it.state("secrets").failures == 1
        assert api.count("secrets", "list") == 3
