"""`/debug/parity`: the last comparison with the peer, and the differences."""

from xds_server.observability.pages.page import json_page

PAGE = json_page("parity", "the last comparison with the peer, and the differences", lambda readers: readers.parity())
