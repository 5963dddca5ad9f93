"""What is said back about objects."""

import pytest
from msgspec import structs

from tests.support.builders import backend, gateway, http, route, rule, service
from xds_server.model.conditions import Condition, RouteStatus
from xds_server.model.objects import Gateway, HTTPRoute, Listener, Match, ParentRef, Rule
from xds_server.translate.gatewayapi.attachment import attached
from xds_server.translate.gatewayapi.backends import resolved
from xds_server.translate.gatewayapi.conditions import gateway_status, listener_of, route_status
from xds_server.translate.gatewayapi.listeners import ports


def status_of(subject: HTTPRoute, *gateways: Gateway) -> RouteStatus:
    by_key = {one.key: tuple(ports(one).values()) for one in gateways}
    services = {"shop/cart": service()}
    return route_status(subject, attached(resolved(subject, services.get), by_key.get))


def reasons(conditions: tuple[Condition, ...]) -> dict[str, tuple[bool, str]]:
    return {one.type: (one.status, one.reason) for one in conditions}


def test_a_good_gateway_is_accepted_and_programmed_with_its_routes_counted() -> None:
    """Each listener says how many routes it serves."""
    made = gateway_status(gateway(http("a", 80), http("b", 81)), lambda listener: listener.port)

    assert reasons(made.conditions) == {"Accepted": (True, "Accepted"), "Programmed": (True, "Programmed")}
    assert [(one.name, one.attached_routes) for one in made.listeners] == [("a", 80), ("b", 81)]
    assert reasons(made.listeners[0].conditions) == {
        "Accepted": (True, "Accepted"),
        "Conflicted": (False, "NoConflicts"),
        "Programmed": (True, "Programmed"),
        "ResolvedRefs": (True, "ResolvedRefs"),
    }


def test_a_listener_that_cannot_be_served_says_why_and_the_gateway_names_it() -> None:
    """The others are served."""
    made = gateway_status(gateway(http(), Listener(name="tls", port=443, protocol="TLS")), lambda _: 1)

    assert reasons(made.conditions) == {"Accepted": (True, "ListenersNotValid"), "Programmed": (True, "Programmed")}
    assert "tls" in made.conditions[0].message
    bad = made.listeners[1]
    assert bad.attached_routes == 0
    assert reasons(bad.conditions)["Accepted"] == (False, "UnsupportedProtocol")
    assert reasons(bad.conditions)["Programmed"] == (False, "Invalid")
    assert reasons(bad.conditions)["Conflicted"] == (False, "NoConflicts")


def test_listeners_that_collide_are_conflicted_and_a_gateway_without_any_other_is_not_accepted() -> None:
    """There is no winner among them."""
    made = gateway_status(gateway(http("a"), http("b")), lambda _: 0)

    assert reasons(made.conditions) == {"Accepted": (False, "ListenersNotValid"), "Programmed": (False, "Invalid")}
    assert reasons(made.listeners[0].conditions)["Conflicted"] == (True, "HostnameConflict")


def test_a_gateway_without_listeners_says_so() -> None:
    """It is no fault of ours."""
    empty = Gateway(key="shop/edge", class_name="xds-server", listeners=())

    assert gateway_status(empty, lambda _: 0).conditions[0].message == "there is no listener"


def test_a_route_says_at_each_parent_what_became_of_it() -> None:
    """Accepted, or the specification's reason; parents that are not ours are left to others."""
    parents = (
        ParentRef(gateway="shop/edge"),
        ParentRef(gateway="shop/edge", section_name="nope"),
        ParentRef(gateway="shop/theirs"),
    )

    made = status_of(route(parents=parents), gateway())

    assert [(one.parent, reasons(one.conditions)["Accepted"]) for one in made.parents] == [
        (parents[0], (True, "Accepted")),
        (parents[1], (False, "NoMatchingParent")),
    ]
    assert reasons(made.parents[0].conditions)["ResolvedRefs"] == (True, "ResolvedRefs")


def test_references_that_do_not_resolve_are_named_all_together() -> None:
    """The first of them gives the reason."""
    subject = route(rule(to=(backend("shop/nope"), backend("other/cart"), backend(port=9))))

    condition = status_of(subject, gateway()).parents[0].conditions[1]

    assert (condition.status, condition.reason) == (False, "BackendNotFound")
    assert condition.message.count(";") == 2


DROPPED = Rule(matches=(Match(path="/a"),), backends=(backend(),), dropped="spec.rules[1].filters: why")


def test_some_rules_that_are_dropped_are_partially_invalid() -> None:
    """Accepted for the others, with a message as the specification wants it, and its reason."""
    accepted, resolved_refs, partly = status_of(route(rule(), DROPPED), gateway()).parents[0].conditions

    assert (accepted.status, accepted.reason) == (True, "Accepted")
    assert (resolved_refs.status, resolved_refs.reason) == (True, "ResolvedRefs")
    assert (partly.type, partly.status, partly.reason) == ("PartiallyInvalid", True, "UnsupportedValue")
    assert partly.message == "Dropped Rule 1: spec.rules[1].filters: why"


def test_a_route_without_a_rule_that_is_served_is_not_accepted() -> None:
    """And says why; it is not counted, though its requests are answered with errors."""
    subject = route(DROPPED)
    made = attached(resolved(subject, lambda _: None), {"shop/edge": tuple(ports(gateway()).values())}.get)

    accepted = route_status(subject, made).parents[0].conditions[0]

    assert (accepted.status, accepted.reason) == (False, "UnsupportedValue")
    assert accepted.message.startswith("Dropped Rule 0: ")
    assert made.domains
    assert listener_of(made) == frozenset()


@pytest.mark.parametrize(
    ("good", "expected"),
    [
        (("k.io",), {"Accepted": (True, "Accepted"), "PartiallyInvalid": (True, "UnsupportedValue")}),
        ((), {"Accepted": (False, "UnsupportedValue")}),
    ],
)
def test_hostnames_that_are_dropped_are_said(good: tuple[str, ...], expected: dict[str, tuple[bool, str]]) -> None:
    """With others the route is served under those; without any it is served nowhere, not for all hosts."""
    subject = structs.replace(
        route(hostnames=good), dropped_hostnames=("spec.hostnames[1]: '10.0.0.1' is not a hostname",)
    )

    said = status_of(subject, gateway()).parents[0].conditions

    assert {name: one for name, one in reasons(said).items() if name != "ResolvedRefs"} == expected
    assert any("10.0.0.1" in one.message for one in said)


def test_a_listener_that_asks_for_routes_that_are_not_served_says_so() -> None:
    """And which kinds it takes."""
    listener = Listener(name="kinds", port=80, protocol="HTTP", unsupported_kinds=("GRPCRoute",), takes_routes=False)

    made = gateway_status(gateway(listener), lambda _: 0).listeners[0]

    assert reasons(made.conditions)["ResolvedRefs"] == (False, "InvalidRouteKinds")
    assert not made.takes_routes


def test_a_route_is_counted_at_each_listener_once() -> None:
    """However many hostnames it has there."""
    subject = route(hostnames=("a.com", "b.com"))
    made = attached(resolved(subject, lambda _: None), {"shop/edge": tuple(ports(gateway()).values())}.get)

    assert listener_of(made) == {("shop/edge", 8080, "")}
