"""`make blip`: a table of restarts under load. Exit status 0 if the gate off loses requests, and no mode of it any.

The load is 200 requests a second over one connection and 50 more a second over new ones. The control plane is
killed with SIGKILL and started again while what the column `late` names arrives 2 s after the rest.
"""

import argparse
import sys

from benchmarks.blip.restart import LATE, MODES, Outcome, restart
from tests.support.envoy import NoEnvoyError
from tests.support.processes import NotInTimeError

HEAD = "gate     late        requests  failures  outage         clusters removed  listeners removed  recovered after"
ALL_OF_THEM = 0.95  # one may slip through while Envoy applies an update


def row(outcome: Outcome) -> str:
    """One line of the table."""
    outage = f"{outcome.failing_share:.0%} of {outcome.failing_seconds:.2f} s" if outcome.failures else "none"
    return (
        f"{outcome.gate:<8} {outcome.late:<11} {outcome.requests:>8} {outcome.failures:>9}  {outage:<14} "
        f"{outcome.clusters_removed:>16} {outcome.listeners_removed:>18} {outcome.recovered_seconds:>14.2f} s"
    )


def as_it_should_be(outcome: Outcome) -> bool:
    """The gate off must lose every request of its outage, or the scenario proves nothing; every mode must lose none."""
    return outcome.failing_share > ALL_OF_THEM if outcome.gate == "off" else outcome.unharmed


def main() -> int:
    """Runs the restarts that were asked for."""
    parser = argparse.ArgumentParser(prog="make blip", description=__doc__)
    parser.add_argument("--gate", choices=MODES, action="append", help="default: all")
    parser.add_argument("--late", choices=tuple(LATE), action="append", help="default: all")
    parser.add_argument("--delay", type=float, default=2.0, metavar="SECONDS", help="how late (default: 2)")
    chosen = parser.parse_args()
    print(__doc__.partition("\n\n")[2], HEAD, sep="\n", flush=True)
    good = True
    for late in chosen.late or LATE:
        for gate in chosen.gate or MODES:
            try:
                outcome = restart(gate, late, delay_seconds=chosen.delay)
            except (NoEnvoyError, NotInTimeError) as error:
                print(f"{gate} / {late}: {error}")
                return 1
            print(row(outcome), flush=True)
            good = good and as_it_should_be(outcome)
    print("Off loses requests, the gate none." if good else "Not as it should be.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
