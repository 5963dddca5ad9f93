"""What proxies think of what they were sent, for the completeness marker: it shows the version of what was accepted."""

from collections.abc import Callable

from xds_server.model.resource import TypeUrl
from xds_server.xds.cache.store import Store
from xds_server.xds.transport.observer import Observer, StreamInfo


class Verdicts(Observer):
    """Has *judged* called, with a role and a type, whenever a rejection begins or may have ended."""

    def __init__(self, store: Store, judged: Callable[[str, TypeUrl], None]) -> None:
        self._store = store
        self._judged = judged
        self._open = False

    def nacked(self, stream: StreamInfo, type_url: TypeUrl, version: str, message: str) -> None:  # noqa: ARG002
        """Something was rejected."""
        self._open = True
        self._judged(stream.node.role, type_url)

    def acked(self, stream: StreamInfo, type_url: TypeUrl, seconds: float) -> None:  # noqa: ARG002
        """Something was accepted: perhaps what others had rejected."""
        if self._open:
            self._judged(stream.node.role, type_url)
            self._open = self._store.doubted
