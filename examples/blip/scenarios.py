"""B1 to B30: the known ways in which a control plane hurts its proxies, each named after where it was met.

Each function runs one on a real Envoy, and returns what became of it. A scenario on an API server uses one to order,
over HTTP (`tests.apiserver`): a real one cannot be made to stall in the middle of a list.
"""

import signal
import time

from examples.blip.bench import Bench, Outcome, Scenario, endpoints, resources, route, service
from examples.blip.herd import thundering_herd
from examples.blip.rolling import seed_story_rolling_update
from examples.blip.to_order import ToOrder
from examples.rig.processes import free_port, wait_for
from examples.rig.web import ask

EVERYTHING = ("gateways", "httproutes", "services", "endpointslices")
LATE_SECONDS = 2.0


def contour_1280_restart_keeps_clusters(gate: str) -> Outcome:
    """A warm proxy with 50 clusters, a restart, and endpoints that come late: the same configuration, and no gap."""
    with Bench(gate=gate, services=50) as bench:
        plane = bench.up()
        before = resources(plane)
        bench.load()
        bench.kill(plane)
        plane = bench.start(late=("endpointslices",), seconds=LATE_SECONDS)
        bench.wait_served(plane)
        bench.expect("the same configuration as before", holds=gate == "off" or resources(plane) == before)
        return bench.outcome()


def istio_20295_no_state_from_a_stream_that_came_early(gate: str) -> Outcome:
    """A proxy that connects past readiness is turned away and leaves nothing behind: the next one gets everything."""
    with Bench(gate="refuse" if gate != "off" else gate) as bench:
        plane = bench.start(late=("services",), seconds=LATE_SECONDS)
        wait_for("the HTTP port", lambda: bool(ask(f"{plane.url}/livez")[0]), 20, plane)
        first = bench.proxy()
        if gate != "off":
            bench.wait_metric(plane, "xds_streams_refused_total", reason="not_ready")
            bench.expect("nothing is sent before all is known", holds=plane.metric("xds_responses_total") == 0)
            bench.expect("the refused proxy is not live", holds=not first.live)
        else:
            bench.wait_live(first, plane)
            bench.answered(200, "/", 20)
        plane.wait_ready()
        bench.wait_live(bench.proxy(), plane)
        bench.wait_live(first, plane)
        bench.load()
        return bench.outcome()


def kubernetes_23034_services_before_endpoints(gate: str) -> Outcome:
    """Services at once, endpoints late: a cold proxy gets neither until it can have both."""
    with Bench(gate=gate) as bench:
        plane = bench.start(late=("endpointslices",), seconds=LATE_SECONDS)
        wait_for("the HTTP port", lambda: bool(ask(f"{plane.url}/livez")[0]), 20, plane)
        bench.wait_live(bench.proxy(), plane)
        bench.load()
        plane.wait_ready()
        return bench.outcome()


def ingress_nginx_12206_a_page_is_not_a_list(gate: str) -> Outcome:
    """2,200 routes in pages: the second stalls, and then its token has expired. Not ready after the first, served after all."""
    with Bench(gate=gate) as bench, ToOrder(bench) as api:
        api.put("---\n".join(route(f"r{n}", f"/r{n}", "blue") for n in range(2200)))
        api.stall_second_page("httproutes", LATE_SECONDS)
        plane = bench.start(f"--kubeconfig={api.kubeconfig}", source="kube")
        wait_for("the first page", lambda: "listing, 1000" in plane.why(), 20, plane)
        envoy = bench.proxy()
        bench.expect("not ready after a page", holds=not plane.ready)
        bench.expect("nothing is sent after a page", holds=plane.metric("xds_responses_total") == 0)
        plane.wait_ready(40)
        bench.wait_live(envoy, plane)
        for n in (0, 999, 1000, 2199):
            bench.answered(200, f"/r{n}", 1)
        bench.load()
        return bench.outcome()


def istio_33218_ready_means_processed(gate: str) -> Outcome:
    """2,000 Services at once: at the first 200 of /readyz all of them are derived, published, and have their clusters."""
    with Bench(gate=gate, services=2000) as bench:
        plane = bench.start()
        plane.wait_ready(60)
        bench.expect("every cluster at the first 200", holds=plane.metric("snapshot_resources", type="CDS") == 2002)
        bench.wait_live(bench.proxy(), plane)
        bench.load()
        return bench.outcome()


def contour_5672_ready_means_stored(gate: str) -> Outcome:
    """Derived is not enough: at the first 200 what is published contains what was listed, and streams are served from it."""
    with Bench(gate=gate, services=300) as bench:
        plane = bench.start(late=("gateways",), seconds=LATE_SECONDS)
        envoy = bench.proxy()
        plane.wait_ready()
        published, needed = plane.metric("published_epoch"), plane.metric("sync_epoch")
        bench.expect("published >= synced", holds=published >= needed > 0)
        bench.wait_live(envoy, plane)
        bench.load()
        return bench.outcome()


