"""Checks of single fields. Each returns the value in its normal form, or raises Invalid."""

import re
import socket
from typing import Final

from xds_server.providers.schema.base import Invalid

_LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_HOSTNAME: Final = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_TOKEN: Final = re.compile(r"[-A-Za-z0-9!#$%&'*+.^_`|~]+")
_PRINTED: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]+")
_PATH: Final = re.compile(r"([-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+")
_NOT_IN_A_PATH: Final = ("//", "/./", "/../", "%2f", "%2F", "#")
_NOT_AT_ITS_END: Final = ("/..", "/.")
_DOTTED_QUAD: Final = re.compile(r"[0-9]+(\.[0-9]+){3}")
_LONGEST_NAME: Final = 253
HIGHEST_PORT: Final = 65535
FAMILIES: Final = {"IPv4": socket.AF_INET, "IPv6": socket.AF_INET6}


def port(value: int, field: str) -> int:
    """A port number."""
    if not 1 <= value <= HIGHEST_PORT:
        raise Invalid(field, f"port {value} does not exist: use 1 to {HIGHEST_PORT}")
    return value


def hostname(value: str, field: str) -> str:
    """A DNS name in lower case, perhaps with a leading `*.`."""
    lower = value.lower()
    if not _HOSTNAME.fullmatch(lower) or len(lower) > _LONGEST_NAME or _DOTTED_QUAD.fullmatch(lower):
        raise Invalid(field, f"{value!r} is not a hostname: use a DNS name, as in shop.example or *.shop.example")
    return lower


def name(value: str, field: str) -> str:
    """The name of an object."""
    if not _NAME.fullmatch(value) or len(value) > _LONGEST_NAME:
        raise Invalid(field, f"{value!r} is not an object name: use lower-case letters, digits, '-' and '.'")
    return value


def token(value: str, field: str) -> str:
    """The name of an HTTP header or of a query parameter."""
    if not _TOKEN.fullmatch(value):
        raise Invalid(field, f"{value!r} is not a name: use letters, digits and '-'")
    return value


def text(value: str, field: str) -> str:
    """A text that is not empty, of characters that a header value can have."""
    if not value:
        raise Invalid(field, "is empty: give it a value")
    if not _PRINTED.fullmatch(value):
        raise Invalid(field, f"{value!r} contains control characters: remove them")
    return value


def path(value: str, field: str) -> str:
    """A path, as HTTPPathMatch has it for Exact and PathPrefix."""
    if not value.startswith("/"):
        raise Invalid(field, f"{value!r} is not an absolute path: start it with '/'")
    for part in _NOT_IN_A_PATH:
        if part in value:
            raise Invalid(field, f"{value!r} contains {part!r}: remove it")
    if value.endswith(_NOT_AT_ITS_END):
        raise Invalid(field, f"{value!r} ends with a dot segment: remove it")
    if not _PATH.fullmatch(value):
        raise Invalid(
            field,
            f"{value!r} contains a character that a path cannot have, such as '?' or space: encode it with '%', or remove it",
        )
    return value


def between(value: int, lowest: int, highest: int, field: str) -> int:
    """A number in a range."""
    if not lowest <= value <= highest:
        raise Invalid(field, f"{value} is out of range: use {lowest} to {highest}")
    return value


def one_of(value: str, allowed: tuple[str, ...], field: str) -> str:
    """One of *allowed*."""
    if value not in allowed:
        raise Invalid(field, f"{value!r} is not known: use {', '.join(allowed)}")
    return value


def unique(values: list[str], field: str) -> None:
    """Raises Invalid if a value occurs twice. *field* contains `{}` for the index."""
    for i, value in enumerate(values):
        if value in values[:i]:
            raise Invalid(field.format(i), f"{value!r} is used twice: make it unique")


def address(value: str, family: str, field: str) -> str:
    """An IP address of the family `IPv4` or `IPv6`."""
    try:
        socket.inet_pton(FAMILIES[family], value)
    except (OSError, ValueError):
        raise Invalid(field, f"{value!r} is not an {family} address: fix it, or the addressType") from None
    return value
