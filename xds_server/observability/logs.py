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

from xds_server.model.printable import printable
from xds_server.xds.transport.observer import Observer


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
        self._keep(record.created, printable(record.getMessage()), _fields(record))

    def add(self, name: str, **fields: object) -> None:
        """Keeps an event that is not logged."""
        self._keep(time.time(), name, _made_printable(fields))

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


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    return _made_printable(getattr(record, "fields", {}))


def _made_printable(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same fields; whatever is no number is a printable text of bounded length."""
    return {
        key: value if value is None or isinstance(value, int | float) else printable(str(value))
        for key, value in fields.items()
    }


def _raised(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """The traceback of what was raised: lines, each of them printable; "" if nothing was."""
    text = formatter.formatException(record.exc_info) if record.exc_info else ""
    return "\n".join(map(printable, text.split("\n")))


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        said = f"{printable(record.getMessage())}{_shown_all(_fields(record))}"
        line = f"{clock}.{int(record.msecs):03} {record.levelname:<7} {said}"
        return f"{line}\n{_raised(self, record)}" if record.exc_info else line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "time": f"{moment}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "event": printable(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = _raised(self, record)
        return json.dumps(line | dict(_fields(record)))


def _shown_all(fields: Mapping[str, Any]) -> str:
    return "".join(f" {key}={_shown(value)}" for key, value in fields.items())


def _shown(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(c in text for c in ' "=\n') else text
