"""Network addresses and URLs: where to listen, and whom to dial."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit


def is_url(text: str) -> bool:
    """Whether it is the URL of a host, by HTTP or HTTPS."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, or whom to dial."""

    host: str
    """A name or an IP address; an IPv6 address without brackets."""
    port: int

    @property
    def loopback(self) -> bool:
        """Whether it cannot be reached from another machine; false for a name that is not `localhost`."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
