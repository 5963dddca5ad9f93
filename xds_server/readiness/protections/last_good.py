"""The last good configuration over restarts: saved while all is well, offered while the API server cannot be reached.

Only to proxies that have nothing, only after a grace, and only until everything is known. Then the tables that they are
served from are brought up to date in place, and they are told what changed, like everybody.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from probes import Degraded, Passed, Verdict
from xds_server.envoy.ready_listener import MARKER, marker_routes
from xds_server.model.resource import ROUTE
from xds_server.model.source_state import Phase, SourceState
from xds_server.observability.logs import event
from xds_server.observability.metric_definitions import PREFIX
from xds_server.readiness.protections.last_good_file import BrokenError, Saved, decoded, encoded, resources
from xds_server.xds.cache.resource_cache import ResourceCache
from xds_server.xds.cache.table import RoleTables, accepted_version
from xds_server.xds.transport.observer import StreamStatus

_log = logging.getLogger("xds_server")

FILE = "last-good.bin"
_RETRY_SECONDS: Final = (2.0, 300.0)
"""After how long a save that failed is tried again: at first, doubled with each failure, and at most."""
STALE = "stale-"
"""How the version that the completeness marker shows begins."""


class LastGoodMetrics:
    """What is exported of it, also where none is kept."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.offered = Gauge(
            f"{PREFIX}last_good_offered", "1 while the last good configuration is offered.", registry=registry
        )
        self.given = Counter(
            f"{PREFIX}last_good_served_total",
            "Times that a stream without any configuration could have it.",
            registry=registry,
        )
        self.time = Gauge(
            f"{PREFIX}last_good_timestamp_seconds",
            "When the last good configuration was saved that is on disk, in Unix time; 0 if there is none.",
            registry=registry,
        )
        self.failures = Counter(
            f"{PREFIX}last_good_save_failures_total",
            "Times that the last good configuration could not be saved.",
            registry=registry,
        )


class LastGood:
    """A directory with one file, which holds the last configuration that proxies accepted."""

    def __init__(
        self,
        directory: Path,
        grace_seconds: float,
        store: ResourceCache,
        metrics: LastGoodMetrics,
        *,
        sources: Callable[[], Iterable[SourceState]],
        started: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = directory / FILE
        self._grace = grace_seconds
        self._store = store
        self._sources = sources
        self._started = started
        self._clock = clock
        self._saved: Saved | None = None
        self._written: tuple[object, ...] = ()
        self._unusable = ""
        """Why the file that was found cannot be used; "" once there is another."""
        self._failure = ""
        """Why the last save failed; "" if it did not."""
        self._failing_since = 0.0
        self._retry_seconds = 0.0
        self._retry_at = 0.0
        self.offered = False
        """Whether it is offered now."""
        self._metrics = metrics

    def load(self) -> None:
        """Reads the file, if there is one, into the tables of the store, which publishes nothing of it by itself."""
        try:
            saved = decoded(self._path.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, BrokenError) as error:
            self._unusable = (
                f"{self._path} cannot be used ({error}): a new one is saved once a proxy has accepted all of it"
            )
            event(_log, logging.WARNING, "last_good.unusable", path=str(self._path), reason=str(error))
            return
        self._saved = saved
        self._metrics.time.set(saved.time)
        self._store.prepare(resources(saved.shared), {role: resources(own) for role, own in saved.roles.items()})
        for role in saved.roles:
            view = self._store.prepared(role)
            marker = view[ROUTE].get(MARKER)
            if marker is not None:
                view[ROUTE].put(marker_routes(f"{STALE}{accepted_version(view, but_route=MARKER)}"))
        event(_log, logging.INFO, "last_good.loaded", roles=len(saved.roles), age_seconds=time.time() - saved.time)

    def turned(self) -> bool:
        """Looks whether it is to be offered, and returns whether that is new."""
        before, self.offered = self.offered, self._wanted()
        if self.offered is before:
            return False
        self._metrics.offered.set(self.offered)
        if self.offered:
            event(_log, logging.WARNING, "last_good.offered", why=self.why())
        return self.offered

    def view(self, role: str) -> RoleTables | None:
        """The tables for a proxy that has nothing; None if they are not offered, or the role is not among them."""
        if not self.offered or self._saved is None or role not in self._saved.roles:
            return None
        self._metrics.given.inc()
        return self._store.prepared(role)

    def why(self) -> str:
        """What is offered to whom, in one line; "" if nothing is."""
        if not self.offered or self._saved is None:
            return ""
        age = time.time() - self._saved.time
        return f"the API server cannot be reached: new proxies are given the last good configuration, {age:.0f} s old"

    def verdict(self) -> Verdict:
        """Whether all is well with it: degraded while it is offered, cannot be saved, or could not be read."""
        if self.offered:
            return Degraded(self.why())
        if self._failure:
            seconds = self._clock() - self._failing_since
            return Degraded(
                f"not saved for {seconds:.0f} s, tried again every {self._retry_seconds:g} s: {self._failure}: "
                "a restart while the API server is away finds what was saved before, if anything"
            )
        return Degraded(self._unusable) if self._unusable else Passed()

    async def save(self, streams: Iterable[StreamStatus]) -> bool:
        """Writes what is published for the roles of which a proxy has accepted all of it; returns whether it did.

        Writes nothing if that is what is on disk, or if it failed a short time ago.
        """
        if self._failure and self._clock() < self._retry_at:
            return False
        roles = accepted(streams) & self._store.roles
        views = [view for role in sorted(roles) if (view := self._store.view(role)) is not None]
        state = (*sorted(roles), *(table.version for view in views for table in view.values()))
        if not roles or state == self._written:
            return False
        now = time.time()
        data = encoded(self._store, roles, now)
        try:
            await asyncio.to_thread(_write, self._path, data)
        except OSError as error:
            self._failed(str(error))
            return False
        if self._failure:
            event(
                _log, logging.INFO, "last_good.saved", path=str(self._path), after=self._clock() - self._failing_since
            )
        self._written, self._failure, self._unusable = state, "", ""
        self._metrics.time.set(now)
        return True

    def _failed(self, reason: str) -> None:
        """It could not be saved: said when that begins or the reason is another, and tried again, ever less often."""
        now = self._clock()
        first, most = _RETRY_SECONDS
        if not self._failure:
            self._failing_since, self._retry_seconds = now, first
        else:
            self._retry_seconds = min(2 * self._retry_seconds, most)
        if reason != self._failure:
            event(
                _log, logging.WARNING, "last_good.not_saved", path=str(self._path), reason=reason,
                retry="ever less often; /readyz?verbose shows it",
            )  # fmt: skip
        self._failure, self._retry_at = reason, now + self._retry_seconds
        self._metrics.failures.inc()

    def _wanted(self) -> bool:
        if self._saved is None or self._store.epoch is not None or self._clock() - self._started < self._grace:
            return False
        # Refused is not unreachable: whoever may not read must not be served what others could read.
        return any(one.required and one.phase is Phase.ERROR and one.code is None for one in self._sources())


def accepted(streams: Iterable[StreamStatus]) -> set[str]:
    """The roles of which at least one proxy has accepted all that it was to be sent."""
    return {
        one.stream.node.role
        for one in streams
        if one.hold is None
        and one.types
        and all(
            kind.acked_version and kind.rejection is None and not kind.in_flight and not kind.due
            for kind in one.types.values()
        )
    }


def _write(path: Path, data: bytes) -> None:
    """Replaces the file in one step, readable to us alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
