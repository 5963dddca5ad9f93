"""A load that misses nothing: a keep-alive connection at a steady rate, and new connections beside it."""

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(slots=True)
class Tally:
    """What one client saw: answers by status, 0 for none, with the moment of each that was not 200."""

    statuses: Counter[int] = field(default_factory=Counter)
    failed_at: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self.statuses.total()

    @property
    def failures(self) -> int:
        """How many got something else than 200."""
        return self.requests - self.statuses[200]

    def count(self, status: int) -> None:
        """Enters one answer."""
        self.statuses[status] += 1
        if status != 200:
            self.failed_at.append(time.monotonic())


class Load:
    """Sends requests to one port from a thread of its own, for as long as the block lasts.

    *keep_alive* requests a second go over one connection, opened again when it breaks; *new* more a
    second each open a connection. A request starts at its appointed time, whatever became of the last.
    """

    def __init__(self, port: int, *, keep_alive: float = 200, new: float = 50, path: str = "/") -> None:
        self.kept = Tally()
        self.new = Tally()
        self._port = port
        self._path = path
        self._rates = ((self._keep, keep_alive), (self._open, new))
        self._connection: http.client.HTTPConnection | None = None
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=rate, daemon=True) for rate in self._rates if rate[1]]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    @property
    def requests(self) -> int:
        """Requests of both kinds."""
        return self.kept.requests + self.new.requests

    @property
    def failures(self) -> int:
        """Failed requests of both kinds."""
        return self.kept.failures + self.new.failures

    def failure_seconds(self) -> float:
        """From the first failed request to the last."""
        at = self.kept.failed_at + self.new.failed_at
        return max(at) - min(at) if at else 0.0

    def _run(self, send: object, rate: float) -> None:
        due = time.monotonic()
        while not self._ending.wait(max(0.0, due - time.monotonic())):
            send()  # type: ignore[operator]
            due += 1 / rate

    def _keep(self) -> None:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2)
        try:
            self.kept.count(self._get(self._connection))
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            self.kept.count(0)

    def _open(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2)
        try:
            self.new.count(self._get(connection))
        except (OSError, http.client.HTTPException):
            self.new.count(0)
        finally:
            connection.close()

    def _get(self, connection: http.client.HTTPConnection) -> int:
        connection.request("GET", self._path)
        response = connection.getresponse()
        response.read()
        return response.status
