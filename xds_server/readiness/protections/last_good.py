"""The last good configuration across restarts: when it is saved, and when it is offered.

It is saved while proxies accept what is published, and offered while the API server cannot be reached. It is offered only to
proxies that have no configuration, only after a grace period, and only until everything is known. Then the tables that
these proxies are served from are updated in place, and the proxies are sent the changes like all others.
"""

import asyncio
import logging
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
from xds_server.readiness.protections.last_good_file import LastGoodFile, UnusableError
from xds_server.readiness.protections.last_good_format import Saved, encode, resources
from xds_server.xds.cache.resource_cache import ResourceCache
from xds_server.xds.cache.table import RoleTables, accepted_version
from xds_server.xds.transport.observer import StreamStatus

_log = logging.getLogger("xds_server")

_RETRY_SECONDS: Final = (2.0, 300.0)
"""After how long a failed save is tried again: the first time, doubled with each failure, and at most."""
STALE: Final = "stale-"
"""Prefix of the version that the ready marker shows while the last good configuration is served."""


class LastGoodMetrics:
    """The metrics of the last good configuration. They exist also if none is kept."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.offered = Gauge(
            f"{PREFIX}last_good_offered", "1 while new proxies get the last good configuration.", registry=registry
        )
        self.given = Counter(
            f"{PREFIX}last_good_served_total",
            "Times that a stream without a configuration was offered the last good one.",
            registry=registry,
        )
        self.time = Gauge(
            f"{PREFIX}last_good_timestamp_seconds",
            "Unix time at which the last good configuration on disk was saved; 0 if there is none.",
            registry=registry,
        )
        self.failures = Counter(
            f"{PREFIX}last_good_save_failures_total",
            "Failed attempts to save the last good configuration.",
            registry=registry,
        )


class LastGood:
    """Decides what is saved, and whether and to whom it is offered."""

    def __init__(
        self,
        directory: Path,
        grace_seconds: float,
        cache: ResourceCache,
        metrics: LastGoodMetrics,
        *,
        sources: Callable[[], Iterable[SourceState]],
        started: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = LastGoodFile(directory)
        self._grace = grace_seconds
        self._cache = cache
        self._sources = sources
        self._started = started
        self._clock = clock
        self._saved: Saved | None = None
        self._written: tuple[object, ...] = ()
        self._unusable = ""
        """Why the file cannot be used; "" once it was replaced."""
        self._failure = ""
        """Why the last save failed; "" if it succeeded."""
        self._failing_since = 0.0
        self._retry_seconds = 0.0
        self._retry_at = 0.0
        self.offered = False
        self._metrics = metrics

    def load(self) -> None:
        """Reads the file, if there is one, into the tables of the cache. That does not publish it."""
        try:
            saved = self._file.read()
        except UnusableError as error:
            path = self._file.path
            self._unusable = f"{path} cannot be used ({error}): a new one is saved once a proxy has accepted all of it"
            event(_log, logging.WARNING, "last_good.unusable", path=str(path), reason=str(error))
            return
        if saved is None:
            return
        self._saved = saved
        self._metrics.time.set(saved.time)
        self._cache.preload(resources(saved.shared), {role: resources(own) for role, own in saved.roles.items()})
        for role in saved.roles:
            view = self._cache.prepared_tables(role)
            marker = view[ROUTE].get(MARKER)
            if marker is not None:
                view[ROUTE].put(marker_routes(f"{STALE}{accepted_version(view, but_route=MARKER)}"))
        event(_log, logging.INFO, "last_good.loaded", roles=len(saved.roles), age_seconds=time.time() - saved.time)

    def update_offer(self) -> bool:
        """Begins or ends the offer, and returns whether it has just begun."""
        before, self.offered = self.offered, self._is_to_be_offered()
        if self.offered is before:
            return False
        self._metrics.offered.set(self.offered)
        if self.offered:
            event(_log, logging.WARNING, "last_good.offered", why=self.why())
        return self.offered

    def view(self, role: str) -> RoleTables | None:
        """The tables for a proxy that has no configuration; None if they are not offered, or do not contain the role."""
        if not self.offered or self._saved is None or role not in self._saved.roles:
            return None
        self._metrics.given.inc()
        return self._cache.prepared_tables(role)

    def why(self) -> str:
        """What is offered to which proxies, in one line; "" if nothing is."""
        if not self.offered or self._saved is None:
            return ""
        age = time.time() - self._saved.time
        return f"the API server cannot be reached: new proxies are given the last good configuration, {age:.0f} s old"

    def verdict(self) -> Verdict:
        """Degraded while the last good configuration is offered, cannot be saved, or could not be read."""
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
        """Saves what is published for each role of which a proxy has accepted everything. Returns whether it wrote the file.

        It writes nothing if the file has that content already, or if the last save failed a short time ago.
        """
        if self._failure and self._clock() < self._retry_at:
            return False
        roles = accepted(streams) & self._cache.roles
        views = [view for role in sorted(roles) if (view := self._cache.role_tables(role)) is not None]
        state = (*sorted(roles), *(table.version for view in views for table in view.values()))
        if not roles or state == self._written:
            return False
        now = time.time()
        data = encode(self._cache, roles, now)
        try:
            await asyncio.to_thread(self._file.write, data)
        except OSError as error:
            self._failed(str(error))
            return False
        if self._failure:
            event(
                _log,
                logging.INFO,
                "last_good.saved",
                path=str(self._file.path),
                after=self._clock() - self._failing_since,
            )
        self._written, self._failure, self._unusable = state, "", ""
        self._metrics.time.set(now)
        return True

    def _failed(self, reason: str) -> None:
        """Logs the first failure and each other reason, and sets the time of the next try: the delay doubles each time."""
        now = self._clock()
        first, most = _RETRY_SECONDS
        if not self._failure:
            self._failing_since, self._retry_seconds = now, first
        else:
            self._retry_seconds = min(2 * self._retry_seconds, most)
        if reason != self._failure:
            event(
                _log, logging.WARNING, "last_good.not_saved", path=str(self._file.path), reason=reason,
                retry="ever less often; /readyz?verbose shows it",
            )  # fmt: skip
        self._failure, self._retry_at = reason, now + self._retry_seconds
        self._metrics.failures.inc()

    def _is_to_be_offered(self) -> bool:
        if self._saved is None or self._cache.epoch is not None or self._clock() - self._started < self._grace:
            return False
        # A refusal is an answer: a server that may not read must not serve what others could read.
        return any(one.required and one.phase is Phase.ERROR and one.code is None for one in self._sources())


def accepted(streams: Iterable[StreamStatus]) -> set[str]:
    """The roles of which at least one proxy has accepted everything that it was sent, and has nothing more to be sent."""
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
