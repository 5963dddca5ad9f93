"""`/debug/resources`: what is published, by role and type, with versions."""

from collections.abc import Iterator

from probes import HttpRequest, HttpResponse
from xds_server.model.resource import PUSH_ORDER, SERVICE_NAMES
from xds_server.observability.pages.page import DebugPage, PageReaders, chunked_json_response, encode, encode_members
from xds_server.xds.cache.resource_cache import ResourceCache


def _respond(readers: PageReaders, _: HttpRequest) -> HttpResponse:
    cache = readers.cache
    return chunked_json_response(
        readers,
        lambda: encode_members(_roles(cache)),
        items_per_turn=1,
        around=(b'{"epoch": %s, "roles": {' % encode(cache.epoch), b"}}\n"),
    )


def _roles(cache: ResourceCache) -> Iterator[tuple[str, object]]:
    for role in sorted(cache.roles):
        view = cache.role_tables(role)
        if view is not None:
            yield (
                role,
                {
                    SERVICE_NAMES[type_url]: {
                        "version": table.version,
                        "resources": {item.name: item.version for item in table},
                    }
                    for type_url, table in view.items()
                    if table or type_url in PUSH_ORDER
                },
            )


PAGE = DebugPage("resources", "what is published, by role and type, with versions", _respond)
