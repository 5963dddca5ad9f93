"""Log lines: a stable event name and fields, as text for people or as JSON for machines.

The core returns events as values; only the code around it logs them. INFO: a state that operators care about changed.
WARNING: the server is degraded, and the line says how. ERROR: somebody must act.
"""

import json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any

from xds_server.model.printable import printable


def configure_logging(log_format: str) -> None:
    """Sends everything from INFO up to stderr; *log_format* is `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # kopf logs failed requests itself; the server's own lines name the same failures with a reason.
    logging.getLogger("kopf").setLevel(logging.CRITICAL)


def event(log: logging.Logger, level: int, name: str, **fields: object) -> None:
    """Logs the event *name* with *fields*, except fields that are None."""
    log.log(level, name, extra={"fields": {key: value for key, value in fields.items() if value is not None}})


def record_fields(record: logging.LogRecord) -> Mapping[str, Any]:
    """The fields of a record that `event` made, fit to print; none for other records."""
    return printable_fields(getattr(record, "fields", {}))


def printable_fields(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same fields: numbers and None as they are, everything else as printable text of bounded length."""
    return {
        key: value if value is None or isinstance(value, int | float) else printable(str(value))
        for key, value in fields.items()
    }


def format_fields(fields: Mapping[str, Any]) -> str:
    """The fields as ` key=value` each, with quotes where a value needs them."""
    return "".join(f" {key}={_format_value(value)}" for key, value in fields.items())


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        message = f"{printable(record.getMessage())}{format_fields(record_fields(record))}"
        line = f"{clock}.{int(record.msecs):03} {record.levelname:<7} {message}"
        return f"{line}\n{_printable_traceback(self, record)}" if record.exc_info else line


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "time": f"{clock}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "event": printable(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = _printable_traceback(self, record)
        return json.dumps(line | dict(record_fields(record)))


def _printable_traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    text = formatter.formatException(record.exc_info) if record.exc_info else ""
    return "\n".join(map(printable, text.split("\n")))


def _format_value(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(c in text for c in ' "=\n') else text
