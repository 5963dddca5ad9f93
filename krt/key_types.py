"""Checks of keys: a key must be hashable and must not change."""

from typing import Any

from krt.errors import KeyTypeError

IMMUTABLE_TYPES: set[type] = {str, int, bytes, tuple, bool, frozenset, float}
"""Types whose keys cannot change. Types of keys that passed `check_key` are added."""


def check_key(collection: str, key: Any) -> None:
    """Raises KeyTypeError if a key is not hashable, or is of a dataclass that is not frozen."""
    try:
        hash(key)
    except TypeError as error:
        raise KeyTypeError(
            f"collection {collection!r}: key {key!r} is not hashable: use a tuple or a frozen value"
        ) from error
    if type(key) not in IMMUTABLE_TYPES:
        parameters = getattr(type(key), "__dataclass_params__", None)
        if parameters is not None and not parameters.frozen:
            raise KeyTypeError(
                f"collection {collection!r}: key {key!r} could change while it is in use: "
                f"make {type(key).__name__} a frozen dataclass"
            )
        IMMUTABLE_TYPES.add(type(key))
