"""`/debug/problems`: what is wrong with the input, and what to do about it."""

from xds_server.observability.pages.page import json_page

PAGE = json_page(
    "problems",
    "what is wrong with the input, and what to do about it",
    lambda readers: [str(problem) for problem in readers.problems()],
)
