"""Protection against requests that a browser sends for a page of another site.

A browser sends requests to any address that it can reach, for any page that it shows. It hides the response from the page,
but whatever the request changes is changed (cross-site request forgery). If the page's own name resolves to our address
(DNS rebinding), the page can read the response, too.
Sources: the Fetch standard, Fetch Metadata Request Headers, RFC 9110 section 7.4.
"""

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from probes.http import HttpResponse, text_response

_SAFE_METHODS = ("GET", "HEAD")
_REQUESTED_BY = "x-requested-by"
"""A page can send this header to another site only after a preflight request, which this server refuses."""

_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z_.-]+))(?::[0-9]{1,5})?")
_PRIVATE_SUFFIXES = (".localhost", ".svc", ".cluster.local")
"""The public DNS has no names that end like this, so no page of the Internet can be served under one."""


class CrossOriginProtection:
    """Refuses requests that may come from a page of another site.

    Accepts a `Host` header with an IP address, a name without a dot, a name below `localhost`, `svc` or `cluster.local`, or
    one of *allowed_hosts*. An allowed host that begins with a dot stands for all names below it. *setting* is what error
    messages call the list of allowed hosts.
    """

    def __init__(self, allowed_hosts: Iterable[str] = (), *, setting: str = "allowed_hosts") -> None:
        hosts = [host.lower() for host in allowed_hosts]
        self._names = frozenset(host for host in hosts if not host.startswith("."))
        self._suffixes = (*_PRIVATE_SUFFIXES, *(host for host in hosts if host.startswith(".")))
        self._setting = setting

    def allows_host(self, headers: Mapping[str, str]) -> bool:
        """Whether the `Host` header names this server, or is missing, which no browser does.

        *headers* are keyed by lower-case name.
        """
        host = headers.get("host")
        if host is None:
            return True
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        if found["v6"]:
            return _is_address(found["v6"])
        name = found["name"].lower().removesuffix(".")
        return "." not in name or _is_address(name) or name in self._names or name.endswith(self._suffixes)

    def check_request(self, method: str, headers: Mapping[str, str]) -> HttpResponse | None:
        """None if the request is accepted, else the response that refuses it. *headers* are keyed by lower-case name."""
        if not self.allows_host(headers):
            text = f"host {headers['host']!r} is not a name of this server: use its IP address, or add the name to {self._setting}"
            return text_response(text, 421)
        changes = method not in _SAFE_METHODS
        site = headers.get("sec-fetch-site", "none")
        if site not in {"none", "same-origin"} and (changes or headers.get("sec-fetch-mode") != "navigate"):
            return text_response("a page of another site may not send this request: open the address itself", 403)
        if not changes:
            return None
        if _REQUESTED_BY not in headers:
            return text_response("this request changes something: add the header X-Requested-By with your name", 403)
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower():
            return text_response(f"origin {origin!r} is another site: send the request from a page of this server", 403)
        return None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
