"""What writes statuses and Events to the API server, according to the settings."""

from typing import Literal, Protocol

from krt import Graph
from xds_server.server.provider_factory import api_client
from xds_server.server.settings import Settings
from xds_server.translate.pipeline import Pipeline


class StatusReporter(Protocol):
    """Writes to the API server what became of its objects, and Events about this replica."""

    @property
    def leading(self) -> bool:
        """Whether this replica writes."""

    @property
    def written(self) -> int:
        """Statuses written by this replica so far."""

    async def run(self) -> None:
        """Writes until cancelled."""

    def known(self) -> None:
        """Everything is known from now on: statuses may be written."""

    def leave(self) -> None:
        """The replica is leaving: it writes no status from now on, so that another may."""

    def record_event(self, kind: Literal["Normal", "Warning"], reason: str, message: str, *, clears: str = "") -> None:
        """Writes an Event, as `EventRecorder` says."""


class NoStatus:
    """A status reporter that writes nothing."""

    leading = False
    written = 0

    async def run(self) -> None:
        """Nothing to do."""

    def known(self) -> None:
        """Nothing to do."""

    def leave(self) -> None:
        """Nothing to do."""

    def record_event(self, kind: Literal["Normal", "Warning"], reason: str, message: str, *, clears: str = "") -> None:
        """Nothing to do."""


def status_reporter(settings: Settings, graph: Graph, pipeline: Pipeline) -> StatusReporter:
    """The status reporter that the settings ask for. Adds to *graph* the statuses that it writes."""
    if pipeline.statuses is None:
        return NoStatus()
    from xds_server.providers.kubernetes.status.controller import StatusController  # noqa: PLC0415 - each pays for its own imports

    return StatusController(
        api_client(settings), graph,
        gateways=pipeline.statuses.gateways, routes=pipeline.statuses.routes, gateway_class=settings.gateway_class, lease="xds-server",
    )  # fmt: skip
