"""When the last good configuration is offered, and when it is saved."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from probes import Degraded, Passed
from tests.unit.xds_server.readiness.test_publisher import Rig
from xds_server.model.resource import CLUSTER, LISTENER, PUSH_ORDER, ROUTE
from xds_server.model.source_state import Phase, SourceState
from xds_server.readiness.protections.last_good import LastGood, LastGoodMetrics, accepted
from xds_server.readiness.protections.last_good_file import FILE
from xds_server.xds.cache.resource_cache import ResourceCache
from xds_server.xds.protocol.messages import Node, TypeStatus
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.observer import StreamInfo, StreamStatus

DOWN = SourceState(kind="services", required=True, phase=Phase.ERROR, message="cannot reach")
SETTLED = TypeStatus(1, False, sent_version="a", acked_version="a")
INFO = StreamInfo(1, "peer", Node("proxy", role="shop/edge"), 0.0, warm=False)


def status(hold: Hold | None = None, **changes: Any) -> StreamStatus:
    types = {CLUSTER: SETTLED, LISTENER: TypeStatus(1, False, **{"sent_version": "a", "acked_version": "a", **changes})}
    return StreamStatus(INFO, hold, {} if hold else types)


class Started:
    """A process that begins, 100 s after the machine, with what is in a directory."""

    def __init__(self, directory: Path, cache: ResourceCache | None = None) -> None:
        self.now = 100.0
        self.states = [DOWN]
        self.cache = cache or ResourceCache()
        self.registry = CollectorRegistry()
        self.last_good = LastGood(
            directory, 30, self.cache, LastGoodMetrics(self.registry),
            sources=lambda: self.states, started=100.0, clock=lambda: self.now,
        )  # fmt: skip

    def failures(self) -> float:
        return self.registry.get_sample_value("xds_server_last_good_save_failures_total") or 0.0

    def offered(self) -> bool:
        self.last_good.update_offer()
        return self.last_good.offered


async def saved(directory: Path) -> None:
    rig = Rig()
    rig.list()
    assert await Started(directory, rig.cache).last_good.save([status()])


async def test_it_is_offered_after_the_grace_to_the_roles_that_were_saved(tmp_path: Path) -> None:
    """The tables hold what was published; nothing counts as published."""
    await saved(tmp_path)
    started = Started(tmp_path)
    started.last_good.load()

    started.now = 129.9
    assert not started.offered()
    assert started.last_good.view("shop/edge") is None
    started.now = 130.0
    assert started.last_good.update_offer()
    assert not started.last_good.update_offer()

    view = started.last_good.view("shop/edge")
    assert view is not None
    assert [len(view[type_url]) for type_url in PUSH_ORDER] == [1, 1, 1, 1]
    assert (started.cache.epoch, started.cache.roles) == (None, set())
    assert started.last_good.view("shop/other") is None
    assert "new proxies are given the last good configuration" in started.last_good.why()
    assert started.registry.get_sample_value("xds_server_last_good_served_total") == 1


@pytest.mark.parametrize(
    "state",
    [
        replace(DOWN, phase=Phase.PENDING),
        replace(DOWN, phase=Phase.LISTING),
        replace(DOWN, code=500),
        replace(DOWN, phase=Phase.FORBIDDEN, code=403),
        replace(DOWN, required=False),
    ],
)
async def test_it_is_not_offered_while_the_api_server_answers(tmp_path: Path, state: SourceState) -> None:
    """A slow list is worth waiting for, and who may not read must not be served what others could."""
    await saved(tmp_path)
    started = Started(tmp_path)
    started.last_good.load()
    started.now, started.states = 1000.0, [state]

    assert not started.offered()


async def test_it_is_withdrawn_once_everything_is_known(tmp_path: Path) -> None:
    """Whatever becomes of the API server afterwards."""
    await saved(tmp_path)
    started = Started(tmp_path)
    started.last_good.load()
    started.now = 200.0
    assert started.offered()

    started.cache.epoch = 1

    assert not started.offered()
    assert started.last_good.why() == ""


async def test_a_file_that_is_cut_off_is_said_and_not_offered(tmp_path: Path) -> None:
    """Nor is one that is not there."""
    Started(tmp_path).last_good.load()
    await saved(tmp_path)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:-1])
    started = Started(tmp_path)
    started.last_good.load()
    started.now = 1000.0

    assert not started.offered()


async def test_only_what_changed_is_written_and_only_for_us_to_read(tmp_path: Path) -> None:
    """Nothing is written without a proxy that has accepted all of it."""
    rig = Rig()
    rig.list()
    last_good = Started(tmp_path / "new", rig.cache).last_good

    assert not await last_good.save([])
    assert not await last_good.save([status(in_flight=True)])
    assert await last_good.save([status()])
    assert not await last_good.save([status()])
    rig.pipeline.sources["endpointslices"].replace({})
    assert await last_good.save([status()])
    assert [path.name for path in (tmp_path / "new").iterdir()] == [FILE]
    assert (tmp_path / "new" / FILE).stat().st_mode & 0o777 == 0o600


async def test_a_disk_that_cannot_be_written_is_shown_and_tried_ever_less_often(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Degraded with the reason, counted, logged once; mended by itself when the disk is."""
    rig = Rig()
    rig.list()
    (tmp_path / "file").write_text("")
    started = Started(tmp_path / "file", rig.cache)
    assert started.last_good.verdict() == Passed()

    tries = []
    for _ in range(1000):
        before = started.failures()
        assert not await started.last_good.save([status()])
        if started.failures() > before:
            tries.append(started.now - 100.0)
        started.now += 1.0

    assert tries == [0, 2, 6, 14, 30, 62, 126, 254, 510, 810]
    verdict = started.last_good.verdict()
    assert isinstance(verdict, Degraded)
    assert "not saved for 1000 s, tried again every 300 s: [Errno 17] File exists" in verdict.reason
    assert [record.getMessage() for record in caplog.records] == ["last_good.not_saved"]

    (tmp_path / "file").unlink()
    started.now += 300
    assert await started.last_good.save([status()])
    assert started.last_good.verdict() == Passed()


