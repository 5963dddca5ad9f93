"""A strict parser of HTTP/1 request heads: the request line and the headers.

It accepts only what its grammar allows. Whatever other parsers of HTTP may read differently (two `Host` headers, a space
before a colon, a folded line, a bare line feed) is refused, so that no second request can hide in the first one. Requests
have no body here; one that announces a body is refused. Source: RFC 9112.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_HEAD_BYTES: Final = 16 * 1024
"""Generous, because a browser sends the cookies of a host to every port of it."""
_MAX_HEADERS: Final = 100
_END_OF_HEAD: Final = b"\r\n\r\n"

_REQUEST_LINE = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/[!-~]*) HTTP/1\.([01])")
_HEADER = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*"
)
_UNREPEATABLE: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "origin", "sec-fetch-site", "sec-fetch-mode"}
)
"""A repeated header of these names is refused, because parsers differ in which of the two values they use."""


class RequestError(ValueError):
    """The bytes are not a request that this server accepts. The message is one line for the client."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        """The HTTP status of the response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """The request line and the headers of a request."""

    method: str
    path: str
    query: str
    """What follows the question mark, still encoded; "" if there is none."""
    headers: Mapping[str, str]
    """Values by lower-case name. The values of a repeated header are joined with commas."""
    keep_alive: bool
    """Whether the client may send another request on the same connection."""


def find_head_end(data: bytes | bytearray) -> int:
    """The size in bytes of the first request head in *data*; 0 if the head is not complete yet.

    Raises: RequestError, if the head is longer than `MAX_HEAD_BYTES`.
    """
    end = data.find(_END_OF_HEAD, 0, MAX_HEAD_BYTES + len(_END_OF_HEAD))
    if end >= 0:
        return end + len(_END_OF_HEAD)
    if len(data) > MAX_HEAD_BYTES:
        raise RequestError(
            431, f"the request line and headers exceed {MAX_HEAD_BYTES} bytes: send fewer or shorter headers"
        )
    return 0


def parse_head(data: bytes) -> RequestHead:
    """Parses exactly one head, of the size that `find_head_end` returned. Raises: RequestError."""
    first, *lines = data.removesuffix(_END_OF_HEAD).split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise RequestError(400, "the request line is invalid: send METHOD /path HTTP/1.1, as in GET /readyz HTTP/1.1")
    headers = _parse_headers(lines)
    is_http_1_1 = line[3] == b"1"
    if is_http_1_1 and "host" not in headers:
        raise RequestError(400, "the Host header is missing: HTTP/1.1 requires it")
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        raise RequestError(413, "the request has a body: send its arguments in the query string")
    path, _, query = line[2].decode("ascii").partition("?")
    options = {option.strip().lower() for option in headers.get("connection", "").split(",")}
    return RequestHead(
        method=line[1].decode("ascii"),
        path=path,
        query=query,
        headers=headers,
        keep_alive=is_http_1_1 and "close" not in options,
    )


def _parse_headers(lines: list[bytes]) -> dict[str, str]:
    if len(lines) > _MAX_HEADERS:
        raise RequestError(431, f"the request has more than {_MAX_HEADERS} headers: send fewer")
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise RequestError(400, "a header is invalid: send each as Name: value, on one line")
        name, value = found[1].decode("ascii").lower(), found[2].decode("latin-1")
        if name in headers and name in _UNREPEATABLE:
            raise RequestError(400, f"the header {name} is repeated: send it once")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
