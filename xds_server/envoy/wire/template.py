"""Messages that differ in one text only, encoded once for each length of it."""

from collections.abc import Callable
from typing import Final

_MARK: Final = "\x7f"


class Frame(dict[int, list[bytes]]):
    """What stands before, between and after the places of a text in a message, by the text's length in bytes.

    Every length within the message depends on that length alone.
    """

    def __init__(self, encode: Callable[[str], bytes]) -> None:
        """*encode* makes the message, with the text that it is given in each of the places."""
        super().__init__()
        self._encode = encode

    def around(self, text: str) -> bytes:
        """The message with *text* in it."""
        encoded = text.encode()
        return encoded.join(self[len(encoded)])

    def __missing__(self, size: int) -> list[bytes]:
        mark = _MARK * size
        self[size] = around = self._encode(mark).split(mark.encode())
        return around
