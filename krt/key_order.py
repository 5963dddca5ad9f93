"""The order of keys, wherever one is needed: a function of the keys alone, never of history; and the equality of values."""

from collections.abc import Iterable
from typing import Any, TypeVar

Key = TypeVar("Key")


def in_order(keys: Iterable[Key]) -> list[Key]:
    """The keys, sorted: by themselves, or where they cannot be compared, by their repr."""
    keys = list(keys)
    comparable: list[Any] = keys
    try:
        return sorted(comparable)
    except Exception:  # noqa: BLE001 - the keys' own comparison
        return sorted(comparable, key=repr)


def follows(key: Any, other: Any) -> bool:
    """Whether a key is known to sort after another."""
    try:
        return bool(other < key)
    except Exception:  # noqa: BLE001 - the keys' own comparison
        return False


def same(value: Any, other: Any) -> bool:
    """Whether two values are known to be equal; None stands for absence, and equals itself alone."""
    try:
        return value is other or (value is not None and other is not None and bool(value == other))
    except Exception:  # noqa: BLE001 - the values' own equality
        return False
