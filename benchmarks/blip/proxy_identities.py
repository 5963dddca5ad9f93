"""Ways to blip by who the proxies are, and by what they ask for."""

import threading
from collections.abc import Iterator

import grpc

from benchmarks.blip.bench import Bench, Outcome, endpoints, route, service
from tests.support.processes import wait_for
from tests.support.stack import GATEWAY
from tests.support.xds_wire import decode, request
from xds_server.model.resource import CLUSTER, ENDPOINT

_METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
_CHANGES = 4


def kgateway_14471_a_superset_is_no_reason_to_be_silent(gate: str) -> Outcome:
    """Proxies of one role that speak and know different things: what one has not asked for keeps nothing from it.

    An Envoy with the whole state, one with increments, and a client that knows of one load assignment only.
    """
    with Bench(gate=gate) as bench:
        plane = bench.up()
        bench.wait_live(bench.proxy(adapt=lambda text: text.replace("api_type: GRPC", "api_type: DELTA_GRPC")), plane)
        told: list[str] = []
        reader = threading.Thread(target=lambda: _read(bench.grpc_port, "demo/moved:80", told), daemon=True)
        reader.start()
        bench.load()
        for number in range(_CHANGES):
            target = (bench.green, bench.blue)[number % 2]
            bench.write(
                "moved",
                service("moved"), service(f"other{number}"),
                endpoints("moved", target.port), route("moved", "/moved", "moved"),
            )  # fmt: skip
            bench.wait_answers({target.name}, "/moved", 10)
            wait_for("the client that knows of one", lambda n=number: len(told) > n, 10, plane)
            bench.allow(clusters=2 * number)  # the Service of the change before, at both
        bench.expect("each change once, and nothing else", holds=len(set(told)) == 2 and len(told) == _CHANGES)
        return bench.outcome()


def kgateway_14582_identity_is_not_guessed(gate: str) -> Outcome:
    """A proxy comes before we have heard of who it is: it waits, is then served on that stream, and cannot turn into another."""
    with Bench(gate=gate) as bench:
        gateway = (bench.manifests / "gateway.yaml").read_text()
        (bench.manifests / "gateway.yaml").unlink()
        plane = bench.start("xds.admission.role_hold_seconds=20")
        plane.wait_ready()
        envoy = bench.proxy()
        if gate == "off":
            bench.wait_live(envoy, plane)
            bench.answered(200, "/")
            return bench.outcome()
        bench.wait_metric(plane, "hold_active", reason="unknown_role")
        bench.expect("nothing is sent to somebody unknown", holds=plane.metric("xds_responses_total") == 0)
        bench.write("gateway", gateway)
        bench.wait_live(envoy, plane)
        bench.expect("on the same stream", holds=plane.metric("xds_streams_refused_total") == 0)
        bench.load()
        asked = [request(CLUSTER, node=(name, GATEWAY), names=(), version="", nonce="", error=None) for name in "ab"]
        bench.expect("nobody turns into another", holds=_end(bench.grpc_port, iter(asked)) is _REFUSED)
        return bench.outcome()


_REFUSED = grpc.StatusCode.INVALID_ARGUMENT


def _end(port: int, requests: Iterator[bytes]) -> object:
    """The status with which a stream ends that says so."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.stream_stream(_METHOD)(requests)
        try:
            for _ in call:
                pass
        except grpc.RpcError as error:
            return error.code()
    return None


def _read(port: int, name: str, told: list[str]) -> None:
    """Asks for one load assignment, and notes each version that it is told of, until the server goes."""
    ask = threading.Semaphore(0)
    answers: list[tuple[str, str]] = [("", "")]

    def requests() -> Iterator[bytes]:
        while True:
            version, nonce = answers.pop()
            yield request(ENDPOINT, node=("one", GATEWAY), names=(name,), version=version, nonce=nonce, error=None)
            ask.acquire()

    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            for data in channel.stream_stream(_METHOD)(requests()):
                answer = decode(data)
                told += [str(hash(body)) for body in answer.resources.values()]
                answers.append((answer.version, answer.nonce))
                ask.release()
        except grpc.RpcError:
            return
