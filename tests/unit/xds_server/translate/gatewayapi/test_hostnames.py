"""Hostnames: cover, intersect, own."""

import pytest

from xds_server.translate.gatewayapi.hostnames import covers, intersection, owner, specificity, wider


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("", "a.example.com", True),
        ("a.example.com", "a.example.com", True),
        ("a.example.com", "b.example.com", False),
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "*.b.example.com", True),
        ("*.b.example.com", "*.example.com", False),
        ("*.example.com", "a.badexample.com", False),
        ("*.example.com", "", False),
        ("a.example.com", "", False),
    ],
)
def test_a_wildcard_covers_what_ends_like_it(pattern: str, host: str, expected: bool) -> None:
    """`*.S` covers every host below S, at any depth, and not S itself."""
    assert expected is covers(pattern, host)


@pytest.mark.parametrize(
    ("listener", "route", "expected"),
    [
        ("", "", ""),
        ("", "a.com", "a.com"),
        ("a.com", "", "a.com"),
        ("*.com", "a.com", "a.com"),
        ("a.com", "*.com", "a.com"),
        ("*.a.com", "*.com", "*.a.com"),
        ("a.com", "b.com", None),
    ],
)
def test_the_intersection_is_the_more_specific(listener: str, route: str, expected: str | None) -> None:
    """Of two hostnames of which one covers the other, the covered one remains."""
    assert expected == intersection(listener, route)


def test_the_most_specific_hostname_owns_a_host() -> None:
    """Exact before the longest wildcard before any."""
    names = ["", "*.com", "*.a.com", "x.a.com"]

    owners = [owner(host, names) for host in ("x.a.com", "y.a.com", "b.com", "org", "*.a.com")]

    assert owners == ["x.a.com", "*.a.com", "*.com", "", "*.a.com"]
    assert owner("org", ["*.com"]) is None
    assert sorted(names, key=specificity) == ["", "*.com", "*.a.com", "x.a.com"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("", []),
        ("com", [""]),
        ("a.b.com", ["*.b.com", "*.com", ""]),
        ("*.b.com", ["*.com", ""]),
    ],
)
def test_wider_patterns_come_most_specific_first(host: str, expected: list[str]) -> None:
    """Every pattern that covers a host, other than itself, in the order in which routes fall through."""
    assert expected == wider(host)
    assert all(covers(pattern, host) for pattern in expected)
