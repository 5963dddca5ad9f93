"""The probe never lies: polled from the start of the process, beside a client that dials from the first moment."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import grpc
import pytest
import yaml

from benchmarks.blip.bench import endpoints, route, service
from tests.support.control_plane import late_lists
from tests.support.processes import wait_for
from tests.support.stack import GATEWAY, Stack
from tests.support.web import ask
from tests.support.xds_wire import Answer, decode, request
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, ROUTE
from xds_server.xds.transport.services import ADS

SLOWEST_SECONDS = 1.0  # what a kubelet waits for; `python -m benchmarks start` prints what it is on this machine
_IN_A_FILE = 500
_IMPATIENT = (("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 50))


class Poll:
    """Asks a URL every 10 ms: (when, status, seconds) of each answer."""

    def __init__(self, url: str) -> None:
        self.answers: list[tuple[float, int, float]] = []
        self._url = url
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(0.01):
            begin = time.monotonic()
            status, _ = ask(self._url)
            if status:  # else nobody listens yet
                self.answers.append((begin, status, time.monotonic() - begin))


class Client:
    """Dials until somebody answers, and takes a whole configuration; `complete_at` is when it has it."""

    def __init__(self, port: int, services: int) -> None:
        self._services = services
        self._ending = threading.Event()
        self.complete_at = 0.0
        self.resources: dict[str, set[str]] = {}
        self._port = port
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(30)

    async def _run(self) -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self._port}", options=_IMPATIENT) as channel:
            while not self.complete_at:
                with contextlib.suppress(grpc.aio.AioRpcError):
                    await self._talk(channel)

    async def _talk(self, channel: Any) -> None:
        call = channel.stream_stream(f"/{ADS}/StreamAggregatedResources")(wait_for_ready=True)
        follower = {CLUSTER: ENDPOINT, LISTENER: ROUTE}
        wanted: dict[str, tuple[str, ...]] = {}
        for type_url in follower:
            await call.write(_ask(type_url))
        async for data in call:
            answer = decode(data)
            names = tuple(answer.resources)
            self.resources.setdefault(answer.type_url, set()).update(names)
            if set(PUSH_ORDER) <= self.resources.keys() and len(self.resources[ENDPOINT]) == self._services + 2:
                self.complete_at = time.monotonic()
            if answer.type_url in follower:
                wanted[follower[answer.type_url]] = names
                await call.write(_ask(follower[answer.type_url], names))
            await call.write(_ask(answer.type_url, wanted.get(answer.type_url, ()), answer))
            if self.complete_at:  # and stays, as proxies do
                await asyncio.to_thread(self._ending.wait)
                call.cancel()
                return


def _ask(type_url: str, names: tuple[str, ...] = (), answer: Answer | None = None) -> bytes:
    version, nonce = ("", "") if answer is None else (answer.version, answer.nonce)
    return request(type_url, node=("early", GATEWAY), names=names, version=version, nonce=nonce, error=None)


@pytest.mark.alone
@pytest.mark.parametrize(("services", "late"), [(100, ""), (100, "endpointslices"), (100, "gateways"), (10_000, "")])
def test_ready_turns_once_and_when_it_is_true(
    services: int, late: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """503 until all is published, and who dialled at the first moment has all of it; then 200. Always an answer."""
    with Stack(tmp_path) as stack:
        _fill(stack.manifests, services)
        delays = [late_lists(f"{late}=1")] if late else []
        with Client(stack.grpc_port, services) as client:
            control_plane = stack.control_plane("--gate=park", "readiness.initial_push_seconds=10", *delays)
            with Poll(f"{control_plane.url}/readyz") as poll:
                control_plane.wait_ready(60)
                begin = time.monotonic()
                wait_for("a second of answers", lambda: time.monotonic() > begin + 1, 5, control_plane)

        statuses = [status for _, status, _ in poll.answers]
        turned = statuses.index(200)
        assert {503} >= set(statuses[:turned])
        assert {200} == set(statuses[turned:]), "it flaps"
        assert turned > (20 if late else 0), "the time before was not looked at"
        assert {services + 2} == {len(client.resources[type_url]) for type_url in (CLUSTER, ENDPOINT)}
        asked, _, took = poll.answers[turned]
        assert client.complete_at < asked + took, "ready before a client that waited had everything"
        slowest = max(seconds for _, _, seconds in poll.answers)
        assert slowest < SLOWEST_SECONDS, f"an answer took {slowest:.3f} s"
        record_property("slowest_answer_ms", round(slowest * 1000))


def _fill(manifests: Path, services: int) -> None:
    """Writes so many Services, with endpoints; and a route for one in a hundred."""
    documents = [(service(f"s{n}"), endpoints(f"s{n}", 8080)) for n in range(services)]
    documents += [(route(f"r{n}", f"/s{n}", f"s{n}"),) for n in range(0, services, 100)]
    objects = [yaml.load(text, Loader=yaml.CSafeLoader) for texts in documents for text in texts]
    for at in range(0, len(objects), _IN_A_FILE):
        items = objects[at : at + _IN_A_FILE]
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        (manifests / f"many-{at}.json").write_text(text)
