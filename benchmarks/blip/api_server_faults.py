"""Ways to blip that the API server leads to: slow, refusing, cut off, gone.

They use one to order, over HTTP (`tests.support.api_server`): a real one cannot be made to stall in the middle of a list.
"""

from benchmarks.blip.bench import LATE_SECONDS, Bench, Outcome, endpoints, moved, route, service
from benchmarks.blip.faulty_api_server import FaultyApiServer
from tests.support.processes import wait_for
from xds_server.providers.kinds import KINDS


def ingress_nginx_12206_a_page_is_not_a_list(gate: str) -> Outcome:
    """2,200 routes in pages: the second stalls, and then its token has expired. Not ready after the first, served after all."""
    with Bench(gate=gate) as bench, FaultyApiServer(bench) as api:
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


def eg_9517_optional_kind_comes_and_goes(gate: str) -> Outcome:
    """An optional kind that is not installed, then is, then is not: always ready, and its objects are served while it is.

    When it goes its routes stay for as long as a suspect change is held, in case that was a mistake.
    """
    with Bench(gate=gate) as bench, FaultyApiServer(bench, without=("httproutes",)) as api:
        options = ("--optional=httproutes", "readiness.shrink_hold_seconds=3")
        plane = bench.start(f"--kubeconfig={api.kubeconfig}", *options, source="kube")
        plane.wait_ready()
        bench.expect("absent, and said", holds="absent" in plane.why())
        bench.wait_live(bench.proxy(), plane)
        api.install("httproutes")
        seconds = bench.wait_answers({"blue", "green"}, seconds=15)
        bench.expect(f"picked up within 10 s, and it took {seconds:.1f}", holds=seconds < 10)
        bench.load()
        bench.unload()
        api.uninstall("httproutes")
        bench.wait_metric(plane, "hold_released_total", reason="shrink", outcome="timeout")
        bench.wait_answers({"404"}, seconds=10)
        bench.expect("absent again, and said", holds="absent" in plane.why())
        bench.expect("ready all the time", holds=plane.ready)
        return bench.outcome()


def istio_22560_a_required_kind_is_missing(gate: str) -> Outcome:
    """Not ready, and the reason names it; once it is installed, ready without a restart."""
    with Bench(gate=gate) as bench, FaultyApiServer(bench, without=("httproutes",)) as api:
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
    with Bench(gate=gate) as bench, FaultyApiServer(bench) as api:
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
    with Bench(gate=gate) as bench, FaultyApiServer(bench) as api:
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
    with Bench(gate=gate) as bench, FaultyApiServer(bench) as api:
        plane = bench.up(f"--kubeconfig={api.kubeconfig}", source="kube")
        bench.load(keep_alive=20, new=5)
        api.freeze()
        wait_for(
            "the silence", lambda: plane.metric("source_watch_restarts_total", reason="idle_timeout") > 0, 200, plane
        )
        bench.expect("ready all the time", holds=plane.ready)
        api.thaw()
        api.put(route("late", "/late", "green"))
        bench.wait_answers({"green"}, "/late", 60)
        return bench.outcome()


def kgateway_14698_one_kind_out_of_touch(gate: str) -> Outcome:
    """Services are out of touch while a route moves to a new one: it stays where it was until we know where it goes."""
    return _moved_while_out_of_touch("services", gate)


def fault_lab_a_route_moves_before_its_endpoints(gate: str) -> Outcome:
    """EndpointSlices are out of touch while a route moves to a new Service: it stays until we know of an endpoint there."""
    return _moved_while_out_of_touch("endpointslices", gate)


def _moved_while_out_of_touch(kind: str, gate: str) -> Outcome:
    with Bench(gate=gate) as bench, FaultyApiServer(bench) as api:
        options = ("readiness.retention_seconds=0",) if gate == "off" else ()
        plane = bench.up(f"--kubeconfig={api.kubeconfig}", *options, source="kube")
        bench.load()
        api.forbid(kind)
        api.cut(kind)
        wait_for("stale", lambda: f"{kind} degraded: stale" in plane.why(), 20, plane)
        api.put(service("moved"))
        api.put(endpoints("moved", bench.green.port))
        api.put(moved(bench))
        if gate != "off":
            bench.wait_metric(plane, "hold_active", reason="retained")
            wait_for("the reason", lambda: f"{kind} out of touch" in plane.why(), 5, plane)
        bench.calm(LATE_SECONDS)
        bench.expect("ready all the time", holds=plane.ready)
        api.allow(kind)
        bench.wait_answers({"green"}, seconds=20)
        return bench.outcome()


