"""What can be said of a regular expression without a library for RE2, whose syntax the Gateway API leaves open."""

from typing import Final

_LITERAL: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_~%=,;:@&!'\"<># ")
_AT_LEAST_ZERO: Final = "*?{"


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
