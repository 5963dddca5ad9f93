"""Who writes statuses, from when on, and until when."""

from krt import Graph
from tests.support import builders
from tests.support.api_server.in_memory import Client, Cluster, running
from xds_server.providers.kubernetes.status.controller import StatusController
from xds_server.providers.kubernetes.status.merge import place
from xds_server.translate.pipeline import build_pipeline

LEASE = "/apis/coordination.k8s.io/v1/namespaces/gw/leases/it"
EDGE = place("gateways", "shop/edge")


class Rig:
    """A keeper over a graph with one Gateway."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.pipeline = build_pipeline(self.graph, "xds-server", with_statuses=True)
        made = self.pipeline.statuses
        assert made is not None
        self.cluster = Cluster()
        self.cluster.put(EDGE, {"spec": {}})
        environ = {"POD_NAMESPACE": "gw", "POD_NAME": "xds-0", "POD_UID": "u"}
        self.it = StatusController(
            Client(self.cluster), self.graph, gateways=made.gateways, routes=made.routes,
            gateway_class="xds-server", lease="it", environ=environ,
        )  # fmt: skip
        for source in self.pipeline.sources.values():
            source.mark_synced()
        self.pipeline.sources["gateways"].set("shop/edge", builders.gateway())

    def holder(self) -> object:
        return self.cluster.objects.get(LEASE, {}).get("spec", {}).get("holderIdentity")

    def status_writes(self) -> list[tuple[str, str]]:
        return [one for one in self.cluster.writes if one[1].endswith("/status")]

    async def said(self, reason: str) -> None:
        """An Event that is queued now was written: what was to be written before it was, too."""
        self.it.record_event("Normal", reason, "m")
        await self.cluster.until(lambda: any(one.get("reason") == reason for one in self.cluster.objects.values()))


async def test_nothing_is_written_before_everything_is_known() -> None:
    """And nobody is kept from the lease; Events are written."""
    rig = Rig()
    async with running(rig.it):
        await rig.said("NotReady")
        assert ([], None) == (rig.status_writes(), rig.holder())

        rig.it.known()
        await rig.cluster.until(lambda: "status" in rig.cluster.objects[EDGE])
        assert (True, 1) == (rig.it.leading, rig.it.written)


async def test_who_drains_gives_the_lease_back_and_writes_no_more_statuses() -> None:
    """What it wrote stays, and what changes while it drains is for the next; Events are written to the end."""
    rig = Rig()
    async with running(rig.it):
        rig.it.known()
        await rig.cluster.until(lambda: "status" in rig.cluster.objects[EDGE])
        written = rig.status_writes()

        rig.it.leave()
        await rig.cluster.until(lambda: rig.holder() == "")
        rig.pipeline.sources["gateways"].set("shop/edge", builders.gateway(builders.http(port=81)))
        await rig.said("Draining")

        assert (written, "", False) == (rig.status_writes(), rig.holder(), rig.it.leading)
        assert "status" in rig.cluster.objects[EDGE]


async def test_who_drains_before_everything_is_known_never_takes_the_lease() -> None:
    """What it knows is not all."""
    rig = Rig()
    rig.it.leave()
    async with running(rig.it):
        rig.it.known()
        await rig.said("Draining")
        assert ([], None) == (rig.status_writes(), rig.holder())
