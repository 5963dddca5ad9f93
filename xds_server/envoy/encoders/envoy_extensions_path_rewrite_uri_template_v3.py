"""Encoders of envoy.extensions.path.rewrite.uri_template.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from typing import Final, NewType

from xds_server.envoy.wire.fields import text as _text

UriTemplateRewriteConfig = NewType("UriTemplateRewriteConfig", bytes)
URI_TEMPLATE_REWRITE_CONFIG: Final = (
    "type.googleapis.com/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig"
)


def uri_template_rewrite_config(
    *,
    path_template_rewrite: str = "",
) -> UriTemplateRewriteConfig:
    """envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig."""
    out = b""
    if path_template_rewrite:
        out += _text(b"\x0a", path_template_rewrite)
    return UriTemplateRewriteConfig(out)
