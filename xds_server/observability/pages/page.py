"""What a debug page is, and how its response is made.

Threads of the HTTP server ask for a page. Its content is made on the event loop, which owns what the page shows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

import msgspec

from krt import Collection, Graph
from probes import HttpRequest, HttpResponse
from probes.http import JSON, text_response
from xds_server.model.routing import Attached
from xds_server.model.source_state import Problem, SourceState
from xds_server.xds.cache.resource_cache import ResourceCache

_ITEMS_PER_TURN: Final = 50
"""How many items of a long page are made in one turn of the event loop: some milliseconds of work."""
BUSY: Final = "the event loop is busy: try again, and look at /livez"


class TimelineEntries(Protocol):
    """What the page of the timeline reads. May be called from any thread."""

    def entries(self) -> Sequence[Mapping[str, object]]:
        """All events, in the order of time."""
        ...

    def text(self) -> str:
        """The same, a line for each event."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReaders:
    """Where the pages read what they show. All are called on the event loop, except *timeline* and *connections*."""

    run_on_loop: Callable[[Callable[[], bytes]], bytes]
    """Calls a function on the event loop, and returns what it returns. Raises: TimeoutError, if the loop is busy."""
    sources: Callable[[], Iterable[SourceState]]
    problems: Callable[[], Iterable[Problem]]
    routes: Collection[str, Attached]
    cache: ResourceCache
    graph: Graph
    streams: Callable[[], Iterable[object]]
    clients: Callable[[], object]
    holds: Callable[[], object]
    release: Callable[[str], Mapping[str, int]]
    """Ends the holds of a kind, or of every kind (""), and returns how many of each kind."""
    timeline: TimelineEntries
    digests: Callable[..., object]
    """Versions by role and type; with `resources=True` those of each resource, too."""
    parity: Callable[[], object]
    connections: Callable[[], object]
    """Connections of the HTTP port."""


@dataclass(frozen=True, slots=True)
class DebugPage:
    """A page below `/debug/`."""

    name: str
    description: str
    """For the list of all pages at `/`."""
    respond: Callable[[PageReaders, HttpRequest], HttpResponse]
    methods: tuple[str, ...] = ("GET", "HEAD")


def json_page(name: str, description: str, content: Callable[[PageReaders], object]) -> DebugPage:
    """A page that shows *content* as JSON."""
    return DebugPage(name, description, lambda readers, _: json_response(readers, lambda: content(readers)))


def json_response(readers: PageReaders, content: Callable[[], object]) -> HttpResponse:
    """*content*, made on the event loop, as JSON."""
    body = readers.run_on_loop(lambda: msgspec.json.encode(content(), enc_hook=str))
    return HttpResponse(content_type=JSON, body=msgspec.json.format(body, indent=2) + b"\n")


def loop_text_response(readers: PageReaders, content: Callable[[], str]) -> HttpResponse:
    """*content*, made on the event loop, as text."""
    return text_response(readers.run_on_loop(lambda: content().encode()).decode())


def chunked_json_response(
    readers: PageReaders,
    items: Callable[[], Iterator[bytes]],
    *,
    around: tuple[bytes, bytes],
    items_per_turn: int = _ITEMS_PER_TURN,
) -> HttpResponse:
    """Encoded *items* between *around*, a few in each turn of the event loop, so that many items do not block it."""
    iterator: Iterator[bytes] | None = None
    chunks: list[bytes] = []

    def next_chunk() -> bytes:
        nonlocal iterator
        iterator = items() if iterator is None else iterator
        return b",\n".join(islice(iterator, items_per_turn))

    while chunk := readers.run_on_loop(next_chunk):
        chunks.append(chunk)
    return HttpResponse(content_type=JSON, body=b"".join((around[0], b",\n".join(chunks), around[1])))


def encode(value: object) -> bytes:
    """*value* as indented JSON; what JSON does not know becomes its `str`."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)


def encode_members(items: Iterable[tuple[str, object]]) -> Iterator[bytes]:
    """Members of a JSON object, one by one."""
    return (encode(key) + b": " + encode(value) for key, value in items)
