"""A replica without an event loop: what it has to say, and to whom."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import builders
from xds_server.model.objects import Content, Reference
from xds_server.model.references import ABSENT
from xds_server.model.source_state import Phase
from xds_server.providers.config import ProvidersConfig
from xds_server.providers.files.provider import FilesProvider
from xds_server.readiness.config import ReadinessConfig
from xds_server.server import provider_factory
from xds_server.server.settings import FilesSourceSetting, Settings
from xds_server.server.status_factory import NoStatus
from xds_server.server.wiring import ControlPlane
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.observer import StreamInfo


class RecordedStatus(NoStatus):
    """A status reporter that notes the Events that it is given."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, str, str]] = []
        self.leading, self.written = True, 3

    def record_event(self, kind: str, reason: str, message: str, *, clears: str = "") -> None:
        self.said.append((kind, reason, message, clears))

    def leave(self) -> None:
        self.leading = False


class Rig:
    """A control plane whose status reporter is ours."""

    def __init__(self, **settings: Any) -> None:
        self.status = RecordedStatus()
        self.control_plane = ControlPlane(
            Settings(source=FilesSourceSetting(Path("x")), **settings), status=self.status
        )

    def lists(self, objects: Mapping[str, Mapping[str, Any]]) -> None:
        """All kinds, listed."""
        pipeline, tracker = self.control_plane.pipeline, self.control_plane.tracker
        for plural, source in pipeline.sources.items():
            with self.control_plane.graph.transaction():
                for key in [key for key in source if key not in objects.get(plural, {})]:
                    source.delete(key)
                for key, value in objects.get(plural, {}).items():
                    source.set(key, value)
                source.mark_synced()
            tracker.record_list(plural, epoch=self.control_plane.graph.epoch, objects=len(source))

    def reasons(self) -> list[tuple[str, str, str]]:
        return [(kind, reason, clears) for kind, reason, _, clears in self.status.said]


def carts(count: int) -> Mapping[str, Mapping[str, Any]]:
    keys = [f"shop/cart{n}" for n in range(count)]
    return {
        "gateways": {"shop/edge": builders.gateway()},
        "services": {key: builders.service(key) for key in keys},
        "endpointslices": {f"{key}-1": builders.slice_("10.0.0.1", key=f"{key}-1", of=key) for key in keys},
    }


def test_a_change_that_is_held_and_its_end_are_events() -> None:
    """With what would be lost; that its end is by an operator is no warning. The same hold later is news again."""
    rig = Rig(readiness=ReadinessConfig(shrink_at_least=2))
    rig.lists(carts(4))
    for _ in range(2):
        rig.lists({"gateways": carts(0)["gateways"]})
        assert rig.control_plane.holds.why()
        rig.control_plane.holds.release("shrink")
        rig.lists(carts(4))

    held = ("Warning", "ChangeHeld", "ChangeReleased")
    released = ("Normal", "ChangeReleased", "ChangeHeld")
    assert [held, released, held, released] == [one for one in rig.reasons() if one[1].startswith("Change")]
    assert "4 of 4 clusters" in rig.status.said[0][2]


def test_a_hold_whose_time_is_up_is_a_warning() -> None:
    """Then what is served may be missing something."""
    rig = Rig(readiness=ReadinessConfig(shrink_at_least=2, shrink_hold_seconds=0.001))
    rig.lists(carts(4))

    rig.lists({"gateways": carts(0)["gateways"]})

    while ("Warning", "ChangeReleased", "ChangeHeld") not in rig.reasons():  # the test's own time limit ends it
        rig.control_plane.tick()


def test_proxies_that_wait_are_events_by_why_they_do() -> None:
    """Who waits for us is counted elsewhere; a role that is not there is named; a queue is none."""
    rig = Rig()
    stream = StreamInfo(7, "ipv4:127.0.0.1:1", Node("proxy-1", role="shop/egde"), 0.0, warm=True)

    rig.control_plane.observer.stream_hold_started(stream, "queued")
    rig.control_plane.observer.stream_hold_started(stream, "not_ready")
    rig.control_plane.observer.stream_hold_started(stream, "unknown_role")

    assert ["ProxyHeld", "UnknownRole"] == [reason for _, reason, _ in rig.reasons()]
    assert "'shop/egde'" in rig.status.said[1][2]


def test_a_start_that_takes_long_is_an_event_with_what_is_awaited() -> None:
    """Once at each deadline that has passed."""
    rig = Rig(readiness=ReadinessConfig(soft_deadline_seconds=0.001))
    rig.control_plane.tracker.record_failure("services", Phase.FORBIDDEN, message="may not list services", code=403)

    rig.control_plane.tick()

    ((kind, reason, message, _),) = rig.status.said
    assert ("Warning", "StillNotReady") == (kind, reason)
    assert "waits for" in message


def test_who_leaves_writes_no_more_and_its_metrics_say_so() -> None:
    """The other replicas need not wait for the end of the drain."""
    rig = Rig()
    value = rig.control_plane.registry.get_sample_value
    assert (1, 3) == (value("xds_server_status_leader"), value("xds_server_status_writes_total"))

    rig.control_plane.drain()

    assert 0 == value("xds_server_status_leader")
    assert rig.control_plane.draining


GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: xds-server
  listeners: [{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: cert}, {name: none}]}}]
"""
SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: cert, namespace: shop}
data: {tls.key: %s}
"""


async def test_a_directory_gives_secrets_too_and_shows_nothing_of_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With a Secret that is wrong, and one that does not parse, what was known stays; no text has any of it."""
    caplog.set_level(logging.DEBUG)
    (tmp_path / "gateway.yaml").write_text(GATEWAY)
    (tmp_path / "secret.yaml").write_text(SECRET % "aHVudGVyMg==")
    control_plane = ControlPlane(
        Settings(
            source=FilesSourceSetting(tmp_path), providers=ProvidersConfig(file_hold_seconds=0, read_references=True)
        )
    )
    source = provider_factory.source(
        control_plane.settings,
        control_plane.kinds,
        control_plane.pipeline,
        graph=control_plane.graph,
        tracker=control_plane.tracker,
    )
    assert isinstance(source, FilesProvider)
    assert control_plane.pipeline.references is not None
    await source.look()
    known = {"cert": Content({"tls.key": b"hunter2"}), "none": ABSENT}
    expected = {Reference("secrets", f"shop/{name}"): found for name, found in known.items()}
    assert dict(control_plane.pipeline.references.contents) == expected
    assert control_plane.registry.get_sample_value("xds_server_references", {"state": "missing"}) == 1

    for wrong in ("hunter2!", "[hunter2", "*hunter2", "!hunter2 x", '"\\hunter2"'):
        (tmp_path / "secret.yaml").write_text(SECRET % wrong)
        await source.look()
        assert [one for one in control_plane.tracker.problems if one.source.endswith("secret.yaml")]
    assert dict(control_plane.pipeline.references.contents) == expected
    shown = [caplog.text, str([record.__dict__ for record in caplog.records]), repr(control_plane.tracker.problems)]
    shown += [repr(dict(one)) for one in control_plane.graph.collections.values() if one.synced]
    assert not [text for text in shown if "hunter2" in text or "aHVudGVyMg" in text]


def test_secrets_are_read_only_if_that_is_asked_for() -> None:
    """Then there is nothing of them in the graph either."""
    control_plane = ControlPlane(Settings(source=FilesSourceSetting(Path("x"))))

    assert control_plane.pipeline.references is None
    assert "secrets" not in {*control_plane.graph.collections, *control_plane.tracker.states}
