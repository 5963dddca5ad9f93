"""Derives the golden files of a folder from its objects."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml
from envoy_data_plane.envoy.config.cluster.v3 import Cluster
from envoy_data_plane.envoy.config.endpoint.v3 import ClusterLoadAssignment
from envoy_data_plane.envoy.config.listener.v3 import Listener
from envoy_data_plane.envoy.config.route.v3 import RouteConfiguration

from tests.support.offline import OfflineControlPlane
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, SERVICE_NAMES, Resource

ROOT: Final = Path(__file__).parent
_MESSAGES: Final[Mapping[str, Any]] = {
    CLUSTER: Cluster, ENDPOINT: ClusterLoadAssignment, LISTENER: Listener, ROUTE: RouteConfiguration
}  # fmt: skip
_SHARED: Final = (CLUSTER, ENDPOINT)
"""Types that all roles have alike."""
_ROUTING: Final = ("ports", "attached_routes", "over_budget")
"""Collections of the graph that show what the translation decided."""

for _package in ("filters.http.router", "filters.network.http_connection_manager", "upstreams.http"):
    # The library unpacks an Any only of a type whose module is imported.
    import_module(f"envoy_data_plane.envoy.extensions.{_package}.v3")


def folders() -> list[Path]:
    """Of all features."""
    return sorted(path.parent for path in ROOT.glob("*/in.yaml"))


def derived(folder: Path) -> dict[str, str]:
    """The texts of `routing.yaml` and `xds.yaml`."""
    control_plane = OfflineControlPlane(**_settings(folder / "settings.yaml"))
    control_plane.given((folder / "in.yaml").read_text())
    assert control_plane.ready, control_plane.core.gate.report.reason
    return {"routing.yaml": _text(_routing(control_plane)), "xds.yaml": _text(_envoy(control_plane))}


def _settings(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text()) if path.exists() else {}


def _routing(control_plane: OfflineControlPlane) -> dict[str, Any]:
    graph, tracker = control_plane.core.graph, control_plane.core.tracker
    found = (*control_plane.problems, *tracker.problems)
    problems = sorted({f"{one.object} {one.field}: {one.message}" for one in found})
    collections = {name: graph.collections[name] for name in _ROUTING}
    values = {name: {_key(key): _plain(value) for key, value in sorted(it.items())} for name, it in collections.items()}
    return {"problems": problems, **values}


def _envoy(control_plane: OfflineControlPlane) -> dict[str, Any]:
    store = control_plane.core.cache
    everything: dict[str, Any] = {}
    for role in sorted(store.roles):
        tables = control_plane.tables(role)
        assert tables is not None
        everything["all roles"] = {
            SERVICE_NAMES[type_url]: _decoded(type_url, tables[type_url]) for type_url in _SHARED
        }
        everything[role] = {
            SERVICE_NAMES[type_url]: _decoded(type_url, table)
            for type_url, table in tables.items()
            if type_url in (LISTENER, ROUTE)
        }
    return everything


def _decoded(type_url: str, table: Any) -> dict[str, Any]:
    resources: list[Resource] = sorted(table, key=lambda one: one.name)
    return {one.name: _MESSAGES[type_url].parse(one.body).to_dict() for one in resources}


def _plain(value: Any) -> Any:
    """Structs without the fields that have their default, as YAML can have them."""
    if isinstance(value, msgspec.Struct):
        fields = {field.name: field.default for field in msgspec.structs.fields(value)}
        items = {name: getattr(value, name) for name, default in fields.items() if getattr(value, name) != default}
        return {name: _plain(item) for name, item in items.items() if item != ()}
    if hasattr(value, "_asdict"):
        return {name: _plain(item) for name, item in value._asdict().items()}
    if isinstance(value, tuple):
        is_key = {type(item) for item in value} == {str, int}
        return _key(value) if is_key else [_plain(item) for item in value]
    return value


def _key(key: Any) -> str:
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _text(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, width=120, allow_unicode=True)
