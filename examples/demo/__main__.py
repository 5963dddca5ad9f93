"""`make demo`: starts everything, shows each layer passing, the proxy's ACKs, and requests going through."""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.support.control_plane import ControlPlane
from tests.support.envoy import Envoy, NoEnvoyError
from tests.support.processes import NotInTimeError, wait_for
from tests.support.stack import GATEWAY, Stack
from tests.support.web import ask

REQUESTS = 40
LAYERS = ("base", "sources", "derived", "snapshots", "serving")


def say(text: str = "") -> None:
    """Prints at once."""
    print(text, flush=True)


def show_layers(control_plane: ControlPlane) -> None:
    """Prints each layer as it passes."""
    shown: set[str] = set()

    def all_passed() -> bool:
        status, body = ask(f"{control_plane.url}/readyz?format=json")
        layers = json.loads(body).get("layers", []) if status else []
        for layer in layers:
            if layer["took_seconds"] is not None and layer["name"] not in shown:
                shown.add(layer["name"])
                checks = ", ".join(f"{one['name']} ({one['reason'] or 'ok'})" for one in layer["checks"][:4])
                more = f" and {len(layer['checks']) - 4} more" if len(layer["checks"]) > 4 else ""
                say(f"  [+] {layer['name']:<10} {checks}{more}")
        return status == 200

    wait_for("every layer to pass", all_passed, 20, control_plane)


def show_traffic(stack: Stack) -> bool:
    """Sends requests through Envoy and says whether all went as the routes have it."""
    answers = Counter(ask(f"{stack.url}/")[1].strip() for _ in range(REQUESTS))
    blue = {ask(f"{stack.url}/blue/x")[1].strip() for _ in range(5)}
    missing = ask(f"{stack.url}/missing")[0]
    shares = ", ".join(f"{name or 'nothing'} {count}" for name, count in sorted(answers.items()))
    say(f"  GET /         {REQUESTS} requests: {shares}")
    say(f"  GET /blue/x   5 requests: {', '.join(sorted(blue))}")
    say(f"  GET /missing  {missing}, since its Service does not exist; nothing else suffers")
    return set(answers) == {"blue", "green"} and blue == {"blue"} and missing == 500


def show_edit(stack: Stack, envoy: Envoy) -> bool:
    """Saves a changed HTTPRoute and waits until Envoy does what it says."""
    routes = stack.manifests / "routes.yaml"
    before = routes.read_text()
    save(routes, before.replace("name: blue, port: 80, weight: 1", "name: blue, port: 80, weight: 0"))
    begin = time.monotonic()
    green = 0

    def all_green() -> bool:
        nonlocal green
        green = green + 1 if ask(f"{stack.url}/")[1].strip() == "green" else 0
        return green >= 10

    wait_for("the edited route to take effect", all_green, 5, envoy)
    say(f"  routes.yaml saved with weight 0 for blue: all requests go to green, {time.monotonic() - begin:.2f} s later")
    save(routes, before)
    return time.monotonic() - begin < 1.5


def save(path: Path, text: str) -> None:
    """Replaces a file in one step: nobody sees half of it, and nobody waits to see whether there is more to come."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text)
    draft.replace(path)


def run(directory: Path, *, once: bool) -> bool:
    """The demo; returns whether everything that it checked was right."""
    with Stack(directory, free_ports=once) as stack:
        say(f"Backends: blue on port {stack.blue.port}, green on port {stack.green.port}")
        say(f"Control plane: xds-server serve --source files:{stack.manifests}")
        begin = time.monotonic()
        control_plane = stack.control_plane()
        show_layers(control_plane)
        say(f"  ready after {time.monotonic() - begin:.2f} s")
        say(f"Envoy: envoy -c <(xds-server bootstrap --gateway {GATEWAY})")
        envoy = stack.envoy()
        took = stack.wait_live(envoy, control_plane)
        acks = {kind: int(control_plane.metric("xds_acks_total", type=kind)) for kind in ("CDS", "EDS", "LDS", "RDS")}
        say(f"  live after {took:.2f} s; ACKs: {', '.join(f'{kind} {count}' for kind, count in acks.items())}")
        say("Traffic:")
        good = all((all(acks.values()), show_traffic(stack), show_edit(stack, envoy)))
        if once:
            say("All as it should be." if good else f"Something is not as it should be; see {directory}")
            return good
        say()
        say("Worth opening:")
        say(f"  {control_plane.url}/                     all pages of the control plane")
        say(f"  {control_plane.url}/readyz?verbose       each layer, with its reasons")
        say(f"  {control_plane.url}/metrics")
        say(f"  {envoy.admin}/config_dump           what Envoy has")
        say(f"  {stack.url}/                     through Envoy, to a backend")
        say(f"Edit {stack.manifests}/routes.yaml and see it take effect. Ctrl-C ends everything.")
        watch(stack, control_plane, envoy)
        return True


def watch(stack: Stack, control_plane: ControlPlane, envoy: Envoy) -> None:
    """Shows what the control plane logs, and the traffic every few seconds, until Ctrl-C."""
    seen = control_plane.log.stat().st_size
    while control_plane.running and envoy.running:
        answers = Counter(ask(f"{stack.url}/")[1].strip() for _ in range(10))
        print(f"\r  10 requests: {dict(sorted(answers.items()))}   ", end="", flush=True)
        until = time.monotonic() + 3
        while time.monotonic() < until:
            size = control_plane.log.stat().st_size
            if size > seen:
                with control_plane.log.open() as log:
                    log.seek(seen)
                    say(f"\n{log.read().rstrip()}")
                seen = size
            time.sleep(0.1)


def main() -> int:
    """Runs the demo; exit status 0 if all was right."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="check the traffic and end")
    once = parser.parse_args().once
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="xds-demo-") as directory:
        try:
            return 0 if run(Path(directory), once=once) else 1
        except KeyboardInterrupt:
            say("\nbye")
            return 0
        except (NotInTimeError, NoEnvoyError) as error:
            say(f"demo: {error}")
            return 1


if __name__ == "__main__":
    sys.exit(main())
