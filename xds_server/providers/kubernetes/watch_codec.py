"""Parses the bytes of lists and watches. Pure."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from xds_server.providers.decode import Decoded, Decoder
from xds_server.providers.kubernetes.errors import ApiError
from xds_server.providers.schema.base import Object, Raw


class PageEnd(NamedTuple):
    """The metadata of a page of a list."""

    continue_: str
    """Token for the next page; empty on the last."""
    version: str
    """resourceVersion."""


class _ListMeta(Raw):
    resource_version: str
    continue_: str | None = msgspec.field(default=None, name="continue")


class _Head(Raw):
    metadata: _ListMeta


class _Annotations(Raw):
    ends_list: str | None = msgspec.field(default=None, name="k8s.io/initial-events-end")


class _BookmarkMeta(Raw):
    resource_version: str
    annotations: _Annotations | None = None


class _Bookmark(Raw):
    metadata: _BookmarkMeta


class _Line(Raw):
    type: str
    object: msgspec.Raw


class _Status(Raw):
    kind: str = ""
    message: str | None = None
    code: int | None = None


# msgspec's errors are ValueErrors, and so is a UnicodeDecodeError.
_UNREADABLE: Final = (ValueError, RecursionError)
# etcd stores no object larger than 1.5 MiB, and its JSON is less than ten times as long.
_LONGEST_LINE: Final = 16 * 2**20

_HEAD: Final = msgspec.json.Decoder(_Head)
_BOOKMARK: Final = msgspec.json.Decoder(_Bookmark)
_LINE: Final = msgspec.json.Decoder(_Line)
_OBJECT: Final = msgspec.json.Decoder(Object)
_STATUS: Final = msgspec.json.Decoder(_Status)


def page_end(body: bytes) -> PageEnd:
    """The metadata of a page. They come before the objects for built-in kinds, and after them for others.

    It does not check that the objects are complete: `page` does. Raises: ApiError, if *body* is not a page of a list.
    """
    try:
        meta = _HEAD.decode(body[: body.find(b',"items":[')] + b"}").metadata
    except _UNREADABLE:
        meta = _whole(body)
    return PageEnd(meta.continue_ or "", meta.resource_version)


def _whole(body: bytes) -> _ListMeta:
    """The metadata, wherever they are. Skips the objects, at a millisecond per thousand. Raises: ApiError."""
    try:
        return _HEAD.decode(body).metadata
    except _UNREADABLE as error:
        raise _no_list(body, error) from error


def _no_list(body: bytes, error: Exception) -> ApiError:
    """The error for a body that is not a list: it may be a Status object of the API server."""
    try:
        status = _STATUS.decode(body)
    except _UNREADABLE:
        return ApiError(f"the answer is not a list: {error}")
    if status.kind != "Status":
        return ApiError(f"the answer is not a list: {error}")
    return ApiError(f"the answer is not a list, but says: {status.message or 'nothing'}")


def page(body: bytes, decoder: Decoder) -> list[Decoded]:
    """The objects of a page.

    Raises: ApiError, if *body* is not a page of a list.
    """
    try:
        return decoder.page(body)
    except _UNREADABLE as error:
        raise _no_list(body, error) from error


class Event(NamedTuple):
    """One event of a watch."""

    version: str
    """The resourceVersion to resume from after it."""
    applied: Decoded | None = None
    deleted: str | None = None
    """The key of a deleted object. A bookmark has neither this nor `applied`."""
    ends_list: bool = False
    """Whether it is the bookmark at the end of a streaming list."""


def event(line: bytes, decoder: Decoder) -> Event:
    """A line of a watch.

    Raises: ApiError, if it is an error event, or does not parse.
    """
    try:
        outer = _LINE.decode(line)
        if outer.type == "ERROR":
            status = _STATUS.decode(outer.object)
            raise ApiError(status.message or "the watch failed", code=status.code, relist=True)
        if outer.type == "BOOKMARK":
            mark = _BOOKMARK.decode(outer.object).metadata
            ends_list = mark.annotations is not None and mark.annotations.ends_list == "true"
            return Event(mark.resource_version, ends_list=ends_list)
        meta = _OBJECT.decode(outer.object).metadata
        version = meta.resource_version or ""
        match outer.type:
            case "ADDED" | "MODIFIED":
                return Event(version, applied=decoder.json(outer.object))
            case "DELETED":
                return Event(version, deleted=meta.key)
            case _:
                return Event(version)
    except _UNREADABLE as error:
        raise ApiError(f"a line of the watch does not parse: {error}", relist=True) from error


def in_order(events: Iterable[Event], version: str) -> tuple[list[Event], str, ApiError | None]:
    """The events that are news after *version*, up to one that is older than what was told before; where they end.

    Versions of one kind are numbers that grow: KEP-5504, "Comparable Resource Version". What are no
    numbers is taken as it comes.
    """
    news: list[Event] = []
    for one in events:
        if one.version.isdecimal() and version.isdecimal():
            change = int(one.version) - int(version)
            if change < 0:
                what = f"the watch went back from version {version} to {one.version}"
                return news, version, ApiError(f"{what}; what was missed is not known", relist=True)
            if change == 0:
                continue
        news.append(one)
        version = one.version or version
    return news, version, None


class Lines:
    """Splits chunks of bytes into lines, up to the size of the largest object."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that are complete now. Raises: ApiError, if a line is longer than any object."""
        first, *more = chunk.split(b"\n")
        self._parts.append(first)
        self._length += len(first)
        lines: list[bytes] = []
        if more:
            *others, rest = more
            lines = [b"".join(self._parts), *others]
            self._parts, self._length = [rest], len(rest)
        if self._length > _LONGEST_LINE:
            raise ApiError(f"a line of the watch is longer than {_LONGEST_LINE >> 20} MiB", relist=True)
        return [line for line in lines if line]
