"""Short ways to make the objects that tests need."""

from xds_server.model.objects import (
    BackendRef,
    EndpointSlice,
    Gateway,
    HTTPRoute,
    Listener,
    Match,
    ParentRef,
    Reference,
    Rule,
    Service,
    ServicePort,
)


def gateway(
    *listeners: Listener,
    key: str = "shop/edge",
    class_name: str = "xds-server",
    references: tuple[Reference, ...] = (),
) -> Gateway:
    return Gateway(key=key, class_name=class_name, listeners=listeners or (http(),), references=references)


def http(name: str = "http", port: int = 8080, hostname: str = "", **more: str) -> Listener:
    return Listener(name=name, port=port, protocol="HTTP", hostname=hostname, **more)  # type: ignore[arg-type]


def backend(service: str = "shop/cart", port: int = 80, weight: int = 1) -> BackendRef:
    return BackendRef(service=service, port=port, weight=weight)


def rule(*matches: Match, to: tuple[BackendRef, ...] | None = None) -> Rule:
    return Rule(matches=matches or (Match(),), backends=(backend(),) if to is None else to)


def route(
    *rules: Rule,
    key: str = "shop/cart",
    hostnames: tuple[str, ...] = (),
    parents: tuple[ParentRef, ...] = (ParentRef(gateway="shop/edge"),),
    created: str = "",
) -> HTTPRoute:
    return HTTPRoute(key=key, created=created, parents=parents, hostnames=hostnames, rules=rules or (rule(),))


def service(key: str = "shop/cart", port: int = 80, name: str = "http", app_protocol: str = "") -> Service:
    return Service(key=key, ports=(ServicePort(name=name, port=port, app_protocol=app_protocol),))


def slice_(
    *addresses: str, key: str = "shop/cart-1", of: str = "shop/cart", port: int = 8080, name: str = "http"
) -> EndpointSlice:
    return EndpointSlice(key=key, service=of, ports=((name, port),), ready=addresses)
