"""Which files contain which object, and which of them is used. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from xds_server.model.source_state import Problem
from xds_server.providers.decode import problem
from xds_server.providers.files.parse import ObjectId, Parsed
from xds_server.providers.files.scan import shown
from xds_server.providers.kinds import Kind, Value
from xds_server.providers.schema.base import Finding

_MOST_DUPLICATES: Final = 20


class ObjectIndex:
    """The objects of all files. If several files contain one object, the first by path is used."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = {kind.plural: kind for kind in kinds}
        self._files: dict[str, Parsed] = {}
        self._claimants: dict[ObjectId, set[str]] = {}

    def update(self, parsed: Mapping[str, Parsed], gone: Iterable[str]) -> set[ObjectId]:
        """Adds parsed files, and removes deleted ones. Returns the objects that may have changed."""
        touched: set[ObjectId] = set()
        for path in gone:
            touched.update(self._release(path))
        for path, contents in parsed.items():
            if contents.intact:
                touched.update(self._release(path))
                touched.update(self._claim(path, contents))
            else:
                held = self._files.get(path)
                self._files[path] = contents if held is None else replace(held, problems=contents.problems)
        return touched

    def _claim(self, path: str, contents: Parsed) -> Iterable[ObjectId]:
        self._files[path] = contents
        for identity in contents.objects:
            self._claimants.setdefault(identity, set()).add(path)
        return contents.objects

    def _release(self, path: str) -> Iterable[ObjectId]:
        held = self._files.pop(path, None)
        if held is None:
            return ()
        for identity in held.objects:
            claimants = self._claimants[identity]
            claimants.discard(path)
            if not claimants:
                del self._claimants[identity]
        return held.objects

    def __contains__(self, identity: ObjectId) -> bool:
        return identity in self._claimants

    def value(self, identity: ObjectId) -> Value | None:
        """The object from the file that is used; None if it is invalid."""
        return self._files[min(self._claimants[identity])].objects[identity]

    def claimants(self, identity: ObjectId) -> frozenset[str]:
        """The files that contain the object."""
        return frozenset(self._claimants.get(identity, ()))

    def of_kind(self, plural: str) -> Iterator[ObjectId]:
        """All objects of one kind."""
        return (identity for identity in self._claimants if identity[0] == plural)

    def problems(self, path: str) -> list[Problem]:
        """All current problems of one file."""
        contents = self._files.get(path)
        if contents is None:
            return []
        return [*contents.problems, *self._duplicates(path, contents)]

    def _duplicates(self, path: str, contents: Parsed) -> Iterator[Problem]:
        firsts = ((identity, min(self._claimants[identity])) for identity in contents.objects)
        lost = [(identity, first) for identity, first in firsts if first != path]
        for (plural, key), first in lost[:_MOST_DUPLICATES]:
            said = Finding("", f"is in {shown(first)} too, which comes first and is used: remove one of the two")
            yield problem(self._kinds[plural], key, said, shown(path))
        if lost[_MOST_DUPLICATES:]:
            message = f"{len(lost) - _MOST_DUPLICATES} more objects are in other files too, and those are used: remove this file"
            yield Problem(source=shown(path), message=message)

    def ignored(self) -> Counter[str]:
        """The number of objects of kinds that are not read, by `apiVersion kind`."""
        counts: Counter[str] = Counter()
        for contents in self._files.values():
            counts.update(contents.ignored)
        return counts
