"""The list and the watch of one kind, without I/O: what to ask next, and what an answer means.

Invariants:
- Every list begins an epoch of the reflector; a list that breaks off leaves no trace.
- The watch goes on from exactly where the list, or the last event that was applied, left off.
- All events of one chunk are one transaction.
- After the first complete list, no failure takes anything away or makes the kind unknown again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from krt import Graph, Reflector
from xds_server.model.source_state import Problem
from xds_server.sources.decode import Decoded, Decoder, title
from xds_server.sources.kinds import Kind
from xds_server.sources.kube import wire
from xds_server.sources.kube.errors import PHASES, ApiError, Backoff, Trouble, Verb, explain, trouble
from xds_server.sources.state import SourceBoard

PAGE_OBJECTS: Final = 1000
_WATCH_SECONDS: Final = 300
# An API server sends a bookmark a minute, even when nothing happens: two missed ones are a sign.
SILENCE_SECONDS: Final = 150.0
# A watch that was told nothing and ended sooner was ended by something in between.
_SHORT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Request:
    """Something to ask of the API server."""

    verb: Verb
    path: str
    params: Mapping[str, str]


class ListWatch:
    """Says what to ask about one kind, and feeds its reflector and its state from the answers.

    *jitter* returns a random number from 0 up to its argument.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        reflector: Reflector[str, Any],
        graph: Graph,
        board: SourceBoard,
        jitter: Callable[[float], float],
        clock: Callable[[], float],
    ) -> None:
        self._kind = kind
        self._reflector = reflector
        self._graph = graph
        self._board = board
        self._jitter = jitter
        self._clock = clock
        self._decoder = Decoder(kind)
        self._backoff = Backoff(jitter)
        self._version = ""
        self._lines = wire.Lines()
        self._problems: list[Problem] = []
        self._watch_began = 0.0
        self._told = False

    @property
    def verb(self) -> Verb:
        """What is to be done next."""
        return "watch" if self._version else "list"

    # -- list --------------------------------------------------------------------------------------

    def begin_list(self) -> Request:
        """Begins a list; the request of its first page.

        No resourceVersion: what is listed is the newest there is, in pages.
        """
        self._version = ""
        self._problems = []
        self._reflector.begin()
        self._board.asked(self._kind.plural)
        return self._page_request()

    def following(self, body: bytes) -> Request | None:
        """The request of the page after this one, which may be sent before this one is decoded.

        Raises: ApiError, if this is no page of a list.
        """
        token = wire.page_end(body).continue_
        return self._page_request(token) if token else None

    def page(self, body: bytes) -> None:
        """Takes in a page.

        Raises: ApiError, if this is no page of a list.
        """
        for decoded in wire.page(body, self._decoder):
            self._seen(decoded)
            if decoded.findings:
                self._problems += decoded.problems(self._kind, self._kind.plural)
        self._board.listing(self._kind.plural, self._reflector.count)

    def listed(self, last_page: bytes) -> None:
        """The list is complete: one transaction replaces what there was."""
        self._reflector.listed()
        self._version = wire.page_end(last_page).version
        self._backoff.succeeded()
        plural = self._kind.plural
        self._board.replace(plural, self._problems)
        self._board.listed(plural, epoch=self._graph.epoch, objects=self._reflector.count)

    def _page_request(self, token: str = "") -> Request:
        params = {"limit": str(PAGE_OBJECTS)} | ({"continue": token} if token else {})
        return Request("list", self._kind.path, params)

    # -- watch -------------------------------------------------------------------------------------

    def begin_watch(self) -> Request:
        """The request of a watch, from where we are. It ends after five to six minutes."""
        self._lines = wire.Lines()
        self._told = False
        self._watch_began = self._clock()
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(int(_WATCH_SECONDS + self._jitter(_WATCH_SECONDS / 5))),
        }
        return Request("watch", self._kind.path, params)

    def watching(self) -> None:
        """The server has agreed to the watch."""
        self._board.in_touch(self._kind.plural)

    def chunk(self, data: bytes) -> None:
        """Takes in what the watch said.

        Raises: ApiError, if it said that it has failed; what it said before has been applied.
        """
        events: list[wire.Event] = []
        failure: ApiError | None = None
        try:
            for line in self._lines.feed(data):
                events.append(wire.event(line, self._decoder))  # noqa: PERF401 - those before a failure count
        except ApiError as error:
            failure = error
        self._apply(events)
        if failure is not None:
            raise failure

    def ended(self) -> float:
        """The watch has ended, as all do; returns the seconds to wait before the next one."""
        if self._told or self._clock() - self._watch_began >= _SHORT_SECONDS:
            return 0.0
        return self._backoff.failed(Trouble.FAILED)

    def _apply(self, events: list[wire.Event]) -> None:
        if not events:
            return
        if any(event.applied is not None or event.deleted is not None for event in events):
            with self._graph.transaction():
                for event in events:
                    if event.applied is not None:
                        self._seen(event.applied)
                    elif event.deleted is not None:
                        self._reflector.delete(event.deleted)
            self._tell(events)
        self._told = True
        self._backoff.succeeded()
        self._version = next((event.version for event in reversed(events) if event.version), self._version)

    def _seen(self, decoded: Decoded) -> None:
        if decoded.value is not None:
            self._reflector.apply(decoded.key, decoded.value)
        elif decoded.key:
            self._reflector.keep(decoded.key)

    def _tell(self, events: list[wire.Event]) -> None:
        plural = self._kind.plural
        for event in events:
            if event.applied is not None:
                problems = event.applied.problems(self._kind, plural)
                self._board.report(plural, title(self._kind, event.applied.key), problems)
            elif event.deleted is not None:
                self._board.report(plural, title(self._kind, event.deleted), ())
        self._board.count(plural, self._reflector.count)

    # -- failures ----------------------------------------------------------------------------------

    def failed(self, error: ApiError) -> float:
        """Something went wrong with what was asked last; returns the seconds to wait before the next try."""
        reason, verb = trouble(error), self.verb
        delay = self._backoff.failed(reason, error.retry_after)
        if reason is Trouble.ABSENT and self._is_empty_by_absence():
            self._absent(explain(self._kind, verb, error))
        elif reason is not Trouble.EXPIRED or self._backoff.failures > 1:
            # That a version has expired is no news, unless it does so again and again.
            self._board.failed(
                self._kind.plural, PHASES[reason], code=error.code, message=explain(self._kind, verb, error)
            )
        if error.relist:
            self._version = ""
        return delay

    def _is_empty_by_absence(self) -> bool:
        """Whether that the kind does not exist is an answer: it is optional, and nothing of it is held.

        A kind that goes takes its objects with it first, one event each. So if objects are held, then
        the one who said 404 is wrong, or we were not there to see: what is known stays, and is stale.
        """
        return not self._kind.required and not len(self._reflector.source)

    def _absent(self, message: str) -> None:
        plural = self._kind.plural
        if not self._board.states[plural].known:
            self._reflector.begin()
            self._reflector.listed()
        self._board.absent(plural, epoch=self._graph.epoch, message=message)
