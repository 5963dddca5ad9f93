"""The last good configuration as bytes: resources that were published and acknowledged, to be read after a restart."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final

import msgspec

from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, Resource, TypeUrl, resource
from xds_server.xds.cache.resource_cache import ResourceCache

SAVED: Final = (CLUSTER, ENDPOINT, LISTENER, ROUTE)
"""The types that are saved. Secrets are not among them, so they are never on disk."""

_MAGIC: Final = b"xds-server last good 1\n"
_DIGEST_SIZE: Final = 16

Items = list[tuple[str, bytes]]
"""Names and bodies."""


class Saved(msgspec.Struct, frozen=True):
    """What is on disk."""

    time: float
    """When it was saved, in Unix time."""
    shared: dict[str, Items]
    """By type: the resources that all roles share."""
    roles: dict[str, dict[str, Items]]
    """By role and type: the resources of that role alone."""


class BrokenError(ValueError):
    """The bytes are not what `encode` returned."""


def encode(cache: ResourceCache, roles: Iterable[str], now: float) -> bytes:
    """What *cache* publishes for *roles*. A digest at the end shows later that the file was not cut off."""
    views = {role: view for role in sorted(roles) if (view := cache.role_tables(role)) is not None}
    shared: dict[str, Items] = {}
    for view in views.values():
        shared = {type_url: [(item.name, item.body) for item in view[type_url]] for type_url in (CLUSTER, ENDPOINT)}
        break
    own: dict[str, dict[str, Items]] = {
        role: {type_url: [(item.name, item.body) for item in view[type_url]] for type_url in (LISTENER, ROUTE)}
        for role, view in views.items()
    }
    body = _MAGIC + msgspec.msgpack.encode(Saved(now, shared, own))
    return body + blake2b(body, digest_size=_DIGEST_SIZE).digest()


def decode(data: bytes) -> Saved:
    """What was given to `encode`, without roles that were not published. Raises: BrokenError."""
    body, digest = data[:-_DIGEST_SIZE], data[-_DIGEST_SIZE:]
    if not body.startswith(_MAGIC):
        raise BrokenError("it is not a saved configuration, or of another version")
    if blake2b(body, digest_size=_DIGEST_SIZE).digest() != digest:
        raise BrokenError("it is cut off or altered")
    try:
        return msgspec.msgpack.decode(body[len(_MAGIC) :], type=Saved)
    except msgspec.DecodeError as error:
        raise BrokenError(f"it cannot be read: {error}") from None


def resources(items: Mapping[str, Items]) -> dict[TypeUrl, list[Resource]]:
    """The resources of saved items, of the types that are saved."""
    return {type_url: [resource(name, body) for name, body in items.get(type_url, [])] for type_url in SAVED}
