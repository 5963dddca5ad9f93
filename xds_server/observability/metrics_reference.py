"""The metrics that are exported, as a table: made from the instruments themselves, so that it cannot be wrong."""

from collections.abc import Iterator
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from xds_server.observability.state_metrics import PREFIX

_HEAD = """\
# Metrics

Printed by `xds-server metrics`; a test checks that this page is what it prints. Labels take few values, and never the
identity of a proxy. Histograms have `_bucket`, `_sum` and `_count`. The processes' own (`process_`, `python_`) come in
addition.

| metric | type | labels | what it is |
|---|---|---|---|
"""


class Row(NamedTuple):
    """One metric."""

    name: str
    """As in a query, with `_total` if it is a counter."""
    kind: str
    labels: tuple[str, ...]
    about: str


def rows(registry: CollectorRegistry) -> list[Row]:
    """All metrics of ours, by name."""
    return sorted(row for row in _all(registry) if row.name.startswith(PREFIX))


def page(registry: CollectorRegistry) -> str:
    """All metrics of ours, as Markdown."""
    return _HEAD + "".join(
        f"| `{row.name}` | {row.kind} | {', '.join(row.labels)} | {row.about} |\n" for row in rows(registry)
    )


def _all(registry: CollectorRegistry) -> Iterator[Row]:
    for collector in list(registry._collector_to_names):  # noqa: SLF001 - the only way to instruments without a series
        if isinstance(collector, MetricWrapperBase):
            yield _row(collector._name, collector._type or "", collector._labelnames, collector._documentation)  # noqa: SLF001
            continue
        for family in collector.collect():
            yield _row(family.name, family.type, getattr(family, "_labelnames", ()), family.documentation)


def _row(name: str, kind: str, labels: tuple[str, ...], about: str) -> Row:
    return Row(f"{name}_total" if kind == "counter" else name, kind, tuple(labels), about)
