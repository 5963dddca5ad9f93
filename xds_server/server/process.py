"""The process itself: since when it runs, and the signals that end it."""

import asyncio
import os
import signal
import time
from pathlib import Path

from xds_server.model.errors import UserError

_STARTED_FIELD = 22


class StartError(UserError):
    """The server cannot start. The message says why, and what to do."""


def start_time(stat: Path = Path("/proc/self/stat")) -> float:
    """When this process began, on the monotonic clock; now, if the system does not tell. Source: proc(5)."""
    now = time.monotonic()
    try:
        text = stat.read_text(encoding="utf-8")
        # The second field is a name in brackets that may contain anything, so count from its end.
        ticks = int(text.rpartition(")")[2].split()[_STARTED_FIELD - 3])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return now
    return now - max(0.0, age)


def shutdown_signals() -> "asyncio.Queue[str]":
    """A queue of the names of SIGTERM and SIGINT, each as it comes."""
    queue: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, queue.put_nowait, number.name)
    return queue
