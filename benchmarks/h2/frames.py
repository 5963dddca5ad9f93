"""HTTP/2 frames and gRPC's messages in them: what both ends need. Source: RFC 9113 sections 4 and 6; gRPC over HTTP/2."""

from collections.abc import Iterator
from typing import Final

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 4, 5
WINDOW: Final = 65_535
"""What each side may send before it is told more."""
FRAME: Final = 16_384
"""Payload of a frame, unless the other side takes more."""
HEAD: Final = 9
PREFIX: Final = 5
"""Of a message: whether it is compressed, and its length."""


class ProtocolError(Exception):
    """The other side broke the rules of HTTP/2: its connection ends."""


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame."""
    return b"".join(
        (len(payload).to_bytes(3, "big"), bytes((kind, flags)), stream.to_bytes(4, "big"), payload)
    )  # fmt: skip


def settings(values: dict[int, int]) -> bytes:
    """A SETTINGS frame."""
    return frame(
        SETTINGS, 0, 0, b"".join(key.to_bytes(2, "big") + value.to_bytes(4, "big") for key, value in values.items())
    )


def window_update(stream: int, more: int) -> bytes:
    """Leave to send so many bytes more; stream 0 is the connection."""
    return frame(WINDOW_UPDATE, 0, stream, more.to_bytes(4, "big"))


def data_frames(message: bytes, stream: int, size: int = FRAME) -> bytes:
    """A gRPC message in DATA frames of at most *size* bytes."""
    body = b"".join((b"\0", len(message).to_bytes(4, "big"), message))
    if len(body) <= size:
        return frame(DATA, 0, stream, body)
    return b"".join(frame(DATA, 0, stream, body[at : at + size]) for at in range(0, len(body), size))


class Frames:
    """Cuts what arrives into frames."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes, limit: int = FRAME) -> Iterator[tuple[int, int, int, bytes]]:
        """Type, flags, stream and payload of each frame that is complete. Raises ProtocolError: one larger than *limit*."""
        data = self._rest + data if self._rest else data
        at, end = 0, len(data)
        while end - at >= HEAD:
            after = at + HEAD + (data[at] << 16 | data[at + 1] << 8 | data[at + 2])
            if after - at - HEAD > limit:
                raise ProtocolError(f"frame of {after - at - HEAD} bytes, of {limit} at most")
            if after > end:
                break
            stream = int.from_bytes(data[at + 5 : at + HEAD], "big") & 0x7FFFFFFF
            yield data[at + 3], data[at + 4], stream, data[at + HEAD : after]
            at = after
        self._rest = data[at:]


class Messages:
    """Puts messages together from the payloads of one stream's DATA frames."""

    __slots__ = ("_parts", "_size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, payload: bytes, limit: int) -> Iterator[bytes]:
        """The messages that are complete. Raises ProtocolError: one is larger than *limit*, or compressed."""
        self._parts.append(payload)
        self._size += len(payload)
        while self._size >= PREFIX:
            if len(self._parts[0]) < PREFIX:
                self._parts = [b"".join(self._parts)]
            head = self._parts[0]
            length = int.from_bytes(head[1:PREFIX], "big")
            if length > limit or head[0]:
                raise ProtocolError(
                    "message is compressed" if head[0] else f"message of {length} bytes, of {limit} at most"
                )
            if self._size < PREFIX + length:
                return
            whole = b"".join(self._parts) if len(self._parts) > 1 else head
            yield whole[PREFIX : PREFIX + length]
            rest = whole[PREFIX + length :]
            self._parts, self._size = ([rest] if rest else []), len(rest)
