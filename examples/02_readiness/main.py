"""Two sources, one of them late: what the probes say before and after. Run: python examples/02_readiness/main.py."""

import time
from collections.abc import Mapping
from urllib.error import HTTPError
from urllib.request import urlopen

from probes import Endpoints, Gate, Heartbeat, Layer, Passed, Verdict, Waiting, serve

SOURCES: dict[str, Verdict] = {"services": Passed("12 objects"), "routes": Waiting("listing, 400 so far")}


def derived() -> Mapping[str, Verdict]:
    return {"clusters": Passed("12 objects")}


def ask(address: str, path: str) -> None:
    try:
        with urlopen(f"http://{address}{path}") as answer:
            status, text = answer.status, answer.read().decode()
    except HTTPError as answer:
        with answer:
            status, text = answer.code, answer.read().decode()
    print(f"GET {path} -> {status}\n{text}")


def main() -> None:
    layers = Layer("sources", lambda: SOURCES), Layer("derived", derived, check_names=("clusters",))
    gate = Gate(Layer("base", lambda: {"settings": Passed()}), *layers, clock=time.monotonic)
    gate.on_transition(lambda transition: print(f"ready: {transition.reason}\n"))
    gate.evaluate()
    heartbeat = Heartbeat(time.monotonic, max_age_seconds=10)
    with serve(Endpoints(gate, liveness={"loop": heartbeat.verdict}), "127.0.0.1", 0) as server:
        ask(server.address, "/readyz")
        ask(server.address, "/readyz?verbose")
        SOURCES["routes"] = Passed("1000 objects")  # the late list has arrived
        gate.evaluate()
        ask(server.address, "/readyz?verbose")
        ask(server.address, "/livez?verbose")


if __name__ == "__main__":
    main()
