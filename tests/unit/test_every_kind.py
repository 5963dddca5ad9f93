"""Each kind of the table is at all places that a kind needs; what is forgotten is named with its file."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import yaml

from krt import Graph
from krt.introspect import edges
from tests.support.offline import OfflineControlPlane
from xds_server.providers.kinds import KINDS, Kind
from xds_server.providers.schema.structural import schemas
from xds_server.readiness.protections.loss_rules import sources_of
from xds_server.translate.pipeline import build_pipeline

ROOT: Final = Path(__file__).parents[2]
INPUTS: Final = "---\n".join(path.read_text() for path in sorted((ROOT / "tests/golden").glob("*/in.yaml")))


def _is_a_source(kind: Kind) -> bool:
    return kind.plural in build_pipeline(Graph(), "xds-server").sources


def _has_a_schema(kind: Kind) -> bool:
    return kind.plural in schemas()


def _has_a_test(kind: Kind) -> bool:
    path = Path(inspect.getfile(kind.raw)).relative_to(ROOT)
    return (ROOT / "tests/unit" / path.with_name(f"test_{path.name}")).exists()


def _is_permitted(kind: Kind) -> bool:
    manifests = yaml.safe_load_all((ROOT / "deploy/kubernetes/rbac.yaml").read_text())
    return any(kind.plural in rule["resources"] for one in manifests for rule in one.get("rules", ()))


def _has_a_status(kind: Kind) -> bool:
    graph, without = Graph(), Graph()
    build_pipeline(graph, "xds-server", with_statuses=True)
    build_pipeline(without, "xds-server")
    return not kind.has_status or any(
        kind.plural in _sources_behind(graph, name) for name in set(graph.collections) - set(without.collections)
    )


PLACES: Final[dict[str, Callable[[Kind], bool]]] = {
    "xds_server/translate/pipeline.py: add a source, and pass it to Pipeline(sources=)": _is_a_source,
    "xds_server/providers/schema/structural.json: run xds_server.providers.schema.generate": _has_a_schema,
    "tests/unit/xds_server/providers/schema: test the module of the schema": _has_a_test,
    "deploy/kubernetes/rbac.yaml: run make rbac": _is_permitted,
    "xds_server/translate/statuses.py: derive its status, or leave out has_status": _has_a_status,
}
"""Where a kind must be, with what to do there, and whether it is."""


def forgotten(kinds: tuple[Kind, ...]) -> list[str]:
    """What is still to do, a line each."""
    return [f"{kind.plural}: {place}" for kind in kinds for place, there in PLACES.items() if not there(kind)]


def _sources_behind(graph: Graph, *collections: str) -> set[str]:
    """The sources from which collections are derived, as far as their transforms have read until now."""
    found, queue = set(collections), list(collections)
    for name in queue:
        new = {start for start, end in edges(graph) if end == name} - found
        found |= new
        queue += new
    return {name for name in found if graph.collections[name].kind == "source"}


def _without_loss_rules() -> Iterator[str]:
    """Kinds from which something is derived whose losses are counted, and which no loss rule names."""
    control_plane = OfflineControlPlane()
    control_plane.given(INPUTS)
    graph, pipeline = control_plane.core.graph, control_plane.core.pipeline
    guarded = [name for name in graph.collections if sources_of(pipeline, [name])]
    yield from sorted(_sources_behind(graph, *guarded) - sources_of(pipeline, guarded))


def test_no_kind_is_forgotten_anywhere() -> None:
    """The list names each place that a new kind still needs."""
    assert forgotten(KINDS) == []


def test_each_place_is_named_for_a_kind_that_is_in_the_table_only() -> None:
    """So the check above can fail, at each place."""
    made_up = replace(KINDS[0], plural="teapots", kind="Teapot", raw=type("Teapot", (), {"__module__": __name__}))

    assert [f"teapots: {place}" for place in PLACES] == forgotten((made_up,))


def test_a_loss_that_a_kind_may_cause_has_a_rule_that_names_the_kind() -> None:
    """Otherwise a list of that kind that comes back empty would be taken at its word: add it to loss_rules._guarded."""
    assert list(_without_loss_rules()) == []


def test_the_pipeline_has_no_source_that_is_not_in_the_table() -> None:
    """Nobody would list it, and the server would never be ready."""
    assert set(build_pipeline(Graph(), "xds-server").sources) == {kind.plural for kind in KINDS}
