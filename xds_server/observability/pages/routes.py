"""`/debug/routes`: where each route is attached, or why it is not."""

from collections.abc import Iterator, Mapping

from probes import HttpRequest, HttpResponse
from xds_server.model.routing import Attached
from xds_server.observability.pages.page import DebugPage, PageReaders, chunked_json_response, encode_members


def _respond(readers: PageReaders, _: HttpRequest) -> HttpResponse:
    def routes() -> Iterator[bytes]:
        return encode_members((key, _describe(attached)) for key, attached in list(readers.routes.items()))

    return chunked_json_response(readers, routes, around=(b"{", b"}\n"))


def _describe(route: Attached) -> Mapping[str, object]:
    domains = [f"{gateway}/{port} {host or '*'}" for gateway, port, _, host in route.domains]
    return {"attached": domains, "refused": [*route.refused, *route.over_budget], "unresolved": route.route.unresolved}


PAGE = DebugPage("routes", "where each route is attached, or why it is not", _respond)
