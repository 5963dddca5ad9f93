"""`make blips`: every known way to blip, with a real Envoy under load. Exit status 0 if none of them does.

Where the gate is what prevents it, the column `gate off` shows what would happen without it, so that one sees that
the scenario bites. Failures are requests that failed, and things that should have been so and were not.

    python -m benchmarks.blip.matrix [WORD ...]     # only those whose name, or number as in B8, contains a word
"""

import argparse
import sys
import time

from benchmarks.blip.bench import Outcome, Scenario, timed_out
from benchmarks.blip.scenarios import SCENARIOS
from benchmarks.blip.status_writers import why_not
from tests.support.processes import NotInTimeError

HEAD = (
    f"{'':<4} {'scenario':<52} {'requests':>8} {'failures':>8} {'removed':>7} {'altered':>7} "
    f"{'held':>7}  {'ended by':<24} {'gate off':<22} {'took':>6}"
)


def run(scenario: Scenario, gate: str = "bounded") -> Outcome:
    """What became of it; a scenario in which something did not happen in time has failed."""
    try:
        return scenario.run(gate)
    except NotInTimeError as error:
        return timed_out(error)


def row(number: int, name: str, outcome: Outcome, off: Outcome | None) -> str:
    """One line of the table."""
    removed = outcome.clusters_removed + outcome.listeners_removed
    if off is None:
        ungated = "-"
    else:
        gone = off.clusters_removed + off.listeners_removed
        ungated = f"{off.failures} failures" + (f", {gone} removed" if gone else "")
    note = f"\n     {outcome.note}" if outcome.note else ""
    return (
        f"B{number:<3} {name:<52} {outcome.requests:>8} {outcome.failures:>8} {removed:>7} "
        f"{outcome.listeners_modified:>7} {outcome.held_seconds:>6.1f}s  {outcome.released_by or '-':<24} "
        f"{ungated:<22} {outcome.seconds:>5.1f}s{note}"
    )


def main() -> int:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(
        prog="make blips", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--fast", action="store_true", help="leave out what takes long")
    parser.add_argument("--no-off", action="store_true", help="do not show what happens with the gate off")
    asked = parser.parse_args()
    chosen = [
        one for one in SCENARIOS
        if not (asked.fast and one.slow)
        and (not asked.words or any(word in one.name or word == f"B{one.number}" for word in asked.words))
    ]  # fmt: skip
    absent = why_not()
    left_out = [one for one in chosen if one.kube and absent]
    chosen = [one for one in chosen if one not in left_out]
    print(HEAD, flush=True)
    begin, good = time.monotonic(), 0
    for scenario in chosen:
        outcome = run(scenario)
        off = run(scenario, "off") if scenario.bites and not asked.no_off else None
        good += outcome.unharmed and (off is None or not off.unharmed)
        print(row(scenario.number, scenario.name, outcome, off), flush=True)
    print(f"{good} of {len(chosen)} as they should be, in {time.monotonic() - begin:.0f} s")
    for scenario in left_out:
        print(f"B{scenario.number:<3} {scenario.name:<52} not run: {absent}")
    return 0 if good == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
