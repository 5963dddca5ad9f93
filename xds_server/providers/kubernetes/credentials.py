"""The address of the API server and our credentials: kopf's ConnectionInfo, and what kubeconfigs have beyond it."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import quote

import aiohttp
import kopf
from multidict import CIMultiDict

# What may stand in the name of a header, RFC 9110 5.6.2, but for letters, digits and the % that escapes all else.
_IN_NAMES: Final = "!#$&'*+-.^_`|~"


class LoginError(Exception):
    """No credentials could be found. The message says what is missing, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Connection(kopf.ConnectionInfo):
    """Equal connections have the same credentials, so a login that finds an equal one has found nothing new."""

    tls_server_name: str = ""
    """The name that the server's certificate must have, also sent as SNI. Empty: the host of its address."""
    impersonation: tuple[tuple[str, str], ...] = ()
    """The impersonation headers."""
    digest: str = ""
    """A digest of the files that the connection names, so that a changed file makes it unequal."""

    def as_http_headers(self) -> dict[str, str]:
        """Returns a multidict, because there may be several groups. A user name without a password is sent too."""
        headers = CIMultiDict(super().as_http_headers())
        if self.username or self.password:
            headers["Authorization"] = aiohttp.encode_basic_auth(self.username or "", self.password or "")
        headers.extend(self.impersonation)
        return cast(dict[str, str], headers)

    def as_ssl_context(self) -> ssl.SSLContext:
        """A context that verifies `tls_server_name` if it is set."""
        context = super().as_ssl_context()
        if self.tls_server_name:
            _rename(context, self.tls_server_name)
        return context


def _rename(context: ssl.SSLContext, name: str) -> None:
    """Makes every connection send and verify *name*. aiohttp sets such a name only per request, and kopf not at all."""
    wrap = context.wrap_bio

    def wrap_bio(incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *_: object, **__: object) -> ssl.SSLObject:
        return wrap(incoming, outgoing, server_side=False, server_hostname=name)

    cast(Any, context).wrap_bio = wrap_bio


def impersonation(
    user: str, uid: str, groups: Sequence[str], extra: Sequence[tuple[str, Sequence[str]]]
) -> tuple[tuple[str, str], ...]:
    """The headers that impersonate a user. Our credentials must permit that."""
    return (
        ("Impersonate-User", user),
        *([("Impersonate-Uid", uid)] if uid else []),
        *(("Impersonate-Group", group) for group in groups),
        *((f"Impersonate-Extra-{quote(key, safe=_IN_NAMES)}", value) for key, values in extra for value in values),
    )
