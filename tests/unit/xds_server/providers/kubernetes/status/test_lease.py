"""Who holds the lease, and for how long."""

import asyncio

import pytest

from tests.support.api_server.in_memory import Client, Cluster
from xds_server.providers.kubernetes.status import lease as subject
from xds_server.providers.kubernetes.status.lease import Candidate, Election, Lease

PATH = "/apis/coordination.k8s.io/v1/namespaces/default/leases/it"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def held_by(holder: str, renewed: str = "t") -> Lease:
    return Lease(
        subject._Metadata(name="it", namespace="default"),
        subject._Spec(holder_identity=holder, renew_time=renewed, lease_duration_seconds=15),
    )


def test_a_lease_of_another_is_taken_once_it_has_not_changed_for_as_long_as_it_lasts() -> None:
    """On our clock, from when we saw it: what time it says does not matter."""
    clock = Clock()
    it = Candidate("me", clock)

    decisions = []
    for renewed in ("a", "a", "b", "b", "b"):
        decisions.append(it.decide(held_by("other", renewed)))
        clock.now += 8
    assert decisions == ["wait", "wait", "wait", "wait", "take"]


def test_a_free_lease_is_taken_and_ours_is_renewed() -> None:
    """Given back, it need not be waited for."""
    it = Candidate("me", Clock())

    assert it.decide(held_by("")) == "take"
    assert it.decide(held_by("me")) == "renew"


def test_we_stop_before_others_may_begin() -> None:
    """A lease that is not renewed ends for us first, with time for the write that is under way."""
    clock = Clock()
    it = Candidate("me", clock)
    it.renewed(clock.now)
    assert it.leading

    clock.now += subject.RENEW_SECONDS

    assert not it.leading
    assert subject.RENEW_SECONDS + subject.SEND_SECONDS < subject.DURATION_SECONDS


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that each pause of an election moves on, so that minutes take no time."""
    it = Clock()
    real = asyncio.sleep

    async def pause(seconds: float) -> None:
        it.now += seconds
        await real(0)

    monkeypatch.setattr(subject.asyncio, "sleep", pause)
    return it


class Replica:
    """One election."""

    def __init__(self, cluster: Cluster, clock: Clock, identity: str) -> None:
        self.client = Client(cluster)
        self.log: list[bool] = []
        self.turned = asyncio.Event()
        self.it = Election(
            self.client, namespace="default", name="it", identity=identity, on_change=self._on_change, clock=clock
        )
        self.task = asyncio.create_task(self.it.run())

    def _on_change(self, leading: bool) -> None:
        self.log.append(leading)
        self.turned.set()

    async def next(self) -> bool:
        async with asyncio.timeout(5):
            await self.turned.wait()
        self.turned.clear()
        return self.log[-1]

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        assert self.task.cancelled()


async def test_one_of_two_leads_and_the_other_takes_over_at_once_when_it_goes(clock: Clock) -> None:
    """It gives the lease back; the number of transitions says that it has changed hands."""
    cluster = Cluster()
    one = Replica(cluster, clock, "one")
    assert await one.next()
    two = Replica(cluster, clock, "two")

    began = clock.now
    await one.end()
    assert await two.next()

    assert clock.now - began < subject.DURATION_SECONDS
    spec = cluster.objects[PATH]["spec"]
    assert (spec["holderIdentity"], spec["leaseTransitions"]) == ("two", 1)
    await two.end()
    spec = cluster.objects[PATH]["spec"]
    assert spec["holderIdentity"] == ""
    assert repr(spec["leaseDurationSeconds"]) == "15"  # an int32: a 15.0 is refused


async def test_never_do_two_lead_however_they_are_cut_off(clock: Clock) -> None:
    """One that cannot renew has stopped when the other begins; it follows, when it is back."""
    cluster = Cluster()
    one = Replica(cluster, clock, "one")
    assert await one.next()
    two = Replica(cluster, clock, "two")

    one.client.cut_off = True
    assert not await one.next()
    assert await two.next()
    assert not one.it.leading
    assert "cannot hold lease default/it: cannot reach it" in one.it.message
    one.client.cut_off = False
    await one.end()
    await two.end()

    assert one.log == [True, False]
    assert two.log == [True]


async def test_a_server_that_is_away_for_a_while_ends_the_lead_and_nothing_else(clock: Clock) -> None:
    """It is taken up again."""
    cluster = Cluster()
    one = Replica(cluster, clock, "one")
    assert await one.next()

    cluster.down = True
    assert not await one.next()
    cluster.down = False

    assert await one.next()
    await one.end()


async def test_the_faster_one_wins(clock: Clock) -> None:
    """A write that is based on what is no longer so is refused, and that is no failure."""
    cluster = Cluster()
    cluster.put(PATH, {"metadata": {"name": "it", "namespace": "default"}, "spec": {"holderIdentity": ""}})
    taken = {"metadata": {"name": "it", "namespace": "default"}, "spec": {"holderIdentity": "other", "renewTime": "t"}}
    cluster.before_write = lambda: cluster.put(PATH, taken)

    one = Replica(cluster, clock, "one")
    assert await one.next()

    assert one.it.message == ""
    assert clock.now >= 100 + subject.DURATION_SECONDS
    await one.end()
