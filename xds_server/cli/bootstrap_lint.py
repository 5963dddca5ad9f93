"""The bootstrap linter: settings of an Envoy that turn a control plane's patience into an outage, and what to write."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xds_server.cli.documents import get_path

Level = Literal["error", "warning"]
Document = Mapping[str, Any]

_ROLE = re.compile(r"[^/]+/[^/]+")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
_NAMES = frozenset({"metadata", "typed_extension_protocol_options"})  # below these, keys are names and not fields
_MOST_BACK_OFF_SECONDS = 5.0
_MOST_CONNECTIONS = "envoy.resource_monitors.global_downstream_max_connections"


@dataclass(frozen=True, slots=True)
class Finding:
    """One setting that is not as it should be."""

    level: Level
    """`error`: it is sure to hurt; `warning`: it hurts when something else goes wrong."""
    path: str
    """Of the setting, as in `dynamic_resources.cds_config.initial_fetch_timeout`."""
    happens: str
    write: str

    def __str__(self) -> str:
        return f"{self.level}: {self.path}\n  happens: {self.happens}\n  write:   {self.write}"


def check(document: object) -> list[Finding]:
    """What is wrong with a bootstrap, read from YAML or JSON; field names may be in either of protobuf's spellings."""
    if not isinstance(document, Mapping):
        return [
            Finding(
                "error", "(document)", "it is not a mapping, and Envoy does not start", "xds-server bootstrap > FILE"
            )
        ]
    snake = _snaked(document)
    return [finding for rule in (_node, _ads, _sources, _cluster, _admin, _overload) for finding in rule(snake)]


def _node(document: Document) -> Iterator[Finding]:
    if not get_path(document, "node.id"):
        yield Finding(
            "error",
            "node.id",
            "the control plane refuses a stream whose node has no id",
            "node: {id: NAME}, or start Envoy with --service-node NAME",
        )
    role = get_path(document, "node.metadata.role") or get_path(document, "node.cluster")
    if not isinstance(role, str) or not _ROLE.fullmatch(role):
        yield Finding(
            "error",
            "node.metadata.role",
            f"the role is {role!r}, which is not the namespace/name of a Gateway: the proxy is held, then refused, and never configured",
            "node: {metadata: {role: NAMESPACE/NAME}}, of the Gateway that it serves",
        )


def _ads(document: Document) -> Iterator[Finding]:
    path = "dynamic_resources.ads_config"
    ads = get_path(document, path)
    if not isinstance(ads, Mapping):
        yield Finding(
            "error",
            path,
            "Envoy opens no stream to the control plane",
            "ads_config: {api_type: GRPC, transport_api_version: V3, grpc_services: [...]}",
        )
        return
    if ads.get("api_type") not in {"GRPC", "DELTA_GRPC"}:
        yield Finding(
            "error", f"{path}.api_type", "the control plane serves ADS over gRPC only", "api_type: GRPC, or DELTA_GRPC"
        )
    if ads.get("transport_api_version") != "V3":
        yield Finding(
            "error",
            f"{path}.transport_api_version",
            "Envoy reads it as version 2, which it does not support, and does not start",
            "transport_api_version: V3",
        )
    if not ads.get("set_node_on_first_message_only"):
        yield Finding(
            "warning",
            f"{path}.set_node_on_first_message_only",
            "each request contains the whole node, which is most of the size of an ACK: every proxy sends it at each change",
            "set_node_on_first_message_only: true",
        )
    for n, service in enumerate(_list(ads.get("grpc_services"))):
        yield from _back_off(f"{path}.grpc_services[{n}]", service)


def _back_off(path: str, service: object) -> Iterator[Finding]:
    policy = "envoy_grpc.retry_policy.retry_back_off"
    longest = _seconds(get_path(service, f"{policy}.max_interval"))
    if longest is None or longest > _MOST_BACK_OFF_SECONDS:
        yield Finding(
            "warning",
            f"{path}.{policy}.max_interval",
            f"a proxy that was refused connects again after up to {'30' if longest is None else f'{longest:g}'} s, "
            "even if the control plane is ready earlier",
            "retry_policy: {retry_back_off: {base_interval: 0.25s, max_interval: 2s}}",
        )


def _sources(document: Document) -> Iterator[Finding]:
    for name, what in (("cds_config", "clusters"), ("lds_config", "listeners")):
        path = f"dynamic_resources.{name}"
        source = get_path(document, path)
        if not isinstance(source, Mapping) or "ads" not in source:
            yield Finding(
                "error",
                path,
                f"{what} are not requested on the aggregated stream: Envoy gets none, or gets them in any order with the other types",
                f"{name}: {{resource_api_version: V3, ads: {{}}, initial_fetch_timeout: 0s}}",
            )
            continue
        if source.get("resource_api_version") != "V3":
            yield Finding(
                "error",
                f"{path}.resource_api_version",
                "Envoy reads it as version 2, which it does not support, and does not start",
                "resource_api_version: V3",
            )
        if _seconds(source.get("initial_fetch_timeout")) != 0:
            yield Finding(
                "error",
                f"{path}.initial_fetch_timeout",
                f"after so long without {what} (by default 15 s each) Envoy reports that it is live with none, "
                "gets requests, and refuses them",
                "initial_fetch_timeout: 0s",
            )


