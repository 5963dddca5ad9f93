"""What a stream has us keep beyond what is published anyway: requests that wait, and names of what does not exist."""

from typing import Final

from xds_server.model.resource import TypeUrl
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.codec.sotw import LimitError
from xds_server.xds.protocol.messages import DeltaRequest, Request
from xds_server.xds.transport.stream_limiter import ClientQuota

NAME_BYTES: Final = 400
"""What a name costs beside its characters: a text, and its places in the sets of a subscription and of what is due."""
_REPEATED_BYTES: Final = 16
_CHARGED: Final = "requests that wait, and names that do not exist,"


class QuotaError(LimitError):
    """A stream, the streams of an address, or all together have us keep too much."""


class StreamQuota:
    """The account of one stream. Names that are published cost nothing: they are kept for all."""

    __slots__ = ("_client_quota", "_host", "_last", "_limit", "_names", "_repeated", "_waiting", "bytes")

    def __init__(self, client_quota: ClientQuota, host: str, limit: int) -> None:
        """*limit*: bytes that this stream may have."""
        self._client_quota = client_quota
        self._host = host
        self._limit = limit
        self._waiting = 0
        self._last: dict[TypeUrl, tuple[str, ...]] = {}
        self._names: dict[TypeUrl, dict[str, int]] = {}
        self._repeated: dict[TypeUrl, int] = {}
        self.bytes = 0

    def hold_request(self, size: int) -> None:
        """Takes a request of so many bytes that waits. Raises QuotaError."""
        self._reserve(size)
        self._waiting += size

    def release_held_requests(self) -> None:
        """Gives back what waited."""
        self._release(self._waiting)
        self._waiting = 0

    def count_names(self, request: Request | DeltaRequest, view: RoleTables) -> None:
        """Takes what a request names and is not in *view*, and gives back what it names no more. Raises QuotaError."""
        type_url = request.type_url
        table = view.get(type_url)
        if table is None:
            return
        if isinstance(request, DeltaRequest):
            if request.unsubscribe:
                known = self._names.get(type_url, {})
                self._release(sum(known.pop(name, 0) for name in request.unsubscribe))
            if request.subscribe or request.initial_versions:
                self._add(type_url, table.missing((*request.subscribe, *request.initial_versions)))
        elif request.names is not self._last.get(type_url, ()):  # The decoder gives the same object for the same names.
            self._last[type_url] = request.names
            self._release(sum(self._names.pop(type_url, {}).values()) + self._repeated.pop(type_url, 0))
            self._add(type_url, table.missing(request.names))
            repeated = len(request.names) - len(table) - len(self._names.get(type_url, ()))
            if repeated > 0:
                self._reserve(repeated * _REPEATED_BYTES)
                self._repeated[type_url] = repeated * _REPEATED_BYTES

    def release_all(self) -> None:
        """Gives everything back."""
        self._release(self.bytes)

    def _add(self, type_url: TypeUrl, names: list[str]) -> None:
        known = self._names.setdefault(type_url, {}) if names else {}
        for name in names:
            if name not in known:
                cost = len(name) + NAME_BYTES
                self._reserve(cost)
                known[name] = cost

    def _reserve(self, count: int) -> None:
        if self.bytes + count > self._limit:
            raise QuotaError(0, f"{_CHARGED} of this stream take more than {self._limit} bytes: ask for less")
        if not self._client_quota.reserve(self._host, count):
            total = self._client_quota.total
            raise QuotaError(
                0,
                f"{_CHARGED} of all clients take {total} bytes, or those of this address the half: try again, or another replica",
            )
        self.bytes += count

    def _release(self, count: int) -> None:
        if count:
            self._client_quota.release(self._host, count)
            self.bytes -= count
