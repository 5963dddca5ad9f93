"""The list and the watch of one kind, without I/O: what to ask next, and what an answer means.

Invariants:
- Every list begins an epoch of the reflector; a list that breaks off leaves no trace.
- The watch goes on from exactly where the list, or the last event that was applied, left off.
- All events of one chunk are one transaction.
- After the first complete list, no failure takes anything away or makes the kind unknown again.
- What a watch tells grows newer, or there is a new list: an event out of order is never applied.
- Only a watch that has stood for a while ends the back-off: a good list, or a good word, does not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from krt import Graph, Reflector
from xds_server.model.source_state import Problem
from xds_server.providers.decode import Decoded, Decoder, title
from xds_server.providers.kinds import Kind
from xds_server.providers.kubernetes import watch_codec
from xds_server.providers.kubernetes.errors import PHASES, ApiError, Backoff, FailureClass, Verb, classify, explain
from xds_server.providers.kubernetes.watch_stability import WatchStability
from xds_server.providers.sync_tracker import SyncTracker

PAGE_OBJECTS: Final = 1000
_WATCH_SECONDS: Final = 300
# An API server sends a bookmark a minute, even when nothing happens: two missed ones are a sign.
SILENCE_SECONDS: Final = 150.0
# A watch that ended sooner was ended by something in between.
_SHORT_SECONDS: Final = 1.0
# A kind of which objects are held is gone if it is said to be for so long.
_ABSENT_SECONDS: Final = 60.0
# A page may be empty, and others may follow; but not for ever.
_EMPTY_PAGES: Final = 100
# What servers answer that do not know lists as streams, or have them turned off.
_NO_STREAMS: Final = (400, 422)
_HOW_IT_ENDED: Final = {FailureClass.EXPIRED: "expired", FailureClass.SILENT: "idle_timeout"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which objects of a kind are followed, and how they are listed."""

    namespace: str = ""
    """"" for all."""
    labels: str = ""
    """A label selector."""
    streamed: bool = False
    """Whether lists are asked for as streams, of which the server makes less work; else in pages."""


