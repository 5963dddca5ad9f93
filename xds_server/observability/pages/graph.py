"""`/debug/graph`: the graph as a Mermaid diagram."""

import krt
from probes import HttpRequest, HttpResponse
from xds_server.observability.pages.page import DebugPage, PageReaders, loop_text_response


def _respond(readers: PageReaders, _: HttpRequest) -> HttpResponse:
    return loop_text_response(readers, lambda: krt.to_mermaid(readers.graph))


PAGE = DebugPage("graph", "the graph, as a Mermaid diagram", _respond)
