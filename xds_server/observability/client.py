"""A client of a running control plane's HTTP port, for commands and for the comparison with a peer."""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any, Final

from xds_server.model.address import is_url
from xds_server.model.errors import UserError

_TIMEOUT_SECONDS: Final = 10
_MAX_BYTES: Final = 256 << 20
_SHOWN_BYTES: Final = 160
_HEADERS: Final = {"Accept": "application/json", "X-Requested-By": "xds-server"}


class ControlPlaneError(UserError):
    """A control plane gave no usable answer. The message says what to do, in one line."""


def request_json(url: str, path: str, *, method: str = "GET") -> Any:
    """The JSON in the response of the control plane at *url*, whatever the status. Raises: ControlPlaneError."""
    if not is_url(url):
        raise ControlPlaneError(
            f"url is {url!r}: give the URL of the control plane's HTTP port, such as http://127.0.0.1:18080"
        )
    status, body = _request(url, path, method)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        start = _one_line(body[:_SHOWN_BYTES].decode("utf-8", "replace"))
        raise ControlPlaneError(
            f"{url}{path} answered {status} without JSON ({start!r}): is that the HTTP port of xds-server?"
        ) from None


def _request(url: str, path: str, method: str) -> tuple[int, bytes]:
    """Status and body of the response. Raises: ControlPlaneError."""
    try:
        request = urllib.request.Request(url.rstrip("/") + path, method=method, headers=_HEADERS)  # noqa: S310 - is_url: http
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
                return response.status, response.read(_MAX_BYTES)
        except urllib.error.HTTPError as error:  # a probe that fails answers 503, with the reasons
            with error:
                return error.code, error.read(_MAX_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:  # a malformed host is a ValueError
        reason = _one_line(str(getattr(error, "reason", None) or error)) or type(error).__name__
        raise ControlPlaneError(
            f"{url} does not answer ({reason}): is xds-server running, and is that its http_address?"
        ) from None


def _one_line(text: str) -> str:
    return " ".join(text.split())
