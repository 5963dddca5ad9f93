"""`/debug/holds`: what is held, for how long, and why."""

from xds_server.observability.pages.page import json_page

PAGE = json_page("holds", "what is held, for how long, and why", lambda readers: readers.holds())
