"""Which proxies may be served. The streams ask this themselves, since a failing readiness probe keeps no proxy from connecting."""

import asyncio
from collections.abc import Callable

from probes import Gate, Report
from xds_server.xds.cache.resource_cache import Publication, ResourceCache
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.admission import Hold


class ReadinessAdmission:
    """Admits a proxy, once everything is published, to the tables of its role.

    *open_at_once* is for gate mode `off`: every proxy is admitted, to what is known so far. *last_good* returns the tables
    of a role that a proxy without any configuration may be served meanwhile, or None.
    """

    def __init__(
        self,
        gate: Gate,
        cache: ResourceCache,
        *,
        open_at_once: bool,
        last_good: Callable[[str], RoleTables | None] = lambda _: None,
    ) -> None:
        self._gate = gate
        self._cache = cache
        self._open_at_once = open_at_once
        self._last_good = last_good
        self._turn = asyncio.Event()
        self._explained: Report | None = None
        self._reason = ""  # Of the report that was explained last. 10,000 waiting streams ask for it at once.
        self._known_roles = ""  # As text, until the next `notify`.
        cache.on_publication(self._published)

    def admit(self, node: Node) -> RoleTables | Hold:
        """The tables from which this proxy is served, or why it is held."""
        if self._open_at_once:
            return self._cache.prepared_tables(node.role)
        if self._gate.passed_at("snapshots") is None:
            return Hold(reason=self._not_ready(), kind="not_ready", fallback=self._last_good(node.role))
        view = self._cache.role_tables(node.role)
        if view is None:
            return Hold(reason=self._unknown(node.role), kind="unknown_role")
        return view

    async def wait_for_change(self) -> None:
        """Returns when `admit` may return something else than before."""
        await self._turn.wait()

    def notify(self) -> None:
        """Wakes all streams that wait in `wait_for_change`."""
        self._known_roles = ""
        self._turn.set()
        self._turn = asyncio.Event()

    def _published(self, publication: Publication) -> None:
        if len(publication) > 1:  # Of a role: it may have come.
            self.notify()

    def _not_ready(self) -> str:
        report = self._gate.report
        if report is not self._explained:
            self._explained, self._reason = report, f"control plane is not ready: {report.reason}"
        return self._reason

    def _unknown(self, role: str) -> str:
        self._known_roles = self._known_roles or ", ".join(sorted(self._cache.roles)) or "none"
        return (
            f"role {role!r} is not a Gateway of this server (it has: {self._known_roles}): "
            f"set node.metadata.role, or node.cluster, to the namespace/name of one of them"
        )
