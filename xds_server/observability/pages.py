"""Debug pages, as JSON: what the sources gave, what is wrong with it, what became of it, who has it.

The HTTP server's threads ask; the answer is made on the event loop, which owns what is shown.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Protocol

import msgspec

import krt
from krt import Collection, Graph
from probes import Endpoints, HttpRequest, HttpResponse
from probes.http import JSON, text_response
from xds_server.model.admission import HOLDS
from xds_server.model.resource import PUSH_ORDER, SERVICE_NAMES, TypeUrl
from xds_server.model.routing import Attached
from xds_server.model.source_state import Problem, SourceState
from xds_server.observability.attribution import blamed
from xds_server.xds.cache.acceptance import Rejection
from xds_server.xds.cache.resource_cache import ResourceCache

_AT_A_TIME: Final = 50
"""Of the items of a page that has one for each client or route: some milliseconds of work."""
_BUSY: Final = "the event loop is busy: try again, and look at /livez"


class Timeline(Protocol):
    """What happened."""

    def entries(self) -> Sequence[Mapping[str, object]]:
        """Events in the order of time."""
        ...

    def text(self) -> str:
        """The same, a line each."""
        ...


def add(
    endpoints: Endpoints,
    *,
    sources: Callable[[], Iterable[SourceState]],
    problems: Callable[[], Iterable[Problem]],
    routes: Collection[str, Attached],
    store: ResourceCache,
    graph: Graph,
    streams: Callable[[], Iterable[object]],
    clients: Callable[[], object],
    on_loop: Callable[[Callable[[], bytes]], bytes],
    holds: Callable[[], object],
    release: Callable[[str], Mapping[str, int]],
    timeline: Timeline,
    digests: Callable[..., object],
    parity: Callable[[], object],
    connections: Callable[[], object],
) -> None:
    """Adds the pages below `/debug/`. *on_loop* calls a function on the event loop, and raises TimeoutError if that is busy.

    *release* ends the holds of a kind ("" for all) and returns how many of each. *digests* gives versions by role and
    type, with those of each resource if *resources* is true.
    """

    def made(content: Callable[[], bytes], shown: Callable[[bytes], HttpResponse]) -> HttpResponse:
        try:
            return shown(on_loop(content))
        except TimeoutError:
            return text_response(_BUSY, status=503)

    def answered(content: Callable[[], object]) -> HttpResponse:
        return made(
            lambda: msgspec.json.encode(content(), enc_hook=str),
            lambda body: HttpResponse(content_type=JSON, body=msgspec.json.format(body, indent=2) + b"\n"),
        )

    def written(content: Callable[[], str]) -> HttpResponse:
        return made(lambda: content().encode(), lambda body: text_response(body.decode()))

    def page(name: str, content: Callable[[], object], about: str) -> None:
        endpoints.add_page(f"/debug/{name}", lambda _: answered(content), description=about)

    def released(request: HttpRequest) -> HttpResponse:
        kind = request.query.get("kind", [""])[-1]
        if kind not in {"", *HOLDS}:
            return text_response(f"kind is {kind!r}: say one of {', '.join(HOLDS)}, or none for all", 400)
        return answered(lambda: {"released": release(kind)})

    def told(request: HttpRequest) -> HttpResponse:
        if not request.wants_json:
            return text_response(timeline.text().rstrip("\n"))
        return HttpResponse(content_type=JSON, body=msgspec.json.encode(timeline.entries(), enc_hook=str) + b"\n")

    def explained(request: HttpRequest) -> HttpResponse:
        name, key = (request.query.get(what, [""])[-1] for what in ("collection", "key"))
        collection = graph.collections.get(name)
        if collection is None:
            return text_response(
                f"no collection {name!r}: give ?collection= and ?key=; there are {', '.join(graph.collections)}", 404
            )
        return written(lambda: str(krt.explain(collection, _key(key))))

    page("sources", lambda: list(sources()), "where each source stands")
    page("problems", lambda: [str(one) for one in problems()], "what is wrong with the input, and what to do")
    endpoints.add_page(
        "/debug/routes",
        lambda _: _in_pieces(on_loop, lambda: _pairs(_of_routes(routes)), around=(b"{", b"}\n")),
        description="where each route is attached, or why not",
    )
    page(
        "collections",
        lambda: {one.name: _collection(one) for one in graph.collections.values()},
        "the graph, collection by collection",
    )
    endpoints.add_page(
        "/debug/explain", explained, description="?collection=&key= from a value to what made it, or why there is none"
    )
    endpoints.add_page(
        "/debug/graph", lambda _: written(lambda: krt.to_mermaid(graph)), description="the graph, as a Mermaid diagram"
    )
    endpoints.add_page(
        "/debug/resources",
        lambda _: _in_pieces(
            on_loop, lambda: _pairs(_resources(store)), at_a_time=1,
            around=(b'{"epoch": %s, "roles": {' % _encoded(store.epoch), b"}}\n"),
        ),
        description="what is published, by role and type, with versions",
    )  # fmt: skip
    page(
        "rejections",
        lambda: [_rejection(store, routes, *one) for one in store.rejections()],
        "what proxies rejected, why, and which object it comes from",
    )
    page("holds", holds, "what is held, for how long, and why")
    endpoints.add_page(
        "/debug/release",
        released,
        description="POST, with X-Requested-By, and ?kind= or for all kinds: ends holds (xds-server release does it)",
        methods=("POST",),
    )
    page("parity", parity, "how we compare with the peer, and what differs")
    endpoints.add_page(
        "/debug/digests",
        lambda request: answered(lambda: digests(resources="resources" in request.query)),
        description="what is published, as digests; ?resources for each of them",
    )
    endpoints.add_page("/debug/timeline", told, description="what happened, in the order of time; ?format=json")
    endpoints.add_page(
        "/debug/connections",
        lambda _: HttpResponse(
            content_type=JSON, body=msgspec.json.format(msgspec.json.encode(connections()), indent=2) + b"\n"
        ),
        description="who has connections to this port, and why some were ended",
    )
    endpoints.add_page(
        "/debug/streams",
        lambda _: _in_pieces(on_loop, lambda: map(_encoded, streams()), around=(b"[", b"]\n")),
        description="who is connected, and what was acknowledged",
    )
    page("clients", clients, "what clients have taken of what there is, by address, and the limits")


def _rejection(
    store: ResourceCache, routes: Collection[str, Attached], role: str | None, type_url: TypeUrl, rejection: Rejection
) -> Mapping[str, object]:
    objects = blamed(store, routes, role, type_url, rejection)
    origin = objects[0] if role is None else f"Gateway {role}"
    return {"type": SERVICE_NAMES[type_url], "object": origin, "blamed": objects} | msgspec.structs.asdict(rejection)


def _key(text: str) -> Hashable:
    """A key as it stands in a URL: a JSON array for a tuple, else text."""
    if not text.startswith("["):
        return text

    def tuples(value: object) -> Hashable:
        return (
            tuple(map(tuples, value)) if isinstance(value, list) else str(value) if isinstance(value, dict) else value
        )

    try:
        return tuples(msgspec.json.decode(text))
    except msgspec.DecodeError:
        return text


def _route(route: Attached) -> Mapping[str, object]:
    places = [f"{gateway}/{port} {host or '*'}" for gateway, port, _, host in route.domains]
    return {"attached": places, "refused": [*route.refused, *route.over_budget], "unresolved": route.route.unresolved}


def _collection(collection: Collection[Any, Any]) -> Mapping[str, object]:
    failures = {str(key): repr(failure.error) for key, failure in collection.failures.items()}
    return {
        "keys": len(collection),
        "synced": collection.synced,
        "pending": sorted(collection.pending),
        "failures": failures,
    }


def _resources(store: ResourceCache) -> Iterator[tuple[str, object]]:
    """What is published, role by role."""
    for role in sorted(store.roles):
        view = store.view(role)
        if view is not None:
            yield (
                role,
                {
                    SERVICE_NAMES[type_url]: {
                        "version": table.version,
                        "resources": {item.name: item.version for item in table},
                    }
                    for type_url, table in view.items()
                    if table or type_url in PUSH_ORDER
                },
            )


def _in_pieces(
    on_loop: Callable[[Callable[[], bytes]], bytes],
    content: Callable[[], Iterator[bytes]],
    *,
    around: tuple[bytes, bytes],
    at_a_time: int = _AT_A_TIME,
) -> HttpResponse:
    """Encoded items between brackets, made a few at a time, so that many of them do not stop the loop."""
    left: Iterator[bytes] | None = None
    parts: list[bytes] = []

    def some() -> bytes:
        nonlocal left
        left = content() if left is None else left
        return b",\n".join(islice(left, at_a_time))

    try:
        while part := on_loop(some):
            parts.append(part)
    except TimeoutError:
        return text_response(_BUSY, status=503)
    return HttpResponse(content_type=JSON, body=b"".join((around[0], b",\n".join(parts), around[1])))


def _pairs(items: Iterable[tuple[str, object]]) -> Iterator[bytes]:
    return (_encoded(key) + b": " + _encoded(value) for key, value in items)


def _of_routes(routes: Collection[str, Attached]) -> Iterator[tuple[str, object]]:
    return ((key, _route(one)) for key, one in list(routes.items()))


def _encoded(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)
