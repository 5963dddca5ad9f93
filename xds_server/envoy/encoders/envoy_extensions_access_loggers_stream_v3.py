"""Encoders of envoy.extensions.access_loggers.stream.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NewType

from xds_server.envoy.wire.fields import blob as _blob

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_config_core_v3

StderrAccessLog = NewType("StderrAccessLog", bytes)
STDERR_ACCESS_LOG: Final = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StderrAccessLog"


def stderr_access_log(
    *,
    log_format: envoy_config_core_v3.SubstitutionFormatString | None = None,
) -> StderrAccessLog:
    """envoy.extensions.access_loggers.stream.v3.StderrAccessLog."""
    out = b""
    if log_format is not None:
        out += _blob(b"\x0a", log_format)
    return StderrAccessLog(out)


StdoutAccessLog = NewType("StdoutAccessLog", bytes)
STDOUT_ACCESS_LOG: Final = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"


def stdout_access_log(
    *,
    log_format: envoy_config_core_v3.SubstitutionFormatString | None = None,
) -> StdoutAccessLog:
    """envoy.extensions.access_loggers.stream.v3.StdoutAccessLog."""
    out = b""
    if log_format is not None:
        out += _blob(b"\x0a", log_format)
    return StdoutAccessLog(out)
