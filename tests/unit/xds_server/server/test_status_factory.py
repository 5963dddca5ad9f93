"""Who writes back, by the settings."""

from pathlib import Path

from krt import Graph
from xds_server.providers.kubernetes.status.controller import StatusController
from xds_server.server import status_factory
from xds_server.server.settings import FilesSourceSetting, KubernetesSourceSetting, Settings
from xds_server.translate.pipeline import build_pipeline


def test_nobody_writes_unless_asked_to() -> None:
    """And then the graph has nothing more in it than what is served."""
    graph = Graph()
    made = build_pipeline(graph, "xds-server")
    before = set(graph.collections)

    keeper = status_factory.status_reporter(Settings(source=FilesSourceSetting(Path("x"))), graph, made)

    assert isinstance(keeper, status_factory.NoStatus)
    assert set(graph.collections) == before


def test_who_is_asked_to_writes_what_the_graph_says() -> None:
    """Derived like everything else, beside what readiness waits for."""
    graph = Graph()
    made = build_pipeline(graph, "xds-server", with_statuses=True)

    keeper = status_factory.status_reporter(Settings(source=KubernetesSourceSetting(), write_status=True), graph, made)

    assert isinstance(keeper, StatusController)
    assert {"gateway_statuses", "route_statuses"} <= set(graph.collections)
