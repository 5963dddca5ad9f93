"""Whether an address can be listened on, and if not, why.

gRPC says neither: it logs the cause to stderr, and is content with one of the addresses of a name.
"""

import asyncio
import errno
import socket

from xds_server.model.address import Address


class BindError(Exception):
    """The address cannot be listened on."""

    def __init__(self, address: Address, reason: str) -> None:
        super().__init__(f"cannot listen on {address}: {reason}")


async def check_address(address: Address) -> None:
    """Returns if *address* (port 0 for any) is free. Raises BindError otherwise."""
    host = address.host if address.host != "::" or has_ipv6() else "0.0.0.0"  # noqa: S104 - as gRPC does
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise BindError(address, f"host is unknown ({error.strerror})") from None
    failures = [failure for family, _, _, _, slot in found if (failure := _bind_failure(family, slot)) is not None]
    # A name may stand for an address that this host has not, such as ::1; but not for one that is taken.
    taken = [failure for failure in failures if failure.errno == errno.EADDRINUSE]
    if taken or len(failures) == len(found):
        raise BindError(address, ((taken or failures)[0].strerror or "cannot bind").lower())


def has_ipv6() -> bool:
    """Whether the kernel knows IPv6: without it, `::` cannot be listened on, and IPv6 addresses cannot be dialled."""
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


def _bind_failure(family: socket.AddressFamily, slot: tuple[object, ...]) -> OSError | None:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(slot)
    except OSError as error:
        return error
    return None