def fault_lab_the_kind_of_routes_goes(gate: str) -> Outcome:
    """Somebody deletes the CRD, and each route with it: all are served on, and are as before when they are there again.

    The load is on the one that goes last: the first may be missed for the milliseconds in which most of them go.
    """
    with Bench(gate=gate) as bench, FaultyApiServer(bench) as api:
        options = ("readiness.shrink_hold_seconds=0",) if gate == "off" else ()
        plane = bench.up(f"--kubeconfig={api.kubeconfig}", *options, source="kube")
        for n in range(30):
            api.put(route(f"another{n}", f"/another{n}", "green"))
        bench.wait_answers({"green"}, "/another29")
        bench.load()
        routes = api.uninstall("httproutes")
        if gate != "off":
            bench.wait_metric(plane, "hold_active", reason="shrink")
            wait_for("the reason", lambda: "the kind httproutes is gone" in plane.why(), 10, plane)
        bench.calm(LATE_SECONDS)
        bench.expect("ready all the time", holds=plane.ready)
        api.install("httproutes")
        wait_for("the kind", lambda: "httproutes degraded: stale" not in plane.why(), 20, plane)
        bench.calm(1)
        api.restore("httproutes", routes)
        if gate != "off":
            bench.wait_metric(plane, "hold_released_total", reason="shrink", outcome="recovered")
        bench.wait_answers({"blue", "green"}, seconds=20)
        return bench.outcome()


def emissary_2974_a_list_cut_short(gate: str) -> Outcome:
    """A watch expires, and the list after it lacks most Services: not believed, asked for again, and all is there."""
    with Bench(gate=gate, services=30) as bench, FaultyApiServer(bench) as api:
        options = ("readiness.shrink_hold_seconds=0",) if gate == "off" else ()
        plane = bench.up(f"--kubeconfig={api.kubeconfig}", *options, source="kube")
        bench.load()
        api.cut_short("services", 3)
        api.expire("services")
        bench.wait_metric(plane, "source_sync_duration_seconds_count", source="services", kind="relist")
        if gate != "off":
            seconds = bench.wait_metric(plane, "hold_released_total", reason="shrink", outcome="recovered")
            bench.expect(f"asked again within 6 s, and it took {seconds:.1f}", holds=seconds < 6)
            bench.expect("by us", holds=plane.metric("source_watch_restarts_total", reason="relist") > 0)
        bench.calm(1)
        bench.expect("ready all the time", holds=plane.ready)
        return bench.outcome()


def credentials_that_run_out(gate: str) -> Outcome:
    """The token of the API server is replaced, and ours is refused: counted, served on, and found again without a restart."""
    with Bench(gate=gate) as bench, FaultyApiServer(bench) as api:
        api.accept_token("first")
        api.write_kubeconfig("none")
        plane = bench.start(f"--kubeconfig={api.kubeconfig}", source="kube")
        wait_for("the reason", lambda: "Unauthorized" in plane.why(), 10, plane)
        bench.expect("not ready without credentials", holds=not plane.ready)
        api.write_kubeconfig("first")
        plane.wait_ready(20)
        bench.wait_live(bench.proxy(), plane)
        bench.load()
        streams = (
            bench.envoys[0].stat("control_plane.rate_limit_enforced"),
            plane.metric("xds_first_config_seconds_count"),
        )
        refused = plane.metric("source_errors_total", code="401")
        api.accept_token("second")
        for kind in KINDS:
            api.cut(kind.plural)
        bench.wait_metric(plane, "source_errors_total", refused + len(KINDS), code="401")
        bench.expect("ready all the time", holds=plane.ready)
        api.write_kubeconfig("second")
        api.put(route("late", "/late", "green"))
        bench.wait_answers({"green"}, "/late", 20)
        now = bench.envoys[0].stat("control_plane.rate_limit_enforced"), plane.metric("xds_first_config_seconds_count")
        bench.expect("no stream is dropped", holds=streams == now)
        return bench.outcome()
