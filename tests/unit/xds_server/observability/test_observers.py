"""One observer for several."""

import inspect
from collections.abc import Callable

from xds_server.model.admission import RefusalKind
from xds_server.observability.observers import ObserverList
from xds_server.xds.transport.observer import StreamObserver


def test_every_observer_is_told() -> None:
    """In the order in which they were given."""
    told: list[str] = []

    class Named(StreamObserver):
        def __init__(self, name: str) -> None:
            self.name = name

        def stream_refused(self, kind: RefusalKind) -> None:
            told.append(f"{self.name} {kind}")

    ObserverList(Named("a"), Named("b")).stream_refused("not_ready")

    assert told == ["a not_ready", "b not_ready"]


def test_every_call_of_an_observer_is_passed_on() -> None:
    """With the arguments that it was given: the list lacks none of the methods of an observer."""
    calls: list[tuple[object, ...]] = []

    class Recording:
        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *args, **more: calls.append((name, *args, *more.items()))

    observers = ObserverList(Recording(), Recording())  # type: ignore[arg-type]
    names = [
        name for name, method in vars(StreamObserver).items() if inspect.isfunction(method) and not name.startswith("_")
    ]
    assert len(names) > 8
    for name in names:
        calls.clear()
        parameters = list(inspect.signature(getattr(StreamObserver, name)).parameters.values())[1:]
        args = [object() for each in parameters if each.kind is not each.KEYWORD_ONLY]
        more = {each.name: object() for each in parameters if each.kind is each.KEYWORD_ONLY}
        getattr(observers, name)(*args, **more)
        assert calls == [(name, *args, *more.items())] * 2
