"""Makes the protections that the settings ask for."""

import logging
from collections.abc import Callable
from typing import Protocol

from xds_server.observability.logs import event
from xds_server.readiness.protections.change_set import collections_of
from xds_server.readiness.protections.hold_report import HoldReport
from xds_server.readiness.protections.loss_rules import PipelineLossRules, shrink_guard, sources_of
from xds_server.readiness.protections.protections import Protections
from xds_server.readiness.protections.retention import Retention, SourceFreshness
from xds_server.readiness.protections.shrink_guard import Tolerance
from xds_server.readiness.protections.shrink_hold import ShrinkHold
from xds_server.translate.pipeline import Pipeline

_log = logging.getLogger("xds_server")


class HoldSettings(Protocol):
    """For how long, and when. 0 seconds: not at all."""

    @property
    def shrink_hold_seconds(self) -> float:
        """For how long a change that shrinks the served state is held at most."""
        ...

    @property
    def shrink_share(self) -> float:
        """The share of a collection that a change may take away."""
        ...

    @property
    def shrink_at_least(self) -> int:
        """A change may take away fewer keys than this in any case."""
        ...

    @property
    def retention_seconds(self) -> float:
        """For how long a resource is retained at most that was lost while a kind is stale."""
        ...


def protections(
    settings: HoldSettings,
    pipeline: Pipeline,
    report: HoldReport,
    freshness: SourceFreshness,
    relist: Callable[[frozenset[str]], None],
    *,
    clock: Callable[[], float],
) -> Protections:
    """The protections of what *pipeline* derives. *relist* has kinds listed anew."""
    seconds = settings.shrink_hold_seconds
    shrink_hold = retention = None

    def ask(kinds: frozenset[str]) -> None:
        event(_log, logging.INFO, "change.relist", kinds=",".join(sorted(kinds)))
        relist(kinds)

    if seconds:
        tolerance = Tolerance(share=settings.shrink_share, at_least=settings.shrink_at_least)
        shrink_hold = ShrinkHold(
            shrink_guard(pipeline, tolerance), seconds, sources_of=lambda lost: sources_of(pipeline, lost), clock=clock,
            on_begin=lambda change: report.change_held(change, seconds), on_end=report.change_released, relist=ask,
        )  # fmt: skip
    if settings.retention_seconds:
        retention = Retention(
            settings.retention_seconds, freshness, PipelineLossRules(pipeline), clock=clock,
            on_begin=report.resources_retained, on_end=report.resources_released,
        )  # fmt: skip
    return Protections(collections_of(pipeline), shrink_hold, retention)
