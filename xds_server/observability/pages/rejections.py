"""`/debug/rejections`: what proxies rejected, why, and which objects it comes from."""

from collections.abc import Mapping

import msgspec

from xds_server.model.resource import SERVICE_NAMES, TypeUrl
from xds_server.observability.attribution import origin_objects
from xds_server.observability.pages.page import PageReaders, json_page
from xds_server.xds.cache.acceptance import Rejection


def _content(readers: PageReaders) -> object:
    return [_describe(readers, *rejection) for rejection in readers.cache.rejections()]


def _describe(readers: PageReaders, role: str | None, type_url: TypeUrl, rejection: Rejection) -> Mapping[str, object]:
    objects = origin_objects(readers.cache, readers.routes, role, type_url, rejection)
    owner = objects[0] if role is None else f"Gateway {role}"
    return {"type": SERVICE_NAMES[type_url], "owner": owner, "objects": objects} | msgspec.structs.asdict(rejection)


PAGE = json_page("rejections", "what proxies rejected, why, and which objects it comes from", _content)
