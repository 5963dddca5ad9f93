"""Which requests a browser may have sent for a page of somebody else, and what they are answered.

A browser sends requests to any port that it reaches, for any page that it shows: it keeps the answer from the page, but
what the request does is done. And a page may have a name of its own stand for our address (DNS rebinding): then it may
read the answer as well. Sources: the Fetch standard, Fetch Metadata, RFC 9110 section 7.4.
"""

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from probes.http import Response, plain

ACTING = "x-requested-by"
"""A request that changes something must have this field: a page elsewhere cannot send it without asking us first."""

_AUTHORITY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z_.-]+))(?::[0-9]{1,5})?")
_NEVER_PUBLIC = (".localhost", ".svc", ".cluster.local")
"""Names below these are no names of the public DNS, so that no page from outside has one."""


class Guard:
    """Tells the requests that are meant for us from those that a page elsewhere may have had a browser send.

    *hosts* are names by which we are asked, beyond IP addresses, names without a dot, and names below `localhost`, `svc`
    and `cluster.local`; one that begins with a dot stands for all names below it.
    """

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        names = [host.lower() for host in hosts]
        self._names = frozenset(name for name in names if not name.startswith("."))
        self._below = (*_NEVER_PUBLIC, *(name for name in names if name.startswith(".")))

    def knows(self, fields: Mapping[str, str]) -> bool:
        """Whether the request names a host that can only be us, or none, as no browser does."""
        authority = fields.get("host")
        if authority is None:
            return True
        found = _AUTHORITY.fullmatch(authority)
        if found is None:
            return False
        if found["v6"]:
            return _is_address(found["v6"])
        name = found["name"].lower().removesuffix(".")
        return "." not in name or _is_address(name) or name in self._names or name.endswith(self._below)

    def refusal(self, method: str, fields: Mapping[str, str]) -> Response | None:
        """The answer to a request that may be of a page elsewhere; None if it may not be."""
        if not self.knows(fields):
            text = f"host {fields['host']!r} is not known to be ours: ask by IP address, or name it in http_hosts"
            return plain(text, 421)
        site = fields.get("sec-fetch-site", "none")
        acts = method not in {"GET", "HEAD"}
        if site not in {"none", "same-origin"} and (acts or fields.get("sec-fetch-mode") != "navigate"):
            return plain("a page of another site may not ask this", 403)
        if not acts:
            return None
        if ACTING not in fields:
            return plain("this changes something: send the field X-Requested-By, with your name", 403)
        origin = fields.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != fields.get("host", "").lower():
            return plain(f"origin {origin!r} is another site's", 403)
        return None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
