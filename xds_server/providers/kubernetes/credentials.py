"""Where the API server is, and who we are there: kopf's value, with what kubeconfigs have beyond it."""

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
    """There are no credentials to be had; the message says what is missing, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Connection(kopf.ConnectionInfo):
    """Equal ones are the same credentials: a login that finds an equal one has found nothing new."""

    tls_server_name: str = ""
    """The name that the server's certificate must have, and that is asked for; "" for that of its address."""
    impersonation: tuple[tuple[str, str], ...] = ()
    """Headers that say whom we act as."""
    digest: str = ""
    """Of the files that it names: they are others once their content is."""

    def as_http_headers(self) -> dict[str, str]:
        """A multidict, in fact: there may be several groups. A name without a password is one, too."""
        headers = CIMultiDict(super().as_http_headers())
        if self.username or self.password:
            headers["Authorization"] = aiohttp.encode_basic_auth(self.username or "", self.password or "")
        headers.extend(self.impersonation)
        return cast(dict[str, str], headers)

    def as_ssl_context(self) -> ssl.SSLContext:
        """Verifies the name that was given, if one was."""
        context = super().as_ssl_context()
        if self.tls_server_name:
            _rename(context, self.tls_server_name)
        return context


def _rename(context: ssl.SSLContext, name: str) -> None:
    """Has every connection ask for *name*, and verify it: aiohttp knows such a name by request alone, kopf not at all."""
    wrap = context.wrap_bio

    def wrap_bio(incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *_: object, **__: object) -> ssl.SSLObject:
        return wrap(incoming, outgoing, server_side=False, server_hostname=name)

    cast(Any, context).wrap_bio = wrap_bio


def impersonation(
    user: str, uid: str, groups: Sequence[str], extra: Sequence[tuple[str, Sequence[str]]]
) -> tuple[tuple[str, str], ...]:
    """The headers that have the API server take us for somebody else, whom we must be allowed to impersonate."""
    return (
        ("Impersonate-User", user),
        *([("Impersonate-Uid", uid)] if uid else []),
        *(("Impersonate-Group", group) for group in groups),
        *((f"Impersonate-Extra-{quote(key, safe=_IN_NAMES)}", value) for key, values in extra for value in values),
    )
