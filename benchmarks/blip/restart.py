"""One restart under load, and what became of the traffic."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.control_plane import late_lists
from tests.support.load import Load
from tests.support.processes import wait_for
from tests.support.stack import Stack
from xds_server.providers.kinds import KINDS

EVERYTHING = tuple(kind.plural for kind in KINDS)
LATE = {"endpoints": ("endpointslices",), "routes": ("httproutes",), "everything": EVERYTHING}
"""What the restarted control plane learns late, by the name it has in the table."""

MODES = ("off", "bounded", "refuse", "park")
_REMOVALS = ("cluster_manager.cluster_removed", "listener_manager.listener_removed")
_CALM_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one restart did. Times in seconds."""

    gate: str
    late: str
    requests: int
    failures: int
    failing_seconds: float
    """From the first failed request to the last."""
    failing_share: float
    """Of the requests meanwhile, those that failed: 0 to 1."""
    clusters_removed: int
    listeners_removed: int
    recovered_seconds: float
    """From the start of the new process until Envoy acknowledged a complete configuration from it."""

    @property
    def unharmed(self) -> bool:
        """Whether no request failed and Envoy lost nothing."""
        return self.failures == 0 and self.clusters_removed == 0 and self.listeners_removed == 0


def restart(gate: str, late: str, *, delay_seconds: float = 2.0, keep_alive: float = 200, new: float = 50) -> Outcome:
    """Kills the control plane under load, starts it again with *late* objects coming late, and waits until all is well."""
    with tempfile.TemporaryDirectory(prefix="xds-blip-") as directory, Stack(Path(directory)) as stack:
        control_plane = stack.control_plane()
        control_plane.wait_ready()
        envoy = stack.envoy()
        stack.wait_live(envoy, control_plane)
        before = [envoy.stat(name) for name in _REMOVALS]
        with Load(stack.gateway_port, keep_alive=keep_alive, new=new) as load:
            _calm(load)
            control_plane.kill()
            begin = time.monotonic()
            delays = ",".join(f"{kind}={delay_seconds:g}" for kind in LATE[late])
            control_plane = stack.control_plane(f"--gate={gate}", late_lists(delays))
            again = control_plane
            wait_for(
                "Envoy to have a complete configuration again",
                lambda: again.ready and again.metric("xds_first_config_seconds_count") > 0,
                40,
                control_plane,
                envoy,
            )
            recovered = time.monotonic() - begin
            _calm(load)
        seconds, share = load.outage()
        clusters, listeners = (envoy.stat(name) - was for name, was in zip(_REMOVALS, before, strict=True))
        return Outcome(
            gate=gate,
            late=late,
            requests=load.requests,
            failures=load.failures,
            failing_seconds=seconds,
            failing_share=share,
            clusters_removed=clusters,
            listeners_removed=listeners,
            recovered_seconds=recovered,
        )


def _calm(load: Load) -> None:
    """Lets the load run on for a second: its own clock, not something that is waited for."""
    end = time.monotonic() + _CALM_SECONDS
    wait_for("a second of load", lambda: time.monotonic() > end and load.requests > 0, _CALM_SECONDS + 5)
