"""What can be said of a regular expression without a library for RE2, whose syntax the Gateway API leaves open."""

import re
from typing import Final

_LITERAL: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_~%=,;:@&!'\"<># ")
_AT_LEAST_ZERO: Final = "*?{"

# What Python and RE2 write, and mean, alike.
_CLASS: Final = r"\[\^?(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|[A-Za-z0-9/_%=,;:@!.+*?() ]|\\[-\]\[.\\/^])+\]"
_ATOM: Final = rf"[A-Za-z0-9/_~%=,;:@&!'\"<> -]|\\[-.+*?()\[\]{{}}|^$/\\]|\.|\\[dwsDWS]|{_CLASS}"
_QUANTIFIER: Final = r"(?:[*+?]|\{(?P<low>[0-9]{1,3})(?:,(?P<high>[0-9]{0,3}))?\})\??(?![*+?{])"
_TOKEN: Final = re.compile(rf"(?P<atom>{_ATOM}|\((?:\?:)?(?![*+?{{])|\)|\|(?![*+?{{]))(?P<quantifier>{_QUANTIFIER})?")
_KNOWN: Final = re.compile(rf"\^?(?:{re.sub(r'[?]P<[a-z]+>', '?:', _TOKEN.pattern)})*\$?")
_MOST_INSTRUCTIONS: Final = 100
_AROUND: Final = 8
_GROUP: Final = 2
_ANY: Final = 16
_SET: Final = 6


def beginning(pattern: str) -> str:
    """The longest text that is known to begin whatever *pattern* matches in full; "" if nothing is known."""
    if "|" in pattern or "\\Q" in pattern:
        return ""  # another alternative may begin otherwise
    rest = pattern.removeprefix("^")
    known: list[str] = []
    at = 0
    while at < len(rest):
        escaped = rest[at] == "\\"
        char = rest[at + 1 : at + 2] if escaped else rest[at]
        literal = not char.isalnum() and char.isascii() and char != "" if escaped else char in _LITERAL
        after = at + 1 + escaped
        if not literal or rest[after : after + 1] in tuple(_AT_LEAST_ZERO):
            break
        known.append(char)
        at = after
        if rest[at : at + 1] == "+":
            break
    return "".join(known)


def certain(pattern: str) -> bool:
    """Whether *pattern* is certainly one that a proxy takes, and means there what it means in Python.

    It may say no of a good one. Envoy takes a program of RE2 of at most 100 instructions (its default of
    `re2.max_program_size.error_level`); the number of them is estimated from above.
    """
    if not 1 <= len(pattern) <= _MOST_INSTRUCTIONS or not _KNOWN.fullmatch(pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:  # brackets, and ranges that end before they begin
        return False
    return _instructions(pattern.removeprefix("^").removesuffix("$")) <= _MOST_INSTRUCTIONS


def _instructions(pattern: str) -> int:
    sizes = [_AROUND]
    for token in _TOKEN.finditer(pattern):
        atom, low, high = token["atom"], token["low"], token["high"]
        if atom.startswith("("):
            sizes.append(_GROUP)
            continue
        size = sizes.pop() if atom == ")" else _size(atom)
        if low is not None:
            times = max(int(low), int(high or low)) + 1
            size = times * (size + 1)
        elif token["quantifier"]:
            size += _GROUP
        sizes[-1] += size
    return sizes[0]


def _size(atom: str) -> int:
    if atom in (".", "\\D", "\\W", "\\S") or atom.startswith("[^"):
        return _ANY + 2 * len(atom)  # the bytes of all other characters of UTF-8
    return _SET + 2 * len(atom) if atom.startswith(("[", "\\")) else 1
