"""What an API server stores: objects by kind, each change with a version, and as much of the past as it remembers."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Object = dict[str, Any]


class Change(NamedTuple):
    """One version of the store."""

    version: int
    plural: str
    type: str
    """ADDED, MODIFIED or DELETED."""
    object: Object


@dataclass
class Store:
    """Objects by plural name of the kind and `namespace/name`. Every write is a version of its own."""

    version: int = 10
    oldest: int = 0
    """A watch or a page from an earlier version is refused as expired."""
    objects: dict[str, dict[str, Object]] = field(default_factory=dict)
    log: list[Change] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, plural: str, obj: Object) -> Object:
        """Creates or replaces an object; it has a uid for as long as it lives."""
        key = key_of(obj)
        held = self.objects.setdefault(plural, {})
        uid = held[key]["metadata"]["uid"] if key in held else f"uid-{self.version + 1}"
        return self._commit(plural, "MODIFIED" if key in held else "ADDED", obj, uid)

    def delete(self, plural: str, key: str) -> None:
        """Deletes an object that is there."""
        held = self.objects[plural].pop(key)
        self._commit(plural, "DELETED", held, held["metadata"]["uid"])

    def forget(self) -> None:
        """Compacts: nobody can go on from an earlier version than this one."""
        self.version += 1
        self.oldest = self.version
        self.wake()

    def wake(self) -> None:
        """Makes the open watches look."""
        self.news.set()
        self.news = asyncio.Event()

    def since(self, version: int, plural: str) -> Iterator[Change]:
        """What happened to a kind after *version*."""
        return (change for change in self.log if change.version > version and change.plural == plural)

    def at(self, version: int, plural: str) -> dict[str, Object]:
        """The objects of a kind as of *version*, by key."""
        found: dict[str, Object] = {}
        for change in self.log:
            if change.version <= version and change.plural == plural:
                found.pop(key_of(change.object), None)
                if change.type != "DELETED":
                    found[key_of(change.object)] = change.object
        return found

    def _commit(self, plural: str, event: str, obj: Object, uid: str) -> Object:
        self.version += 1
        metadata = {**obj["metadata"], "resourceVersion": str(self.version), "uid": uid}
        obj = {**obj, "metadata": metadata}
        if event != "DELETED":
            self.objects[plural][key_of(obj)] = obj
        self.log.append(Change(self.version, plural, event, obj))
        self.wake()
        return obj


def key_of(obj: Mapping[str, Any]) -> str:
    """`namespace/name`."""
    return f"{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"