async def test_a_file_that_cannot_be_used_is_shown_until_there_is_another(tmp_path: Path) -> None:
    """A directory in its place, for example, or half of it."""
    rig = Rig()
    rig.list()
    (tmp_path / FILE).write_bytes(b"half")
    started = Started(tmp_path, rig.cache)
    started.last_good.load()

    verdict = started.last_good.verdict()
    assert isinstance(verdict, Degraded)
    assert f"{tmp_path / FILE} cannot be used (" in verdict.reason
    assert await started.last_good.save([status()])
    assert started.last_good.verdict() == Passed()


@pytest.mark.parametrize(
    ("stream", "roles"),
    [
        (status(), {"shop/edge"}),
        (status(hold=Hold("wait", "not_ready")), set()),
        (status(in_flight=True), set()),
        (status(due=True), set()),
        (status(rejection="no"), set()),
        (status(acked_version=""), set()),
        (SimpleNamespace(stream=INFO, hold=None, types={}), set()),
    ],
)
def test_accepted_is_all_of_it(stream: StreamStatus, roles: set[str]) -> None:
    """One type in flight, due or rejected is not all."""
    assert accepted([stream]) == roles


async def test_the_marker_says_that_it_is_stale(tmp_path: Path) -> None:
    """Its version begins with a word."""
    from xds_server.envoy.ready_listener import MARKER, marker_routes

    rig = Rig()
    rig.list()
    rig.cache.put("shop/edge", ROUTE, marker_routes("0f"), MARKER)
    assert await Started(tmp_path, rig.cache).last_good.save([status()])
    started = Started(tmp_path)
    started.last_good.load()

    found = started.cache.prepared_tables("shop/edge")[ROUTE].get(MARKER)
    assert found is not None
    assert b"stale-" in found.body