def _cluster(document: Document) -> Iterator[Finding]:
    services = _list(get_path(document, "dynamic_resources.ads_config.grpc_services"))
    clusters = {get_path(one, "name"): one for one in _list(get_path(document, "static_resources.clusters"))}
    for service in services:
        name = get_path(service, "envoy_grpc.cluster_name")
        path = f"static_resources.clusters[{name}]"
        if name not in clusters:
            yield Finding(
                "error",
                path,
                "ads_config names a cluster that does not exist, and Envoy does not start",
                f"- name: {name}",
            )
            continue
        yield from _transport(path, clusters[name])
        yield from _replicas(path, clusters[name])


def _transport(path: str, cluster: Document) -> Iterator[Finding]:
    options = [cluster, *_found(cluster.get("typed_extension_protocol_options"), "explicit_http_config")]
    http2 = next((one["http2_protocol_options"] for one in options if "http2_protocol_options" in one), None)
    if http2 is None:
        yield Finding(
            "error",
            f"{path}.typed_extension_protocol_options",
            "Envoy speaks HTTP/1.1 to the control plane, and gRPC needs HTTP/2: no stream opens",
            "explicit_http_config: {http2_protocol_options: {connection_keepalive: {interval: 30s, timeout: 5s}}}",
        )
    elif _seconds(get_path(http2, "connection_keepalive.interval")) is None:
        yield Finding(
            "warning",
            f"{path} connection_keepalive",
            "if the control plane's machine fails, Envoy notices it after many minutes, and gets no change until then",
            "http2_protocol_options: {connection_keepalive: {interval: 30s, timeout: 5s}}",
        )


def _replicas(path: str, cluster: Document) -> Iterator[Finding]:
    endpoints = [
        endpoint
        for locality in _list(get_path(cluster, "load_assignment.endpoints"))
        for endpoint in _list(get_path(locality, "lb_endpoints"))
    ]
    if cluster.get("type", "STATIC") == "STATIC" and len(endpoints) < 2:  # noqa: PLR2004 - one and another
        yield Finding(
            "warning",
            f"{path}.load_assignment",
            "there is one address: if that replica refuses or fails, the proxy has no other",
            "type: STRICT_DNS with a headless Service's name, or the addresses of two replicas",
        )
    if cluster.get("type") == "STRICT_DNS" and cluster.get("dns_lookup_family", "AUTO") == "AUTO":
        yield Finding(
            "warning",
            f"{path}.dns_lookup_family",
            "if the name has IPv6 addresses, Envoy tries only those: a proxy without an IPv6 route does not reach the control plane",
            "dns_lookup_family: ALL",
        )
    if cluster.get("type") == "LOGICAL_DNS":
        yield Finding(
            "warning",
            f"{path}.type",
            "LOGICAL_DNS keeps one address of all that the name has: Envoy keeps trying a replica that does not exist any more",
            "type: STRICT_DNS",
        )


def _admin(document: Document) -> Iterator[Finding]:
    if not get_path(document, "admin.address"):
        yield Finding(
            "warning",
            "admin",
            "without the admin port nobody can see why a proxy is not ready",
            "admin: {address: {socket_address: {address: 127.0.0.1, port_value: 19000}}}",
        )


def _overload(document: Document) -> Iterator[Finding]:
    monitors = _list(get_path(document, "overload_manager.resource_monitors"))
    if all(get_path(one, "name") != _MOST_CONNECTIONS for one in monitors):
        yield Finding(
            "warning",
            "overload_manager.resource_monitors",
            "clients that open many connections can use all file descriptors and all memory of the proxy",
            f"- {{name: {_MOST_CONNECTIONS}, typed_config: ...}}, as xds-server bootstrap prints it",
        )


def _snaked(value: Any) -> Any:
    """The same with field names in snake_case."""
    if isinstance(value, Mapping):
        named = {
            re.sub(r"(?<=[a-z0-9])[A-Z]", lambda found: "_" + found[0].lower(), str(k)): v for k, v in value.items()
        }
        return {key: _within(key, one) for key, one in named.items()}
    return [_snaked(one) for one in value] if isinstance(value, list) else value


def _within(key: str, value: Any) -> Any:
    if key in _NAMES and isinstance(value, Mapping):
        return {name: _snaked(one) for name, one in value.items()}
    return _snaked(value)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _found(value: object, name: str) -> Iterator[Mapping[str, Any]]:
    """The mappings of that name one level down."""
    for one in value.values() if isinstance(value, Mapping) else ():
        found = get_path(one, name)
        if isinstance(found, Mapping):
            yield found


def _seconds(value: object) -> float | None:
    """A protobuf duration; None if it is absent, or is none."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) if found else None
