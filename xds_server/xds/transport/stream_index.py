"""Which streams are open, and which of them serve a role or belong to a proxy."""

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from xds_server.xds.transport.observer import StreamInfo


class IndexedStream(Protocol):
    """What the index needs of a stream."""

    info: StreamInfo


S = TypeVar("S", bound=IndexedStream)
K = TypeVar("K")


class StreamIndex(Generic[S]):
    """Open streams by id, and admitted streams by role and by proxy.

    A stream that waits for admission is found by id alone, for pages and for the shutdown. No change is passed to it.
    """

    def __init__(self) -> None:
        self._open: dict[int, S] = {}
        self._by_role: dict[str, dict[int, S]] = {}
        self._by_proxy: dict[tuple[str, str], dict[int, S]] = {}  # Only streams for a single type.

    def __iter__(self) -> Iterator[S]:
        """Every open stream, the oldest first."""
        return iter(self._open.values())

    def open(self, stream: S) -> None:
        """Adds a stream."""
        self._open[stream.info.id] = stream

    def admit(self, stream: S) -> None:
        """Adds an open stream to those of its role and its proxy."""
        node = stream.info.node
        self._by_role.setdefault(node.role, {})[stream.info.id] = stream
        if stream.info.type_url is not None:
            self._by_proxy.setdefault((node.role, node.id), {})[stream.info.id] = stream

    def close(self, stream: S) -> None:
        """Removes a stream, whether or not it was admitted."""
        node = stream.info.node
        del self._open[stream.info.id]
        _remove(self._by_role, node.role, stream.info.id)
        if stream.info.type_url is not None:
            _remove(self._by_proxy, (node.role, node.id), stream.info.id)

    def siblings(self, stream: S) -> list[S]:
        """The other admitted streams of the same proxy, if *stream* is for a single type; else none."""
        if stream.info.type_url is None:
            return []
        node = stream.info.node
        return [other for other in self._by_proxy.get((node.role, node.id), {}).values() if other is not stream]

    def of_role(self, role: str | None) -> list[S]:
        """Admitted streams of a role; None for all roles."""
        groups = self._by_role.values() if role is None else (self._by_role.get(role, {}),)
        streams: list[S] = []
        for group in groups:
            streams.extend(group.values())
        return streams


def _remove(groups: dict[K, dict[int, S]], key: K, number: int) -> None:
    group = groups.get(key, {})
    group.pop(number, None)
    if not group:
        groups.pop(key, None)
