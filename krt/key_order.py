"""The order of keys and the equality of values. The order depends on the keys alone, never on when they came."""

from collections.abc import Iterable
from typing import Any, TypeVar

Key = TypeVar("Key")


def sort_keys(keys: Iterable[Key]) -> list[Key]:
    """The keys in ascending order; keys that cannot be compared are ordered by their repr."""
    keys = list(keys)
    comparable: list[Any] = keys
    try:
        return sorted(comparable)
    except Exception:  # noqa: BLE001 - the keys' own comparison
        return sorted(comparable, key=repr)


def sorts_after(key: Any, other: Any) -> bool:
    """Whether *key* sorts after *other*. False if they cannot be compared."""
    try:
        return bool(other < key)
    except Exception:  # noqa: BLE001 - the keys' own comparison
        return False


def values_equal(value: Any, other: Any) -> bool:
    """Whether two values are equal. None means absent and equals only None. False if the comparison raises."""
    try:
        return value is other or (value is not None and other is not None and bool(value == other))
    except Exception:  # noqa: BLE001 - the values' own equality
        return False
