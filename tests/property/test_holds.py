"""Whatever is held comes back: after any history, once nothing is held, what is published is what is derived."""

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from krt import Graph
from tests.support import builders
from xds_server.envoy.ready_listener import MARKER
from xds_server.model.admission import ChangeOutcome
from xds_server.model.objects import EndpointSlice, Gateway, HTTPRoute, Service
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE
from xds_server.readiness.protections.change_set import collections_of
from xds_server.readiness.protections.loss_rules import PipelineLossRules, shrink_guard, sources_of
from xds_server.readiness.protections.protections import Protections
from xds_server.readiness.protections.retention import Retention, SourceFreshness
from xds_server.readiness.protections.shrink_guard import Tolerance
from xds_server.readiness.protections.shrink_hold import ShrinkHold
from xds_server.readiness.publisher import Publisher
from xds_server.translate.pipeline import build_pipeline
from xds_server.xds.cache.resource_cache import ResourceCache

_HOLD_SECONDS = 30.0
_CARRY_SECONDS = 15.0
_NAMES = st.integers(0, 3).map(lambda n: f"shop/x{n}")


def _gateways() -> st.SearchStrategy[Gateway]:
    ports = st.sets(st.sampled_from((8080, 8081)), min_size=1)
    return st.builds(
        lambda name, ports, ours: builders.gateway(
            *(builders.http(f"p{port}", port) for port in sorted(ports)),
            key=name,
            class_name="xds-server" if ours else "other",
        ),
        _NAMES, ports, st.sampled_from((True, True, True, False)),
    )  # fmt: skip


def _routes() -> st.SearchStrategy[HTTPRoute]:
    return st.builds(
        lambda name, gateway, service, hosts: builders.route(
            builders.rule(to=(builders.backend(service),)),
            key=name,
            hostnames=hosts,
            parents=(builders.ParentRef(gateway=gateway),),
        ),
        _NAMES, _NAMES, _NAMES, st.sampled_from(((), ("a.example",), ("b.example",))),
    )  # fmt: skip


def _services() -> st.SearchStrategy[Service]:
    return st.builds(lambda key, name: builders.service(key, name=name), _NAMES, st.sampled_from(("http", "web")))


def _slices() -> st.SearchStrategy[EndpointSlice]:
    return st.builds(
        lambda name, of, hosts: builders.slice_(*hosts, key=name, of=of),
        _NAMES, _NAMES, st.sampled_from(((), ("10.0.0.1",), ("10.0.0.1", "10.0.0.2"))),
    )  # fmt: skip


_OBJECTS: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
    "gateways": _gateways,
    "httproutes": _routes,
    "services": _services,
    "endpointslices": _slices,
}


@st.composite
def _writes(draw: st.DrawFn) -> tuple[str, str, Any]:
    """A kind, and an object to put there, or (None) a name to delete."""
    kind = draw(st.sampled_from(tuple(_OBJECTS)))
    if draw(st.booleans()):
        return kind, draw(_NAMES), None
    value = draw(_OBJECTS[kind]())
    return kind, value.key, value


