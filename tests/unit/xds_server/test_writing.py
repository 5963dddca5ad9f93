"""Who writes back, by the settings."""

from pathlib import Path

from krt import Graph
from xds_server import pipeline, writing
from xds_server.settings import FilesSource, KubeSource, Settings
from xds_server.status.keeper import StatusKeeper


def test_nobody_writes_unless_asked_to() -> None:
    """And then the graph has nothing more in it than what is served."""
    graph = Graph()
    made = pipeline.build(graph, "xds-server")
    before = set(graph.collections)

    keeper = writing.keeper(Settings(source=FilesSource(Path("x"))), graph, made)

    assert isinstance(keeper, writing.Nobody)
    assert set(graph.collections) == before


def test_who_is_asked_to_writes_what_the_graph_says() -> None:
    """Derived like everything else, beside what readiness waits for."""
    graph = Graph()
    made = pipeline.build(graph, "xds-server")

    keeper = writing.keeper(Settings(source=KubeSource(), write_status=True), graph, made)

    assert isinstance(keeper, StatusKeeper)
    assert {"gateway_statuses", "route_statuses"} <= set(graph.collections)
