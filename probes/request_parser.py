"""The head of an HTTP/1 request, read by a closed grammar: what is not in it is refused, and its connection ends.

A request of ours has no body, so a head is all of it, and one that has is refused. A head that another reader of HTTP might take in another way (two
hosts, a space before a colon, a folded line, a bare line feed) is refused, and so hides no second request. Source: RFC 9112.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MOST_BYTES: Final = 16 * 1024
"""Of a head. A browser sends all cookies of a host to each of its ports."""
_MOST_FIELDS: Final = 100
_END: Final = b"\r\n\r\n"

_REQUEST_LINE = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/[!-~]*) HTTP/1\.([01])")
_FIELD = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*"
)
_ONCE: Final = frozenset({"host", "content-length", "transfer-encoding", "origin", "sec-fetch-site", "sec-fetch-mode"})
"""Fields that are refused if they come twice: readers differ in which of the two they believe."""


class HeadError(ValueError):
    """These bytes are no head of a request that is answered here; the message says why, in one line."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        """The HTTP status that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The request line, and the fields by their names in lower case."""

    method: str
    path: str
    query: str
    """What follows the question mark; "" if nothing does."""
    fields: Mapping[str, str]
    """A field that comes several times has its values with commas between them."""
    keep_alive: bool
    """Whether the client would send another request on this connection."""


def cut(data: bytes | bytearray) -> int:
    """How many bytes of *data* are its first head; 0 if its end has not come yet. Raises: HeadError."""
    end = data.find(_END, 0, MOST_BYTES + len(_END))
    if end >= 0:
        return end + len(_END)
    if len(data) > MOST_BYTES:
        raise HeadError(431, f"the head of a request may have {MOST_BYTES} bytes")
    return 0


def read(data: bytes) -> Head:
    """The head in *data*, which `cut` cut off. Raises: HeadError."""
    first, *lines = data.removesuffix(_END).split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise HeadError(400, "the first line is to be GET /path HTTP/1.1, or another method")
    fields = _fields(lines)
    version = int(line[3])
    if version and "host" not in fields:
        raise HeadError(400, "a request of HTTP/1.1 names its host")
    if "transfer-encoding" in fields or fields.get("content-length", "0") != "0":
        raise HeadError(413, "a request has no body here: what it has to say is its query")
    path, _, query = line[2].decode("ascii").partition("?")
    options = {word.strip().lower() for word in fields.get("connection", "").split(",")}
    return Head(
        method=line[1].decode("ascii"),
        path=path,
        query=query,
        fields=fields,
        keep_alive=bool(version) and "close" not in options,
    )


def _fields(lines: list[bytes]) -> dict[str, str]:
    if len(lines) > _MOST_FIELDS:
        raise HeadError(431, f"a request may have {_MOST_FIELDS} fields")
    fields: dict[str, str] = {}
    for line in lines:
        found = _FIELD.fullmatch(line)
        if found is None:
            raise HeadError(400, "a field is to be Name: value, on one line")
        name, value = found[1].decode("ascii").lower(), found[2].decode("latin-1")
        if name in fields and name in _ONCE:
            raise HeadError(400, f"the field {name} comes twice")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields
