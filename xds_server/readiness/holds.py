"""Everything that is held, in one place: changes, resources, files and streams; what it is, and how an operator ends it."""

import functools
import itertools
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from xds_server.model.admission import STREAM_HOLDS, HoldKind
from xds_server.observability.logs import event
from xds_server.providers import Source
from xds_server.readiness.protections.protections import Protections
from xds_server.readiness.publisher import Publisher
from xds_server.xds.transport.observer import StreamStatus

_log = logging.getLogger("xds_server")


class Streams(Protocol):
    """The streams, of which some may be held."""

    def streams(self) -> Iterable[StreamStatus]:
        """Every open stream."""
        ...

    def release(self, kind: HoldKind) -> int:
        """Ends waits for a reason of that kind, and returns of how many streams."""
        ...


class Holds:
    """What is held now. *server* and *provider* return None as long as there is none."""

    def __init__(
        self,
        protections: Protections,
        publisher: Publisher,
        *,
        server: Callable[[], Streams | None],
        provider: Callable[[], Source | None],
        clock: Callable[[], float],
    ) -> None:
        self.shrink_hold = protections.shrink_hold
        """None: every change is believed."""
        self.retention = protections.retention
        """None: nothing is retained."""
        self._publisher = publisher
        self._server = server
        self._provider = provider
        self._clock = clock

    def why(self) -> str:
        """What is held or retained, in one line; "" if nothing is."""
        both = (self.shrink_hold, self.retention)
        files = (f"{path} {reason}" for path, reason in itertools.islice(self._files().items(), 1))
        return "; ".join((*(why for one in both if one is not None and (why := one.why())), *files))

    def active(self) -> Mapping[str, int]:
        """How many changes and files are held, and resources retained, by kind of hold."""
        held = self.shrink_hold is not None and self.shrink_hold.held_change is not None
        retained = 0 if self.retention is None else len(self.retention.retained)
        return {"shrink": int(held), "retained": retained, "file": len(self._files())}

    def page(self) -> Mapping[str, object]:
        """Everything that is held, with reasons."""
        now = self._clock()
        server = self._server()
        streams = [
            {"kind": one.hold.kind, "node": one.stream.node.id, "seconds": now - one.stream.opened_at, "reason": one.hold.reason}
            for one in (() if server is None else server.streams())
            if one.hold is not None
        ]  # fmt: skip
        retained = [
            {"collection": collection, "key": key, "seconds": now - one.since, "reason": one.reason}
            for (collection, key), one in ({} if self.retention is None else self.retention.retained).items()
        ]
        return {
            "streams": streams,
            "shrink": "" if self.shrink_hold is None else self.shrink_hold.why(),
            "retained": retained,
            "files": self._files(),
        }

    def release(self, kind: str) -> Mapping[str, int]:
        """Ends the holds of a kind, or of all kinds (""), and returns how many, by kind.

        Changes are published. Streams are told why they wait, and may connect to another replica.
        """
        ends: dict[str, Callable[[], int]] = {
            "shrink": self._publisher.release_held,
            "retained": self._publisher.release_retained,
        }
        provider, server = self._provider(), self._server()
        if provider is not None:
            ends["file"] = provider.release
        for reason in STREAM_HOLDS:
            ends[reason] = functools.partial(_no_streams if server is None else server.release, reason)
        released = {name: int(end()) for name, end in ends.items() if kind in {"", name}}
        event(_log, logging.WARNING, "holds.released", **released)
        return released

    def _files(self) -> Mapping[str, str]:
        provider = self._provider()
        return {} if provider is None else provider.held


def _no_streams(_: HoldKind) -> int:
    return 0
