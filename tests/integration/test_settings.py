"""Settings of the transport, in a server that runs: a process of its own, asked over real gRPC."""

from pathlib import Path

import grpc

from examples.rig.stack import Stack
from tests.integration.ads_rig import Proxy
from xds_server.snapshot.resource import CLUSTER


async def test_limits_and_debounce_reach_the_transport(tmp_path: Path) -> None:
    """With room for one stream the first one is served, also debounced, and the second is told the limit."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane("--limits=streams=1", "--debounce-seconds=0.05")
        control_plane.wait_ready()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{stack.grpc_port}") as channel:
            first = Proxy(channel, role="demo/edge")
            await first.ask(CLUSTER)
            before = await first.read()
            await first.ask(CLUSTER, nonce=before.nonce)
            second = Proxy(channel, role="demo/edge")

            assert (
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "1 streams are open, which is the limit: try another replica",
            ) == await second.ending()

            services = stack.manifests / "more.yaml"
            services.write_text("apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 1}]}\n")
            assert len(before.resources) + 1 == len((await first.read()).resources)
