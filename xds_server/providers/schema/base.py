"""What every kind's shape shares: how it is declared, and how an object is refused."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec


class Raw(msgspec.Struct, gc=False, rename="camel"):
    """Base of the shapes: fields that are not declared are skipped, never built.

    Every optional field may be null, which means absent, as it does for the API server.
    """


class Labels(Raw):
    """The one label that is read."""

    service_name: str | None = msgspec.field(default=None, name="kubernetes.io/service-name")


class Metadata(Raw):
    """Of an object."""

    name: str
    namespace: str | None = None
    resource_version: str | None = None
    creation_timestamp: str | None = None
    generation: int | None = None
    labels: Labels | None = None

    @property
    def key(self) -> str:
        """`namespace/name`; a file may leave out the namespace `default`."""
        return f"{self.namespace or 'default'}/{self.name}"


class Object(Raw):
    """Any object of any kind, as far as its identity goes."""

    metadata: Metadata


class Given(Raw):
    """A field of which only the presence is of interest."""


class Finding(NamedTuple):
    """Something wrong with an object: where, and what to do about it."""

    field: str
    """As in `spec.rules[0].matches`; "" for the object."""
    message: str


class Invalid(Exception):  # noqa: N818 - a verdict on an object, not a failure of ours
    """The object cannot be used as it is: what was known of it stays."""

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
