"""Kubernetes Events about this replica's Pod, which `kubectl describe pod` shows."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from xds_server.providers.kubernetes.errors import ApiError
from xds_server.providers.kubernetes.status.lease import SEND_SECONDS, Client

_log = logging.getLogger(__name__)

_BURST: Final = 10
_SECONDS_PER_EVENT: Final = 10.0
_LONGEST_MESSAGE: Final = 1024  # the API server's limit


class Pod(NamedTuple):
    """The Pod that this process runs in."""

    namespace: str
    name: str
    uid: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Pod | None":
        """From POD_NAMESPACE, POD_NAME and POD_UID, which the Deployment sets; None outside a cluster."""
        found = cls(*(environ.get(name, "") for name in ("POD_NAMESPACE", "POD_NAME", "POD_UID")))
        return found if found.namespace and found.name else None


class Budget:
    """Limits the rate of events: a burst, then one per interval. Drops an event equal to the last one with its reason."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = float(_BURST)
        self._at = clock()
        self._said: dict[str, str] = {}

    def allows(self, reason: str, message: str) -> bool:
        """Whether to send this event. If so, counts it as sent."""
        now = self._clock()
        self._left = min(_BURST, self._left + (now - self._at) / _SECONDS_PER_EVENT)
        self._at = now
        if self._left < 1 or self._said.get(reason) == message:
            return False
        self._left -= 1
        self._said[reason] = message
        return True

    def turned(self, reason: str) -> None:
        """The state that this reason reported is over, so the same event may be sent again."""
        self._said.pop(reason, None)


class Events:
    """Writes Events, best effort: an event that cannot be written is dropped."""

    def __init__(self, client: Client, pod: Pod, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._pod = pod
        self._budget = Budget(clock)
        self._queue: asyncio.Queue[Mapping[str, object]] = asyncio.Queue(maxsize=_BURST)
        self._count = 0

    def record_event(self, kind: Literal["Normal", "Warning"], reason: str, message: str, *, clears: str = "") -> None:
        """Queues an Event. *clears*: a reason whose state it ends."""
        if clears:
            self._budget.turned(clears)
        if not self._budget.allows(reason, message) or self._queue.full():
            return
        self._count += 1
        now = datetime.now(UTC)
        stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        pod = self._pod
        self._queue.put_nowait(
            {
                "metadata": {
                    "namespace": pod.namespace,
                    "name": f"{pod.name}.{int(now.timestamp() * 1e6):x}.{self._count}",
                },
                "involvedObject": {
                    "apiVersion": "v1", "kind": "Pod", "namespace": pod.namespace, "name": pod.name, "uid": pod.uid,
                },
                "type": kind,
                "reason": reason,
                "message": message[:_LONGEST_MESSAGE],
                "source": {"component": "xds-server"},
                "firstTimestamp": stamp,
                "lastTimestamp": stamp,
                "count": 1,
            }
        )  # fmt: skip

    async def run(self) -> None:
        """Writes queued events until cancelled."""
        path = f"/api/v1/namespaces/{self._pod.namespace}/events"
        while True:
            event = await self._queue.get()
            try:
                await self._client.send("POST", path, event, seconds=SEND_SECONDS)
            except ApiError as error:
                _log.info("status.event_dropped: %s: %s", event["reason"], error)
