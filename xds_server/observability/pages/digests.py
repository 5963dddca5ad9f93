"""`/debug/digests`: versions of what is published, for a replica that compares itself with this one."""

from probes import HttpRequest, HttpResponse
from xds_server.observability.pages.page import DebugPage, PageReaders, json_response


def _respond(readers: PageReaders, request: HttpRequest) -> HttpResponse:
    return json_response(readers, lambda: readers.digests(resources="resources" in request.query))


PAGE = DebugPage("digests", "versions of what is published; ?resources for those of each resource", _respond)
