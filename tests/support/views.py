"""Views for tests."""

from typing import Final

from xds_server.model.resource import PUSH_ORDER
from xds_server.xds.cache.table import RoleTables, Table

EMPTY_VIEW: Final[RoleTables] = {type_url: Table() for type_url in PUSH_ORDER}
"""Tables without anything: what a role is served of which nothing is derived."""
