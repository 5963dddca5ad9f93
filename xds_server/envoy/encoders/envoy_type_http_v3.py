"""Encoders of envoy.type.http.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict

PathTransformation = NewType("PathTransformation", bytes)


def path_transformation(
    *,
    operations: Sequence[PathTransformationOperation] = (),
) -> PathTransformation:
    """envoy.type.http.v3.PathTransformation."""
    out = b""
    if operations:
        out += _blobs(b"\x0a", operations, "PathTransformation.operations")
    return PathTransformation(out)


PathTransformationOperation = NewType("PathTransformationOperation", bytes)


def path_transformation_operation(
    *,
    normalize_path_rfc_3986: PathTransformationOperationNormalizePathRfc3986 | None = None,
    merge_slashes: PathTransformationOperationMergeSlashes | None = None,
) -> PathTransformationOperation:
    """envoy.type.http.v3.PathTransformation.Operation."""
    if (normalize_path_rfc_3986 is not None) + (merge_slashes is not None) > 1:
        raise _conflict(
            "PathTransformationOperation.operation_specifier",
            normalize_path_rfc_3986=normalize_path_rfc_3986,
            merge_slashes=merge_slashes,
        )
    out = b""
    if normalize_path_rfc_3986 is not None:
        out += _blob(b"\x12", normalize_path_rfc_3986)
    if merge_slashes is not None:
        out += _blob(b"\x1a", merge_slashes)
    return PathTransformationOperation(out)


PathTransformationOperationMergeSlashes = NewType("PathTransformationOperationMergeSlashes", bytes)


def path_transformation_operation_merge_slashes() -> PathTransformationOperationMergeSlashes:
    """envoy.type.http.v3.PathTransformation.Operation.MergeSlashes."""
    return PathTransformationOperationMergeSlashes(b"")


PathTransformationOperationNormalizePathRfc3986 = NewType("PathTransformationOperationNormalizePathRfc3986", bytes)


def path_transformation_operation_normalize_path_rfc3986() -> PathTransformationOperationNormalizePathRfc3986:
    """envoy.type.http.v3.PathTransformation.Operation.NormalizePathRFC3986."""
    return PathTransformationOperationNormalizePathRfc3986(b"")
