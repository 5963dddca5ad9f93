"""B21: two replicas behind a balancer are rolled, one more at a time, to a build that takes long to know everything."""

import signal

from examples.blip.bench import Bench, Outcome, endpoints, route, service
from examples.rig.balancer import Balancer
from examples.rig.control_plane import ControlPlane
from examples.rig.processes import wait_for


def seed_story_rolling_update(gate: str) -> Outcome:
    """20 proxies, and 20 s until a new replica knows everything: every proxy moves, and nobody notices."""
    return roll(20, 20.0, gate)


def roll(proxies: int, sync_seconds: float, gate: str = "bounded") -> Outcome:
    """What became of it; the note has the streams that each proxy opened, and how long a change took before and meanwhile."""
    with Bench(services=50) as bench, Balancer() as balancer:
        bench.grpc_port = balancer.port

        def replica(delay: float) -> ControlPlane:
            options = ["--drain-seconds=2", f"--gate={gate}"]
            options += [f"--inject-list-delay=endpointslices={delay:g}"] if delay else []
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
        for leaving in old:
            new.append(replica(sync_seconds))
            bench.expect("a new replica is not ready at once", holds=not new[-1].ready)
            meanwhile.append(change(bench.blue if len(new) == 1 else bench.green))
            new[-1].wait_ready(sync_seconds + 30)
            leaving.process.send_signal(signal.SIGTERM)
            wait_for("its end", lambda one=leaving: not one.running, 20)
            bench.expect("exit status 0", holds=leaving.process.returncode == 0)
            balancer.replicas.remove(leaving)
        wait_for(
            "every proxy to be with a new replica",
            lambda: sum(plane.metric("xds_streams") for plane in new) == proxies,
            30,
            *new,
        )
        meanwhile.append(change(bench.blue))
        bench.note = (
            f"{proxies} proxies opened {balancer.accepted - streams} streams; "
            f"a change took {before:.2f} s before, {max(meanwhile):.2f} s at most meanwhile"
        )
        return bench.outcome()
