"""A real Envoy on an ADS server of this process: what is published is written by hand, down to each resource."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import struct_pb2

from tests.support.envoy import Envoy, NoEnvoyError, binary
from tests.support.processes import free_port
from tests.support.xds_client import Desk, Log
from xds_server.cli.bootstrap import render_bootstrap
from xds_server.envoy.encoders import envoy_config_cluster_v3 as cluster_v3
from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_config_endpoint_v3 as endpoint_v3
from xds_server.envoy.encoders import envoy_config_listener_v3 as listener_v3
from xds_server.envoy.encoders import envoy_config_route_v3 as route_v3
from xds_server.envoy.encoders import (
    envoy_extensions_filters_network_http_connection_manager_v3 as hcm,
)
from xds_server.envoy.encoders import envoy_extensions_transport_sockets_tls_v3 as tls_v3
from xds_server.envoy.encoders import google_protobuf
from xds_server.envoy.listeners import HTTP_FILTERS
from xds_server.envoy.wire.writer import field_bytes, field_string
from xds_server.model.address import Address
from xds_server.model.resource import (
    CLUSTER,
    ENDPOINT,
    LISTENER,
    ROUTE,
    RUNTIME,
    SECRET,
    TYPES,
    Resource,
    TypeUrl,
    resource,
)
from xds_server.xds.cache.table import Table
from xds_server.xds.codec.node import TTL_FEATURE
from xds_server.xds.transport.server import AdsServer

ROLE = "test/edge"
VARIANTS = {
    "sotw, aggregated": ("GRPC", True),
    "delta, aggregated": ("DELTA_GRPC", True),
    "sotw, a stream per type": ("GRPC", False),
    "delta, a stream per type": ("DELTA_GRPC", False),
}
"""How an Envoy may speak: (api_type, aggregated)."""


class World:
    """What is published, and the Envoy that is to have it."""

    def __init__(self, directory: Path, api_type: Any, *, aggregated: bool) -> None:
        self.directory = directory
        self.port, self.admin_port = free_port(), free_port()
        self.log = Log()
        self.desk = Desk()
        self.tables = {type_url: Table() for type_url in TYPES}
        self.desk.views[ROLE] = self.tables
        self.server: AdsServer
        self.envoy: Envoy
        self.api_type, self.aggregated = api_type, aggregated
        self.runtime_layer = ""
        """Name of a runtime layer that Envoy takes from us; "" for none."""

    # -- resources

    def source(self, timeout: timedelta | None = None) -> core.ConfigSource:
        if self.aggregated:
            return core.config_source(
                ads=core.aggregated_config_source(), resource_api_version="V3", initial_fetch_timeout=timeout
            )
        grpc_service = core.grpc_service(envoy_grpc=core.grpc_service_envoy_grpc(cluster_name="xds_cluster"))
        api = core.api_config_source(api_type=self.api_type, transport_api_version="V3", grpc_services=[grpc_service])
        return core.config_source(api_config_source=api, resource_api_version="V3", initial_fetch_timeout=timeout)

    def cluster(self, name: str, connect_seconds: int = 1) -> tuple[TypeUrl, Resource]:
        eds = cluster_v3.cluster_eds_cluster_config(eds_config=self.source(), service_name=name)
        connect = timedelta(seconds=connect_seconds)
        body = cluster_v3.cluster(name=name, type="EDS", eds_cluster_config=eds, connect_timeout=connect)
        return CLUSTER, resource(name, body)

    def endpoints(self, name: str, *ports: int) -> tuple[TypeUrl, Resource]:
        hosts = [
            endpoint_v3.lb_endpoint(
                endpoint=endpoint_v3.endpoint(
                    address=core.address(socket_address=core.socket_address(address="127.0.0.1", port_value=port))
                )
            )
            for port in ports
        ]
        locality = endpoint_v3.locality_lb_endpoints(lb_endpoints=hosts)
        return ENDPOINT, resource(name, endpoint_v3.cluster_load_assignment(cluster_name=name, endpoints=[locality]))

    def listener(self, name: str, port: int, stat_prefix: str = "x", *, secret: str = "") -> tuple[TypeUrl, Resource]:
        """Of HTTP, with the routes of its name; over TLS with the certificate in that secret, if one is said."""
        manager = hcm.http_connection_manager(
            stat_prefix=stat_prefix,
            rds=hcm.rds(config_source=self.source(timedelta()), route_config_name=name),
            http_filters=HTTP_FILTERS,
        )
        typed = google_protobuf.any(type_url=hcm.HTTP_CONNECTION_MANAGER, value=manager)
        network_filter = listener_v3.filter(name="envoy.filters.network.http_connection_manager", typed_config=typed)
        address = core.address(socket_address=core.socket_address(address="127.0.0.1", port_value=port))
        chain = listener_v3.filter_chain(
            filters=[network_filter], transport_socket=self._tls(secret) if secret else None
        )
        body = listener_v3.listener(name=name, address=address, filter_chains=[chain])
        return LISTENER, resource(name, body)

    def _tls(self, secret: str) -> core.TransportSocket:
        named = tls_v3.sds_secret_config(name=secret, sds_config=self.source())
        common = tls_v3.common_tls_context(tls_certificate_sds_secret_configs=[named])
        context = tls_v3.downstream_tls_context(common_tls_context=common)
        typed = google_protobuf.any(type_url=tls_v3.DOWNSTREAM_TLS_CONTEXT, value=context)
        return core.transport_socket(name="envoy.transport_sockets.tls", typed_config=typed)

    def secret(self, name: str, certificate: str, key: str) -> tuple[TypeUrl, Resource]:
        """A server's certificate, both parts as PEM."""
        pair = tls_v3.tls_certificate(
            certificate_chain=core.data_source(inline_string=certificate),
            private_key=core.data_source(inline_string=key),
        )
        return SECRET, resource(name, tls_v3.secret(name=name, tls_certificate=pair))

    def runtime(self, name: str, ttl: float = 0.0, **values: str) -> tuple[TypeUrl, Resource]:
        """A layer of runtime values. There is no encoder for it."""
        layer = struct_pb2.Struct()
        layer.update(values)
        return RUNTIME, resource(name, field_string(1, name) + field_bytes(2, layer.SerializeToString()), ttl)

    def routes(self, name: str, cluster: str) -> tuple[TypeUrl, Resource]:
        action = route_v3.route_action(cluster=cluster)
        route = route_v3.route(match=route_v3.route_match(prefix="/"), route=action)
        host = route_v3.virtual_host(name="all", domains=["*"], routes=[route])
        return ROUTE, resource(name, route_v3.route_configuration(name=name, virtual_hosts=[host]))

    def publish(self, *resources: tuple[TypeUrl, Resource], remove: Iterable[tuple[TypeUrl, str]] = ()) -> None:
        """Puts and removes resources in one step."""
        changes: dict[TypeUrl, list[str]] = {}
        for table in self.tables.values():
            table.begin()
        for type_url, item in resources:
            self.tables[type_url].put(item)
            changes.setdefault(type_url, []).append(item.name)
        for type_url, name in remove:
            self.tables[type_url].remove(name)
            changes.setdefault(type_url, []).append(name)
        self.server.publish({None: changes})

    # -- the Envoy

    def bootstrap(self) -> str:
        config = yaml.safe_load(
            render_bootstrap(ROLE, xds_address=f"127.0.0.1:{self.port}", admin_address=f"127.0.0.1:{self.admin_port}")
        )
        dynamic = config["dynamic_resources"]
        dynamic["ads_config"]["api_type"] = self.api_type
        source: dict[str, Any] = {"resource_api_version": "V3", "initial_fetch_timeout": "0s", "ads": {}}
        if not self.aggregated:
            api = dynamic.pop("ads_config")
            for name in ("cds_config", "lds_config"):
                del dynamic[name]["ads"]
                dynamic[name]["api_config_source"] = api
            del source["ads"]
            source["api_config_source"] = api
        config["node"]["client_features"] = [TTL_FEATURE]  # Envoy knows it, and does not say so of itself.
        if self.runtime_layer:
            layer = {"name": self.runtime_layer, "rtds_config": source}
            config["layered_runtime"] = {"layers": [{"name": "ours", "rtds_layer": layer}]}
        return json.dumps(config)

    async def until(self, what: str, happened: Any, seconds: float = 30) -> float:
        """Asks every 10 ms, in a thread, until *happened*; returns how many seconds it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not await asyncio.to_thread(happened):
            if not self.envoy.running or loop.time() - began > seconds:
                pytest.fail(f"{what}: not within {seconds} s\n{self.envoy.tail()}")
            await asyncio.sleep(0.01)
        return loop.time() - began

    def has(self) -> Mapping[str, Mapping[str, str]]:
        """What Envoy has, by kind: version by name."""
        found: dict[str, dict[str, str]] = {"clusters": {}, "listeners": {}, "routes": {}, "endpoints": {}}
        for part in self.envoy.config_dump("?include_eds")["configs"]:
            for one in part.get("dynamic_active_clusters", ()):
                found["clusters"][one["cluster"]["name"]] = one["version_info"]
            for one in part.get("dynamic_listeners", ()):
                if "active_state" in one:
                    found["listeners"][one["name"]] = one["active_state"]["version_info"]
            for one in part.get("dynamic_route_configs", ()):
                found["routes"][one["route_config"]["name"]] = one["version_info"]
            for one in part.get("dynamic_endpoint_configs", ()):
                found["endpoints"][one["endpoint_config"]["cluster_name"]] = json.dumps(one["endpoint_config"])
        return found


@asynccontextmanager
async def world(directory: Path, variant: str) -> AsyncIterator[World]:
    """A server, and a World on it, whose Envoy is yet to be started."""
    try:
        binary()
    except NoEnvoyError as error:
        pytest.skip(str(error))
    api_type, aggregated = VARIANTS[variant]
    made = World(directory, api_type, aggregated=aggregated)
    made.server = AdsServer(
        Address("127.0.0.1", made.port), admission_policy=made.desk, observer=made.log, identifier="cp-1"
    )
    await made.server.start()
    try:
        yield made
    finally:
        await made.server.stop(0)


@asynccontextmanager
async def proxied(made: World) -> AsyncIterator[Envoy]:
    """The Envoy of a World, started and live."""
    with Envoy(made.bootstrap(), made.admin_port, made.directory, os.urandom(2).hex()) as made.envoy:
        await made.until("Envoy to be live", lambda: made.envoy.live)
        yield made.envoy
