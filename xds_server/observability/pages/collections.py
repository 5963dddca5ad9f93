"""`/debug/collections`: the collections of the graph, and whether each is complete."""

from collections.abc import Mapping
from typing import Any

from krt import Collection
from xds_server.observability.pages.page import PageReaders, json_page


def _content(readers: PageReaders) -> object:
    return {collection.name: _describe(collection) for collection in readers.graph.collections.values()}


def _describe(collection: Collection[Any, Any]) -> Mapping[str, object]:
    return {
        "keys": len(collection),
        "synced": collection.synced,
        "pending": sorted(collection.pending),
        "failures": {str(key): repr(failure.error) for key, failure in collection.failures.items()},
    }


PAGE = json_page("collections", "the collections of the graph, and whether each is complete", _content)
