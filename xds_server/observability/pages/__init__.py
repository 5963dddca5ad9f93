"""The debug pages, one module each. A page is a `DebugPage` in `PAGES`, in the order in which `/` lists them."""

import functools
from typing import Final

from probes import Endpoints, HttpRequest, HttpResponse
from probes.http import text_response
from xds_server.observability.pages import (
    clients,
    collections,
    connections,
    digests,
    explain,
    graph,
    holds,
    parity,
    problems,
    rejections,
    release,
    resources,
    routes,
    sources,
    streams,
    timeline,
)
from xds_server.observability.pages.page import BUSY, DebugPage, PageReaders

__all__ = ["PAGES", "PageReaders", "add_pages"]

PAGES: Final[tuple[DebugPage, ...]] = (
    sources.PAGE,
    problems.PAGE,
    routes.PAGE,
    collections.PAGE,
    explain.PAGE,
    graph.PAGE,
    resources.PAGE,
    rejections.PAGE,
    holds.PAGE,
    release.PAGE,
    parity.PAGE,
    digests.PAGE,
    timeline.PAGE,
    connections.PAGE,
    streams.PAGE,
    clients.PAGE,
)


def add_pages(endpoints: Endpoints, readers: PageReaders) -> None:
    """Adds every debug page to *endpoints*, below `/debug/`."""
    for page in PAGES:
        respond = functools.partial(_respond, page, readers)
        endpoints.add_page(f"/debug/{page.name}", respond, description=page.description, methods=page.methods)


def _respond(page: DebugPage, readers: PageReaders, request: HttpRequest) -> HttpResponse:
    """The page; 503 if the event loop is busy."""
    try:
        return page.respond(readers, request)
    except TimeoutError:  # Of `readers.run_on_loop`.
        return text_response(BUSY, status=503)
