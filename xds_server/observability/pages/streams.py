"""`/debug/streams`: the open streams, and what each has acknowledged."""

from probes import HttpRequest, HttpResponse
from xds_server.observability.pages.page import DebugPage, PageReaders, chunked_json_response, encode


def _respond(readers: PageReaders, _: HttpRequest) -> HttpResponse:
    return chunked_json_response(readers, lambda: map(encode, readers.streams()), around=(b"[", b"]\n"))


PAGE = DebugPage("streams", "the open streams, and what each has acknowledged", _respond)
