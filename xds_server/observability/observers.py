"""One observer of the streams that stands for several."""

from xds_server.model.admission import HoldKind, HoldOutcome, RefusalKind
from xds_server.model.resource import TypeUrl
from xds_server.xds.transport.observer import CloseReason, IgnoredReason, StreamInfo, StreamObserver, WaitKind


class ObserverList(StreamObserver):
    """Passes each call on to every observer, in the order in which they were given."""

    __slots__ = ("_observers",)

    def __init__(self, *observers: StreamObserver) -> None:
        self._observers = observers

    def stream_opened(self, stream: StreamInfo) -> None:  # noqa: D102 - as Observer says, here and below
        for observer in self._observers:
            observer.stream_opened(stream)

    def stream_closed(self, stream: StreamInfo, why: CloseReason) -> None:  # noqa: D102
        for observer in self._observers:
            observer.stream_closed(stream, why)

    def holding(self, stream: StreamInfo, kind: HoldKind) -> None:  # noqa: D102
        for observer in self._observers:
            observer.holding(stream, kind)

    def held(self, stream: StreamInfo, kind: HoldKind, seconds: float, outcome: HoldOutcome) -> None:  # noqa: D102
        for observer in self._observers:
            observer.held(stream, kind, seconds, outcome)

    def refused(self, kind: RefusalKind) -> None:  # noqa: D102
        for observer in self._observers:
            observer.refused(kind)

    def sent(self, stream: StreamInfo, type_url: TypeUrl, count: int, size: int) -> None:  # noqa: D102
        for observer in self._observers:
            observer.sent(stream, type_url, count, size)

    def acked(self, stream: StreamInfo, type_url: TypeUrl, seconds: float) -> None:  # noqa: D102
        for observer in self._observers:
            observer.acked(stream, type_url, seconds)

    def nacked(self, stream: StreamInfo, type_url: TypeUrl, version: str, message: str) -> None:  # noqa: D102
        for observer in self._observers:
            observer.nacked(stream, type_url, version, message)

    def ignored(self, stream: StreamInfo, type_url: TypeUrl, why: IgnoredReason) -> None:  # noqa: D102
        for observer in self._observers:
            observer.ignored(stream, type_url, why)

    def gave_up(self, stream: StreamInfo, what: WaitKind) -> None:  # noqa: D102
        for observer in self._observers:
            observer.gave_up(stream, what)

    def first_complete(self, stream: StreamInfo, seconds: float, *, warm: bool) -> None:  # noqa: D102
        for observer in self._observers:
            observer.first_complete(stream, seconds, warm=warm)
