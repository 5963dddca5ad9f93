"""Asking a control plane that runs, through its HTTP port: for commands."""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

from xds_server.model.address import is_url

_SECONDS = 10
_MOST_BYTES = 256 << 20
_SHOWN = 160
_FIELDS = {"Accept": "application/json", "X-Requested-By": "xds-server"}


class AskError(Exception):
    """It did not answer; the message says what to do, in one line."""


def ask(url: str, path: str, *, method: str = "GET") -> Any:
    """The JSON that it answers, whatever its status if there is any JSON in it. Raises: AskError."""
    if not is_url(url):
        raise AskError(f"url is {url!r}: give that of the control plane's HTTP port, as in http://127.0.0.1:18080")
    status, body = _answer(url, path, method)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        said = _line(body[:_SHOWN].decode("utf-8", "replace"))
        text = f"{url}{path} answered {status} and no JSON ({said!r}): is that the HTTP port of xds-server?"
        raise AskError(text) from None


def _answer(url: str, path: str, method: str) -> tuple[int, bytes]:
    """The status and the body of the answer. Raises: AskError."""
    try:
        request = urllib.request.Request(url.rstrip("/") + path, method=method, headers=_FIELDS)  # noqa: S310 - a URL of HTTP
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return answer.status, answer.read(_MOST_BYTES)
        except urllib.error.HTTPError as error:  # a probe that fails answers 503, with reasons
            with error:
                return error.code, error.read(_MOST_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:  # a name that is none is a ValueError
        reason = _line(str(getattr(error, "reason", None) or error)) or type(error).__name__
        raise AskError(
            f"{url} does not answer ({reason}): is xds-server running, and is that its http_address?"
        ) from None


def _line(text: str) -> str:
    return " ".join(text.split())