EVERYTHING: Final = Scope()


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
        tracker: SyncTracker,
        jitter: Callable[[float], float],
        clock: Callable[[], float],
        scope: Scope = EVERYTHING,
    ) -> None:
        self._kind = kind
        self._scope = scope
        self._streamed = scope.streamed
        self._reflector = reflector
        self._graph = graph
        self._tracker = tracker
        self._jitter = jitter
        self._clock = clock
        self._decoder = Decoder(kind)
        self._backoff = Backoff(jitter)
        self._api_versions = (kind.version, *kind.aliases)
        self._api_version = 0
        self._version = ""
        self._lines = watch_codec.Lines()
        self._problems: list[Problem] = []
        self._pages = 0
        self._watch_began = 0.0
        self._watching = False
        self._stability = WatchStability()
        self._said = ""
        self._absent_since: float | None = None

    @property
    def verb(self) -> Verb:
        """What is to be done next. A list as a stream is a watch that begins with all there is."""
        return "watch" if self._version or self._streamed else "list"

    @property
    def listing(self) -> bool:
        """Whether what is to be done next begins with all there is."""
        return not self._version

    @property
    def urgency(self) -> int:
        """Rank of a list among others, the lowest first: what readiness waits for, other kinds, kinds listed before."""
        state = self._tracker.states[self._kind.plural]
        return 2 if state.known else 0 if state.required else 1

    @property
    def unstable(self) -> bool:
        """Whether lists and watches have gone well before, again and again, and no watch stood after them."""
        return self._stability.unstable

    # -- list --------------------------------------------------------------------------------------

    def begin_list(self) -> Request:
        """Begins a list; the request of its first page.

        No resourceVersion: what is listed is the newest there is, in pages.
        """
        self._begin()
        return self._page_request()

    def following(self, body: bytes) -> Request | None:
        """The request of the page after this one, which may be sent before this one is decoded.

        Raises: ApiError, if this is no page of a list.
        """
        token = watch_codec.page_end(body).continue_
        self._pages += 1
        if self._pages > _EMPTY_PAGES + self._reflector.count and token:
            raise ApiError(
                f"the list is not complete after {self._pages} pages with {self._reflector.count} objects", relist=True
            )
        return self._page_request(token) if token else None

    def page(self, body: bytes) -> None:
        """Takes in a page.

        Raises: ApiError, if this is no page of a list.
        """
        self._list(watch_codec.page(body, self._decoder))

    def listed(self, last_page: bytes) -> None:
        """The list is complete: one transaction replaces what there was.

        Raises: ApiError, if it does not say of which version it is, so that nothing could follow it.
        """
        self._listed(watch_codec.page_end(last_page).version)

    def _begin(self) -> None:
        self._version = ""
        self._problems = []
        self._pages = 0
        self._reflector.begin()
        self._tracker.start_list(self._kind.plural)

    def _list(self, objects: list[Decoded]) -> None:
        for decoded in objects:
            self._seen(decoded)
            if decoded.findings:
                self._problems += decoded.problems(self._kind, self._kind.plural)
        before = f"the last try failed: {self._said}" if self._said else ""
        self._tracker.mark_listing(self._kind.plural, self._reflector.count, message=before)

    def _listed(self, version: str) -> None:
        if not version:
            raise ApiError("the list has no resourceVersion, so it cannot be followed", relist=True)
        self._reflector.listed()
        self._version = version
        self._absent_since = None
        self._said = ""
        self._stability.record_success()
        plural = self._kind.plural
        self._tracker.replace_problems(plural, self._problems)
        self._tracker.record_list(
            plural, epoch=self._graph.epoch, objects=self._reflector.count, following=not self._stability.unstable
        )

    def _page_request(self, token: str = "") -> Request:
        return self._request("list", {"limit": str(PAGE_OBJECTS)} | ({"continue": token} if token else {}))

    def _request(self, verb: Verb, params: Mapping[str, str]) -> Request:
        path = self._kind.path_in(self._scope.namespace, self._api_versions[self._api_version])
        return Request(verb, path, {**params, **({"labelSelector": self._scope.labels} if self._scope.labels else {})})

    # -- watch -------------------------------------------------------------------------------------

    def begin_watch(self) -> Request:
        """The request of a watch, from where we are, or from a list. It ends after five to six minutes."""
        self._lines = watch_codec.Lines()
        self._watch_began = self._clock()
        seconds = _WATCH_SECONDS + int(self._jitter(_WATCH_SECONDS / 5))
        params = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
        if self._version:
            return self._request("watch", {**params, "resourceVersion": self._version})
        self._begin()
        return self._request("watch", {**params, "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"})

    def watching(self) -> None:
        """The server has agreed to the watch. Whether from where we are, only what it says next can tell: maybe 410."""
        self._watching = True
        self._stability.record_success()

    def settled(self) -> None:
        """The watch was agreed to, and has not failed at once: we follow changes again, unless that is unstable."""
        if self._watching and self._version and not self._stability.unstable:
            self._tracker.clear_stale(self._kind.plural)

    def stood(self) -> None:
        """The watch has stood for a while: the next failure is a first one."""
        if self._watching and self._version:
            self._backoff.succeeded()
            self._stability.record_lasting()
            self.settled()

    def chunk(self, data: bytes) -> bool:
        """Takes in what the watch said; whether that was an event, or a bookmark, or more of them.

        Raises: ApiError, if it said that it has failed; what it said before has been applied.
        """
        events: list[watch_codec.Event] = []
        failure: ApiError | None = None
        try:
            for line in self._lines.feed(data):
                events.append(watch_codec.event(line, self._decoder))  # noqa: PERF401 - those before a failure count
        except ApiError as error:
            failure = error
        self._take(events)
        if failure is not None:
            raise failure
        return bool(events)

    def ended(self) -> float:
        """The watch has ended, as all do; returns the seconds to wait before the next one."""
        if self.listing:
            return self.failed(ApiError("the list ended before it was complete", relist=True))
        self._watch_over("eof")
        if self._lasted():
            return 0.0
        self._stability.record_failure()
        delay = self._backoff.failed(FailureClass.CUT)
        if self._stability.unstable:
            self._show(
                FailureClass.CUT,
                f"every watch of {self._kind.resource} ends within {_SHORT_SECONDS:g} s: check the proxies between "
                "this server and the API server, and their request timeouts",
                delay,
            )
        return delay

    def _watch_over(self, how: str) -> None:
        if self._watching:
            self._watching = False
            self._tracker.record_watch_end(self._kind.plural, how)

    def _take(self, events: list[watch_codec.Event]) -> None:
        if events:
            self._tracker.record_contact(self._kind.plural)
        end = 0
        if self._reflector.listing:
            end = next((i + 1 for i, event in enumerate(events) if event.ends_list), len(events))
            self._take_list(events[:end])
        self._apply(events[end:])

    def _take_list(self, events: list[watch_codec.Event]) -> None:
        """A part of a list that comes as a stream. It has no order, and nobody sees it before its end."""
        self._list([event.applied for event in events if event.applied is not None])
        for event in events:
            if event.deleted is not None:
                self._reflector.delete(event.deleted)
            elif event.ends_list:
                self._listed(event.version)
            elif event.applied is None:
                raise ApiError("the server does not support streaming lists; listing in pages", code=422, relist=True)

    def _apply(self, events: list[watch_codec.Event]) -> None:
        news, self._version, disorder = watch_codec.in_order(events, self._version)
        if any(event.applied is not None or event.deleted is not None for event in news):
            with self._graph.transaction():
                for event in news:
                    if event.applied is not None:
                        self._seen(event.applied)
                    elif event.deleted is not None:
                        self._reflector.delete(event.deleted)
            self._tell(news)
        if events and disorder is None:
            self.settled()
        if disorder is not None:
            raise disorder

    def _seen(self, decoded: Decoded) -> None:
        if decoded.value is not None:
            self._reflector.apply(decoded.key, decoded.value)
        elif decoded.key:
            self._reflector.keep(decoded.key)

    def _tell(self, events: list[watch_codec.Event]) -> None:
        plural = self._kind.plural
        for event in events:
            if event.applied is not None:
                problems = event.applied.problems(self._kind, plural)
                self._tracker.set_problems(plural, title(self._kind, event.applied.key), problems)
            elif event.deleted is not None:
                self._tracker.set_problems(plural, title(self._kind, event.deleted), ())
        self._tracker.set_object_count(plural, self._reflector.count)

    def expire(self) -> float:
        """Somebody asked for a new list; returns the seconds to wait before it."""
        self._watch_over("relist")
        self._version = ""
        return 0.0

    def renew(self) -> float:
        """The watch is to be begun again from where it is; returns the seconds to wait before that."""
        self._watch_over("idle_timeout")
        return 0.0

    # -- failures ----------------------------------------------------------------------------------

    def failed(self, error: ApiError) -> float:
        """Something went wrong with what was asked last; returns the seconds to wait before the next try."""
        reason, verb = self._classify(error), self.verb
        self._watch_over(_HOW_IT_ENDED.get(reason, "error"))
        if self._streamed and self.listing and error.code in _NO_STREAMS:
            self._streamed = False
            return 0.0
        if reason is not FailureClass.CUT or not self._lasted():
            self._stability.record_failure()
        if reason is FailureClass.ABSENT and self._next_api_version():
            return 0.0
        if reason is not FailureClass.ABSENT:
            self._absent_since = None
        delay = self._backoff.failed(reason, error.retry_after)
        if reason is FailureClass.ABSENT and self._is_gone():
            self._absent(explain(self._kind, verb, error), delay)
        elif reason not in _HOW_IT_ENDED or self._backoff.failures(reason) > 1:
            # That a version has expired, or that nothing was heard, is no news, unless it happens again and again.
            self._show(reason, explain(self._kind, verb, error), delay, error.code)
        if error.relist:
            self._version = ""
        return delay

    def server_silent(self, error: ApiError) -> None:
        """The server does not answer, though the watch is open: what we know is stale until something is heard."""
        if self._tracker.states[self._kind.plural].known:
            self._show(FailureClass.SILENT, explain(self._kind, "watch", error), None)

    def _classify(self, error: ApiError) -> FailureClass:
        """Its class: that the connection of a watch broke off is none of the server's words."""
        reason = classify(error)
        broke_off = self._watching and not self.listing and error.code is None and not error.relist
        return FailureClass.CUT if reason is FailureClass.FAILED and broke_off else reason

    def _lasted(self) -> bool:
        """Whether the watch was one, though it may not have stood for long."""
        lasted = self._clock() - self._watch_began >= _SHORT_SECONDS
        if lasted:
            self._stability.record_lasting()
        return lasted

    def _show(self, reason: FailureClass, message: str, retry_seconds: float | None, code: int | None = None) -> None:
        self._said = message
        self._tracker.record_failure(
            self._kind.plural, PHASES[reason], code=code, message=message, retry_seconds=retry_seconds
        )

    def _next_api_version(self) -> bool:
        """Whether another version of the kind is to be asked for, before it is called absent."""
        self._api_version = (self._api_version + 1) % len(self._api_versions)
        self._version = ""
        return self._api_version != 0

    def _is_gone(self) -> bool:
        """Whether that the kind does not exist is an answer: it is optional, and it went while we looked.

        A kind that goes takes its objects with it first, one event each. So if objects are held, then
        the one who said 404 is wrong, or we were not there to see. Until it has been said for so long
        that no start of a server explains it, what is known stays, and is stale.
        """
        now = self._clock()
        if self._absent_since is None:
            self._absent_since = now
        believed = not len(self._reflector.source) or now - self._absent_since >= _ABSENT_SECONDS
        return not self._kind.required and believed

    def _absent(self, message: str, retry_seconds: float) -> None:
        plural = self._kind.plural
        if not self._tracker.states[plural].known or len(self._reflector.source):
            self._reflector.begin()
            self._reflector.listed()
        self._tracker.mark_absent(plural, epoch=self._graph.epoch, message=message, retry_seconds=retry_seconds)
