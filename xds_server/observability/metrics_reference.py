"""The exported metrics as a table in Markdown. It is made from the instruments, so that it lists exactly those."""

from collections.abc import Iterator
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from xds_server.observability.metric_definitions import PREFIX

_HEAD = """\
# Metrics

`xds-server metrics` prints this page, and a test checks that it is current. Labels have few values, and never the identity
of a proxy. Histograms have `_bucket`, `_sum` and `_count`. `/metrics` also exports the metrics of the process (`process_`,
`python_`).

| metric | type | labels | meaning |
|---|---|---|---|
"""


class Row(NamedTuple):
    """One metric."""

    name: str
    """As in a query: a counter ends in `_total`."""
    kind: str
    labels: tuple[str, ...]
    help_text: str


def rows(registry: CollectorRegistry) -> list[Row]:
    """The metrics whose names begin with `PREFIX`, sorted by name."""
    return sorted(row for row in _all_rows(registry) if row.name.startswith(PREFIX))


def page(registry: CollectorRegistry) -> str:
    """The same as Markdown."""
    return _HEAD + "".join(
        f"| `{row.name}` | {row.kind} | {', '.join(row.labels)} | {row.help_text} |\n" for row in rows(registry)
    )


def _all_rows(registry: CollectorRegistry) -> Iterator[Row]:
    for collector in list(registry._collector_to_names):  # noqa: SLF001 - the only way to instruments without a series
        if isinstance(collector, MetricWrapperBase):
            yield _row(collector._name, collector._type or "", collector._labelnames, collector._documentation)  # noqa: SLF001
            continue
        for family in collector.collect():
            yield _row(family.name, family.type, getattr(family, "_labelnames", ()), family.documentation)


def _row(name: str, kind: str, labels: tuple[str, ...], help_text: str) -> Row:
    return Row(f"{name}_total" if kind == "counter" else name, kind, tuple(labels), help_text)
