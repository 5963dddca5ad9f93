"""The bytes of lists and watches. Pure."""

from typing import Final, NamedTuple

import msgspec

from xds_server.sources.decode import Decoded, Decoder
from xds_server.sources.kube.errors import ApiError
from xds_server.sources.schema.base import Object, Raw


class PageEnd(NamedTuple):
    """What a page says about the list: where it goes on, and as of when it holds."""

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
    message: str | None = None
    code: int | None = None


_HEAD: Final = msgspec.json.Decoder(_Head)
_BOOKMARK: Final = msgspec.json.Decoder(_Bookmark)
_LINE: Final = msgspec.json.Decoder(_Line)
_OBJECT: Final = msgspec.json.Decoder(Object)
_STATUS: Final = msgspec.json.Decoder(_Status)


def page_end(body: bytes) -> PageEnd:
    """The metadata of a page, which built-in kinds have before the objects, and others after them.

    That the objects are whole, `page` says. Raises: ApiError, if it is no page of a list.
    """
    try:
        meta = _HEAD.decode(body[: body.find(b',"items":[')] + b"}").metadata
    except msgspec.DecodeError:
        meta = _whole(body)
    return PageEnd(meta.continue_ or "", meta.resource_version)


def _whole(body: bytes) -> _ListMeta:
    """The metadata, wherever it is: the objects are skipped, in a millisecond per thousand. Raises: ApiError."""
    try:
        return _HEAD.decode(body).metadata
    except msgspec.DecodeError as error:
        raise ApiError(f"the answer is no list: {error}") from error


def page(body: bytes, decoder: Decoder) -> list[Decoded]:
    """The objects of a page.

    Raises: ApiError, if it is no page of a list.
    """
    try:
        return decoder.page(body)
    except msgspec.DecodeError as error:
        raise ApiError(f"the answer is no list: {error}") from error


class Event(NamedTuple):
    """One line of a watch."""

    version: str
    """resourceVersion to go on from after it."""
    applied: Decoded | None = None
    deleted: str | None = None
    """Key; neither this nor `applied` on a bookmark."""
    ends_list: bool = False
    """Whether it is the bookmark at the end of a list that was asked for as a stream."""


def event(line: bytes, decoder: Decoder) -> Event:
    """A line of a watch.

    Raises: ApiError, if it says that the watch has failed, or does not parse.
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
    except msgspec.DecodeError as error:
        raise ApiError(f"a line of the watch does not parse: {error}", relist=True) from error


class Lines:
    """Puts lines together from chunks as they come, of any length."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that are complete now."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [line for line in lines if line]
