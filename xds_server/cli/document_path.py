"""Paths into documents, such as `spec.template`."""

from collections.abc import Mapping
from typing import Any


def at(value: object, path: str) -> Any:
    """What is at a dotted path; None if there is nothing."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
