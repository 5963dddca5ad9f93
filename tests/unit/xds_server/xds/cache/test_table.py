"""Tables and their versions."""

from hypothesis import given
from hypothesis import strategies as st

from xds_server.model.resource import resource
from xds_server.xds.cache.table import Table, version_of

ITEMS = st.builds(resource, st.sampled_from("abcdef"), st.binary(max_size=3))


@given(st.lists(st.tuples(ITEMS, st.booleans())))
def test_the_version_depends_on_the_content_alone(history: list[tuple[object, bool]]) -> None:
    """However a table came to its content, it has the version of a table made of that content in one go."""
    table = Table()
    for item, stays in history:
        table.put(item) if stays else table.remove(item.name)  # type: ignore[arg-type, attr-defined]

    assert Table(sorted(table, key=lambda item: item.name)).version == table.version


def test_two_equal_bodies_do_not_cancel_out() -> None:
    """Equal digests add up: a table of two differs from an empty one."""
    table = Table([resource("a", b"x"), resource("b", b"x")])

    assert Table().version != table.version
    assert version_of(0) == Table().version
    assert len(table) == 2
    assert "a" in table
    assert table.get("c") is None


def test_what_went_is_remembered_until_it_comes_back() -> None:
    """The former content is told of what is not there, and only of that."""
    old, new = resource("a", b"1"), resource("a", b"2")
    table = Table([old])

    assert (False, None) == (table.may_have_tombstones, table.tombstone("a"))
    table.remove("a")
    assert (True, old) == (table.may_have_tombstones, table.tombstone("a"))
    table.put(new)
    assert (False, None) == (table.may_have_tombstones, table.tombstone("a"))


def test_of_what_went_the_latest_are_remembered() -> None:
    """What is remembered is bounded; of what is not, *remake* says what it was."""
    table = Table(reconstruct=lambda name: resource(name, b"made") if name != "never" else None)
    for number in range(1001):
        table.put(resource(str(number), b"kept"))
        table.remove(str(number))

    assert b"made" == table.tombstone("0").body  # type: ignore[union-attr]
    assert b"kept" == table.tombstone("1").body  # type: ignore[union-attr]
    assert table.tombstone("never") is None
