"""Addresses that cannot be listened on, found before gRPC sees them."""

import pytest

from xds_server.transport.address import PortInUse, check_address


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", ":18000", "::1:80", "[::1]", "127.0.0.1:http"]
)
async def test_an_address_is_host_and_port(address: str) -> None:
    """Whatever gRPC would make of it, an address without a host or a proper port is refused."""
    with pytest.raises(PortInUse, match="expected host:port"):
        await check_address(address)
