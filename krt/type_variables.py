"""Type variables that the modules of this package share."""

from collections.abc import Hashable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
"""Keys of a collection."""
V = TypeVar("V")
"""Its values."""
V_co = TypeVar("V_co", covariant=True)
"""Its values, where they are only read."""
J = TypeVar("J", bound=Hashable)
"""Keys of a collection that is derived from it."""
W = TypeVar("W")
"""Values of a collection that is derived from it."""
A = TypeVar("A", bound=Hashable)
"""What an index files values at."""