def eg_2810_nothing_to_do_is_ready(gate: str) -> Outcome:
    """Without any object we are ready at once; a proxy of a role that is not there gets no empty configuration."""
    with Bench(gate=gate) as bench:
        for manifest in bench.manifests.iterdir():
            manifest.unlink()
        plane = bench.start("--role-hold-seconds=0.5")
        bench.expect("ready within 4 s of an idle machine's second", holds=plane.wait_ready(10) < 4)
        envoy = bench.proxy()
        if gate == "off":
            bench.wait_live(envoy, plane)
            bench.answered(200, "/")
            return bench.outcome()
        bench.wait_metric(plane, "hold_released_total", by="budget", reason="unknown_role")
        bench.expect("not live on nothing", holds=not envoy.live)
        bench.expect("nothing is sent", holds=plane.metric("xds_responses_total") == 0)
        return bench.outcome()


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
            bench.wait_answers({target.name}, "/moved", 2)
        return bench.outcome()


def kgateway_13868_warm_client_waits_for_a_slow_source(gate: str) -> Outcome:
    """A warm proxy, a restart, one slow source: the old configuration for as long as it takes, then the new one."""
    with Bench(gate=gate) as bench:
        plane = bench.up()
        bench.load()
        bench.kill(plane)
        bench.write("moved", service("moved"), endpoints("moved", bench.green.port), route("moved", "/moved", "moved"))
        plane = bench.start(late=("services",), seconds=2 * LATE_SECONDS)
        bench.wait_answers({"green"}, "/moved", 20)
        return bench.outcome()


def istio_28120_routes_ahead_of_warming_clusters(gate: str) -> Outcome:
    """While the control plane is away a route moves to a new Service: the proxy's cluster is warm before its route moves."""
    with Bench(gate=gate, services=300) as bench:
        plane = bench.up()
        bench.load(keep_alive=400, new=100)
        bench.kill(plane)
        bench.write("moved", service("moved"), endpoints("moved", bench.green.port))
        routes = bench.manifests / "routes.yaml"
        moved = routes.read_text()
        for name in ("blue", "green"):
            moved = moved.replace(f"name: {name}, port: 80", "name: moved, port: 80")
        routes.write_text(moved)
        plane = bench.start()
        bench.wait_served(plane)
        bench.wait_answers({"green"})
        return bench.outcome()


def contour_6250_same_version_is_answered(gate: str) -> Outcome:
    """The control plane goes while a proxy warms, and comes back with equal versions: no wait of 15 s for what is equal."""
    with Bench(gate=gate, services=20) as bench:
        plane = bench.start()
        plane.wait_ready()
        for _ in range(3):
            envoy = bench.proxy()
            wait_for("clusters", lambda one=envoy: one.stat("cluster_manager.cds.update_success") > 0, 10, envoy)
            bench.kill(plane)
            plane = bench.start()
            seconds = bench.wait_live(envoy, plane)
            bench.expect(f"live within 8 s, and it took {seconds:.1f}", holds=seconds < 8)
            bench.expect("nothing timed out", holds=envoy.stat("cluster_manager.cds.init_fetch_timeout") == 0)
        bench.load()
        return bench.outcome()


def java_control_plane_127_names_of_what_is_gone(gate: str) -> Outcome:
    """A Service goes while nobody looks: the proxy that still names it is not left warming."""
    with Bench(gate=gate) as bench:
        bench.write("going", service("going"), endpoints("going", bench.blue.port))
        plane = bench.up()
        bench.load()
        bench.allow(clusters=1)
        bench.kill(plane)
        (bench.manifests / "going.yaml").unlink()
        plane = bench.start()
        bench.wait_served(plane)
        envoy = bench.envoys[0]
        wait_for("the cluster to go", lambda: envoy.stat("cluster_manager.cluster_removed") == 1, 10, envoy)
        bench.expect("nothing warms", holds=envoy.stat("cluster_manager.warming_clusters") == 0)
        return bench.outcome()


def eg_9517_optional_kind_comes_and_goes(gate: str) -> Outcome:
    """An optional kind that is not installed, then is, then is not: always ready, and its objects are served while it is."""
    with Bench(gate=gate) as bench, ToOrder(bench, without=("httproutes",)) as api:
        plane = bench.start(f"--kubeconfig={api.kubeconfig}", "--optional=httproutes", source="kube")
        plane.wait_ready()
        bench.expect("absent, and said", holds="absent" in plane.why())
        bench.wait_live(bench.proxy(), plane)
        api.install("httproutes")
        seconds = bench.wait_answers({"blue", "green"}, seconds=15)
        bench.expect(f"picked up within 10 s, and it took {seconds:.1f}", holds=seconds < 10)
        bench.load()
        bench.unload()
        api.uninstall("httproutes")
        bench.wait_answers({"404"}, seconds=10)
        bench.expect("absent again, and said", holds="absent" in plane.why())
        bench.expect("ready all the time", holds=plane.ready)
        return bench.outcome()


