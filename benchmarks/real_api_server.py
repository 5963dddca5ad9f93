"""A real API server to measure against: $KUBECONFIG, or a cluster of its own from the script in $XDS_KUBE_RIG.

It must have the CRDs of the Gateway API. What is made there stays: namespaces bench-N, and Gateway bench-0/edge.
"""

import asyncio
import base64
import contextlib
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import yaml

GATEWAY = "bench-0/edge"
ROUTES_PER_SERVICE = 10
_NAMESPACES = 10
_AT_ONCE = 32
_GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/{}/{}"
_SLICES = "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices"


@contextlib.contextmanager
def kubeconfig() -> Iterator[str]:
    """Path of a kubeconfig; a cluster that is made for it ends with the block."""
    rig = os.environ.get("XDS_KUBE_RIG")
    if os.environ.get("KUBECONFIG") or not rig:
        path = os.environ.get("KUBECONFIG", str(Path.home() / ".kube/config"))
        if not Path(path).exists():
            raise SystemExit("no API server: set KUBECONFIG, or XDS_KUBE_RIG to a script that starts one")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="xds-bench-") as directory:
        env = os.environ | {"KUBE_RIG_DIR": directory}
        subprocess.run([rig, "up", "--dir", directory], check=True, env=env, stdout=subprocess.DEVNULL)
        try:
            subprocess.run([rig, "crds", "standard"], check=True, env=env, stdout=subprocess.DEVNULL)
            yield f"{directory}/kubeconfig"
        finally:
            subprocess.run([rig, "down", "--keep"], check=False, env=env, stdout=subprocess.DEVNULL)


class Cluster:
    """Requests to the API server of a kubeconfig with client certificates."""

    def __init__(self, server: str, session: aiohttp.ClientSession) -> None:
        self._server = server
        self._session = session

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, path: str) -> AsyncIterator["Cluster"]:
        """A session for as long as the block lasts."""
        config = yaml.safe_load(Path(path).read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        with tempfile.TemporaryDirectory() as directory:

            def file(of: dict[str, str], name: str) -> str:
                if f"{name}-data" not in of:
                    return of[name]
                target = Path(directory, name)
                target.write_bytes(base64.b64decode(of[f"{name}-data"]))
                return str(target)

            context = ssl.create_default_context(cafile=file(cluster, "certificate-authority"))
            context.load_cert_chain(file(user, "client-certificate"), file(user, "client-key"))
        connector = aiohttp.TCPConnector(ssl=context, limit=_AT_ONCE * 2)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:
            yield cls(cluster["server"], session)

    async def create(self, path: str, body: dict[str, Any]) -> None:
        """Creates an object; one that is there already stays as it is."""
        async with self._session.post(self._server + path, json=body) as response:
            if response.status not in (200, 201, 409):
                raise SystemExit(f"POST {path}: {response.status} {await response.text()}")

    async def patch(self, path: str, body: dict[str, Any]) -> None:
        """Changes an object by a merge patch."""
        headers = {"Content-Type": "application/merge-patch+json"}
        async with self._session.patch(self._server + path, json=body, headers=headers) as response:
            if response.status != 200:
                raise SystemExit(f"PATCH {path}: {response.status} {await response.text()}")

    async def watch(self, path: str) -> AsyncIterator[dict[str, Any]]:
        """Events of a watch that begins now, as they come."""
        async with self._session.get(self._server + path, params={"limit": "1"}) as response:
            version = (await response.json())["metadata"]["resourceVersion"]
        params = {"watch": "1", "resourceVersion": version, "timeoutSeconds": "3600"}
        async with self._session.get(self._server + path, params=params) as response:
            rest = b""
            async for chunk in response.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield json.loads(line)

    async def fill(self, services: int, slices: int = 3, endpoints: int = 10) -> None:
        """Creates headless Services with slices and endpoints, a Gateway, and a route for every tenth Service."""
        for number in range(_NAMESPACES):
            await self.create("/api/v1/namespaces", {"metadata": {"name": f"bench-{number}"}})
        gateway = {
            "metadata": {"name": "edge"},
            "spec": {
                "gatewayClassName": "xds-server",
                "listeners": [
                    {"name": "http", "port": 8080, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}
                ],
            },
        }
        body = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway"} | gateway
        await self.create(_GATEWAYS.format("bench-0", "gateways"), body)
        numbers = iter(range(services))

        async def worker() -> None:
            for number in numbers:
                await self._service(number, slices, endpoints)

        await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))

    async def _service(self, number: int, slices: int, endpoints: int) -> None:
        namespace, name = f"bench-{number % _NAMESPACES}", f"svc-{number:05}"
        spec = {"clusterIP": "None", "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
        await self.create(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": name}, "spec": spec})
        for at in range(slices):
            await self.create(_SLICES.format(namespace), slice_of(name, at, number, endpoints))
        if number % ROUTES_PER_SERVICE == 0:
            route = {
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": "HTTPRoute",
                "metadata": {"name": name},
                "spec": {
                    "parentRefs": [{"name": "edge", "namespace": "bench-0"}],
                    "hostnames": [f"{name}.example.com"],
                    "rules": [{"backendRefs": [{"name": name, "port": 80}]}],
                },
            }
            await self.create(_GATEWAYS.format(namespace, "httproutes"), route)


def slice_of(service: str, at: int, number: int, endpoints: int, first: str = "") -> dict[str, Any]:
    """An EndpointSlice of a Service; *first* stands for the first address."""
    addresses = [f"10.{(number * 3 + at) >> 8 & 255}.{(number * 3 + at) & 255}.{one + 1}" for one in range(endpoints)]
    addresses[0] = first or addresses[0]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{service}-{at}", "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address in addresses],
    }
