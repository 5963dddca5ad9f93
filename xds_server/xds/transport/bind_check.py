"""Checks whether the server can listen on an address, and says why not.

gRPC does not say it: it logs the cause to stderr, and succeeds if one of the addresses of a name works.
"""

import asyncio
import errno
import socket

from xds_server.model.address import Address


class BindError(Exception):
    """The server cannot listen on the address."""

    def __init__(self, address: Address, reason: str) -> None:
        super().__init__(f"cannot listen on {address}: {reason}")


async def check_address(address: Address) -> None:
    """Returns if *address* is free; port 0 stands for any port. Raises BindError if it is not."""
    host = address.host if address.host != "::" or has_ipv6() else "0.0.0.0"  # noqa: S104 - as gRPC does
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise BindError(address, f"host is unknown ({error.strerror})") from None
    failures = [
        failure for family, _, _, _, sockaddr in found if (failure := _bind_failure(family, sockaddr)) is not None
    ]
    # A name may resolve to an address that this host does not have, such as ::1. An address in use is always an error.
    in_use = [failure for failure in failures if failure.errno == errno.EADDRINUSE]
    if in_use or len(failures) == len(found):
        raise BindError(address, ((in_use or failures)[0].strerror or "cannot bind").lower())


def has_ipv6() -> bool:
    """Whether the kernel supports IPv6. Without it, nobody can listen on `::`, or connect to an IPv6 address."""
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


def _bind_failure(family: socket.AddressFamily, sockaddr: tuple[object, ...]) -> OSError | None:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(sockaddr)
    except OSError as error:
        return error
    return None