def istio_22560_a_required_kind_is_missing(gate: str) -> Outcome:
    """Not ready, and the reason names it; once it is installed, ready without a restart."""
    with Bench(gate=gate) as bench, ToOrder(bench, without=("httproutes",)) as api:
        plane = bench.start(f"--kubeconfig={api.kubeconfig}", source="kube")
        wait_for("the reason", lambda: "sources/httproutes failed: absent" in plane.why(), 10, plane)
        envoy = bench.proxy()
        bench.expect("not ready", holds=not plane.ready)
        api.install("httproutes")
        plane.wait_ready(20)
        bench.wait_live(envoy, plane)
        bench.load()
        return bench.outcome()


def kubeswift_460_forbidden_is_said_and_healed(gate: str) -> Outcome:
    """403 on one kind: not ready within 5 s, with what to add to the role; once it is added, ready without a restart."""
    with Bench(gate=gate) as bench, ToOrder(bench) as api:
        api.forbid("endpointslices")
        plane = bench.start(f"--kubeconfig={api.kubeconfig}", source="kube")
        seconds = wait_for("the reason", lambda: "forbidden: may not list endpointslices" in plane.why(), 10, plane)
        bench.expect(f"said within 5 s, and it took {seconds:.1f}", holds=seconds < 5)
        envoy = bench.proxy()
        bench.expect("not ready", holds=not plane.ready)
        api.allow("endpointslices")
        plane.wait_ready(20)
        bench.wait_live(envoy, plane)
        bench.load()
        return bench.outcome()


def linkerd_12469_api_server_down_while_serving(gate: str) -> Outcome:
    """Ready and serving on, also to a proxy that comes meanwhile; afterwards what was missed arrives, and nothing flaps."""
    with Bench(gate=gate) as bench, ToOrder(bench) as api:
        plane = bench.up(f"--kubeconfig={api.kubeconfig}", source="kube")
        bench.load()
        api.stop()
        wait_for("stale", lambda: "stale" in plane.why(), 20, plane)
        bench.wait_live(bench.proxy(), plane)
        bench.calm(3)
        bench.expect("ready all the time", holds=plane.ready)
        api.start()
        api.put(route("late", "/late", "green"))
        bench.wait_answers({"green"}, "/late", 40)
        return bench.outcome()


def linkerd_4855_a_watch_that_says_nothing(gate: str) -> Outcome:
    """An open connection on which nothing comes: noticed after 150 s, and listed again."""
    with Bench(gate=gate) as bench, ToOrder(bench) as api:
        plane = bench.up(f"--kubeconfig={api.kubeconfig}", source="kube")
        bench.load(keep_alive=20, new=5)
        api.freeze()
        wait_for("the silence", lambda: plane.metric("source_watch_restarts_total", reason="silence") > 0, 200, plane)
        bench.expect("ready all the time", holds=plane.ready)
        api.thaw()
        api.put(route("late", "/late", "green"))
        bench.wait_answers({"green"}, "/late", 60)
        return bench.outcome()


def emissary_5093_half_a_list_is_not_believed(gate: str) -> Outcome:
    """Most Services vanish at once: held for a bounded time, said, and let go by an operator."""
    with Bench(gate=gate, services=30) as bench:
        options = ("--shrink-hold-seconds=0",) if gate == "off" else ()
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
        bench.wait_answers({"green"}, "/moved", 5)
        (bench.manifests / "gateway.yaml").write_text(gateway)
        acks = plane.metric("xds_acks_total", type="LDS")
        bench.wait_metric(plane, "xds_acks_total", acks + 1, 10, type="LDS")
        bench.expect("ready all the time", holds=plane.ready)
        return bench.outcome()


def go_control_plane_237_drain(gate: str) -> Outcome:
    """SIGTERM: not ready at once, alive and serving until the end, and exit status 0 in time."""
    with Bench(gate=gate) as bench:
        plane = bench.up("--drain-seconds=3")
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


