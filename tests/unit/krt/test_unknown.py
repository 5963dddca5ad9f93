"""Unknown is never read as absent, also in a synced collection that has parked keys."""

from collections.abc import Callable
from typing import Any

import pytest

import krt
from krt.testing import check_graph

Read = Callable[[krt.Context], Any]


class World:
    """Users have cards, which need flags; and collections of all kinds over the cards."""

    def __init__(self, *names: str) -> None:
        self.graph = krt.Graph(on_failure="raise")
        self.users = self.graph.source("users", dict.fromkeys(names, 1))
        self.flags: krt.Source[str, int] = self.graph.source("flags")
        self.asked: krt.Source[str, int] = self.graph.source("asked", {})
        self.cards = self.users.map(self.card, name="cards")
        self.by_kind = self.cards.index(lambda card: [card], name="kind")
        self.chained = self.cards.map(lambda ctx, card: card, name="chained")
        self.many = self.users.flat_map(self.many_of, name="many")
        self.groups = self.by_kind.group(name="groups")
        self.others = self.graph.source("others", {"ann": "other", "bob": "other"})
        self.merged = self.graph.merge(self.cards, self.others, name="merged")
        self.members: krt.Source[str, krt.Collection[str, str]] = self.graph.source("members", {"cards": self.cards})
        self.flat = self.graph.flatten(self.members, name="flat")

    def card(self, ctx: krt.Context, user: int) -> str | None:
        """The key with number 1 does not need a flag."""
        flag = ctx.get(self.flags, "gold") if user > 1 else 0
        return None if flag is None else ("plain", "gold")[flag]

    def many_of(self, ctx: krt.Context, user: int) -> dict[str, str]:
        card = self.card(ctx, user)
        return {} if card is None else {f"{ctx.key} {card}": card}

    def reader(self, read: Read) -> krt.Collection[str, Any]:
        """A collection of what *read* returns for each key of `asked`."""
        return self.asked.map(lambda ctx, _: repr(read(ctx)), name="reader")


READS: dict[str, Callable[[World], Read]] = {
    "a key": lambda w: lambda ctx: ctx.get(w.cards, "ann"),
    "a key, projected": lambda w: lambda ctx: ctx.get(w.cards, "ann", select=len),
    "a key of what is derived": lambda w: lambda ctx: ctx.get(w.chained, "ann"),
    "a place of an index": lambda w: lambda ctx: ctx.lookup(w.by_kind, "gold"),
    "places of an index": lambda w: lambda ctx: ctx.lookup_within(w.by_kind, ["gold"]),
    "several places": lambda w: lambda ctx: ctx.lookup_all(w.by_kind, ["gold"]),
    "everything": lambda w: lambda ctx: ctx.fetch(w.cards),
    "an output of a flat_map": lambda w: lambda ctx: ctx.get(w.many, "ann gold"),
    "a group": lambda w: lambda ctx: ctx.get(w.groups, "gold"),
    "a flatten": lambda w: lambda ctx: ctx.get(w.flat, "ann"),
}


@pytest.mark.parametrize("what", READS)
@pytest.mark.parametrize("known", [{"gold": 1}, {}], ids=["there", "absent"])
def test_who_reads_what_is_not_known_waits_for_it(what: str, known: dict[str, int]) -> None:
    """A key that came after the sync and is parked is neither present nor absent: its reader is parked, too."""
    world = World()
    reader = world.reader(READS[what](world))
    world.users.set("ann", 2)
    world.asked.set("x", 1)
    assert (world.cards.synced, world.cards.pending, reader.pending) == (True, {"flags"}, {"flags"})
    assert "x" not in reader
    assert "waits for" in str(krt.explain(reader, "x"))
    check_graph(world.graph)

    world.flags.replace(known)

    found = reader["x"]
    assert (found in ("None", "()")) is (not known)
    assert world.cards.pending == reader.pending == frozenset()
    check_graph(world.graph)


@pytest.mark.parametrize("what", READS)
def test_who_read_it_before_waits_as_well_and_keeps_what_it_had(what: str) -> None:
    """A run that read the key before it was parked is parked, too, and keeps its last output."""
    world = World()
    reader = world.reader(READS[what](world))
    world.asked.set("x", 1)
    was = reader["x"]
    graph_reads_reader = world.asked.map(lambda ctx, _: ctx.fetch(reader), name="after")

    world.users.set("ann", 2)

    assert (reader["x"], reader.pending, graph_reads_reader.pending) == (was, {"flags"}, {"flags"})
    check_graph(world.graph)


def test_other_keys_are_read_on() -> None:
    """A parked key does not delay reads of other keys, and the collection stays synced."""
    world = World("bob")
    reader = world.reader(lambda ctx: ctx.get(world.cards, "bob"))
    world.users.set("ann", 2)

    world.asked.set("x", 1)
    assert (reader["x"], reader.pending) == ("'plain'", frozenset())
    world.users.delete("bob")

    assert reader["x"] == "None"
    assert world.cards.synced


def test_a_key_that_waits_again_is_read_as_it_was_last() -> None:
    """A key that is parked again keeps its last output: a read of it returns that, and a read of several values waits."""
    world = World("ann")
    one, several = world.reader(lambda ctx: ctx.get(world.cards, "ann")), world.by_kind
    groups = world.asked.map(lambda ctx, _: ctx.lookup(several, "gold"), name="groups of readers")
    world.users.set("ann", 2)

    world.asked.set("x", 1)

    assert (one["x"], one.pending) == ("'plain'", frozenset())
    assert ("x" in groups, groups.pending) == (False, {"flags"})


def test_what_the_first_member_may_have_is_not_taken_from_the_second() -> None:
    """A merge keeps a key as it is while the key is unknown in the first member."""
    world = World()
    assert world.merged["ann"] == "other"
    world.users.set("ann", 2)
    world.others.set("ann", "another")
    assert (world.merged["ann"], world.merged.pending) == ("other", {"flags"})

    world.flags.replace({})
    assert world.merged["ann"] == "another"
    check_graph(world.graph)


def test_a_group_stays_while_it_may_be_larger() -> None:
    """A parked key may join any group, so groups keep their contents."""
    world = World("bob")
    world.users.set("ann", 2)
    world.users.set("cid", 1)
    assert world.groups["plain"] == ("plain",)

    world.flags.replace({"gold": 0})
    assert world.groups["plain"] == ("plain",) * 3


def test_a_member_that_came_late_and_has_not_synced_may_have_a_key() -> None:
    """A synced flatten stays synced, and keys that its new member may have are unknown."""
    graph = krt.Graph(on_failure="raise")
    late: krt.Source[str, int] = graph.source("late")
    members: krt.Source[str, krt.Collection[str, int]] = graph.source("members", {})
    flat = graph.flatten(members, name="flat")
    reader = graph.source("asked", {"x": 1}).map(lambda ctx, _: ctx.get(flat, "a") or 0, name="reader")
    assert reader["x"] == 0

    members.set("m", late)
    assert (flat.synced, flat.pending, reader.pending) == (True, {"late"}, {"late"})
    late.replace({"a": 1})

    assert (reader["x"], flat.pending) == (1, frozenset())
