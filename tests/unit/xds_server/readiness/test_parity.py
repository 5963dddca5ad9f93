"""The parity gate: what is compared, and how long a replica waits for a peer to agree."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from probes import Passed, Waiting
from tests.support import builders
from tests.unit.xds_server.readiness.test_publisher import Rig
from xds_server.observability.client import ControlPlaneError
from xds_server.readiness.parity import Digests, Parity, differences, digests_of
from xds_server.xds.cache.resource_cache import ResourceCache


def cache(*, endpoint: str = "10.0.0.1", gateway: str = "shop/edge") -> ResourceCache:
    rig = Rig()
    rig.list("endpointslices", "gateways")
    rig.pipeline.sources["gateways"].replace({gateway: builders.gateway(key=gateway)})
    rig.pipeline.sources["endpointslices"].replace({"shop/cart-1": builders.slice_(endpoint)})
    return rig.cache


class Peer:
    """Answers as a replica does that publishes *its*."""

    def __init__(self, its: ResourceCache, instance: str = "peer") -> None:
        self.its = its
        self.instance = instance
        self.paths: list[str] = []

    def __call__(self, url: str, path: str) -> Any:
        self.paths.append(path)
        digests = Digests(self.instance, self.its.epoch, digests_of(self.its, resources="?resources" in path))  # type: ignore[arg-type]
        return msgspec.json.decode(msgspec.json.encode(digests))


def parity(asked: Callable[[str, str], object], *, seconds: float = 0) -> Parity:
    return Parity("http://peer", seconds, cache(), instance="we", request=asked)


async def test_equal_is_ready_at_once() -> None:
    """One small question; contents were never compared one by one."""
    peer = Peer(cache())
    one = parity(peer, seconds=60)
    assert isinstance(one.verdict(), Waiting)
    one.begin()

    assert await one.run() == "equal"
    assert peer.paths == ["/debug/digests"]
    assert one.verdict() == Passed("equal")


async def test_nothing_is_asked_before_everything_is_published() -> None:
    """A comparison with what is not known yet would say nothing."""
    peer = Peer(cache())
    task = asyncio.create_task(parity(peer).run())
    await asyncio.sleep(0)
    task.cancel()

    assert peer.paths == []


async def test_a_difference_is_named_and_holds_readiness_for_a_bounded_time() -> None:
    """The replica goes on when the time is up, and says so."""
    one = parity(Peer(cache(endpoint="10.0.0.2")))
    one.begin()

    assert await one.run() == "different"
    assert [(each.role, each.type, each.changed) for each in one.differences] == [
        ("shop/edge", "EDS", ("shop/cart:80",))
    ]
    assert "shop/edge EDS: 1 changed, 0 ours alone, 0 the peer's alone" in one.why
    assert isinstance(one.verdict(), Passed)


async def test_a_peer_that_comes_to_agree_ends_the_wait() -> None:
    """Two replicas hear of a change at slightly different times."""
    peer = Peer(cache(endpoint="10.0.0.2"))
    one = Parity("http://peer", 60, cache(), instance="we", request=peer)
    one.begin()
    task = asyncio.create_task(one.run())
    while not one.differences:
        await asyncio.sleep(0)
    assert isinstance(one.verdict(), Waiting)
    peer.its = cache()

    assert await task == "equal"
    assert one.differences == []


async def test_who_does_not_answer_is_no_peer() -> None:
    """Nor is one that publishes nothing, something else, or ourselves."""

    def silent(url: str, path: str) -> object:
        raise ControlPlaneError("http://peer does not answer")

    for asked in (silent, Peer(ResourceCache()), Peer(cache(), instance="we"), lambda _url, _path: {"what": 1}):
        one = parity(asked)
        one.begin()
        assert await one.run() == "no_peer"
        assert "peer" in one.why


def test_a_role_that_only_one_has_is_a_difference() -> None:
    """Also if it is empty."""
    ours = digests_of(cache(), resources=True)
    others = digests_of(cache(gateway="shop/other"), resources=True)

    found = differences(ours, others)

    assert {one.role for one in found} == {"shop/edge", "shop/other"}
    assert differences(ours, digests_of(cache(), resources=True)) == []
