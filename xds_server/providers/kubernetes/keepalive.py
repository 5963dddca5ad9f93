"""Whether an API server that says nothing is still there: a frozen one keeps its connections, and the kernel answers.

Bookmarks come each minute, so silence alone tells late. Sooner, something small is asked, once for all kinds, and only
while nothing was heard of any of them. What it tells is of the server that answers it: behind one address there may be
several, and of a watch on another one only its own silence tells.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from xds_server.providers.kubernetes.errors import ApiError

_log = logging.getLogger(__name__)

QUIET_SECONDS: Final = 10.0
"""Nothing was heard for so long: something small is asked."""
ANSWER_SECONDS: Final = 5.0
"""Any server answers that within so many seconds."""
_AGAIN_SECONDS: Final = 1.0
# One answer may be lost.
_UNANSWERED: Final = 2

Ping = Callable[[float], Awaitable[None]]
"""Asks something small. Raises ApiError, if there is no answer within so many seconds; a refusal is an answer."""


class KeepaliveListener(Protocol):
    """Who follows the server, and depends on its being there."""

    @property
    def following(self) -> bool:
        """Whether a watch is open."""
        ...

    def server_silent(self, error: ApiError) -> None:
        """The server does not answer."""
        ...

    def server_back(self) -> None:
        """It answers again."""
        ...


class Keepalive:
    """Asks by *ping* while nothing is heard, and tells the *listeners* when the server is gone and back."""

    def __init__(self, ping: Ping) -> None:
        self._ping = ping
        self._heard_at = 0.0
        self.listeners: Sequence[KeepaliveListener] = ()

    def heard(self) -> None:
        """The server has said something, of whatever kind."""
        self._heard_at = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Looks after the server until cancelled."""
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
        """None, if there was an answer."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._ping(ANSWER_SECONDS)
        except TimeoutError:
            return ApiError(f"no answer within {ANSWER_SECONDS:g} s", silent=True)
        except ApiError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no answer
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
            except Exception:  # noqa: BLE001 - a fault of ours must not end the keepalive
                _log.exception("keepalive: a bug in this program")