class Holds(RuleBasedStateMachine):
    """The real publisher with all that holds, on a clock that is set by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.graph = Graph(on_failure="raise")
        self.pipeline = build_pipeline(self.graph, "xds-server")
        self.cache = ResourceCache()
        self.freshness = SourceFreshness(lambda: self.now)
        self.shrink_hold = ShrinkHold(
            shrink_guard(self.pipeline, Tolerance(share=0.5, at_least=2)), _HOLD_SECONDS,
            sources_of=lambda lost: sources_of(self.pipeline, lost), clock=lambda: self.now, on_end=self.ended,
        )  # fmt: skip
        self.retention = Retention(
            _CARRY_SECONDS, self.freshness, PipelineLossRules(self.pipeline), clock=lambda: self.now
        )
        self.protections = Protections(collections_of(self.pipeline), self.shrink_hold, self.retention)
        self.publisher = Publisher(
            self.graph,
            self.pipeline,
            self.cache,
            protections=self.protections,
        )
        self.outcomes: set[ChangeOutcome] = set()

    def ended(self, _: object, by: ChangeOutcome, __: float) -> None:
        self.outcomes.add(by)

    @initialize(writes=st.lists(_writes(), max_size=6))
    def begin(self, writes: list[tuple[str, str, Any]]) -> None:
        with self.graph.transaction():
            for name in ("shop/x0", "shop/x1", "shop/x2", "shop/x3"):
                self.pipeline.sources["services"].set(name, builders.service(name))
                self.pipeline.sources["endpointslices"].set(name, builders.slice_("10.0.0.1", key=name, of=name))
            self.write(writes)
            for source in self.pipeline.sources.values():
                source.mark_synced()

    @rule(
        short=st.sampled_from(("", *_OBJECTS)),
        kept=st.integers(0, 1),
        gateway=_gateways(),
        writes=st.lists(_writes(), max_size=3),
    )
    def change(self, short: str, kept: int, gateway: Gateway, writes: list[tuple[str, str, Any]]) -> None:
        """One transaction: of one kind there is less than there was, perhaps, and a Gateway and others change."""
        with self.graph.transaction():
            if short:
                source = self.pipeline.sources[short]
                source.replace(dict(list(source.items())[:kept]))
            self.write([("gateways", gateway.key, gateway), *writes])

    @rule(gateway=_gateways(), how=st.sampled_from(("set", "delete", "remake")))
    def change_gateway(self, gateway: Gateway, how: str) -> None:
        """A Gateway comes, or gets and loses ports; or goes; or goes and comes back as it was."""
        gateways = self.pipeline.sources["gateways"]
        was = gateways.get(gateway.key)
        if how != "set":
            gateways.delete(gateway.key)
        now = gateway if how == "set" else was if how == "remake" else None
        if now is not None:
            gateways.set(gateway.key, now)

    @rule(kind=st.sampled_from(tuple(_OBJECTS)), how=st.sampled_from(("lost", "found", "listed", "listed_late")))
    def hear(self, kind: str, how: str) -> None:
        """A kind is out of touch, or in touch again; or was listed, by a list begun now or a while ago."""
        if how in ("lost", "found"):
            self.freshness.record(kind, stale=how == "lost")
        else:
            self.publisher.kind_listed(kind, self.now - (5.0 if how == "listed_late" else 0.0))

    @rule(kind=st.sampled_from(tuple(_OBJECTS)), gone=st.booleans())
    def purge(self, kind: str, gone: bool) -> None:
        """All objects of a kind go, one event each, perhaps because the kind does."""
        source = self.pipeline.sources[kind]
        for key in list(source):
            self.now += 0.01
            source.delete(key)
        if gone:
            self.publisher.kind_gone(kind)

    @rule(how=st.sampled_from((0.25, 2.0, 6.0, 16.0, "override", "drop")))
    def release(self, how: float | str) -> None:
        """Time passes, or an operator ends what is held."""
        if isinstance(how, str):
            {"override": self.publisher.release_held, "drop": self.publisher.release_retained}[how]()
        else:
            self.now += how
            self.publisher.tick()

    @invariant()
    def what_is_not_held_is_published(self) -> None:
        """And nobody holds longer than it may."""
        if self.shrink_hold.held_change is None and not self.retention.retained:
            self.check()

    @invariant()
    def what_nobody_holds_is_published(self) -> None:
        """Beside what is held, all that is shared is published as it is derived, and so is all of the roles that are."""
        if self.cache.epoch is None:
            return
        tables: dict[str, dict[str, int]] = {}
        for role in self.cache.roles:
            for type_url, table in (self.cache.role_tables(role) or {}).items():
                tables.setdefault(type_url, {}).update({one.name: one.digest for one in table if one.name != MARKER})
        line = self.pipeline
        for type_url, derived in (
            (CLUSTER, line.clusters), (ENDPOINT, line.load_assignments),
            (LISTENER, line.listeners), (ROUTE, line.route_configurations),
        ):  # fmt: skip
            for key, one in derived.items():
                own = type_url in (LISTENER, ROUTE)
                served = key[0] in self.cache.roles if own else bool(self.cache.roles)
                if served and not self.holds(derived.name, key):
                    assert tables[type_url].get(one.name) == one.digest

    def holds(self, name: str, key: Any) -> bool:
        return self.shrink_hold.holds((name, key)) or (name, key) in self.retention.retained

    def teardown(self) -> None:
        """When all is well again, and every clock has run out, nothing is held, and the two agree."""
        if self.cache.epoch is None:
            return
        for kind in _OBJECTS:
            self.freshness.record(kind, stale=False)
        self.now += _HOLD_SECONDS + 1
        self.publisher.tick()
        assert (self.shrink_hold.held_change, self.retention.retained) == (None, {})
        assert not self.protections.differs, "changes cost more than they need to from now on"
        self.check()

    def write(self, writes: list[tuple[str, str, Any]]) -> None:
        for kind, key, value in writes:
            if value is None:
                self.pipeline.sources[kind].delete(key)
            else:
                self.pipeline.sources[kind].set(key, value)

    def check(self) -> None:
        if self.cache.epoch is None:
            return
        line = self.pipeline
        assert self.cache.roles == set(line.roles)
        for role in self.cache.roles:
            view = self.cache.role_tables(role)
            assert view is not None
            for type_url, derived in ((LISTENER, line.listeners), (ROUTE, line.route_configurations)):
                own = {one.name: one.digest for key, one in derived.items() if key[0] == role}
                assert {one.name: one.digest for one in view[type_url] if one.name != MARKER} == own
            for type_url, shared in ((CLUSTER, line.clusters), (ENDPOINT, line.load_assignments)):
                assert {one.name: one.digest for one in view[type_url]} == {
                    one.name: one.digest for one in shared.values()
                }


TestHolds = Holds.TestCase
TestHolds.settings = settings(max_examples=settings().max_examples, stateful_step_count=20, deadline=None)
