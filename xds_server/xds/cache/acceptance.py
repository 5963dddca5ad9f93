"""Which published contents a proxy has accepted yet, which one was rejected, and what to give in its place.

A content is on trial from its publication until the first client accepts it. Only these are remembered, so that it costs
what changed.
"""

from collections.abc import Collection, Mapping
from typing import Protocol
from weakref import WeakSet

import msgspec

from xds_server.model.resource import Resource


class Rejection(msgspec.Struct, frozen=True, gc=False):
    """A content that a client rejected, and nobody has accepted since."""

    name: str
    version: str
    node: str
    """Who rejected it, as it calls itself."""
    message: str
    """In its own words."""


class RejectingStream(Protocol):
    """One type on one open stream, whose client rejected something."""

    def rejected_now(self) -> tuple[int, int]:
        """How many resources are (refused, suspected) there: see `ads.quarantine`."""


class Acceptance:
    """The contents of one table that are on trial."""

    __slots__ = ("_cleared", "_former", "_rejected", "_since", "doubted", "revision", "serial")

    def __init__(self) -> None:
        self._former: dict[str, Resource | None] = {}  # name -> the last content that somebody accepted
        self._since: dict[str, int] = {}  # name -> serial of the content on trial
        self._rejected: dict[str, Rejection] = {}
        self._cleared: set[str] = set()
        self.doubted: WeakSet[RejectingStream] = WeakSet()
        """Open streams whose client rejected something of this table, and has not accepted all of it since."""
        self.revision = 0
        """Counts the answers of clients that made or ended a rejection."""
        self.serial = 0
        """Counts contents that went on trial: who was sent something at a serial was sent no later content."""

    def published(self, old: Resource | None, new: Resource) -> None:
        """A content is published in place of another, or of none."""
        if old is not None and old.digest == new.digest:
            return
        self._rejected.pop(new.name, None)
        self._cleared.discard(new.name)
        former = self._former.setdefault(new.name, old)
        self.serial += 1
        self._since[new.name] = self.serial
        if former is not None and former.digest == new.digest:  # Changed back to what was good.
            self._end(new.name)

    def removed(self, name: str) -> None:
        """A resource is there no more."""
        self._cleared.discard(name)
        self._end(name)

    def open(self, names: Collection[str], serial: int) -> list[str]:
        """Those of *names* of which the content that was there at *serial* is on trial still."""
        since = self._since
        fewer, others = (since, names) if len(since) < len(names) else (names, since)
        return [name for name in fewer if name in others and since[name] <= serial] if since else []

    def accepted(self, name: str) -> None:
        """A client accepted the present content."""
        if name in self._rejected:
            self._cleared.add(name)
            self.revision += 1
        self._end(name)

    def rejected(self, item: Resource, node: str, message: str) -> None:
        """A client rejected *item*, the present content, and nothing but that, or said that it was that."""
        if item.name in self._former:
            self._rejected[item.name] = Rejection(item.name, item.version, node, message)
            self.revision += 1

    def cleared(self) -> frozenset[str]:
        """Names of what a client has accepted, after another had rejected it, since the last call: it is good for all."""
        if not self._cleared:
            return frozenset()
        names, self._cleared = frozenset(self._cleared), set()
        return names

    def former(self, name: str) -> Resource | None:
        """The content that was accepted before the one on trial, if there is one."""
        return self._former.get(name)

    @property
    def rejections(self) -> Mapping[str, Rejection]:
        """By name, what is published although somebody rejected it and nobody accepted it."""
        return self._rejected

    def _end(self, name: str) -> None:
        self._former.pop(name, None)
        self._since.pop(name, None)
        self._rejected.pop(name, None)
