"""Words of others, before they are shown."""

import pytest

from xds_server.model.printable import printable


def test_what_can_be_printed_stays_as_it_is() -> None:
    """In any alphabet."""
    assert printable("caf\u00e9 \u65e5\u672c") == "caf\u00e9 \u65e5\u672c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\u2028", r"\u2028"),
        ("\u202eevil", r"\u202eevil"),
        ("\udcff", r"\udcff"),
        ("\x00", r"\x00"),
    ],
)
def test_what_acts_on_a_terminal_or_a_log_is_escaped(text: str, shown: str) -> None:
    """Control characters, line separators, changes of direction, and halves of characters."""
    assert printable(text) == shown


def test_a_long_text_is_cut_and_says_how_much_is_missing() -> None:
    """The count is of characters of the text, not of what they are escaped to."""
    assert printable("abcdef", 4) == "abcd... (2 more)"
    assert printable("abcd", 4) == "abcd"
    assert printable("\n" * 3, 2) == r"\n\n... (1 more)"
