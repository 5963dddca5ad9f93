"""Which messages get an encoder: these, and all that they hold."""

import importlib
from typing import Any

from xds_server.envoy.generate.fields import fields

_LIBRARY = "envoy_data_plane"
_EXTENSIONS = "envoy.extensions"

RESOURCES = (
    "envoy.config.cluster.v3.Cluster",
    "envoy.config.endpoint.v3.ClusterLoadAssignment",
    "envoy.config.listener.v3.Listener",
    "envoy.config.route.v3.RouteConfiguration",
    f"{_EXTENSIONS}.transport_sockets.tls.v3.Secret",
)

PACKED = (
    f"{_EXTENSIONS}.access_loggers.file.v3.FileAccessLog",
    f"{_EXTENSIONS}.access_loggers.stream.v3.StderrAccessLog",
    f"{_EXTENSIONS}.access_loggers.stream.v3.StdoutAccessLog",
    f"{_EXTENSIONS}.filters.http.cors.v3.Cors",
    f"{_EXTENSIONS}.filters.http.cors.v3.CorsPolicy",
    f"{_EXTENSIONS}.filters.http.header_mutation.v3.HeaderMutation",
    f"{_EXTENSIONS}.filters.http.header_mutation.v3.HeaderMutationPerRoute",
    f"{_EXTENSIONS}.filters.http.health_check.v3.HealthCheck",
    f"{_EXTENSIONS}.filters.http.router.v3.Router",
    f"{_EXTENSIONS}.filters.listener.http_inspector.v3.HttpInspector",
    f"{_EXTENSIONS}.filters.listener.tls_inspector.v3.TlsInspector",
    f"{_EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager",
    f"{_EXTENSIONS}.filters.network.tcp_proxy.v3.TcpProxy",
    f"{_EXTENSIONS}.path.rewrite.uri_template.v3.UriTemplateRewriteConfig",
    f"{_EXTENSIONS}.transport_sockets.tls.v3.DownstreamTlsContext",
    f"{_EXTENSIONS}.transport_sockets.tls.v3.UpstreamTlsContext",
    f"{_EXTENSIONS}.upstreams.http.v3.HttpProtocolOptions",
)
"""Those that travel in a google.protobuf.Any."""


def chosen() -> dict[str, Any]:
    """Classes of the library, by the full names of their messages: what the table names, and all that these hold.

    Raises: ImportError, AttributeError, if the installed library lacks a message.
    """
    found: dict[str, Any] = {}
    waiting = [model(name) for name in (*RESOURCES, *PACKED)]
    names = importlib.import_module(f"{_LIBRARY}.message_pool").default_message_pool.type_to_url
    while waiting:
        one = waiting.pop()
        name = names[one].rpartition("/")[2]
        if name not in found:
            found[name] = one
            waiting += [field.value.message for field in fields(one) if field.value.kind == "message"]
    return found


def model(name: str) -> Any:
    """The class of a message that is not nested in another, by its full name."""
    package, _, message = name.rpartition(".")
    return getattr(importlib.import_module(f"{_LIBRARY}.{package}"), message)
