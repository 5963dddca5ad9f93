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
    """What one client saw: (when, status) of each answer; status 0 for none."""

    answers: list[tuple[float, int]] = field(default_factory=list)

    def count(self, status: int) -> None:
        """Enters one answer."""
        self.answers.append((time.monotonic(), status))


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
        if self._connection is not None:
            self._connection.close()

    @property
    def answers(self) -> list[tuple[float, int]]:
        """(when, status) of the answers to both kinds."""
        return self.kept.answers + self.new.answers

    @property
    def requests(self) -> int:
        """Requests of both kinds."""
        return len(self.kept.answers) + len(self.new.answers)

    @property
    def failures(self) -> int:
        """Failed requests of both kinds: answered with something else than 200, or not at all."""
        return sum(status != 200 for _, status in self.answers)

    def statuses(self) -> Counter[int]:
        """How many answers there were of each status."""
        return Counter(status for _, status in self.answers)

    def outage(self) -> tuple[float, float]:
        """From the first failed request to the last: (seconds, share of the requests meanwhile that failed)."""
        failed = sorted(when for when, status in self.answers if status != 200)
        if not failed:
            return 0.0, 0.0
        meanwhile = sum(failed[0] <= when <= failed[-1] for when, _ in self.answers)
        return failed[-1] - failed[0], len(failed) / meanwhile

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
