"""`make simulate`: many seeds; for each that breaks a rule, what it broke, and the shortest history that does.

python -m tests.simulation                       # 2,000 seeds from 0
python -m tests.simulation --first 57 --count 1  # one again, with its history
"""

import argparse
import logging
import sys
import time

from tests.simulation.history import history, setting
from tests.simulation.run import report, simulate

_MODES = ("bounded", "refuse", "park", "off")


def main() -> int:
    """Exit status 0 if no rule was broken."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--count", type=int, default=2000, metavar="N")
    parser.add_argument("--mode", choices=_MODES, default="", help="of the gate; default: each seed chooses")
    parser.add_argument("--brief", action="store_true", help="end at the first broken rule, and do not shrink")
    chosen = parser.parse_args()
    logging.disable()  # what replicas say is no finding
    begin, sent, broken, disorder = time.monotonic(), 0, 0, 0
    for seed in range(chosen.first, chosen.first + chosen.count):
        of_run, events = setting(seed, chosen.mode), history(seed)
        run = simulate(of_run, events)
        sent += run.sent
        disorder += bool(run.disorder)
        if run.violations:
            broken += 1
            sys.stdout.write(f"seed {seed}: {run.violations[0]}\n" if chosen.brief else report(of_run, events))
            if chosen.brief:
                break
        elif chosen.count == 1:
            sys.stdout.write("\n".join(map(str, events)) + "\n")
    seconds = time.monotonic() - begin
    sys.stdout.write(f"{broken} of {chosen.count} seeds broke a rule; {sent} responses, {seconds:.0f} s\n")
    sys.stdout.write(f"{disorder} had a request fail, or a reference dangle, for as long as an answer was on its way\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
