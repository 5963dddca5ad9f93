"""`/debug/sources`: the state of each source."""

from xds_server.observability.pages.page import json_page

PAGE = json_page("sources", "the state of each source", lambda readers: list(readers.sources()))
