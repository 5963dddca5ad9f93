"""Routes: what hostnames times routes for any host make of a route configuration, and what a change of it costs.

    python -m benchmarks routes [--hosts 100 1000] [--routes 5000]

Of a port with so many hostnames of a route each, and two routes without a hostname that have all the matches, with all the
headers, that the Gateway API allows: the size of its route configuration, and milliseconds from a change to the encoded
result. `apart` is the same with every virtual host encoded by itself, as would be without shared blocks. Then with the
default budget: as much as fits, and as much as does not. Last, many routes without any for all hosts.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from krt import Graph
from xds_server.envoy.routes import encoded, virtual_host
from xds_server.model.objects import BackendRef, Gateway, HTTPRoute, Listener, Match, ParentRef, Rule, Service
from xds_server.model.objects import ServicePort as Port
from xds_server.model.route_budget import Budget
from xds_server.model.routing import Block
from xds_server.translate.gatewayapi.backends import resolved
from xds_server.translate.gatewayapi.precedence import in_order, ranked
from xds_server.translate.pipeline import Pipeline, build_pipeline

_FULL = 290
"""So many hosts fit into the default budget: what a change may cost at the most."""
WITHOUT = Budget(port_entries=1 << 31, port_bytes=1 << 31, gateway_entries=1 << 31, gateway_bytes=1 << 31)
EDGE = Gateway(key="a/edge", class_name="xds-server", listeners=(Listener(name="http", port=80, protocol="HTTP"),))
TO = (BackendRef(service="a/s", port=80),)
SERVICE = Service(key="a/s", ports=(Port(name="http", port=80),))


def route(name: str, created: int, *matches: Match, hostname: str = "") -> HTTPRoute:
    """A route of the rules that hold so many matches."""
    rules = tuple(Rule(matches=matches[at : at + 8], backends=TO) for at in range(0, len(matches), 8))
    hostnames = (hostname,) if hostname else ()
    parents = (ParentRef(gateway="a/edge"),)
    return HTTPRoute(key=f"a/{name}", created=f"{created:06}", parents=parents, hostnames=hostnames, rules=rules)


def wide(tail: str = "") -> list[HTTPRoute]:
    """Two routes for any host, of 128 matches, and of 120 with 16 headers each."""
    headers = tuple((f"x-header-{n}", f"value-{n}") for n in range(16))
    plain = [Match(path=f"/plain-{n}{tail}") for n in range(128)]
    picky = [Match(path=f"/picky-{n}", headers=headers) for n in range(120)]
    return [route("plain", 900_000, *plain), route("picky", 900_001, *picky)]


def filled(hosts: int, budget: Budget) -> Pipeline:
    """All of it, derived."""
    pipeline = build_pipeline(Graph(on_failure="raise"), "xds-server", route_budget=budget)
    pipeline.sources["gateways"].replace({"a/edge": EDGE})
    pipeline.sources["services"].replace({"a/s": SERVICE})
    pipeline.sources["endpointslices"].replace({})
    own = [route(f"host-{n}", n, Match(), hostname=f"host-{n}.example") for n in range(hosts)]
    pipeline.sources["httproutes"].replace({one.key: one for one in (*own, *wide())})
    return pipeline


def took(changes: list[Callable[[], Any]]) -> float:
    """Milliseconds, the median."""
    times = []
    for change in changes:
        begin = time.perf_counter()
        change()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1000


def apart(hosts: int) -> float:
    """Milliseconds to encode each virtual host by itself."""
    routes = [resolved(one, lambda _: SERVICE) for one in wide()]

    def all_of_them() -> None:
        for n in range(hosts):
            block = Block(body=b"".join(in_order([encoded(ranked(one)) for one in routes])))
            virtual_host(("a/edge", 80, "", f"host-{n}.example"), [block])

    return took([all_of_them])


def measure(hosts: int, budget: Budget) -> tuple[float, float, float, int]:
    """Megabytes; milliseconds for a change of a wide route, and of a route of one host; what is left out."""
    pipeline = filled(hosts, budget)
    size = len(pipeline.route_configurations["a/edge", 80].body)
    put = pipeline.sources["httproutes"].set
    of_wide = took([lambda n=n: put("a/plain", wide(f"-{n}")[0]) for n in range(5)])  # type: ignore[misc]
    one = [route("host-7", 7, Match(path=f"/{n}"), hostname="host-7.example") for n in range(5)]
    of_one = took([lambda changed=changed: put("a/host-7", changed) for changed in one])  # type: ignore[misc]
    return size / 1e6, of_wide, of_one, len(pipeline.over_budget)


def plain(count: int) -> float:
    """Milliseconds for a change of one of so many routes of a hostname each, and nothing else."""
    pipeline = filled(count, Budget())
    for name in ("a/plain", "a/picky"):
        pipeline.sources["httproutes"].delete(name)
    changed = [route("host-7", 7, Match(path=f"/{n}"), hostname="host-7.example") for n in range(9)]
    put = pipeline.sources["httproutes"].set
    return took([lambda one=one: put("a/host-7", one) for one in changed])  # type: ignore[misc]


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks routes")
    parser.add_argument("--hosts", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--routes", type=int, default=5000)
    chosen = parser.parse_args(arguments)
    for hosts in chosen.hosts:
        size, of_wide, of_one, _ = measure(hosts, WITHOUT)
        alone = apart(hosts)
        print(
            f"{hosts:>6} hosts, no budget: {size:.1f} MB; a change of a route for any host {of_wide:.0f} ms, "
            f"apart {alone:.0f} ms ({alone / of_wide:.1f} times); of a route of one host {of_one:.1f} ms",
            flush=True,
        )
    for hosts in (_FULL, chosen.hosts[-1]):
        size, of_wide, of_one, left_out = measure(hosts, Budget())
        print(
            f"{hosts:>6} hosts, the budget: {size:.1f} MB, {left_out} left out; a change of a route for any host "
            f"{of_wide:.0f} ms; of a route of one host {of_one:.1f} ms"
        )
    print(f"{chosen.routes:>6} routes of a host each: a change of one {plain(chosen.routes):.1f} ms")


if __name__ == "__main__":
    main([])
