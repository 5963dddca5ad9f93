"""The parser of request heads: sizes, the fields of a head, and what it refuses."""

import pytest

from probes.request_parser import MAX_HEAD_BYTES, RequestError, find_head_end, parse_head


def test_a_head_ends_at_the_first_empty_line() -> None:
    """Bytes after it belong to the next request."""
    head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    assert find_head_end(head + b"GET ") == len(head)
    assert find_head_end(head[:-1]) == 0


def test_a_head_has_a_limit() -> None:
    """The largest head is accepted, whether it arrives at once or in pieces; one byte more is refused before it ends."""
    largest = b"a" * MAX_HEAD_BYTES

    assert find_head_end(largest) == 0
    assert find_head_end(largest + b"\r\n\r\n") == MAX_HEAD_BYTES + 4
    with pytest.raises(RequestError, match="exceed 16384 bytes: send fewer or shorter headers") as raised:
        find_head_end(largest + b"a")
    assert raised.value.status == 431


def test_a_head_has_its_parts() -> None:
    """Header names are in lower case, and the values of a repeated header are joined."""
    head = parse_head(b"GET /a/b?c=d&e HTTP/1.1\r\nHost: a\r\nX-A: 1 \r\nx-a:\t2\r\n\r\n")

    assert (head.method, head.path, head.query) == ("GET", "/a/b", "c=d&e")
    assert head.headers == {"host": "a", "x-a": "1, 2"}


@pytest.mark.parametrize(
    ("data", "keep_alive"),
    [
        (b"GET / HTTP/1.1\r\nHost: a", True),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Close", False),
        (b"GET / HTTP/1.0", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive", False),
    ],
)
def test_a_connection_is_kept_as_http_1_1_says(data: bytes, keep_alive: bool) -> None:
    """Kept unless the client says `close`. HTTP/1.0 has one request for each connection."""
    assert parse_head(data + b"\r\n\r\n").keep_alive is keep_alive


@pytest.mark.parametrize(
    ("status", "data", "message"),
    [
        (400, b"GET /", "the request line is invalid: send METHOD /path HTTP/1.1, as in GET /readyz HTTP/1.1"),
        (400, b"BREW / HTTP/1.1", "the request line is invalid"),
        (400, b"GET http://a/ HTTP/1.1\r\nHost: a", "the request line is invalid"),
        (400, b"GET / HTTP/1.1", "the Host header is missing: HTTP/1.1 requires it"),
        (400, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b", "the header host is repeated: send it once"),
        (400, b"GET / HTTP/1.1\r\nHost : a", "a header is invalid: send each as Name: value, on one line"),
        (400, b"GET / HTTP/1.1\r\nHost: a\r\n folded", "a header is invalid"),
        (
            413,
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1",
            "the request has a body: send its arguments in the query",
        ),
        (413, b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked", "the request has a body"),
        (431, b"GET / HTTP/1.1" + 101 * b"\r\nA: b", "the request has more than 100 headers: send fewer"),
    ],
)
def test_a_refusal_names_the_fault_and_the_next_step(status: int, data: bytes, message: str) -> None:
    """In one line, with the HTTP status that fits."""
    with pytest.raises(RequestError) as raised:
        parse_head(data + b"\r\n\r\n")

    assert raised.value.status == status
    assert str(raised.value).startswith(message)
