"""HTTP requests and responses as plain values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request, as a page receives it."""

    method: str = "GET"
    """One of the methods that the page was added with."""
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The values of each key, decoded. A key without a value has the value ""."""
    accept: str = ""
    """The `Accept` header."""

    @property
    def wants_json(self) -> bool:
        """Whether the client asks for JSON: by `?format=json` or, without `format`, by `Accept: application/json`."""
        formats = self.query.get("format")
        return formats[-1] == "json" if formats else JSON in self.accept


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A response. A response to HEAD has the body that GET would have; the server does not send it."""

    status: int = 200
    content_type: str = TEXT
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers other than `Content-Type` and `Content-Length`."""


Page: TypeAlias = Callable[[HttpRequest], HttpResponse]
"""Answers the requests for a path. The server calls it in threads, several at once."""


def text_response(text: str, status: int = 200) -> HttpResponse:
    """A plain-text response; adds the final newline."""
    return HttpResponse(status=status, body=f"{text}\n".encode())
