"""Who is admitted, and what the others are told."""

import asyncio

from probes import Gate, Layer, Passed, Verdict, Waiting
from xds_server.model.resource import CLUSTER, LISTENER, resource
from xds_server.readiness.admission import ReadinessAdmission
from xds_server.xds.cache.resource_cache import ResourceCache
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.admission import Hold

EDGE = Node("proxy", role="shop/edge")


class Rig:
    """A gate that is opened by hand, and a cache with one role."""

    def __init__(self, *, open_at_once: bool = False) -> None:
        self.verdict: Verdict = Waiting("nothing published")
        self.gate = Gate(Layer("snapshots", lambda: {"published": self.verdict}), clock=lambda: 0.0)
        self.cache = ResourceCache()
        self.admission_policy = ReadinessAdmission(self.gate, self.cache, open_at_once=open_at_once)
        self.gate.evaluate()

    def open(self) -> None:
        item = (None, resource("a", b"a"))
        self.cache.publish(
            1, roles={"shop/edge": True}, shared={CLUSTER: [item]}, own={LISTENER: [("shop/edge", item)]}
        )
        self.verdict = Passed()
        self.gate.evaluate()


def test_before_the_gate_has_passed_everybody_is_held_with_the_reason() -> None:
    """The text names the layer and what it waits for."""
    held = Rig().admission_policy.admit(EDGE)

    assert isinstance(held, Hold)
    assert held.kind == "not_ready"
    assert "snapshots: waiting for published (nothing published)" in held.reason


def test_a_known_role_is_admitted_to_its_tables() -> None:
    """The tables are the cache's own, alive."""
    rig = Rig()
    rig.open()

    assert rig.cache.role_tables("shop/edge") is rig.admission_policy.admit(EDGE)


def test_an_unknown_role_is_told_which_there_are() -> None:
    """It is never given something empty."""
    rig = Rig()
    rig.open()

    held = rig.admission_policy.admit(Node("proxy", role="shop/ege"))

    assert isinstance(held, Hold)
    assert held.kind == "unknown_role"
    assert "role 'shop/ege' is not a Gateway of this server (it has: shop/edge)" in held.reason


def test_without_a_gate_everybody_is_admitted_to_what_there_is() -> None:
    """And sees, in the same tables, what comes later."""
    rig = Rig(open_at_once=True)

    view = rig.admission_policy.admit(EDGE)
    assert not isinstance(view, Hold)
    assert len(view[LISTENER]) == 0
    rig.open()

    assert len(view[LISTENER]) == 1
    assert len(view[CLUSTER]) == 1


async def test_those_who_wait_are_woken_by_each_notice() -> None:
    """A wait begins with the call and ends with the next notice."""
    admission_policy = Rig().admission_policy
    for _ in range(2):
        waiting = asyncio.create_task(admission_policy.wait_for_change())
        await asyncio.sleep(0)
        assert not waiting.done()
        admission_policy.notify()
        await waiting


def test_a_held_proxy_may_be_offered_what_was_good_before() -> None:
    """The offer goes with the hold: whether it is taken depends on what the proxy has."""
    rig = Rig()
    stale = rig.cache.prepared_tables("shop/edge")
    admission_policy = ReadinessAdmission(
        rig.gate, rig.cache, open_at_once=False, last_good=lambda role: stale if role == "shop/edge" else None
    )

    held, other = admission_policy.admit(EDGE), admission_policy.admit(Node("proxy", role="shop/other"))

    assert isinstance(held, Hold)
    assert held.fallback is stale
    assert isinstance(other, Hold)
    assert other.fallback is None
