"""Which published contents a client has accepted, which one a client rejected, and what was accepted before.

A content is *pending* from its publication until the first client accepts it. Only pending contents are remembered, so the
cost is that of what changed.
"""

from collections.abc import Collection, Mapping
from typing import Protocol
from weakref import WeakSet

import msgspec

from xds_server.model.resource import Resource


class Rejection(msgspec.Struct, frozen=True, gc=False):
    """A published content that a client rejected, and that no client has accepted since."""

    name: str
    version: str
    node: str
    """The id of the client that rejected it."""
    message: str
    """The client's own words."""


class RejectingStream(Protocol):
    """One type on one open stream, whose client rejected something."""

    def count_rejected(self) -> tuple[int, int]:
        """The number of (rejected, suspected) resources: see `xds.protocol.quarantine`."""


class Acceptance:
    """The pending contents of one table, by resource name."""

    __slots__ = (
        "_last_accepted", "_pending_since", "_reaccepted", "_rejected", "rejecting_streams", "revision", "serial",
    )  # fmt: skip

    def __init__(self) -> None:
        self._last_accepted: dict[str, Resource | None] = {}
        self._pending_since: dict[str, int] = {}  # The serial of the content.
        self._rejected: dict[str, Rejection] = {}
        self._reaccepted: set[str] = set()
        self.rejecting_streams: WeakSet[RejectingStream] = WeakSet()
        """Open streams whose client rejected something in this table, and has not accepted all of it since."""
        self.revision = 0
        """Counts the answers of clients that began or ended a rejection."""
        self.serial = 0
        """Counts contents that became pending. A response made at one serial contains no content of a later serial."""

    def published(self, old: Resource | None, new: Resource) -> None:
        """Records that *new* is published in place of *old*; None: there was no resource of that name."""
        if old is not None and old.digest == new.digest:
            return
        self._rejected.pop(new.name, None)
        self._reaccepted.discard(new.name)
        last_accepted = self._last_accepted.setdefault(new.name, old)
        self.serial += 1
        self._pending_since[new.name] = self.serial
        if last_accepted is not None and last_accepted.digest == new.digest:  # It changed back.
            self._end(new.name)

    def removed(self, name: str) -> None:
        """Records that the resource is not published any more."""
        self._reaccepted.discard(name)
        self._end(name)

    def pending(self, names: Collection[str], serial: int) -> list[str]:
        """Those of *names* whose content was already published at *serial*, and is still pending."""
        since = self._pending_since
        fewer, others = (since, names) if len(since) < len(names) else (names, since)
        return [name for name in fewer if name in others and since[name] <= serial] if since else []

    def accepted(self, name: str) -> None:
        """Records that a client accepted the present content."""
        if name in self._rejected:
            self._reaccepted.add(name)
            self.revision += 1
        self._end(name)

    def rejected(self, item: Resource, node: str, message: str) -> None:
        """Records that a client rejected *item*, the present content: alone in a response, or named in its message.

        Does nothing if a client has accepted that content: then the rejection concerns the rejecting client only.
        """
        if item.name in self._last_accepted:
            self._rejected[item.name] = Rejection(item.name, item.version, node, message)
            self.revision += 1

    def take_reaccepted(self) -> frozenset[str]:
        """Names whose content one client rejected and another has accepted since the last call: it is good for all."""
        if not self._reaccepted:
            return frozenset()
        names, self._reaccepted = frozenset(self._reaccepted), set()
        return names

    def last_accepted(self, name: str) -> Resource | None:
        """The content that was accepted before the pending one; None if there is neither."""
        return self._last_accepted.get(name)

    @property
    def rejections(self) -> Mapping[str, Rejection]:
        """By name: the published contents that a client rejected and no client accepted."""
        return self._rejected

    def _end(self, name: str) -> None:
        self._last_accepted.pop(name, None)
        self._pending_since.pop(name, None)
        self._rejected.pop(name, None)
