"""All protections together."""

from krt import Change
from xds_server.model.resource import Resource, resource
from xds_server.readiness.protections.change_set import ChangeSet
from xds_server.readiness.protections.loss_rules import is_emptied
from xds_server.readiness.protections.protections import Protections
from xds_server.readiness.protections.retention import Retention, SourceFreshness
from xds_server.readiness.protections.shrink_guard import ShrinkGuard, Tolerance, is_removal
from xds_server.readiness.protections.shrink_hold import ShrinkHold


class NoLoss:
    """Loss rules by which nothing is in doubt."""

    def record_step(self, changes: object) -> None:
        pass

    def depends_on(self, place: object, change: object) -> frozenset[str]:
        return frozenset()

    def keep(self, places: object) -> None:
        pass


def assignment(endpoints: int, name: str = "a") -> Resource:
    return resource(name, f"{endpoints}".encode(), endpoints=endpoints)


class Rig:
    """Protections over load assignments that a test writes."""

    def __init__(self) -> None:
        self.now = 100.0
        names = ("our_gateways", "clusters", "load_assignments", "listeners", "route_configurations", "attached_routes")
        self.derived: dict[str, dict[str, Resource]] = {name: {} for name in names}
        guard = ShrinkGuard(
            Tolerance(share=0.5, at_least=2), {"load_assignments": is_emptied, "clusters": is_removal},
            additive=frozenset(),
        )  # fmt: skip
        self.freshness = SourceFreshness(lambda: self.now)
        self.protections = Protections(
            self.derived,
            ShrinkHold(guard, 30, sources_of=lambda _: frozenset(), clock=lambda: self.now),
            Retention(15, self.freshness, NoLoss(), clock=lambda: self.now),
        )

    def derive(self, **endpoints: int) -> ChangeSet:
        """A transaction that derives load assignments with so many endpoints."""
        current, changes = self.derived["load_assignments"], {}
        for name, count in endpoints.items():
            old, current[name] = current.get(name), assignment(count, name)
            changes[name] = Change(old, current[name])
        return ChangeSet(load_assignments=changes)

    def publish(self, changes: ChangeSet) -> ChangeSet:
        admitted = self.protections.admit(changes)
        self.protections.record_published(admitted, set())
        return admitted


def test_a_change_that_takes_nothing_away_passes_as_it_is() -> None:
    """The same value comes back: nothing was copied, and nothing need be recorded."""
    rig = Rig()
    first = rig.derive(a=1, b=1, c=1)
    second = rig.derive(a=2)

    assert (rig.protections.admit(first) is first, rig.protections.admit(second) is second) == (True, True)


def test_what_is_held_is_published_as_it_is_derived_when_the_time_is_up() -> None:
    """Also where it has changed meanwhile; then every change passes as it is again."""
    rig = Rig()
    rig.publish(rig.derive(a=1, b=1, c=1))
    assert rig.publish(rig.derive(a=0, b=0)) == ChangeSet()
    before = {name: rig.derived["load_assignments"][name] for name in "ab"}
    rig.publish(rig.derive(c=3))

    rig.now += 30
    released = rig.protections.release_held_due()
    rig.protections.record_published(released, set())

    assert {name: change.new for name, change in released.load_assignments.items()} == before
    rig.now += 61  # The losses are no longer recent.
    rig.publish(rig.derive(c=4))
    change = rig.derive(c=5)
    assert rig.protections.admit(change) is change


def test_what_comes_back_while_it_is_held_leaves_no_trace() -> None:
    """The published state is the derived state again, so that changes pass as they are."""
    rig = Rig()
    rig.publish(rig.derive(a=1, b=1, c=1))
    rig.publish(rig.derive(a=0, b=0))
    assert rig.protections.shrink_hold is not None
    assert rig.protections.shrink_hold.held_change is not None

    assert rig.publish(rig.derive(a=1, b=1)) == ChangeSet()

    assert rig.protections.shrink_hold.held_change is None
    change = rig.derive(c=2)
    assert rig.protections.admit(change) is change


def test_while_a_kind_is_stale_every_change_is_looked_at() -> None:
    """And a moment later none is."""
    rig = Rig()
    rig.freshness.record("services", stale=True)
    change = rig.derive(a=1)
    assert rig.protections.admit(change) is not change

    rig.freshness.record("services", stale=False)
    rig.protections.record_published(change, set())
    rig.now += 1
    change = rig.derive(a=2)
    assert rig.protections.admit(change) is change
