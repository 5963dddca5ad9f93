"""`/debug/explain`: from a value of a collection to the objects that it is made from, or why there is none."""

from collections.abc import Hashable

import msgspec

import krt
from probes import HttpRequest, HttpResponse
from probes.http import text_response
from xds_server.observability.pages.page import DebugPage, PageReaders, loop_text_response


def _respond(readers: PageReaders, request: HttpRequest) -> HttpResponse:
    name, key = (request.query.get(field, [""])[-1] for field in ("collection", "key"))
    collections = readers.graph.collections
    collection = collections.get(name)
    if collection is None:
        return text_response(
            f"no collection {name!r}: give ?collection= and ?key=; the collections are {', '.join(collections)}", 404
        )
    return loop_text_response(readers, lambda: str(krt.explain(collection, _parse_key(key))))


def _parse_key(text: str) -> Hashable:
    """A key as a URL gives it: a JSON array for a tuple, else the text itself."""
    if not text.startswith("["):
        return text
    try:
        return _hashable(msgspec.json.decode(text))
    except msgspec.DecodeError:
        return text


def _hashable(value: object) -> Hashable:
    if isinstance(value, list):
        return tuple(map(_hashable, value))
    return str(value) if isinstance(value, dict) else value


PAGE = DebugPage(
    "explain", "?collection=&key= from a value to the objects that it is made from, or why there is none", _respond
)
