"""Decodes objects, from JSON or loaded YAML, into flat values and the problems found in them.

An invalid object affects no other object.
"""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec

from xds_server.model.printable import printable
from xds_server.model.source_state import Problem
from xds_server.providers.kinds import Kind, Value
from xds_server.providers.schema import validators
from xds_server.providers.schema.base import Finding, Invalid, Object

_log = logging.getLogger(__name__)

# The form of msgspec's messages: what was expected, and optionally a path from `$`.
_SHAPE_ERROR: Final = re.compile(r"(?P<what>.*?)(?: - at (?:`key` in )?`\$\.?(?P<at>[^`]*)`)?", re.DOTALL)
_LONGEST_TITLE: Final = 512  # longer than any name that an API server accepts
_LONGEST_FIELD: Final = 200
_LONGEST_MESSAGE: Final = 500
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>[^`]+)`")


class Decoded(NamedTuple):
    """The result of decoding one object."""

    key: str
    """Empty if the object has no name."""
    value: Value | None
    """None if the object is invalid."""
    findings: tuple[Finding, ...]

    def problems(self, kind: Kind, source: str) -> tuple[Problem, ...]:
        """The findings as problems of *source*."""
        return tuple(problem(kind, self.key, finding, source) for finding in self.findings)


def problem(kind: Kind, key: str, finding: Finding, source: str, line: int | None = None) -> Problem:
    """A finding about an object of this kind, found in *source*. Long texts are cut."""
    return Problem(
        source=source,
        object=printable(title(kind, key), _LONGEST_TITLE),
        field=printable(finding.field, _LONGEST_FIELD),
        message=printable(finding.message, _LONGEST_MESSAGE),
        line=line,
    )


def title(kind: Kind, key: str) -> str:
    """An object's name in messages, as in `HTTPRoute shop/cart`."""
    return f"{kind.kind} {key}" if key else kind.kind


class Decoder:
    """Decodes objects of one kind."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._object = msgspec.json.Decoder(kind.raw)
        page: Any = msgspec.defstruct("Page", [("items", list[kind.raw] | None)])  # type: ignore[name-defined]
        self._page: msgspec.json.Decoder[Any] = msgspec.json.Decoder(page)

    def page(self, body: bytes) -> list[Decoded]:
        """All objects of a page of a list.

        Raises: msgspec.DecodeError, if *body* is not a list.
        """
        try:
            items: Iterable[Any] = self._page.decode(body).items or ()
        except msgspec.ValidationError:
            return [self.json(item) for item in _RAW_PAGE.decode(body).items or ()]
        flat = self._flat
        return [flat(item) for item in items]

    def json(self, body: bytes | msgspec.Raw) -> Decoded:
        """One object, from JSON.

        Raises: msgspec.DecodeError, if it is not JSON.
        """
        try:
            return self._flat(self._object.decode(body))
        except msgspec.ValidationError as error:
            return Decoded(_key(lambda: _OBJECT.decode(body)), None, (finding(error),))

    def loaded(self, document: object) -> Decoded:
        """Decodes one object from loaded YAML, with the checks that an API server would make."""
        from xds_server.providers.schema import structural  # noqa: PLC0415 - a run against an API server does not need it

        key = key_of(document)
        refused, unknown = structural.checked(self._kind.plural, document)
        if refused:
            return Decoded(key, None, refused + unknown)
        try:
            raw = msgspec.convert(document, self._kind.raw)
            validators.name(raw.metadata.name, "metadata.name")
            validators.name(raw.metadata.namespace or "default", "metadata.namespace")
            self._kind.admit(raw)
        except msgspec.ValidationError as error:
            return Decoded(key, None, (finding(error), *unknown))
        except Invalid as refusal:
            return Decoded(key, None, (refusal.finding, *unknown))
        decoded = self._flat(raw)
        return decoded._replace(findings=decoded.findings + unknown)

    def _flat(self, raw: Any) -> Decoded:
        findings: list[Finding] = []
        try:
            value = self._kind.flat(raw, findings)
        except Invalid as refusal:
            return Decoded(raw.metadata.key, None, (refusal.finding,))
        except Exception as error:  # noqa: BLE001 - a bug must cost one object, not its kind
            _log.exception("decode: a bug in this program with %s", title(self._kind, raw.metadata.key))
            return Decoded(raw.metadata.key, None, (Finding("", f"cannot be read, {error!r}: please report this"),))
        return Decoded(value.key, value, tuple(findings))


def finding(error: msgspec.ValidationError) -> Finding:
    """An error of msgspec as a Finding."""
    form = _SHAPE_ERROR.fullmatch(str(error))
    what, at = (form["what"], form["at"] or "") if form is not None else (str(error), "")
    missing = _MISSING.fullmatch(what)
    if missing is not None:
        return Finding(f"{at}.{missing['name']}".lstrip("."), "is missing: add it")
    wrong = what.replace("`", "").replace(" | null", "")
    return Finding(at, f"{wrong[:1].lower()}{wrong[1:]}: correct the value")


class _RawPage(msgspec.Struct):
    items: list[msgspec.Raw] | None


_RAW_PAGE: Final = msgspec.json.Decoder(_RawPage)
_OBJECT: Final = msgspec.json.Decoder(Object)


def key_of(document: object) -> str:
    """`namespace/name` of an object from loaded YAML; empty if it has no name."""
    return _key(lambda: msgspec.convert(document, Object))


def _key(decode: Callable[[], Object]) -> str:
    try:
        return decode().metadata.key
    except msgspec.ValidationError:
        return ""
