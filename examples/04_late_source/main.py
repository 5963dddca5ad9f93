"""A readiness prototype: two sources, of which one is late. Unknown is not empty.

    python examples/04_late_source/main.py

prints

    services are listed: not ready, backends wait for endpoints
        web: not known yet: parked: waits for 'endpoints' to sync
    endpoints are half listed: not ready, backends wait for endpoints
    endpoints are listed: ready at epoch 2
        cache: no backend, and that is certain
        web: 10.0.0.1 10.0.0.2
    a relist begins: ready at epoch 2
    the relist has lost one: ready at epoch 3
        cache: no backend, and that is certain
        web: 10.0.0.2
"""

import asyncio

import krt
from krt import aio


class Prototype:
    """Backends of services, from two lists that arrive when they like."""

    def __init__(self) -> None:
        self.graph = krt.Graph(on_failure="raise")
        self.services: krt.Source[str, int] = self.graph.source("services")
        self.endpoints: krt.Source[str, str] = self.graph.source("endpoints")
        self.listed_services = krt.Reflector(self.services)
        self.listed_endpoints = krt.Reflector(self.endpoints)
        by_service = self.endpoints.index(lambda endpoint: [endpoint.split("@")[0]], name="service")
        self.backends = self.services.map(
            lambda ctx, _: tuple(one.split("@")[1] for one in ctx.lookup(by_service, ctx.key)), name="backends"
        )

    def report(self, what: str) -> None:
        """Says whether everything derived is complete, and if not, what is missing."""
        if self.backends.synced:
            print(f"{what}: ready at epoch {self.graph.epoch}")
        else:
            print(f"{what}: not ready, backends wait for {', '.join(sorted(self.backends.pending))}")

    def show(self) -> None:
        """Says what is known of each service."""
        for name in sorted(self.services):
            if name in self.backends:
                print(f"    {name}: {' '.join(self.backends[name]) or 'no backend, and that is certain'}")
            else:
                print(f"    {name}: not known yet: {krt.explain(self.backends, name).why}")


async def main() -> None:
    prototype = Prototype()
    waiting = asyncio.create_task(aio.wait_synced(prototype.graph, prototype.backends))

    services, endpoints = prototype.listed_services, prototype.listed_endpoints
    services.begin()
    services.apply("web", 80)
    services.listed()
    prototype.report("services are listed")
    prototype.show()

    endpoints.begin()
    endpoints.apply("e1", "web@10.0.0.1")
    prototype.report("endpoints are half listed")
    endpoints.apply("e2", "web@10.0.0.2")
    with prototype.graph.transaction():  # a service that nobody backs comes with the rest of the list
        services.apply("cache", 6379)
        endpoints.listed()
    await waiting
    prototype.report("endpoints are listed")
    prototype.show()

    endpoints.begin()
    endpoints.apply("e2", "web@10.0.0.2")
    prototype.report("a relist begins")
    endpoints.listed()
    prototype.report("the relist has lost one")
    prototype.show()


if __name__ == "__main__":
    asyncio.run(main())
