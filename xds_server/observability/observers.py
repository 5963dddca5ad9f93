"""One observer of the streams that stands for several."""

from xds_server.model.admission import HoldKind, HoldOutcome, RefusalKind
from xds_server.model.resource import TypeUrl
from xds_server.xds.transport.observer import CloseReason, IgnoredReason, StreamInfo, StreamObserver, WaitKind


class ObserverList(StreamObserver):
    """Passes each call on to every observer, in the order in which they were given.

    The two calls that each response costs go to those observers only that define them.
    """

    __slots__ = ("_acked", "_observers", "_sent")

    def __init__(self, *observers: StreamObserver) -> None:
        self._observers = observers
        self._sent = [one.response_sent for one in observers if _defines(one, "response_sent")]
        self._acked = [one.response_acked for one in observers if _defines(one, "response_acked")]

    def stream_opened(self, stream: StreamInfo) -> None:  # noqa: D102 - as Observer says, here and below
        for observer in self._observers:
            observer.stream_opened(stream)

    def stream_closed(self, stream: StreamInfo, why: CloseReason) -> None:  # noqa: D102
        for observer in self._observers:
            observer.stream_closed(stream, why)

    def stream_hold_started(self, stream: StreamInfo, kind: HoldKind) -> None:  # noqa: D102
        for observer in self._observers:
            observer.stream_hold_started(stream, kind)

    def stream_hold_ended(self, stream: StreamInfo, kind: HoldKind, seconds: float, outcome: HoldOutcome) -> None:  # noqa: D102
        for observer in self._observers:
            observer.stream_hold_ended(stream, kind, seconds, outcome)

    def stream_refused(self, kind: RefusalKind) -> None:  # noqa: D102
        for observer in self._observers:
            observer.stream_refused(kind)

    def response_sent(self, stream: StreamInfo, type_url: TypeUrl, count: int, size: int) -> None:  # noqa: D102
        for response_sent in self._sent:
            response_sent(stream, type_url, count, size)

    def response_acked(self, stream: StreamInfo, type_url: TypeUrl, seconds: float) -> None:  # noqa: D102
        for response_acked in self._acked:
            response_acked(stream, type_url, seconds)

    def response_nacked(self, stream: StreamInfo, type_url: TypeUrl, version: str, message: str) -> None:  # noqa: D102
        for observer in self._observers:
            observer.response_nacked(stream, type_url, version, message)

    def request_ignored(self, stream: StreamInfo, type_url: TypeUrl, why: IgnoredReason) -> None:  # noqa: D102
        for observer in self._observers:
            observer.request_ignored(stream, type_url, why)

    def wait_timed_out(self, stream: StreamInfo, what: WaitKind) -> None:  # noqa: D102
        for observer in self._observers:
            observer.wait_timed_out(stream, what)

    def first_configuration_acked(self, stream: StreamInfo, seconds: float, *, warm: bool) -> None:  # noqa: D102
        for observer in self._observers:
            observer.first_configuration_acked(stream, seconds, warm=warm)


def _defines(observer: StreamObserver, method: str) -> bool:
    return getattr(type(observer), method, None) is not getattr(StreamObserver, method)
