"""Events, and how many of them."""

import asyncio

from tests.support.api_server.in_memory import Client, Cluster
from xds_server.providers.kubernetes.status.events import Budget, Events, Pod

ENVIRON = {"POD_NAMESPACE": "gw", "POD_NAME": "xds-0", "POD_UID": "u"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_outside_a_pod_there_is_nothing_to_write_about() -> None:
    """The Deployment says who we are."""
    assert Pod.of(ENVIRON) == Pod("gw", "xds-0", "u")
    assert Pod.of({}) is None
    assert Pod.of(ENVIRON | {"POD_NAME": ""}) is None


def test_a_burst_is_told_and_then_one_every_ten_seconds() -> None:
    """However much happens."""
    clock = Clock()
    it = Budget(clock)
    assert [it.allows("Held", str(i)) for i in range(12)] == [True] * 10 + [False] * 2

    clock.now += 10
    assert [it.allows("Held", f"later {i}") for i in range(2)] == [True, False]


def test_the_same_again_is_no_news_until_it_was_over() -> None:
    """A reason that is said with another message is."""
    it = Budget(Clock())

    assert [it.allows("NotReady", message) for message in ("a", "a", "b")] == [True, False, True]
    it.turned("NotReady")
    assert it.allows("NotReady", "b")


async def test_an_event_is_about_the_pod_and_one_that_fails_is_dropped() -> None:
    """The next one is written all the same."""
    cluster = Cluster()
    it = Events(Client(cluster), Pod.of(ENVIRON))  # type: ignore[arg-type]
    task = asyncio.create_task(it.run())
    cluster.down = True
    it.record_event("Warning", "NotReady", "lost")
    for _ in range(5):
        await asyncio.sleep(0)
    cluster.down = False
    it.record_event("Normal", "Ready", "x" * 2000, clears="NotReady")
    await cluster.until(lambda: bool(cluster.objects))
    task.cancel()
    await asyncio.wait([task])

    ((path, event),) = cluster.objects.items()
    assert path.startswith("/api/v1/namespaces/gw/events/xds-0.")
    assert event["involvedObject"]["name"] == "xds-0"
    assert (event["type"], event["reason"], len(event["message"])) == ("Normal", "Ready", 1024)
