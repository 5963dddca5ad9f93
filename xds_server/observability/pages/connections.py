"""`/debug/connections`: open connections of the HTTP port, and why others were ended.

The page does not wait for the event loop: it is for the time when the port is full.
"""

from probes import HttpRequest, HttpResponse
from probes.http import JSON
from xds_server.observability.pages.page import DebugPage, PageReaders, encode


def _respond(readers: PageReaders, _: HttpRequest) -> HttpResponse:
    return HttpResponse(content_type=JSON, body=encode(readers.connections()) + b"\n")


PAGE = DebugPage("connections", "open connections of this port, and why others were ended", _respond)
