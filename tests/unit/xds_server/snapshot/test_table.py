"""Tables and their versions."""

from hypothesis import given
from hypothesis import strategies as st

from xds_server.snapshot.resource import resource
from xds_server.snapshot.table import Table, version_of

ITEMS = st.builds(resource, st.sampled_from("abcdef"), st.binary(max_size=3))


@given(st.lists(st.tuples(ITEMS, st.booleans())))
def test_the_version_depends_on_the_content_alone(history: list[tuple[object, bool]]) -> None:
    """However a table came to its content, it has the version of a table made of that content in one go."""
    table = Table()
    for item, stays in history:
        table.put(item) if stays else table.discard(item.name)  # type: ignore[arg-type, attr-defined]

    assert Table(sorted(table, key=lambda item: item.name)).version == table.version


def test_two_equal_bodies_do_not_cancel_out() -> None:
    """Equal digests add up: a table of two differs from an empty one."""
    table = Table([resource("a", b"x"), resource("b", b"x")])

    assert Table().version != table.version
    assert version_of(0) == Table().version
    assert len(table) == 2
    assert "a" in table
    assert table.get("c") is None
