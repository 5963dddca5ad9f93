"""The timeline: the last events of this process, in the order of time."""

import contextlib
import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from xds_server.model.printable import printable
from xds_server.observability.logs import format_fields, printable_fields, record_fields


class Timeline(logging.Handler):
    """The last events of each name, kept apart, so that many events of one name do not evict the few of another.

    It is a handler of the server's logger. `add` takes events that are too frequent for a log. Thread-safe.
    """

    def __init__(self, age_seconds: float, *, most: int = 256) -> None:
        """*age_seconds*: how long the process has run. *most*: how many events of each name are kept."""
        super().__init__(logging.INFO)
        self._started = time.time() - age_seconds
        self._most = most
        self._events: dict[str, deque[tuple[float, str, Mapping[str, Any]]]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a log record."""
        self._keep(record.created, printable(record.getMessage()), record_fields(record))

    def add(self, name: str, **fields: object) -> None:
        """Keeps an event that is not logged."""
        self._keep(time.time(), name, printable_fields(fields))

    def entries(self) -> list[Mapping[str, object]]:
        """All events that are kept: `time` (Unix time), `since_start` (seconds), `event`, `fields`."""
        return [
            {"time": round(at, 3), "since_start": round(at - self._started, 3), "event": name, "fields": dict(fields)}
            for at, name, fields in self._sorted()
        ]

    def text(self) -> str:
        """The same for people: a line for each event."""
        return "".join(
            f"{at - self._started:>10.3f}  {name}{format_fields(fields)}\n" for at, name, fields in self._sorted()
        )

    def _sorted(self) -> list[tuple[float, str, Mapping[str, Any]]]:
        with _locked(self):
            kept = [entry for events in self._events.values() for entry in events]
        return sorted(kept, key=lambda entry: entry[0])

    def _keep(self, at: float, name: str, fields: Mapping[str, Any]) -> None:
        with _locked(self):
            self._events.setdefault(name, deque(maxlen=self._most)).append((at, name, fields))


@contextlib.contextmanager
def _locked(handler: logging.Handler) -> Iterator[None]:
    handler.acquire()
    try:
        yield
    finally:
        handler.release()
