"""Which types of keys a collection takes."""

from typing import Any

from krt.errors import KeyTypeError

FIT_TYPES: set[type] = {str, int, bytes, tuple, bool, frozenset, float}
"""Types of keys that need no second look, as long as the key is hashable."""


def check_key(collection: str, key: Any) -> None:
    """Refuses a key that is not hashable, or that could change while it is in use. Raises: KeyTypeError."""
    try:
        hash(key)
    except TypeError as error:
        raise KeyTypeError(
            f"collection {collection!r}: key {key!r} is not hashable: use a tuple or a frozen value"
        ) from error
    if type(key) not in FIT_TYPES:
        parameters = getattr(type(key), "__dataclass_params__", None)
        if parameters is not None and not parameters.frozen:
            raise KeyTypeError(
                f"collection {collection!r}: key {key!r} could change while it is in use: "
                f"make {type(key).__name__} a frozen dataclass"
            )
        FIT_TYPES.add(type(key))
