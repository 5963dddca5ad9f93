"""What others say, made fit to be shown: cut, and without characters that act on a terminal, a log or a page.

The one door for words of clients: decoders pass what they keep through it, and so do log lines, the timeline and the
details of a status.
"""

from typing import Final

NAME_LENGTH: Final = 512
"""Of what names something: the id of a node, a type URL. No name of ours, of Kubernetes or of Envoy is as long."""
TEXT_LENGTH: Final = 1 << 14
"""Of a text that is kept: the reason of a rejection, in which names are looked for."""
LINE_LENGTH: Final = 2000
"""Of one field in a log line, and of the details of a status."""


def printable(text: str, most: int = LINE_LENGTH) -> str:
    """The first *most* characters of *text*, and how many more there were; whatever is not printable is escaped.

    Not printable are control characters, line separators of any alphabet, and what alters the direction of text.
    """
    cut = text[:most]
    if not cut.isprintable():
        cut = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in cut)
    return cut if len(text) <= most else f"{cut}... ({len(text) - most} more)"
