"""The type variables of this package."""

from collections.abc import Hashable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
"""Keys of a collection."""
V = TypeVar("V")
"""Values of a collection."""
V_co = TypeVar("V_co", covariant=True)
"""Values of a collection, where they are only read."""
J = TypeVar("J", bound=Hashable)
"""Keys of a derived collection."""
W = TypeVar("W")
"""Values of a derived collection."""
A = TypeVar("A", bound=Hashable)
"""Index values: an index files the values of a collection under them."""
