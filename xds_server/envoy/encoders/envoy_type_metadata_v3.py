"""Encoders of envoy.type.metadata.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import text as _text

MetadataKey = NewType("MetadataKey", bytes)


def metadata_key(
    *,
    key: str = "",
    path: Sequence[MetadataKeyPathSegment] = (),
) -> MetadataKey:
    """envoy.type.metadata.v3.MetadataKey."""
    out = b""
    if key:
        out += _text(b"\x0a", key)
    if path:
        out += _blobs(b"\x12", path, "MetadataKey.path")
    return MetadataKey(out)


MetadataKeyPathSegment = NewType("MetadataKeyPathSegment", bytes)


def metadata_key_path_segment(
    *,
    key: str | None = None,
) -> MetadataKeyPathSegment:
    """envoy.type.metadata.v3.MetadataKey.PathSegment."""
    out = b""
    if key is not None:
        out += _text(b"\x0a", key)
    return MetadataKeyPathSegment(out)


MetadataKind = NewType("MetadataKind", bytes)


def metadata_kind(
    *,
    request: MetadataKindRequest | None = None,
    route: MetadataKindRoute | None = None,
    cluster: MetadataKindCluster | None = None,
    host: MetadataKindHost | None = None,
) -> MetadataKind:
    """envoy.type.metadata.v3.MetadataKind."""
    if (request is not None) + (route is not None) + (cluster is not None) + (host is not None) > 1:
        raise _conflict("MetadataKind.kind", request=request, route=route, cluster=cluster, host=host)
    out = b""
    if request is not None:
        out += _blob(b"\x0a", request)
    if route is not None:
        out += _blob(b"\x12", route)
    if cluster is not None:
        out += _blob(b"\x1a", cluster)
    if host is not None:
        out += _blob(b"\x22", host)
    return MetadataKind(out)


MetadataKindCluster = NewType("MetadataKindCluster", bytes)


def metadata_kind_cluster() -> MetadataKindCluster:
    """envoy.type.metadata.v3.MetadataKind.Cluster."""
    return MetadataKindCluster(b"")


MetadataKindHost = NewType("MetadataKindHost", bytes)


def metadata_kind_host() -> MetadataKindHost:
    """envoy.type.metadata.v3.MetadataKind.Host."""
    return MetadataKindHost(b"")


MetadataKindRequest = NewType("MetadataKindRequest", bytes)


def metadata_kind_request() -> MetadataKindRequest:
    """envoy.type.metadata.v3.MetadataKind.Request."""
    return MetadataKindRequest(b"")


MetadataKindRoute = NewType("MetadataKindRoute", bytes)


def metadata_kind_route() -> MetadataKindRoute:
    """envoy.type.metadata.v3.MetadataKind.Route."""
    return MetadataKindRoute(b"")
