"""The conformance rules against every kind of collection, and against collections that break them."""

from collections.abc import Callable
from typing import Any

import pytest

import krt
from krt.testing import RULES, Rig, check_collection
from krt.testing.conformance import keeps_indexes_in_step, tells_a_replacement_as_one_net_change


class SourceRig:
    """A source, written key by key; the rigs of derived kinds write to one."""

    def __init__(self) -> None:
        self.graph = krt.Graph()
        self.source: krt.Source[str, Any] = self.graph.source("source", {})
        self.collection: krt.Collection[str, Any] = self.derive()

    def derive(self) -> krt.Collection[str, Any]:
        return self.source

    def value(self, key: str) -> Any:
        return f"value of {key}"

    def create(self, key: str) -> None:
        self.source.set(key, self.value(key))

    def replace(self, old: str, new: str) -> None:
        with self.graph.transaction():
            self.delete(old)
            self.create(new)

    def delete(self, key: str) -> None:
        self.source.delete(key)


class ReplacedSourceRig(SourceRig):
    """A source whose contents are replaced as a whole, as after a new list."""

    def _replace(self, contents: dict[str, Any]) -> None:
        reflector = krt.Reflector(self.source)
        reflector.begin()
        for key, value in contents.items():
            reflector.apply(key, value)
        reflector.listed()

    def create(self, key: str) -> None:
        self._replace({**self.source, key: self.value(key)})

    def replace(self, old: str, new: str) -> None:
        self._replace({new if key == old else key: self.value(key) for key in self.source})

    def delete(self, key: str) -> None:
        self._replace({other: value for other, value in self.source.items() if other != key})


class MapRig(SourceRig):
    """A map."""

    def derive(self) -> krt.Collection[str, Any]:
        return self.source.map(lambda ctx, value: (value,), name="map")


class FetchRig(SourceRig):
    """A map whose outputs come and go by what it reads."""

    def derive(self) -> krt.Collection[str, Any]:
        keys = self.graph.source("keys", {key: key for key in (*"abc", *(f"x/{i:02}" for i in range(20)))})
        self.all = self.graph.source("all", dict.fromkeys(("a/b", "a/c", "a/d", *(f"x/{i:02}" for i in range(20))), 1))
        del keys
        return self.all.map(lambda ctx, _: ctx.get(self.source, ctx.key), name="fetch")


class FlatMapRig(SourceRig):
    """A flat_map whose input keys are not its output keys."""

    def derive(self) -> krt.Collection[str, Any]:
        return self.source.flat_map(lambda ctx, value: {value[0]: value}, name="flat_map")

    def value(self, key: str) -> Any:
        return (key, "value")

    def create(self, key: str) -> None:
        self.source.set(f"input of {key}", self.value(key))

    def delete(self, key: str) -> None:
        self.source.delete(f"input of {key}")


class MergeRig(SourceRig):
    """A merge of two sources: a replacement is written to the other source."""

    def derive(self) -> krt.Collection[str, Any]:
        self.other: krt.Source[str, Any] = self.graph.source("other", {})
        return self.graph.merge(self.source, self.other, name="merge")

    def replace(self, old: str, new: str) -> None:
        with self.graph.transaction():
            self.delete(old)
            self.other.set(new, self.value(new))

    def delete(self, key: str) -> None:
        self.source.delete(key)
        self.other.delete(key)


class CombineRig(MergeRig):
    """A merge with a function."""

    def derive(self) -> krt.Collection[str, Any]:
        self.other = self.graph.source("other", {})
        return self.graph.merge(self.source, self.other, name="merge", combine=tuple)


class FlattenRig(SourceRig):
    """A flatten with a member for every key."""

    def derive(self) -> krt.Collection[str, Any]:
        return self.graph.flatten(self.source, name="flatten")

    def value(self, key: str) -> Any:
        with self.graph.before(self.collection):
            return self.graph.source(f"member {key}", {key: f"value of {key}"})

    def replace(self, old: str, new: str) -> None:
        member = self.value(new)
        with self.graph.transaction():
            self.source.delete(old)
            self.source.set(new, member)


class GroupRig(SourceRig):
    """The groups of an index, one object in each."""

    def derive(self) -> krt.Collection[str, Any]:
        return self.source.index(lambda value: [value[0]], name="name").group(name="group")

    def value(self, key: str) -> Any:
        return (key, "value")


class SingletonRig(SourceRig):
    """A flat_map over a singleton: one run makes all outputs."""

    def derive(self) -> krt.Collection[str, Any]:
        everything = self.graph.singleton(lambda ctx: dict(ctx.fetch(self.source)), name="everything")
        return everything.flat_map(lambda ctx, all_: all_, name="single")

    def value(self, key: str) -> Any:
        return (key, f"value of {key}")


RIGS: list[Callable[[], Rig]] = [
    SourceRig, ReplacedSourceRig, MapRig, FetchRig, FlatMapRig, MergeRig, CombineRig, FlattenRig, GroupRig, SingletonRig,
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("make_rig", RIGS, ids=lambda rig: rig.__name__)
def test_every_kind_keeps_the_rule(rule: Callable[[Rig], None], make_rig: Callable[[], Rig]) -> None:
    """Each kind of collection passes each rule."""
    rule(make_rig())


def test_check_collection_runs_all_rules() -> None:
    """Each rule gets a new rig."""
    made: list[Rig] = []

    def make_rig() -> Rig:
        made.append(SourceRig())
        return made[-1]

    check_collection(make_rig)

    assert len(made) == len(RULES)


def test_a_replacement_in_two_transactions_breaks_its_rule() -> None:
    """A rule fails for a collection that breaks it."""

    class Hasty(SourceRig):
        def replace(self, old: str, new: str) -> None:
            self.delete(old)
            self.create(new)

    with pytest.raises(AssertionError, match="expected"):
        tells_a_replacement_as_one_net_change(Hasty())


def test_a_rig_that_creates_too_little_breaks_its_rule() -> None:
    """A missing object breaks a rule."""

    class Lazy(SourceRig):
        def create(self, key: str) -> None:
            if key != "a/c":
                super().create(key)

    with pytest.raises(AssertionError):
        keeps_indexes_in_step(Lazy())
