"""The configuration of the translation."""

from dataclasses import dataclass, field
from typing import Annotated

from xds_server.model.edge import Edge, Families
from xds_server.model.route_budget import Budget
from xds_server.model.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateConfig:
    """The settings of the translation."""

    ip_families: Annotated[
        Families,
        Setting(
            "On which IP families proxies listen, and over which they reach endpoints. Without IPv6 in the kernel: ipv4."
        ),
    ] = "dual"
    edge: Edge = field(default_factory=Edge)
    route_budget: Budget = field(default_factory=Budget)
