"""The requests of a stream that is not admitted yet."""

from typing import Generic

from xds_server.xds.codec.sotw import LimitError
from xds_server.xds.protocol.messages import ProtocolError
from xds_server.xds.transport.stream_quota import StreamQuota
from xds_server.xds.transport.variant import Q


class HeldRequests(Generic[Q]):
    """Keeps requests in order, at most *limit* of them, and charges their bytes to the stream's quota."""

    __slots__ = ("_latest_only", "_limit", "_quota", "_requests")

    def __init__(self, quota: StreamQuota, limit: int, *, latest_only: bool) -> None:
        """*latest_only*: whether a request replaces the earlier ones of its type, as in state of the world."""
        self._quota = quota
        self._limit = limit
        self._latest_only = latest_only
        self._requests: list[Q] = []

    def add(self, request: Q, size: int) -> None:
        """Keeps a request of *size* bytes. Raises ProtocolError without a type, LimitError beyond a limit."""
        if not request.type_url:
            raise ProtocolError("request has no type_url: an aggregated stream needs one in every request")
        if self._latest_only:
            self._requests = [held for held in self._requests if held.type_url != request.type_url]
        if len(self._requests) >= self._limit:
            raise LimitError(
                0, f"{len(self._requests)} requests before the first response: wait until the server is ready"
            )
        self._quota.hold_request(size)
        self._requests.append(request)

    def take_all(self) -> list[Q]:
        """Gives all requests to the caller, in order, and their bytes back to the quota."""
        requests, self._requests = self._requests, []
        self._quota.release_held_requests()
        return requests
