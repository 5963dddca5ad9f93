"""B21: two replicas behind a balancer are rolled to a build that takes long to know everything.

With a surge of one, those who leave the first old replica are dealt out over the other old one and the first new one: half
of them move again. With a surge of all, who leaves finds new ones only, and every proxy moves once.
"""

import signal

from benchmarks.blip.bench import Bench, Outcome, endpoints, route, service
from tests.support.control_plane import ControlPlane, late_lists
from tests.support.processes import wait_for
from tests.support.tcp_proxy import Balancer


def seed_story_rolling_update(gate: str) -> Outcome:
    """20 proxies, and 20 s until a new replica knows everything: one more replica at a time, and nobody notices."""
    return roll(20, 20.0, gate, surge=1)


def seed_story_every_proxy_moves_once(gate: str) -> Outcome:
    """The same with as many more replicas as there are: each proxy opens one stream."""
    return roll(20, 20.0, gate, surge=2)


def roll(proxies: int, sync_seconds: float, gate: str = "bounded", *, surge: int) -> Outcome:
    """What became of it; the note has the streams that were opened, and how long a change took before and meanwhile."""
    with Bench(services=50) as bench, Balancer() as balancer:
        bench.grpc_port = balancer.port

        def replica(delay: float) -> ControlPlane:
            options = ["server.drain_seconds=2", f"--gate={gate}"]
            options += [late_lists(f"endpointslices={delay:g}")] if delay else []
            plane = ControlPlane(f"files:{bench.manifests}", bench.directory, *options)
            bench.keep(plane)
            balancer.replicas.append(plane)
            return plane

        def change(target: object) -> float:
            port = target.port  # type: ignore[attr-defined]
            bench.write("moved", service("moved"), endpoints("moved", port), route("moved", "/moved", "moved"))
            return bench.wait_answers({target.name}, "/moved", 10)  # type: ignore[attr-defined]

        old = [replica(0), replica(0)]
        for plane in old:
            plane.wait_ready()
        for _ in range(proxies):
            bench.wait_live(bench.proxy(), old[0])
        change(bench.blue)
        bench.load(keep_alive=100, new=100)
        before = change(bench.green)
        streams = balancer.accepted
        meanwhile: list[float] = []
        new: list[ControlPlane] = []
        for leaving in (old,) if surge == len(old) else ([one] for one in old):
            came = [replica(sync_seconds) for _ in leaving]
            bench.expect("a new replica is not ready at once", holds=not any(one.ready for one in came))
            meanwhile.append(change(bench.blue if not new else bench.green))
            new += came
            for one in came:
                one.wait_ready(sync_seconds + 30)
            for one in leaving:
                one.process.send_signal(signal.SIGTERM)
            for one in leaving:
                wait_for("its end", lambda it=one: not it.running, 20)
                bench.expect("exit status 0", holds=one.process.returncode == 0)
                balancer.replicas.remove(one)
        wait_for(
            "every proxy to be with a new replica",
            lambda: sum(plane.metric("xds_streams") for plane in new) == proxies,
            30,
            *new,
        )
        meanwhile.append(change(bench.blue))
        moves = balancer.accepted - streams
        if surge == len(old):
            bench.expect(f"every proxy moves once, and {proxies} moved {moves} times", holds=moves == proxies)
        bench.note = bench.note or (
            f"{proxies} proxies opened {moves} streams; "
            f"a change took {before:.2f} s before, {max(meanwhile):.2f} s at most meanwhile"
        )
        return bench.outcome()
