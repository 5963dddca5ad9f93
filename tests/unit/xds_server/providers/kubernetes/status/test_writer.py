"""Writing what has changed."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.support.api_server.in_memory import Client, Cluster, running
from xds_server.providers.kubernetes.status.merge import Json, place
from xds_server.providers.kubernetes.status.writer import Ref, StatusWriter

REF = Ref("gateways", "shop/edge")
PATH = place(*REF)


class Rig:
    """A writer that says of each object what `said` has for it."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.cluster.put(PATH, {"spec": {}})
        self.said: dict[Ref, dict[str, Any]] = {REF: {"n": 1}}
        self.leading = True
        self.client = Client(self.cluster)
        self.it = StatusWriter(self.client, merge=self._merge, may_write=lambda: self.leading)

    def _merge(self, ref: Ref, _: Json, _now: str) -> dict[str, Any] | None:
        return self.said.get(ref)

    def status(self, path: str = PATH) -> object:
        return self.cluster.objects[path].get("status")

    async def until(self, condition: Callable[[], bool]) -> None:
        await self.cluster.until(condition)


async def settled(rig: Rig) -> None:
    """All that is due was looked at."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert not rig.it.due or not rig.leading


async def test_what_has_changed_is_written_and_what_says_nothing_new_is_not() -> None:
    """A write names the version that it is based on."""
    rig = Rig()
    async with running(rig.it):
        rig.it.changed([REF])
        await rig.until(lambda: rig.status() == {"n": 1})
        rig.it.changed([REF])
        await settled(rig)

    assert rig.cluster.writes == [("PATCH", f"{PATH}/status")]
    assert rig.it.written == 1


async def test_who_may_not_write_waits_and_what_became_due_meanwhile_is_written_then() -> None:
    """Only the newest of it."""
    rig = Rig()
    rig.leading = False
    async with running(rig.it):
        rig.it.changed([REF])
        await settled(rig)
        assert (rig.cluster.writes, rig.it.due) == ([], 1)
        rig.said[REF] = {"n": 2}

        rig.leading = True
        rig.it.changed([REF])
        await rig.until(lambda: rig.status() == {"n": 2})


async def test_a_lead_that_is_lost_between_reading_and_writing_writes_nothing() -> None:
    """It stays due, for when we lead again."""
    rig = Rig()
    read = rig.client.get

    async def get_and_lose(path: str, params: Any) -> bytes:
        rig.leading = False
        return await read(path, params)

    rig.client.get = get_and_lose  # type: ignore[method-assign]
    async with running(rig.it):
        rig.it.changed([REF])
        await settled(rig)

    assert (rig.cluster.writes, rig.it.due) == ([], 1)


async def test_a_conflict_is_read_and_written_again() -> None:
    """Somebody wrote in between: what he wrote stays."""
    rig = Rig()
    rig.cluster.before_write = lambda: rig.cluster.put(PATH, {"spec": {"theirs": True}})
    async with running(rig.it):
        rig.it.changed([REF])
        await rig.until(lambda: rig.status() == {"n": 1})

    assert rig.cluster.objects[PATH]["spec"] == {"theirs": True}


async def test_an_object_that_is_gone_and_one_of_which_nothing_is_to_be_said_cost_nothing() -> None:
    """They are dropped."""
    rig = Rig()
    rig.said.clear()
    async with running(rig.it):
        rig.it.changed([REF, Ref("gateways", "shop/gone")])
        await settled(rig)

    assert (rig.cluster.writes, rig.it.due) == ([], 0)


async def test_a_failure_holds_up_nobody_and_is_tried_again() -> None:
    """One that cannot be written waits, and the others are written meanwhile."""
    rig = Rig()
    rig.cluster.down = True
    async with running(rig.it):
        rig.it.changed([REF])
        await settled(rig)
        rig.cluster.down = False
        other = Ref("gateways", "shop/other")
        rig.cluster.put(place(*other), {"spec": {}})
        rig.said[other] = {"n": 3}
        rig.it.changed([other])
        await rig.until(lambda: rig.status(place(*other)) == {"n": 3})
        await rig.until(lambda: rig.status() == {"n": 1})
