"""Changes as tests write them, by collection and key, for policies that take them by place."""

from collections.abc import Mapping
from typing import Any

from krt import Change
from xds_server.readiness.protections.change_set import Place

Nested = Mapping[str, Mapping[Any, Any]]
"""By collection and key: (old, new), or a value."""


def by_place(nested: Nested) -> dict[Place, Change[Any]]:
    """The same changes by place."""
    return {(name, key): Change(*change) for name, by_key in nested.items() for key, change in by_key.items()}


def by_collection(changes: Mapping[Place, Any]) -> dict[str, dict[Any, Any]]:
    """The same by collection and key."""
    nested: dict[str, dict[Any, Any]] = {}
    for (name, key), value in changes.items():
        nested.setdefault(name, {})[key] = value
    return nested


class ByCollection:
    """A policy whose methods take and return changes by collection and key; all else is the policy's own."""

    def __init__(self, policy: Any) -> None:
        self.policy = policy

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.policy, name)
        if not callable(member):
            return member

        def call(*args: Any, **options: Any) -> Any:
            result = member(*(by_place(arg) if _is_nested(arg) else arg for arg in args), **options)
            return by_collection(result) if isinstance(result, dict) else result

        return call


def _is_nested(arg: object) -> bool:
    return isinstance(arg, dict) and all(isinstance(value, dict) for value in arg.values())
