"""Requests that may come from a page of another site."""

import pytest

from probes import CrossOriginProtection

OWN = {"host": "127.0.0.1:18080"}


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        (None, True),
        ("10.0.0.1:18080", True),
        ("[::1]:18080", True),
        ("localhost", True),
        ("a.LOCALHOST.", True),
        ("xds-server:18080", True),
        ("xds-server.system.svc", True),
        ("cp.example.com", True),
        ("a.inner.example", True),
        ("inner.example", False),
        ("example.com", False),
        ("127.0.0.1.example.com", False),
        ("[example.com]", False),
        ("a b", False),
        ("", False),
    ],
)
def test_a_host_is_allowed_if_only_this_server_can_have_it(host: str | None, allowed: bool) -> None:
    """Addresses, names without a dot, names that the public DNS does not have, and the configured ones."""
    protection = CrossOriginProtection(["CP.example.com", ".inner.example"])

    assert protection.allows_host({} if host is None else {"host": host}) == allowed


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, None),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, None),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ("GET", {"sec-fetch-site": "same-site"}, 403),
        ("GET", {"host": "example.com"}, 421),
        ("POST", {}, 403),
        ("POST", {"x-requested-by": "me"}, None),
        ("POST", {"x-requested-by": "me", "origin": "http://127.0.0.1:18080"}, None),
        ("POST", {"x-requested-by": "me", "origin": "http://example.com"}, 403),
        ("POST", {"x-requested-by": "me", "origin": "null"}, 403),
        ("POST", {"x-requested-by": "me", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 403),
    ],
)
def test_a_request_that_another_site_may_have_sent_is_refused(
    method: str, headers: dict[str, str], status: int | None
) -> None:
    """A link to a page may be followed; whatever changes something needs a header that other sites cannot send."""
    refusal = CrossOriginProtection().check_request(method, OWN | headers)

    assert (None if refusal is None else refusal.status) == status


def test_an_unknown_host_is_told_which_setting_allows_it() -> None:
    """The program that uses the library gives the setting its name."""
    refusal = CrossOriginProtection(setting="http_hosts").check_request("GET", {"host": "example.com"})

    assert refusal is not None
    assert refusal.body.decode() == (
        "host 'example.com' is not a name of this server: use its IP address, or add the name to http_hosts\n"
    )
