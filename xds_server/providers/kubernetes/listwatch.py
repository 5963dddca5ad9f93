"""The list and watch protocol of one kind, without I/O: which request to send next, and what an answer means.

Invariants:
- Every list begins an epoch of the reflector. A list that does not complete changes nothing.
- The watch resumes at the resourceVersion of the list, or of the last event that was applied.
- All events of one chunk are applied in one transaction.
- After the first complete list, no failure removes an object or makes the kind unknown again.
- resourceVersions only increase: an event out of order is never applied, and causes a new list.
- Only a watch that has stayed open for a while resets the back-off. A complete list or an answer does not.
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
# An API server sends a bookmark every minute, even when nothing changes. Two missed ones are a sign that it is dead.
SILENCE_SECONDS: Final = 150.0
# A watch that ends sooner was ended by something between us and the API server.
_SHORT_SECONDS: Final = 1.0
# If we hold objects of a kind, a 404 must last this long before we believe it.
_ABSENT_SECONDS: Final = 60.0
# A page may be empty although more pages follow. This bounds how many.
_EMPTY_PAGES: Final = 100
# The status codes of servers that do not support streaming lists, or have them turned off.
_NO_STREAMS: Final = (400, 422)
_HOW_IT_ENDED: Final = {FailureClass.EXPIRED: "expired", FailureClass.SILENT: "idle_timeout"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which objects of a kind to list and watch, and how to list them."""

    namespace: str = ""
    """Empty: all namespaces."""
    labels: str = ""
    """A label selector."""
    streamed: bool = False
    """Whether to request streaming lists, which cost the server less. False: lists in pages."""


EVERYTHING: Final = Scope()


@dataclass(frozen=True, slots=True)
class Request:
    """A GET request to the API server."""

    verb: Verb
    path: str
    params: Mapping[str, str]


class ListWatch:
    """Decides which request to send for one kind, and updates its reflector and its state from the answers.

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
        """The next request's verb. A streaming list is a watch that begins with all objects."""
        return "watch" if self._version or self._streamed else "list"

    @property
    def listing(self) -> bool:
        """Whether the next request lists all objects, in pages or as a stream."""
        return not self._version

    @property
    def urgency(self) -> int:
        """Rank of this list, the lowest first: 0, readiness waits for it; 1, other kinds; 2, kinds that were listed before."""
        state = self._tracker.states[self._kind.plural]
        return 2 if state.known else 0 if state.required else 1

    @property
    def unstable(self) -> bool:
        """Whether lists and watches have succeeded repeatedly, but no watch stayed open afterwards."""
        return self._stability.unstable

    # -- list --------------------------------------------------------------------------------------

    def begin_list(self) -> Request:
        """Begins a list, and returns the request for its first page.

        The request has no resourceVersion, so the server lists the newest state.
        """
        self._begin()
        return self._page_request()

    def following(self, body: bytes) -> Request | None:
        """The request for the page after this one, or None after the last. It may be sent before this one is decoded.

        Raises: ApiError, if *body* is not a page of a list.
        """
        token = watch_codec.page_end(body).continue_
        self._pages += 1
        if self._pages > _EMPTY_PAGES + self._reflector.count and token:
            raise ApiError(
                f"the list is not complete after {self._pages} pages with {self._reflector.count} objects", relist=True
            )
        return self._page_request(token) if token else None

    def page(self, body: bytes) -> None:
        """Adds the objects of a page to the list.

        Raises: ApiError, if *body* is not a page of a list.
        """
        self._list(watch_codec.page(body, self._decoder))

    def listed(self, last_page: bytes) -> None:
        """Completes the list: one transaction replaces all objects of the kind.

        Raises: ApiError, if the list has no resourceVersion, because then no watch could resume from it.
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
        """The request for a watch, from the last resourceVersion or as a streaming list. It ends after five to six minutes."""
        self._lines = watch_codec.Lines()
        self._watch_began = self._clock()
        seconds = _WATCH_SECONDS + int(self._jitter(_WATCH_SECONDS / 5))
        params = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
        if self._version:
            return self._request("watch", {**params, "resourceVersion": self._version})
        self._begin()
        return self._request("watch", {**params, "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"})

    def watch_opened(self) -> None:
        """The server answered 200. Its first event may still be a 410: the resourceVersion has expired."""
        self._watching = True
        self._stability.record_success()

    def watch_settled(self) -> None:
        """The server accepted the watch, and it did not fail at once: the kind is no longer stale, unless its watches are unstable."""
        if self._watching and self._version and not self._stability.unstable:
            self._tracker.clear_stale(self._kind.plural)

    def watch_lasted(self) -> None:
        """The watch has stayed open for a while: resets the back-off."""
        if self._watching and self._version:
            self._backoff.succeeded()
            self._stability.record_lasting()
            self.watch_settled()

    def chunk(self, data: bytes) -> bool:
        """Applies the events in a chunk of the watch. Returns whether it completed an event or a bookmark.

        Raises: ApiError, if the chunk contains an error event. The events before it have been applied.
        """
        events: list[watch_codec.Event] = []
        failure: ApiError | None = None
        try:
            for line in self._lines.feed(data):
                events.append(watch_codec.event(line, self._decoder))  # noqa: PERF401 - events before a failure are applied
        except ApiError as error:
            failure = error
        self._take(events)
        if failure is not None:
            raise failure
        return bool(events)

    def watch_ended(self) -> float:
        """The server ended the watch. Returns the seconds to wait before the next request."""
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
        """Adds a part of a streaming list. Its events have no order, and take effect when the list completes."""
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
            self.watch_settled()
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
        """Ends the watch for a new list, which was requested. Returns the seconds to wait before it."""
        self._watch_over("relist")
        self._version = ""
        return 0.0

    def renew(self) -> float:
        """Ends the watch, to resume it at the same version. Returns the seconds to wait before that."""
        self._watch_over("idle_timeout")
        return 0.0

    # -- failures ----------------------------------------------------------------------------------

    def failed(self, error: ApiError) -> float:
        """Records that the last request failed. Returns the seconds to wait before the next one."""
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
            # An expired version or a silent watch is normal. It is shown only when it happens repeatedly.
            self._show(reason, explain(self._kind, verb, error), delay, error.code)
        if error.relist:
            self._version = ""
        return delay

    def server_silent(self, error: ApiError) -> None:
        """The server does not answer, although the watch is open: the kind is stale until it answers."""
        if self._tracker.states[self._kind.plural].known:
            self._show(FailureClass.SILENT, explain(self._kind, "watch", error), None)

    def _classify(self, error: ApiError) -> FailureClass:
        """The class of a failure: CUT if the connection of an open watch broke."""
        reason = classify(error)
        broke_off = self._watching and not self.listing and error.code is None and not error.relist
        return FailureClass.CUT if reason is FailureClass.FAILED and broke_off else reason

    def _lasted(self) -> bool:
        """Whether the watch stayed open for at least a second. Records it if so."""
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
        """Selects the kind's next API version. False: all of them have been tried."""
        self._api_version = (self._api_version + 1) % len(self._api_versions)
        self._version = ""
        return self._api_version != 0

    def _is_gone(self) -> bool:
        """Whether to believe a 404: only for an optional kind, and only if we hold no objects of it or the 404 has lasted 60 s.

        When a CRD is deleted, its objects are deleted first, with one event each. So if we still hold objects,
        either the 404 is wrong, or we missed those events. The objects stay, and are stale, until the 404 has
        lasted longer than an API server takes to start.
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
