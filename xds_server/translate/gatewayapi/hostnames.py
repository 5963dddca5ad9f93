"""Hostnames of listeners and routes: which one covers which, and what two have in common.

Source: Gateway API v1, "hostname" of Listener and HTTPRoute. A hostname is lower case; "" is any host;
`*.example.com` covers every host that ends in `.example.com`, at any depth, but not `example.com`.
"""

from collections.abc import Iterable


def covers(pattern: str, host: str) -> bool:
    """Whether every host that *host* stands for is one that *pattern* stands for."""
    if pattern in ("", host):
        return True
    return pattern.startswith("*.") and host.removeprefix("*").endswith(pattern[1:]) and host != pattern[2:]


def intersection(listener: str, route: str) -> str | None:
    """The more specific of two hostnames of which one covers the other; None if they have nothing in common."""
    if covers(listener, route):
        return route
    if covers(route, listener):
        return listener
    return None


def specificity(hostname: str) -> tuple[bool, int]:
    """Sorts hostnames: exact above wildcard, longer above shorter, any host lowest."""
    return (not hostname.startswith("*") and hostname != "", len(hostname))


def owner(host: str, hostnames: Iterable[str]) -> str | None:
    """The most specific of *hostnames* that covers *host*, if one does."""
    return max((name for name in hostnames if covers(name, host)), key=specificity, default=None)


def wider(host: str) -> list[str]:
    """The patterns that cover *host*, the most specific first, *host* itself not among them."""
    if not host:
        return []
    labels = host.removeprefix("*.").split(".")
    return [*(f"*.{'.'.join(labels[start:])}" for start in range(1, len(labels))), ""]
