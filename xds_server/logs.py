"""Log lines: stable event names with fields, as text for people or JSON for machines.

The core returns events; only the shells log them. INFO: a state an operator cares about changed.
WARNING: we degrade, and say how. ERROR: somebody must act.
"""

import contextlib
import json
import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from xds_server.gating import HoldKind, HoldOutcome, RefusalKind
from xds_server.snapshot.resource import SHORT, TypeUrl
from xds_server.transport.observer import CloseReason, GivenUp, Observer, StreamInfo

_log = logging.getLogger("xds_server")


def configure_logging(log_format: str) -> None:
    """Sends everything from INFO up to stderr: *log_format* is `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else _Text())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("kopf").setLevel(logging.CRITICAL)  # its client's words; ours say the same with a reason


def event(log: logging.Logger, level: int, name: str, **fields: object) -> None:
    """Logs *name* with *fields*; None fields are left out."""
    log.log(level, name, extra={"fields": {key: value for key, value in fields.items() if value is not None}})


def every(*observers: Observer) -> Observer:
    """An observer that passes on to each of *observers* in turn what it is told."""

    class Every:
        def __getattr__(self, name: str) -> Callable[..., None]:
            methods = [getattr(observer, name) for observer in observers]

            def tell(*args: object, **more: object) -> None:
                for method in methods:
                    method(*args, **more)

            setattr(self, name, tell)
            return tell

    return cast(Observer, Every())


class Timeline(logging.Handler):
    """The last events, each kind of them apart, so that many of one kind do not push out the few of another.

    It is a handler of our logger, and is also told what is too much for a log. May be used from any thread.
    """

    def __init__(self, age_seconds: float, *, most: int = 256) -> None:
        """*age_seconds*: how long the process has run. *most*: how many of each kind are kept."""
        super().__init__(logging.INFO)
        self._began = time.time() - age_seconds
        self._most = most
        self._events: dict[str, deque[tuple[float, str, Mapping[str, Any]]]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps what is logged."""
        self._keep(record.created, record.getMessage(), _fields(record))

    def add(self, name: str, **fields: object) -> None:
        """Keeps an event that is not logged."""
        self._keep(time.time(), name, fields)

    def entries(self) -> list[Mapping[str, object]]:
        """All that is kept, in the order of time: when (Unix time), how long after the start, what, and its fields."""
        return [
            {"time": round(at, 3), "since_start": round(at - self._began, 3), "event": name, "fields": dict(fields)}
            for at, name, fields in self._sorted()
        ]

    def text(self) -> str:
        """The same for people: a line each."""
        return "".join(
            f"{at - self._began:>10.3f}  {name}{_shown_all(fields)}\n" for at, name, fields in self._sorted()
        )

    def _sorted(self) -> list[tuple[float, str, Mapping[str, Any]]]:
        with _lock(self):
            found = [one for events in self._events.values() for one in events]
        return sorted(found, key=lambda one: one[0])

    def _keep(self, at: float, name: str, fields: Mapping[str, Any]) -> None:
        with _lock(self):
            self._events.setdefault(name, deque(maxlen=self._most)).append((at, name, fields))


@contextlib.contextmanager
def _lock(handler: logging.Handler) -> Iterator[None]:
    handler.acquire()
    try:
        yield
    finally:
        handler.release()


class StreamLog:
    """An observer of the transport that writes what an operator cares about; *on_hold* is told who is held, and why."""

    def __init__(self, on_hold: Callable[[StreamInfo, HoldKind], None] = lambda _stream, _kind: None) -> None:
        self._on_hold = on_hold

    def stream_opened(self, stream: StreamInfo) -> None:
        """A client opened a stream."""

    def holding(self, stream: StreamInfo, kind: HoldKind) -> None:
        """A stream is held from now on."""
        event(_log, logging.INFO, "stream.held", **_who(stream), reason=kind)
        self._on_hold(stream, kind)

    def held(self, stream: StreamInfo, kind: HoldKind, seconds: float, outcome: HoldOutcome) -> None:
        """A hold ended: by what, and after how long."""
        level = logging.WARNING if outcome == "budget" else logging.INFO
        event(_log, level, "stream.released", **_who(stream), reason=kind, seconds=seconds, by=outcome)

    def refused(self, kind: RefusalKind) -> None:
        """A stream was ended unadmitted; `held` or the metric says the rest."""

    def sent(self, stream: StreamInfo, type_url: TypeUrl, count: int, size: int) -> None:
        """A response was sent: for the metrics alone."""

    def acked(self, stream: StreamInfo, type_url: TypeUrl, seconds: float) -> None:
        """A response was accepted: for the metrics alone."""

    def nacked(self, stream: StreamInfo, type_url: TypeUrl, version: str, message: str) -> None:
        """A response was rejected: the proxy keeps what it had, and says why."""
        kind = SHORT.get(type_url, type_url)
        event(_log, logging.WARNING, "stream.nack", **_who(stream), type=kind, version=version, message=message)

    def ignored(self, stream: StreamInfo, type_url: TypeUrl, why: str) -> None:
        """A request was passed over."""
        if why == "unserved":
            event(_log, logging.INFO, "stream.unserved_type", **_who(stream), type=type_url)

    def gave_up(self, stream: StreamInfo, what: GivenUp) -> None:
        """A stream has waited too long for another type, or for an answer."""
        event(_log, logging.WARNING, "stream.gave_up", **_who(stream), waited_for=what)

    def first_complete(self, stream: StreamInfo, seconds: float, *, warm: bool) -> None:
        """A client has its first complete configuration."""
        event(_log, logging.INFO, "stream.complete", **_who(stream), seconds=seconds, warm=warm)

    def stream_closed(self, stream: StreamInfo, why: CloseReason) -> None:
        """A stream ended."""
        event(_log, logging.INFO, "stream.closed", **_who(stream), why=why)


def _who(stream: StreamInfo) -> Mapping[str, object]:
    return {"stream": stream.id, "peer": stream.peer, "node": stream.node.id, "role": stream.node.role}


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    return getattr(record, "fields", {})


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        line = (
            f"{clock}.{int(record.msecs):03} {record.levelname:<7} {record.getMessage()}{_shown_all(_fields(record))}"
        )
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {"time": f"{moment}.{int(record.msecs):03}Z", "level": record.levelname, "event": record.getMessage()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line | dict(_fields(record)), default=str)


def _shown_all(fields: Mapping[str, Any]) -> str:
    return "".join(f" {key}={_shown(value)}" for key, value in fields.items())


def _shown(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(c in text for c in ' "=\n') else text
