"""`/debug/timeline`: what happened, in the order of time."""

import msgspec

from probes import HttpRequest, HttpResponse
from probes.http import JSON, text_response
from xds_server.observability.pages.page import DebugPage, PageReaders


def _respond(readers: PageReaders, request: HttpRequest) -> HttpResponse:
    if not request.wants_json:
        return text_response(readers.timeline.text().rstrip("\n"))
    body = msgspec.json.encode(readers.timeline.entries(), enc_hook=str)
    return HttpResponse(content_type=JSON, body=body + b"\n")


PAGE = DebugPage("timeline", "what happened, in the order of time; ?format=json", _respond)
