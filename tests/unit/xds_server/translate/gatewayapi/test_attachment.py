"""Attachment of routes to domains."""

import pytest

from tests.support.builders import gateway, http, route
from xds_server.model.objects import Gateway, HTTPRoute, ParentRef
from xds_server.model.routing import Attached
from xds_server.translate.gatewayapi.attachment import attached
from xds_server.translate.gatewayapi.backends import resolved
from xds_server.translate.gatewayapi.listeners import ports


def attach(subject: HTTPRoute, *gateways: Gateway) -> Attached:
    by_key = {one.key: tuple(ports(one).values()) for one in gateways}
    return attached(resolved(subject, lambda _: None), by_key.get)


def domains(made: Attached) -> list[tuple[int, str, str]]:
    return [domain[1:] for domain in made.domains]


def test_a_route_gets_the_hostnames_in_common_with_each_listener() -> None:
    """A route is attached to every listener that it shares a hostname with, under the more specific name."""
    edge = gateway(http("any", 80), http("wild", 81, "*.com"), http("other", 82, "b.org"))

    made = attach(route(hostnames=("a.com", "c.net")), edge)

    assert domains(made) == [(80, "", "a.com"), (80, "", "c.net"), (81, "*.com", "a.com")]


def test_a_more_specific_listener_owns_its_hosts() -> None:
    """On one port a host belongs to one listener: a route of the other does not get it."""
    edge = gateway(http("any"), http("exact", hostname="a.com"))
    parent = ParentRef(gateway="shop/edge", section_name="any")

    made = attach(route(hostnames=("a.com", "b.com"), parents=(parent,)), edge)

    assert domains(made) == [(8080, "", "b.com")]


@pytest.mark.parametrize(
    ("parent", "reason"),
    [
        (ParentRef(gateway="shop/edge", section_name="nope"), "NoMatchingParent"),
        (ParentRef(gateway="shop/edge", port=9), "NoMatchingParent"),
        (ParentRef(gateway="shop/edge", section_name="closed"), "NotAllowedByListeners"),
        (ParentRef(gateway="shop/edge", section_name="host"), "NoMatchingListenerHostname"),
    ],
)
def test_a_refusal_names_the_gateway_apis_reason(parent: ParentRef, reason: str) -> None:
    """Why a parentRef has no effect is said in the specification's words."""
    edge = gateway(http("closed", 80, routes_from="None"), http("host", 81, "b.org"))

    made = attach(route(hostnames=("a.com",), parents=(parent,)), edge)

    assert made.domains == ()
    assert reason in made.refused[0]
    assert [(one.parent, one.reason) for one in made.parents] == [(parent, reason)]


def test_routes_of_other_namespaces_need_from_all() -> None:
    """A listener takes routes of its Gateway's namespace unless it says All."""
    edge = gateway(http("same", 80), http("all", 81, routes_from="All"))

    made = attach(route(key="other/cart"), edge)

    assert domains(made) == [(81, "", "")]


def test_a_gateway_that_is_not_ours_is_passed_over_in_silence() -> None:
    """A parentRef to somebody else's Gateway is neither attached nor refused."""
    made = attach(route(), gateway(key="shop/other"))

    assert (made.domains, made.refused) == ((), ())
