"""Statuses, given those that are there."""

from typing import Any

from xds_server.model.conditions import (
    Condition,
    GatewayStatus,
    ListenerStatus,
    ParentStatus,
    RouteStatus,
)
from xds_server.model.objects import GATEWAY_API, ParentRef
from xds_server.providers.kubernetes.status.merge import CONTROLLER, of_class, of_gateway, of_route, place

ACCEPTED = Condition("Accepted", True, "Accepted")
REFUSED = Condition("Accepted", False, "NoMatchingParent", "why")


def gateway_status(condition: Condition = ACCEPTED, generation: int = 3) -> GatewayStatus:
    listener = ListenerStatus(name="http", attached_routes=2, conditions=(condition,))
    return GatewayStatus(generation=generation, conditions=(condition,), listeners=(listener,))


def route_status(condition: Condition = ACCEPTED, *parents: ParentRef) -> RouteStatus:
    refs = parents or (ParentRef(gateway="shop/edge"),)
    return RouteStatus(generation=3, parents=tuple(ParentStatus(parent=one, conditions=(condition,)) for one in refs))


def test_a_condition_has_all_that_the_api_wants() -> None:
    """With the generation that it is about, and when it turned."""
    made = of_gateway(gateway_status(), {}, "now")

    condition = {
        "type": "Accepted",
        "status": "True",
        "reason": "Accepted",
        "message": "",
        "observedGeneration": 3,
        "lastTransitionTime": "now",
    }
    assert made == {
        "conditions": [condition],
        "listeners": [
            {
                "name": "http",
                "supportedKinds": [{"group": GATEWAY_API, "kind": "HTTPRoute"}],
                "attachedRoutes": 2,
                "conditions": [condition],
            }
        ],
    }


def test_saying_the_same_again_is_the_same() -> None:
    """Also later: so nothing is written at an election, unless something has changed."""
    for first, again in (
        (of_gateway(gateway_status(), {}, "then"), lambda was: of_gateway(gateway_status(), was, "now")),
        (of_route(route_status(), "shop", {}, "then"), lambda was: of_route(route_status(), "shop", was, "now")),
        (of_class(1, {}, "then"), lambda was: of_class(1, was, "now")),
    ):
        assert again(first) == first


def test_only_a_condition_that_turns_has_a_new_time() -> None:
    """A new generation or message leaves it."""
    was = of_gateway(gateway_status(), {}, "then")

    newer = of_gateway(gateway_status(generation=4), was, "now")["conditions"][0]
    turned = of_gateway(gateway_status(REFUSED), was, "now")["conditions"][0]

    assert (newer["observedGeneration"], newer["lastTransitionTime"]) == (4, "then")
    assert (turned["status"], turned["lastTransitionTime"]) == ("False", "now")


def test_what_others_say_stays() -> None:
    """Conditions of other types, and what another controller says of the same route."""
    theirs: dict[str, Any] = {"controllerName": "example.com/other", "parentRef": {"name": "x"}, "conditions": []}
    was = {"conditions": [{"type": "Theirs", "status": "True"}], "addresses": [{"value": "10.0.0.1"}]}

    gateway = of_gateway(gateway_status(), was, "now")
    route = of_route(route_status(), "shop", {"parents": [theirs]}, "now")

    assert [one["type"] for one in gateway["conditions"]] == ["Theirs", "Accepted"]
    assert gateway["addresses"] == was["addresses"]
    assert [one["controllerName"] for one in route["parents"]] == ["example.com/other", CONTROLLER]


def test_a_parent_that_is_gone_is_taken_back() -> None:
    """Ours alone."""
    was = of_route(route_status(ACCEPTED, ParentRef(gateway="shop/a"), ParentRef(gateway="shop/b")), "shop", {}, "then")

    made = of_route(route_status(ACCEPTED, ParentRef(gateway="shop/b")), "shop", was, "now")

    assert [(one["parentRef"]["name"], one["conditions"][0]["lastTransitionTime"]) for one in made["parents"]] == [
        ("b", "then")
    ]


def test_a_reference_is_told_as_it_was_made() -> None:
    """With the parts that it has."""
    refs = (
        ParentRef(gateway="infra/edge", section_name="http", port=80),
        ParentRef(gateway="shop/edge"),
    )

    made = of_route(route_status(ACCEPTED, *refs), "shop", {}, "now")

    common = {"group": GATEWAY_API, "kind": "Gateway", "name": "edge"}
    assert [one["parentRef"] for one in made["parents"]] == [
        {**common, "namespace": "infra", "sectionName": "http", "port": 80},
        common,
    ]


def test_objects_have_their_place() -> None:
    """With a namespace, or without."""
    assert place("gateways", "shop/edge") == f"/apis/{GATEWAY_API}/v1/namespaces/shop/gateways/edge"
    assert place("gatewayclasses", "ours") == f"/apis/{GATEWAY_API}/v1/gatewayclasses/ours"


def test_partially_invalid_goes_when_it_is_over() -> None:
    """It is there only while it is true; the time of the others stays."""
    reference = ParentRef(gateway="shop/edge")
    partly = Condition("PartiallyInvalid", True, "UnsupportedValue", "Dropped Rule 0")
    broken = RouteStatus(generation=2, parents=(ParentStatus(parent=reference, conditions=(ACCEPTED, partly)),))

    was = of_route(broken, "shop", {}, "then")
    now = of_route(route_status(), "shop", was, "now")

    assert [one["type"] for one in was["parents"][0]["conditions"]] == ["Accepted", "PartiallyInvalid"]
    assert [(one["type"], one["lastTransitionTime"]) for one in now["parents"][0]["conditions"]] == [
        ("Accepted", "then")
    ]
