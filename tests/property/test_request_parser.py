"""Whatever our parser accepts, a well-known one reads in the same way: no request hides in another."""

import asyncio
from typing import Any

from aiohttp.http_parser import HttpRequestParser
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probes.request_parser import RequestError, find_head_end, parse_head

_LINES = st.sampled_from(
    [
        b"Host: a", b"Host: b", b"host : a", b"HOST:a", b" Host: a", b"Content-Length: 5", b"Content-Length: 0",
        b"Content-Length: +5", b"Content-Length: 5, 5", b"Transfer-Encoding: chunked", b"transfer-encoding : chunked",
        b"Transfer-Encoding:\tchunked", b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: xchunked",
        b"Connection: close", b"Connection: keep-alive", b"A: b\rC: d", b"A: b\nTransfer-Encoding: chunked", b"A:", b":b",
        b"A: \x00", b"A: \xff", b"A: \x7f", b"\tfolded", b"Origin: null",
    ]
)  # fmt: skip
_FIRST = st.sampled_from(
    [b"GET / HTTP/1.1", b"POST /a?b=c HTTP/1.1", b"GET / HTTP/1.0", b"GET /\x00 HTTP/1.1", b"GET  / HTTP/1.1", b"get / HTTP/1.1",
     b"GET http://a/ HTTP/1.1", b"GET /%41;?# HTTP/1.1", b"GET / HTTP/1.1 ", b"\r\nGET / HTTP/1.1", b"* / HTTP/1.1", b"GET /"]
)  # fmt: skip
_HEADS = st.builds(
    lambda first, lines: b"\r\n".join([first, *lines]) + b"\r\n\r\n", _FIRST, st.lists(_LINES, max_size=5)
)
_BROKEN = st.builds(
    lambda head, at, byte: head[: at % len(head)] + byte + head[at % len(head) :],
    _HEADS,
    st.integers(0, 500),
    st.binary(max_size=2),
)


@settings(max_examples=10 * settings().max_examples)
@given(data=_HEADS | _BROKEN | st.binary(max_size=200))
@example(data=b"GET / HTTP/1.1\r\nHost: a\r\ntransfer-encoding : chunked\r\n\r\n")
def test_what_is_taken_is_taken_by_others_alike(data: bytes) -> None:
    """Same method, target and headers, and no body; everything else is refused, by RequestError alone."""
    try:
        size = find_head_end(data)
        head = parse_head(data[:size]) if size else None
    except RequestError:
        return
    if head is None:
        return
    message = _by_another(data[:size])
    target = head.path + (f"?{head.query}" if head.query else "")
    assert (message.method, message.path.rstrip("?")) == (head.method, target.rstrip("?"))
    for name, value in head.headers.items():
        assert (
            ", ".join(
                each.encode("utf-8", "surrogateescape").decode("latin-1") for each in message.headers.getall(name)
            )
            == value
        )
    assert not message.chunked
    assert message.headers.get("Content-Length", "0") == "0"


def _by_another(data: bytes) -> Any:
    """The head as aiohttp reads it."""
    loop = asyncio.new_event_loop()
    try:
        protocol: Any = type("Protocol", (), {"_reading_paused": False, "transport": None})()
        parser = HttpRequestParser(protocol, loop, 2**16, max_line_size=2**15, max_field_size=2**15)
        messages, _, _ = parser.feed_data(data)
        return messages[0][0]
    finally:
        loop.close()
