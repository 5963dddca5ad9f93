"""Which listeners are served."""

from tests.support.builders import gateway, http
from xds_server.model.objects import Listener
from xds_server.translate.gatewayapi.listeners import ports, refusals


def test_listeners_of_a_port_are_served_together() -> None:
    """One port for each number, with its listeners in their order."""
    one, two, three = http("one", 80, "a.com"), http("two", 80), http("three", 81)

    made = ports(gateway(one, two, three))

    assert {("shop/edge", 80): (one, two), ("shop/edge", 81): (three,)} == {k: p.listeners for k, p in made.items()}


def test_listeners_that_collide_are_left_out_and_named() -> None:
    """Two listeners of one Gateway with the same port and hostname have no winner; the others go on."""
    subject = gateway(http("one"), http("two"), http("three", hostname="a.com"))

    assert [one.name for one in ports(subject)["shop/edge", 8080].listeners] == ["three"]
    assert [(one.listener, one.reason) for one in refusals(subject)] == [
        ("one", "HostnameConflict"),
        ("two", "HostnameConflict"),
    ]


def test_what_is_not_supported_yet_is_left_out_and_says_what_to_do() -> None:
    """Other protocols and namespace selectors are refused with the next step."""
    tls = Listener(name="tls", port=443, protocol="HTTPS")
    selector = http("chosen", 81, routes_from="Selector")
    subject = gateway(tls, selector)

    assert ports(subject) == {}
    assert [(one.listener, one.reason, one.message.rpartition(": ")[2]) for one in refusals(subject)] == [
        ("tls", "UnsupportedProtocol", "use HTTP"),
        ("chosen", "UnsupportedValue", "use Same or All"),
    ]
