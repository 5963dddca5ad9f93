"""Detects a frozen API server: its connections stay open, because the kernel still acknowledges packets.

Bookmarks arrive once a minute, so silence on a watch detects this late. The keepalive sends a small request, one for
all kinds, and only while no kind has received anything. It tests only the server that answers it: there may be several
behind one address, and a watch on another server is only covered by its own silence timeout.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from xds_server.providers.kubernetes.errors import ApiError

_log = logging.getLogger(__name__)

QUIET_SECONDS: Final = 10.0
"""A ping is sent after this long without any data."""
ANSWER_SECONDS: Final = 5.0
"""A ping without an answer for this long has failed."""
_AGAIN_SECONDS: Final = 1.0
# One answer may be lost: this many failed pings in a row mean that the server is silent.
_UNANSWERED: Final = 2

Ping = Callable[[float], Awaitable[None]]
"""Sends a small request. Raises ApiError if there is no answer within so many seconds. A refusal is an answer."""


class KeepaliveListener(Protocol):
    """An informer, which needs to know whether its server answers."""

    @property
    def following(self) -> bool:
        """Whether a watch is open."""
        ...

    def server_silent(self, error: ApiError) -> None:
        """The server has stopped answering."""
        ...

    def server_back(self) -> None:
        """The server answers again."""
        ...


class Keepalive:
    """Pings while no data arrives, and tells the *listeners* when the server stops answering and when it is back."""

    def __init__(self, ping: Ping) -> None:
        self._ping = ping
        self._heard_at = 0.0
        self.listeners: Sequence[KeepaliveListener] = ()

    def heard(self) -> None:
        """The server has sent something, on any watch or list."""
        self._heard_at = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Pings the server when necessary, until cancelled."""
        unanswered = 0
        self.heard()
        while True:
            quiet_until = self._heard_at + QUIET_SECONDS
            if (now := asyncio.get_running_loop().time()) < quiet_until:
                if unanswered >= _UNANSWERED:
                    self._tell(None)
                unanswered = 0
                await asyncio.sleep(quiet_until - now)
            elif not any(listener.following for listener in self.listeners):
                await asyncio.sleep(QUIET_SECONDS)
            elif (error := await self._ask()) is not None:
                unanswered += 1
                if unanswered == _UNANSWERED:
                    self._tell(error)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _ask(self) -> ApiError | None:
        """Pings once. None if there was an answer."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._ping(ANSWER_SECONDS)
        except TimeoutError:
            return ApiError(f"no answer within {ANSWER_SECONDS:g} s", silent=True)
        except ApiError as error:
            return error
        except Exception as error:  # noqa: BLE001 - any exception means that there was no answer
            return ApiError(f"no answer, but {error!r}")
        self.heard()
        return None

    def _tell(self, error: ApiError | None) -> None:
        for listener in self.listeners:
            try:
                if error is None:
                    listener.server_back()
                else:
                    listener.server_silent(error)
            except Exception:  # noqa: BLE001 - a bug in a listener must not end the keepalive
                _log.exception("keepalive: a bug in this program")
