"""Everything that is held, in one place, and how an operator ends it."""

from collections.abc import Mapping

from krt import Graph
from tests.support import builders
from xds_server.model.admission import HOLDS, HoldKind
from xds_server.readiness.holds import Holds
from xds_server.readiness.protections.change_set import collections_of
from xds_server.readiness.protections.loss_rules import shrink_guard, sources_of
from xds_server.readiness.protections.protections import Protections
from xds_server.readiness.protections.shrink_guard import Tolerance
from xds_server.readiness.protections.shrink_hold import ShrinkHold
from xds_server.readiness.publisher import Publisher
from xds_server.translate.pipeline import build_pipeline
from xds_server.xds.cache.resource_cache import ResourceCache
from xds_server.xds.transport.observer import StreamStatus


class Streams:
    """Two streams wait for an unknown role."""

    def streams(self) -> list[StreamStatus]:
        return []

    def release(self, kind: HoldKind) -> int:
        return 2 if kind == "unknown_role" else 0


class Provider:
    """One file is held."""

    held: Mapping[str, str] = {"a.yaml": "ends early"}

    def release(self) -> int:
        return len(self.held)

    def relist(self, kinds: frozenset[str]) -> None:
        raise AssertionError("files are not listed anew")

    async def run(self) -> None:
        raise AssertionError("nobody runs it")


class Rig:
    """A pipeline with four carts, whose Services then go."""

    def __init__(self) -> None:
        self.now = 0.0
        self.server: Streams | None = None
        self.provider: Provider | None = None
        graph = Graph(on_failure="raise")
        self.pipeline = build_pipeline(graph, "xds-server")
        self.cache = ResourceCache()
        hold = ShrinkHold(
            shrink_guard(self.pipeline, Tolerance(share=0.5, at_least=2)), 30,
            sources_of=lambda lost: sources_of(self.pipeline, lost), clock=lambda: self.now,
        )  # fmt: skip
        protections = Protections(collections_of(self.pipeline), hold)
        publisher = Publisher(graph, self.pipeline, self.cache, protections=protections)
        self.holds = Holds(
            protections, publisher, server=lambda: self.server, provider=lambda: self.provider, clock=lambda: self.now
        )
        for kind, source in self.pipeline.sources.items():
            services = {f"shop/cart{n}": builders.service(f"shop/cart{n}") for n in range(4)}
            source.replace(services if kind == "services" else {})

    def lose(self) -> None:
        self.pipeline.sources["services"].replace({})


def test_nothing_is_held_and_nothing_is_released() -> None:
    """Before there is a server and a provider, too."""
    rig = Rig()

    assert (rig.holds.why(), rig.holds.active()) == ("", {"shrink": 0, "retained": 0, "file": 0})
    assert set(rig.holds.release("").values()) == {0}


def test_what_is_held_is_shown_with_why_and_counted() -> None:
    """A change and a file; in one line, too."""
    rig = Rig()
    rig.lose()
    rig.provider = Provider()

    assert rig.holds.active() == {"shrink": 1, "retained": 0, "file": 1}
    assert "4 of 4 clusters" in rig.holds.why()
    assert rig.holds.why().endswith("; a.yaml ends early")
    page = rig.holds.page()
    assert (page["files"], page["retained"]) == (Provider.held, [])


def test_an_operator_ends_one_kind_or_all() -> None:
    """What was held is published; each kind is counted."""
    rig = Rig()
    rig.lose()
    rig.server, rig.provider = Streams(), Provider()

    assert rig.holds.release("unknown_role") == {"unknown_role": 2}
    assert rig.cache.count_resources()
    released = rig.holds.release("")

    assert set(released) == set(HOLDS)
    assert {kind: count for kind, count in released.items() if count} == {"shrink": 1, "file": 1, "unknown_role": 2}
    assert rig.holds.active()["shrink"] == 0
