"""`POST /debug/release`: ends holds."""

from probes import HttpRequest, HttpResponse
from probes.http import text_response
from xds_server.model.admission import HOLDS
from xds_server.observability.pages.page import DebugPage, PageReaders, json_response


def _respond(readers: PageReaders, request: HttpRequest) -> HttpResponse:
    kind = request.query.get("kind", [""])[-1]
    if kind not in {"", *HOLDS}:
        return text_response(f"kind is {kind!r}: give one of {', '.join(HOLDS)}, or none for all", 400)
    return json_response(readers, lambda: {"released": readers.release(kind)})


PAGE = DebugPage(
    "release",
    "POST with X-Requested-By, and ?kind= for one kind: ends holds, as xds-server release does",
    _respond,
    methods=("POST",),
)
