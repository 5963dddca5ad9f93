"""The bytes that the server keeps for one stream: requests before its admission, and names that are not published."""

from typing import Final

from xds_server.model.resource import TypeUrl
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.codec.sotw import LimitError
from xds_server.xds.protocol.messages import DeltaRequest, Request
from xds_server.xds.transport.stream_limiter import ClientQuota

NAME_BYTES: Final = 400
"""The cost of a name beside its characters: a str object, and entries in the sets of a subscription and an outbox."""
_REPEATED_BYTES: Final = 16
_CHARGED: Final = "requests that wait, and names that do not exist,"


class QuotaError(LimitError):
    """A stream, the streams of an address, or all streams together exceed a limit on bytes."""


class StreamQuota:
    """Counts the bytes of one stream. Published names cost nothing, since they are kept anyway."""

    __slots__ = ("_client_quota", "_host", "_last", "_limit", "_names", "_repeated", "_waiting", "bytes")

    def __init__(self, client_quota: ClientQuota, host: str, limit: int) -> None:
        """*limit*: the bytes of this stream. *client_quota*: the limit of all streams and of an address."""
        self._client_quota = client_quota
        self._host = host
        self._limit = limit
        self._waiting = 0
        self._last: dict[TypeUrl, tuple[str, ...]] = {}
        self._names: dict[TypeUrl, dict[str, int]] = {}
        self._repeated: dict[TypeUrl, int] = {}
        self.bytes = 0

    def hold_request(self, size: int) -> None:
        """Counts a request of *size* bytes that waits for admission. Raises QuotaError."""
        self._reserve(size)
        self._waiting += size

    def release_held_requests(self) -> None:
        """Gives back the bytes of all waiting requests."""
        self._release(self._waiting)
        self._waiting = 0

    def count_names(self, request: Request | DeltaRequest, tables: RoleTables) -> None:
        """Counts the names of a request that are not in *tables*, and gives back those that it drops. Raises QuotaError."""
        type_url = request.type_url
        table = tables.get(type_url)
        if table is None:
            return
        if isinstance(request, DeltaRequest):
            if request.unsubscribe:
                known = self._names.get(type_url, {})
                self._release(sum(known.pop(name, 0) for name in request.unsubscribe))
            if request.subscribe or request.initial_versions:
                self._add(type_url, table.missing((*request.subscribe, *request.initial_versions)))
        elif request.names is not self._last.get(
            type_url, ()
        ):  # The decoder returns the same object for the same names.
            self._last[type_url] = request.names
            self._release(sum(self._names.pop(type_url, {}).values()) + self._repeated.pop(type_url, 0))
            self._add(type_url, table.missing(request.names))
            repeated = len(request.names) - len(table) - len(self._names.get(type_url, ()))
            if repeated > 0:
                self._reserve(repeated * _REPEATED_BYTES)
                self._repeated[type_url] = repeated * _REPEATED_BYTES

    def release_all(self) -> None:
        """Gives back all bytes."""
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
                f"{_CHARGED} of all clients take {total} bytes, or the streams of this address half of that: try again, or another replica",
            )
        self.bytes += count

    def _release(self, count: int) -> None:
        if count:
            self._client_quota.release(self._host, count)
            self.bytes -= count
