"""Views for tests."""

from typing import Final

from xds_server.snapshot.resource import PUSH_ORDER
from xds_server.snapshot.table import Table, View

EMPTY_VIEW: Final[View] = {type_url: Table() for type_url in PUSH_ORDER}
"""Tables without anything: what a role is served of which nothing is derived."""
