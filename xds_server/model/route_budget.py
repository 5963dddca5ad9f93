"""How large route configurations may become: a setting of the server, and what the translation keeps to."""

from dataclasses import dataclass
from typing import Annotated, Final

from xds_server.model.setting import number

_MAX: Final = 1 << 31
"""Protobuf cannot encode more than 2 GiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of one port of a Gateway, and of all its ports together: each far beyond what is served in earnest.

    An entry is one match at one hostname. A match for any host counts once for each hostname of its port, since Envoy
    knows no way from one virtual host to the next: that is how few routes become many.
    """

    port_entries: Annotated[
        int, number("How many matches the routes of one port of a Gateway may have, each hostname counted.", 1, _MAX)
    ] = 100_000
    port_bytes: Annotated[
        int, number("How large the route configuration of one port of a Gateway may become.", 1, _MAX)
    ] = 16 << 20
    gateway_entries: Annotated[int, number("The same of all ports of a Gateway together, in matches.", 1, _MAX)] = (
        200_000
    )
    gateway_bytes: Annotated[int, number("The same of all ports of a Gateway together, in bytes.", 1, _MAX)] = 32 << 20
