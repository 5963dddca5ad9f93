"""Which published contents a proxy has accepted yet, which one was rejected, and what to give in its place.

A content is on trial from its publication until the first client accepts it. Only these are remembered, so that it costs
what changed.
"""

from collections.abc import Iterable, Mapping

import msgspec

from xds_server.snapshot.resource import Resource


class Rejection(msgspec.Struct, frozen=True, gc=False):
    """A content that a client rejected, and nobody has accepted since."""

    name: str
    version: str
    node: str
    """Who rejected it, as it calls itself."""
    message: str
    """In its own words."""


class Trial:
    """The contents of one table that are on trial."""

    __slots__ = ("_former", "_rejected")

    def __init__(self) -> None:
        self._former: dict[str, Resource | None] = {}  # name -> the last content that somebody accepted
        self._rejected: dict[str, Rejection] = {}

    def published(self, old: Resource | None, new: Resource) -> None:
        """A content is published in place of another, or of none."""
        if old is not None and old.digest == new.digest:
            return
        self._rejected.pop(new.name, None)
        former = self._former.setdefault(new.name, old)
        if former is not None and former.digest == new.digest:  # Changed back to what was good.
            del self._former[new.name]

    def removed(self, name: str) -> None:
        """A resource is there no more."""
        self._former.pop(name, None)
        self._rejected.pop(name, None)

    def open(self, names: Iterable[str]) -> list[str]:
        """Those of *names* that are on trial."""
        former = self._former
        return [name for name in names if name in former] if former else []

    def accepted(self, name: str) -> None:
        """A client accepted the present content."""
        self._former.pop(name, None)
        self._rejected.pop(name, None)

    def rejected(self, item: Resource, node: str, message: str) -> None:
        """A client rejected *item*, the present content."""
        if item.name in self._former:
            self._rejected[item.name] = Rejection(item.name, item.version, node, message)

    def former(self, name: str) -> Resource | None:
        """The content that was accepted before the one on trial, if there is one."""
        return self._former.get(name)

    @property
    def rejections(self) -> Mapping[str, Rejection]:
        """By name, what is published although somebody rejected it and nobody accepted it."""
        return self._rejected
