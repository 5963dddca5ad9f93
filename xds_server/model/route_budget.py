"""How large route configurations may become: a setting of the server, and what the translation keeps to."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of one port of a Gateway, and of all its ports together: each far beyond what is served in earnest.

    An entry is one match at one hostname. A match for any host counts once for each hostname of its port, since Envoy
    knows no way from one virtual host to the next: that is how few routes become many.
    """

    port_entries: int = 100_000
    port_bytes: int = 16 << 20
    gateway_entries: int = 200_000
    gateway_bytes: int = 32 << 20


MOST: Final = 1 << 31
"""Of any of them. What is larger than 2 GiB, protobuf cannot encode."""
