"""An API server of a few lines whose EndpointSlices change at exactly a rate, however busy the machine's real one is."""

import asyncio
import contextlib
import json
import mmap
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml
from aiohttp import web

SENT = struct.Struct("d")
_SLICES = "/apis/discovery.k8s.io/v1/endpointslices"


def slice_of(number: int, service: int, version: int) -> dict[str, object]:
    """The slice of a service after change *number*, which is in its address."""
    name, namespace = f"svc-{service:05}", f"bench-{service % 10}"
    address = f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return {
        "metadata": {
            "name": f"{name}-1", "namespace": namespace, "resourceVersion": str(version),
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [{"name": "http", "port": 80}],
    }  # fmt: skip


class SteadyServer:
    """Lists and watches, and, once `/begin` is asked for, changes a slice *rate* times a second."""

    def __init__(self, services: int, rate: int, seconds: float) -> None:
        self._services, self._rate, self._count = services, rate, int(rate * seconds)
        self._watch: asyncio.Future[web.StreamResponse] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Prints its port, and serves until cancelled."""
        runner = web.ServerRunner(web.Server(self._answer))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.get_running_loop().create_future()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/begin":
            return web.json_response(await self._change(Path(request.query["sent"])))
        if request.query.get("watch") != "true":
            slices = range(self._services) if request.path == _SLICES else ()
            items = [slice_of(2**24 - 1, service, 1) for service in slices]
            return web.json_response({"metadata": {"resourceVersion": "1"}, "items": items})
        response = web.StreamResponse()
        await response.prepare(request)
        if request.path == _SLICES:
            self._watch.set_result(response)
        await asyncio.get_running_loop().create_future()
        return response

    async def _change(self, path: Path) -> dict[str, float]:
        watch = await self._watch
        with path.open("r+b") as file:
            sent = mmap.mmap(file.fileno(), 0)
        began = time.monotonic()
        for number in range(self._count):
            delay = began + number / self._rate - time.monotonic()
            if delay > 0:
                await asyncio.sleep(delay)
            changed = slice_of(number, number * 7919 % self._services, number + 2)
            SENT.pack_into(sent, number * SENT.size, time.monotonic())
            await watch.write(json.dumps({"type": "MODIFIED", "object": changed}).encode() + b"\n")
        seconds = time.monotonic() - began
        return {"written": self._count, "rate": self._count / seconds, "last": self._count - 1}


@contextlib.contextmanager
def steady(services: int, rate: int, seconds: float) -> Iterator[dict[str, str]]:
    """The server in a process of its own: what to set in the environment of who follows it."""
    command = [sys.executable, "-m", "benchmarks", "informers", "--part", "steady"]
    options = [f"--rate={rate}", f"--seconds={seconds}", f"--services={services}"]
    with (
        tempfile.TemporaryDirectory() as directory,
        subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as server,
    ):
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            config = {
                "current-context": "it",
                "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
                "clusters": [{"name": "it", "cluster": {"server": url}}],
                "users": [{"name": "it", "user": {"token": "t"}}],
            }
            path = Path(directory) / "kubeconfig"
            path.write_text(yaml.safe_dump(config))
            yield {"KUBECONFIG": str(path), "BENCH_STEADY": url}
        finally:
            server.terminate()
