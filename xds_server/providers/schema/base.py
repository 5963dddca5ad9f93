"""The base of every kind's raw type, and the findings about objects."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec


class Raw(msgspec.Struct, gc=False, rename="camel"):
    """The base of raw types. Decoding skips fields that are not declared.

    Every optional field may be null, which means absent, as for the API server.
    """


class Labels(Raw):
    """The one label that is read."""

    service_name: str | None = msgspec.field(default=None, name="kubernetes.io/service-name")


class Metadata(Raw):
    """The metadata of an object."""

    name: str
    namespace: str | None = None
    resource_version: str | None = None
    creation_timestamp: str | None = None
    generation: int | None = None
    labels: Labels | None = None

    @property
    def key(self) -> str:
        """`namespace/name`. A file may omit the namespace `default`."""
        return f"{self.namespace or 'default'}/{self.name}"


class Object(Raw):
    """An object of any kind, with only its metadata."""

    metadata: Metadata


class Given(Raw):
    """A field of which only the presence matters."""


class Finding(NamedTuple):
    """A problem of an object: the field, and what to do about it."""

    field: str
    """As in `spec.rules[0].matches`; empty for the whole object."""
    message: str


class Invalid(Exception):  # noqa: N818 - a problem of the input, not an error of this program
    """The object is invalid. Its last good version stays."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.finding = Finding(field, message)


def usable(findings: list[Finding], so: str, check: Callable[..., object], *arguments: object) -> bool:
    """Whether *check* accepts its arguments; if not, *findings* gets what it says, and what follows from it."""
    try:
        check(*arguments)
    except Invalid as refusal:
        field, message = refusal.finding
        findings.append(Finding(field, f"{message}; {so}"))
        return False
    return True


def admit_all(_: Any) -> None:
    """No checks beyond those of the flattening itself."""
