"""Encoders of envoy.extensions.access_loggers.file.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import text as _text

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_config_core_v3, google_protobuf

FileAccessLog = NewType("FileAccessLog", bytes)
FILE_ACCESS_LOG: Final = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"


def file_access_log(
    *,
    path: str = "",
    format: str | None = None,
    json_format: google_protobuf.Struct | None = None,
    typed_json_format: google_protobuf.Struct | None = None,
    log_format: envoy_config_core_v3.SubstitutionFormatString | None = None,
) -> FileAccessLog:
    """envoy.extensions.access_loggers.file.v3.FileAccessLog."""
    if (format is not None) + (json_format is not None) + (typed_json_format is not None) + (
        log_format is not None
    ) > 1:
        raise _conflict(
            "FileAccessLog.access_log_format",
            format=format,
            json_format=json_format,
            typed_json_format=typed_json_format,
            log_format=log_format,
        )
    out = b""
    if path:
        out += _text(b"\x0a", path)
    if format is not None:
        out += _text(b"\x12", format)
    if json_format is not None:
        out += _blob(b"\x1a", json_format)
    if typed_json_format is not None:
        out += _blob(b"\x22", typed_json_format)
    if log_format is not None:
        out += _blob(b"\x2a", log_format)
    return FileAccessLog(out)
