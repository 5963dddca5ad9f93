"""Asking a control plane that runs, through its HTTP port: for commands."""

import json
import urllib.error
import urllib.request
from typing import Any

_SECONDS = 10
_FIELDS = {"Accept": "application/json", "X-Requested-By": "xds-server"}


class AskError(Exception):
    """It did not answer; the message says what to do, in one line."""


def ask(url: str, path: str, *, method: str = "GET") -> Any:
    """The JSON that it answers, whatever its status if there is any JSON in it. Raises: AskError."""
    if not url.startswith(("http://", "https://")):
        raise AskError(f"url is {url!r}: give that of the control plane's HTTP port, as in http://127.0.0.1:18080")
    request = urllib.request.Request(url.rstrip("/") + path, method=method, headers=_FIELDS)  # noqa: S310 - checked above
    try:
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                body = answer.read()
        except urllib.error.HTTPError as error:  # a probe that fails answers 503, with reasons
            with error:
                body = error.read()
        return json.loads(body)
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise AskError(
            f"{url} does not answer ({reason}): is xds-server running, and is that its http_address?"
        ) from None
    except ValueError:
        raise AskError(f"{url}{path} answered no JSON ({body[:80]!r}): is that the HTTP port of xds-server?") from None
