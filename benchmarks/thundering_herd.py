"""300 proxies at once: how long until all are served, and what the probe and the event loop feel meanwhile.

    python -m benchmarks herd [--services 100 1000] [--proxies 300] [--paces 0 200]

A pace is how many streams are let in per second (xds.admission.per_second); 0 is no limit. Each row is a process of its
own that knows everything; the proxies are gRPC channels of their own, on the same machine. Compare rows of one run.
"""

import argparse
from collections.abc import Sequence

from benchmarks.blip.bench import Bench
from benchmarks.blip.thundering_herd import loop_lag, visited


def main(arguments: Sequence[str]) -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks herd", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--services", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--proxies", type=int, default=300)
    parser.add_argument("--paces", type=float, nargs="+", default=[0, 200])
    chosen = parser.parse_args(arguments)
    print(
        f"{'services':>8} {'pace':>6} {'served':>7} {'within':>8} {'slowest probe':>14} {'loop > 100 ms':>14} {'> 250 ms':>9}"
    )
    for services in chosen.services:
        for pace in chosen.paces:
            with Bench(services=services) as bench:
                plane = bench.start(f"xds.admission.per_second={pace:g}", "xds.admission.queue_seconds=60")
                plane.wait_ready(60)
                visit = visited(plane, chosen.proxies)
                print(
                    f"{services:>8} {pace or 'none':>6} {visit.served:>7} {visit.seconds:>6.1f} s "
                    f"{visit.slowest_probe * 1000:>11.0f} ms {loop_lag(plane, '0.1'):>14} {loop_lag(plane):>9}",
                    flush=True,
                )
