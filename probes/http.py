"""What the pages are asked, what they answer, and what a page is: plain values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a page is asked."""

    method: str = "GET"
    """`GET` or `HEAD`, unless the page answers others."""
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Decoded; a key without a value has the value ""."""
    accept: str = ""
    """The `Accept` header."""

    @property
    def wants_json(self) -> bool:
        """Whether `?format=json` or, without a format, `Accept: application/json` was said."""
        formats = self.query.get("format")
        return formats[-1] == "json" if formats else JSON in self.accept


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer. For HEAD, the body is that of GET: whoever sends it leaves it out."""

    status: int = 200
    content_type: str = TEXT
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    """Beyond type and length."""


Page: TypeAlias = Callable[[Request], Response]
"""A page: called in a thread of the HTTP server, several at once."""


def plain(text: str, status: int = 200) -> Response:
    """*text* and a line end as an answer."""
    return Response(status=status, body=f"{text}\n".encode())
