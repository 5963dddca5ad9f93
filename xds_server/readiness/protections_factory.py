"""Makes the protections that the settings ask for."""

import logging
from collections.abc import Callable

from xds_server.observability.logs import event
from xds_server.readiness.config import ReadinessConfig
from xds_server.readiness.protections.change_set import collections_of
from xds_server.readiness.protections.hold_report import HoldReport
from xds_server.readiness.protections.loss_rules import PipelineLossRules, shrink_guard, sources_of
from xds_server.readiness.protections.protections import Protections
from xds_server.readiness.protections.retention import Retention, SourceFreshness
from xds_server.readiness.protections.shrink_guard import Tolerance
from xds_server.readiness.protections.shrink_hold import ShrinkHold
from xds_server.translate.pipeline import Pipeline

_log = logging.getLogger("xds_server")


def protections(
    config: ReadinessConfig,
    pipeline: Pipeline,
    report: HoldReport,
    freshness: SourceFreshness,
    relist: Callable[[frozenset[str]], None],
    *,
    clock: Callable[[], float],
) -> Protections:
    """The protections of what *pipeline* derives. *relist* has kinds listed anew."""
    seconds = config.shrink_hold_seconds
    shrink_hold = retention = None

    def ask(kinds: frozenset[str]) -> None:
        event(_log, logging.INFO, "change.relist", kinds=",".join(sorted(kinds)))
        relist(kinds)

    if seconds:
        tolerance = Tolerance(share=config.shrink_share, at_least=config.shrink_at_least)
        shrink_hold = ShrinkHold(
            shrink_guard(pipeline, tolerance), seconds, sources_of=lambda lost: sources_of(pipeline, lost), clock=clock,
            on_begin=lambda change: report.change_held(change, seconds), on_end=report.change_released, relist=ask,
        )  # fmt: skip
    if config.retention_seconds:
        retention = Retention(
            config.retention_seconds, freshness, PipelineLossRules(pipeline), clock=clock,
            on_begin=report.resources_retained, on_end=report.resources_released,
        )  # fmt: skip
    return Protections(collections_of(pipeline), shrink_hold, retention)
