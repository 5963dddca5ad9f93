"""Secret and ConfigMap, v1, with only the entries that a Gateway can use."""

import msgspec

from xds_server.model import objects
from xds_server.providers.schema.base import Finding, Metadata, Object, Raw


class Encoded(Raw):
    """Entries in base64."""

    certificate: bytes | None = msgspec.field(default=None, name="tls.crt")
    key: bytes | None = msgspec.field(default=None, name="tls.key")
    authorities: bytes | None = msgspec.field(default=None, name="ca.crt")


class Plain(Raw):
    """Entries in plain text."""

    certificate: str | None = msgspec.field(default=None, name="tls.crt")
    key: str | None = msgspec.field(default=None, name="tls.key")
    authorities: str | None = msgspec.field(default=None, name="ca.crt")


class Secret(Raw):
    """A Secret."""

    metadata: Metadata
    data: Encoded | None = None
    string_data: Plain | None = None
    """In files only: an API server merges it over `data`."""


class ConfigMap(Raw):
    """A ConfigMap."""

    metadata: Metadata
    data: Plain | None = None


def identity(raw: Object, _: list[Finding]) -> objects.Stored:
    """The flat value of an object requested as metadata only."""
    return objects.Stored(key=raw.metadata.key, version=raw.metadata.resource_version or "")


def secret(raw: Secret, _: list[Finding]) -> objects.Stored:
    """The flat value, with what there is of content."""
    return _stored(raw.metadata, raw.data, raw.string_data)


def configmap(raw: ConfigMap, _: list[Finding]) -> objects.Stored:
    """The flat value, with what there is of content."""
    return _stored(raw.metadata, raw.data)


def _stored(metadata: Metadata, *parts: Encoded | Plain | None) -> objects.Stored:
    entries: dict[str, bytes] = {}
    for part in parts:
        if part is not None:
            named = {"tls.crt": part.certificate, "tls.key": part.key, "ca.crt": part.authorities}
            entries |= {
                name: value.encode() if isinstance(value, str) else value
                for name, value in named.items()
                if value is not None
            }
    content = objects.Content(entries)
    return objects.Stored(key=metadata.key, version=metadata.resource_version or "", content=content)
