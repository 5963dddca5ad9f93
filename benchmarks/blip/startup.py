"""Ways to blip when a control plane starts, or starts again, and does not know everything yet."""

from benchmarks.blip.bench import LATE_SECONDS, Bench, Outcome, endpoints, moved, resources, route, service
from tests.support.control_plane import late_lists
from tests.support.processes import free_port, wait_for
from tests.support.web import ask
from xds_server.providers.kinds import KINDS

EVERYTHING = tuple(kind.plural for kind in KINDS)


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
        plane = bench.start("xds.admission.role_hold_seconds=0.5")
        bench.expect("ready within 4 s of an idle machine's second", holds=plane.wait_ready(10) < 4)
        envoy = bench.proxy()
        if gate == "off":
            bench.wait_live(envoy, plane)
            bench.answered(200, "/")
            return bench.outcome()
        bench.wait_metric(plane, "hold_released_total", outcome="timeout", reason="unknown_role")
        bench.expect("not live on nothing", holds=not envoy.live)
        bench.expect("nothing is sent", holds=plane.metric("xds_responses_total") == 0)
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
        (bench.manifests / "routes.yaml").write_text(moved(bench))
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
        plane = bench.start("readiness.soft_deadline_seconds=1", late=("endpointslices",), seconds=3 * LATE_SECONDS)
        wait_for("the HTTP port", lambda: bool(ask(f"{plane.url}/livez")[0]), 20, plane)
        bench.wait_metric(plane, "soft_deadlines_exceeded_total")
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
        plane = bench.start(late_lists(delays))
        wait_for("the HTTP port", lambda: bool(ask(f"{plane.url}/livez")[0]), 20, plane)
        envoy = bench.proxy()
        sent = early = 0.0
        while ask(f"{plane.url}/readyz/sources")[0] != 200:  # asked after what was sent: that was before the last kind
            early += sent
            sent = plane.metric("xds_responses_total")
        bench.expect("nothing is sent before the last kind", holds=not early)
        bench.wait_live(envoy, plane)
        bench.load()
        return bench.outcome()
