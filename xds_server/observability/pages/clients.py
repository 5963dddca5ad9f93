"""`/debug/clients`: what clients use, by address, and the limits."""

from xds_server.observability.pages.page import json_page

PAGE = json_page("clients", "what clients use, by address, and the limits", lambda readers: readers.clients())
