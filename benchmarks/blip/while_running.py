"""Ways to blip while a control plane runs: by what it is told, by what proxies say to it, by its end."""

import signal
import time

from benchmarks.blip.bench import Bench, Outcome, endpoints, route, service
from tests.support.processes import wait_for
from tests.support.web import ask


def kgateway_14352_always_empty_cluster(gate: str) -> Outcome:
    """A reference that can never be satisfied among 100 that can: a cold proxy is served, and so are warm ones."""
    with Bench(gate=gate) as bench:
        bench.write("good", *(route(f"good{n}", f"/good{n}", "blue") for n in range(100)))
        bench.write("bad", service("asleep"), route("asleep", "/asleep", "asleep"), route("gone", "/gone", "no-such"))
        plane = bench.up()
        for n in (0, 50, 99):
            bench.answered(200, f"/good{n}")
        bench.answered(503, "/asleep")
        bench.answered(500, "/gone")
        bench.load()
        bench.write("awake", endpoints("asleep", bench.green.port))
        seconds = wait_for("endpoints", lambda: ask(f"{bench.url}/asleep")[0] == 200, 5, plane)
        bench.expect(f"endpoints within 1.5 s, and it took {seconds:.1f}", holds=seconds < 1.5)
        return bench.outcome()


def kgateway_14184_warm_client_not_starved(gate: str) -> Outcome:
    """While one reference is never satisfied, a warm proxy goes on getting every change of the others."""
    with Bench(gate=gate) as bench:
        bench.write("bad", service("asleep"), route("asleep", "/asleep", "asleep"), route("gone", "/gone", "no-such"))
        bench.up()
        bench.load()
        for target in (bench.green, bench.blue, bench.green):
            bench.write("moved", service("moved"), endpoints("moved", target.port), route("moved", "/moved", "moved"))
            bench.wait_answers({target.name}, "/moved", 10)
        return bench.outcome()


def emissary_5093_half_a_list_is_not_believed(gate: str) -> Outcome:
    """Most Services vanish at once: held for a bounded time, said, and let go by an operator."""
    with Bench(gate=gate, services=30) as bench:
        options = ("readiness.shrink_hold_seconds=0",) if gate == "off" else ()
        plane = bench.up(*options)
        files = {name: (bench.manifests / name).read_text() for name in ("many.yaml", "services.yaml")}
        bench.load()
        for name in files:
            (bench.manifests / name).unlink()
        if gate == "off":
            bench.calm(2)
        else:
            bench.wait_metric(plane, "hold_active", reason="shrink")
            bench.calm(1)
        bench.expect("ready all the time", holds=plane.ready)
        for name, text in files.items():
            (bench.manifests / name).write_text(text)
        bench.calm(1)
        return bench.outcome()


def kgateway_657_one_bad_object(gate: str) -> Outcome:
    """A route that cannot be used, at a cold start: it costs itself, and its problem is named."""
    with Bench(gate=gate) as bench:
        bench.write("bad", route("bad", "not-a-path", "blue"), route("good", "/good", "blue"))
        plane = bench.up()
        bench.answered(200, "/good")
        problems = ask(f"{plane.url}/debug/problems")[1]
        bench.expect("the object and its field are named", holds="demo/bad" in problems and "spec.rules[0]" in problems)
        bench.load()
        return bench.outcome()


def kgateway_14264_rejected_and_recovered(gate: str) -> Outcome:
    """A listener that Envoy rejects: the other types go on, and what is mended is taken without a restart of anybody."""
    with Bench(gate=gate) as bench:
        plane = bench.up()
        gateway = (bench.manifests / "gateway.yaml").read_text()
        bench.load()
        taken = f"    - {{name: taken, port: {bench.blue.port}, protocol: HTTP}}\n"
        (bench.manifests / "gateway.yaml").write_text(gateway + taken)
        bench.wait_metric(plane, "xds_nacks_total", type="LDS")
        bench.write("moved", service("moved"), endpoints("moved", bench.green.port), route("moved", "/moved", "moved"))
        bench.wait_answers({"green"}, "/moved", 10)
        (bench.manifests / "gateway.yaml").write_text(gateway)
        acks = plane.metric("xds_acks_total", type="LDS")
        bench.wait_metric(plane, "xds_acks_total", acks + 1, 10, type="LDS")
        bench.expect("ready all the time", holds=plane.ready)
        return bench.outcome()


def go_control_plane_237_drain(gate: str) -> Outcome:
    """SIGTERM: not ready at once, alive and serving until the end, and exit status 0 in time."""
    with Bench(gate=gate) as bench:
        plane = bench.up("server.drain_seconds=3")
        bench.load()
        begin = time.monotonic()
        plane.process.send_signal(signal.SIGTERM)
        seconds = wait_for("unready", lambda: not plane.ready, 3, plane)
        bench.expect(f"unready at once, and it took {seconds:.1f} s", holds=seconds < 1)
        bench.expect("alive meanwhile", holds=ask(f"{plane.url}/livez")[0] == 200)
        bench.write("moved", service("moved"), endpoints("moved", bench.green.port), route("moved", "/moved", "moved"))
        bench.wait_answers({"green"}, "/moved", 3)
        bench.expect("exit status 0", holds=plane.process.wait(20) == 0)
        bench.expect("within the grace period", holds=time.monotonic() - begin < 10)
        return bench.outcome()