def kgateway_14363_not_ready_on_partial(gate: str) -> Outcome:
    """Proxies that come while we hold: their marker answers only when everything is there, and then no request fails."""
    marker = free_port()
    with Bench(gate=gate, services=200) as bench:
        plane = bench.start(f"--marker-port={marker}", late=("endpointslices",), seconds=LATE_SECONDS)
        wait_for("the HTTP port", lambda: bool(ask(f"{plane.url}/livez")[0]), 20, plane)
        for _ in range(3):
            bench.proxy()
        wait_for("the marker", lambda: ask(f"http://127.0.0.1:{marker}/")[0] == 200, 20, plane)
        bench.answered(200, "/", 50)
        for envoy in bench.envoys:
            bench.wait_live(envoy, plane)
        bench.load()
        return bench.outcome()


def kgateway_120_s_a_slow_start_is_not_killed(gate: str) -> Outcome:
    """A start that takes long: /startupz and /livez are well, the reason says how far it is, and nobody ends it."""
    with Bench(gate=gate) as bench:
        plane = bench.start("--soft-deadline-seconds=1", late=("endpointslices",), seconds=3 * LATE_SECONDS)
        wait_for("the HTTP port", lambda: bool(ask(f"{plane.url}/livez")[0]), 20, plane)
        bench.wait_metric(plane, "soft_deadlines_passed_total")
        for path, status in (("/livez", 200), ("/startupz", 200), ("/readyz", 503)):
            bench.expect(f"{path} is {status}", holds=ask(f"{plane.url}{path}")[0] == status)
        bench.expect("what is awaited is said", holds="endpointslices" in plane.why())
        envoy = bench.proxy()
        plane.wait_ready(30)
        bench.wait_live(envoy, plane)
        bench.load()
        return bench.outcome()


def wso2_3197_no_snapshot_before_all_parts_are_there(gate: str) -> Outcome:
    """Each kind comes at another time: nothing is published before the last, and then everything at once."""
    with Bench(gate=gate) as bench:
        delays = ",".join(f"{kind}={1 + n / 2:g}" for n, kind in enumerate(EVERYTHING))
        plane = bench.start(f"--inject-list-delay={delays}")
        wait_for("the HTTP port", lambda: bool(ask(f"{plane.url}/livez")[0]), 20, plane)
        envoy = bench.proxy()
        early = 0.0
        while not plane.ready:
            sent = plane.metric("xds_responses_total")
            early += 0.0 if plane.ready else sent
        bench.expect("nothing is sent before the last kind", holds=not early)
        bench.wait_live(envoy, plane)
        bench.load()
        return bench.outcome()


SCENARIOS = (
    Scenario(1, contour_1280_restart_keeps_clusters, bites=True),
    Scenario(2, istio_20295_no_state_from_a_stream_that_came_early, bites=True),
    Scenario(3, kubernetes_23034_services_before_endpoints, bites=True),
    Scenario(4, ingress_nginx_12206_a_page_is_not_a_list),
    Scenario(5, istio_33218_ready_means_processed, slow=True),
    Scenario(6, contour_5672_ready_means_stored, slow=True),
    Scenario(7, eg_2810_nothing_to_do_is_ready, bites=True),
    Scenario(8, kgateway_14352_always_empty_cluster),
    Scenario(8, kgateway_14184_warm_client_not_starved),
    Scenario(9, kgateway_13868_warm_client_waits_for_a_slow_source, bites=True),
    Scenario(9, istio_28120_routes_ahead_of_warming_clusters),
    Scenario(10, contour_6250_same_version_is_answered, slow=True),
    Scenario(11, java_control_plane_127_names_of_what_is_gone),
    Scenario(13, eg_9517_optional_kind_comes_and_goes, slow=True),
    Scenario(14, istio_22560_a_required_kind_is_missing),
    Scenario(15, kubeswift_460_forbidden_is_said_and_healed),
    Scenario(16, linkerd_12469_api_server_down_while_serving, slow=True),
    Scenario(17, linkerd_4855_a_watch_that_says_nothing, slow=True),
    Scenario(18, emissary_5093_half_a_list_is_not_believed, bites=True),
    Scenario(19, kgateway_657_one_bad_object),
    Scenario(20, kgateway_14264_rejected_and_recovered),
    Scenario(21, seed_story_rolling_update, slow=True),
    Scenario(22, go_control_plane_237_drain),
    Scenario(23, thundering_herd, slow=True),
    Scenario(26, kgateway_14363_not_ready_on_partial, bites=True),
    Scenario(28, kgateway_120_s_a_slow_start_is_not_killed, slow=True),
    Scenario(30, wso2_3197_no_snapshot_before_all_parts_are_there),
)
"""In the order of readiness.md, section 2."""

NOT_YET = {
    12: "all proxies of a role are told the same: no type or resource is only for some",
    24: "the lease and what it writes: tests/integration/test_status_kube.py, on a real API server",
    25: "the lease, without a proxy: tests/unit/xds_server/status/test_lease.py",
    27: "proxies say who they are; Pods are not read",
    29: "no TLS on the xDS port",
}
"""What is not in the matrix, and why."""
