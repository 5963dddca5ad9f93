"""Converts YAML scalars to values as kubectl does: YAML 1.1 without timestamps and base-60 numbers.

Source: go.yaml.in/yaml/v2, resolve.go, and sigs.k8s.io/yaml, yaml.go, which `kubectl apply -f` goes through.
"""

import base64
import binascii
import math
import re
from typing import Final

Scalar = str | int | float | bool | None

_TAG: Final = "tag:yaml.org,2002:"
_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NUMERIC: Final = frozenset("+-.0123456789")
_INTEGER: Final = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?")
_LONGEST_NUMBER: Final = 400  # no number with more characters fits a 64-bit float
_INTEGERS: Final = range(-(2**63), 2**64)
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    f"{_TAG}bool": (bool,),
    f"{_TAG}int": (int,),
    f"{_TAG}float": (float, int),
    f"{_TAG}null": (type(None),),
}


def plain(text: str) -> Scalar:
    """The value of a scalar without quotes and without a tag."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC or len(text) > _LONGEST_NUMBER:
        return text
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        number = _integer(digits)
        return number if number in _INTEGERS else float(number)
    return _float(digits) if _FLOAT.fullmatch(digits) else text


def tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with a tag. With an unknown tag it is a string. Raises: ValueError, if it is not of the tag's type."""
    if tag == f"{_TAG}binary":
        try:
            return base64.b64decode(text).decode(errors="replace")
        except binascii.Error:
            raise ValueError("a !!binary value is not base64") from None
    if tag == f"{_TAG}timestamp" and not _TIME.fullmatch(text):
        raise ValueError("a !!timestamp value is not a timestamp")
    types = _TYPES.get(tag)
    if types is None:
        return text
    value = plain(text)
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise ValueError(
            f"a value is not of type {tag.replace(_TAG, '!!')}, as its tag requires"
        )  # the value may be a password
    return value


def key(value: Scalar) -> str:
    """A scalar as the name of a field. Raises: ValueError, for null."""
    match value:
        case str():
            return value
        case None:
            raise ValueError("a field's name is null")
        case bool():
            return "true" if value else "false"
        case float():
            return f".{value}" if math.isnan(value) else repr(value).replace("inf", ".inf")
        case int():
            return str(value)


def _integer(digits: str) -> int:
    sign = -1 if digits[0] == "-" else 1
    bare = digits.lstrip("+-")
    if bare.isdecimal():
        return sign * int(bare, 8 if len(bare) > 1 and bare[0] == "0" else 10)
    return sign * int(bare, 0)


def _float(digits: str) -> int | float:
    """A whole number as int, as JSON has it."""
    number = float(digits)
    return int(number) if number.is_integer() and int(number) in _INTEGERS else number
