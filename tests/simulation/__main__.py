"""`make simulate`: many seeds; for each that breaks a rule, what it broke, and the shortest history that does.

python -m tests.simulation                       # 2,000 seeds from 0
python -m tests.simulation --first 57 --count 1  # one again, with its history
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

from tests.simulation.history import history, setting
from tests.simulation.run import report, simulate
from xds_server.model.admission import GateMode

_DISORDERLY = 0.01
"""Share of the seeds in which a request may fail, or a reference dangle, for as long as an answer is on its way. An endpoint
that is gone may be taken from a route before the change of the route that needs it no longer; and a change that is held
keeps what it would have mended, too."""


class Run(NamedTuple):
    """What one seed came to."""

    sent: int
    """Responses."""
    disorder: str
    """What was in the wrong order first; "" if nothing."""
    violation: str
    """The first rule that it broke; "" if none."""


def main() -> int:
    """Exit status 0 if no rule was broken, and few seeds had things in the wrong order."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--count", type=int, default=2000, metavar="N")
    parser.add_argument("--mode", choices=[*GateMode], default="", help="of the gate; default: each seed chooses")
    parser.add_argument("--brief", action="store_true", help="end at the first broken rule, and do not shrink")
    chosen = parser.parse_args()
    logging.disable()  # what replicas say is no finding
    begin, sent, broken = time.monotonic(), 0, 0
    disorder: list[str] = []
    for seed, run in _runs(range(chosen.first, chosen.first + chosen.count), chosen.mode):
        sent += run.sent
        disorder += [f"seed {seed}: {run.disorder}"] if run.disorder else []
        if run.violation:
            broken += 1
            said = f"seed {seed}: {run.violation}\n"
            sys.stdout.write(said if chosen.brief else report(setting(seed, chosen.mode), history(seed)))
            if chosen.brief:
                break
        elif chosen.count == 1:
            sys.stdout.write("\n".join(map(str, history(seed))) + "\n")
    seconds = time.monotonic() - begin
    sys.stdout.write(f"{broken} of {chosen.count} seeds broke a rule; {sent} responses, {seconds:.0f} s\n")
    disorderly = len(disorder) > max(2, _DISORDERLY * chosen.count)
    sys.stdout.write("".join(f"{line}\n" for line in disorder if disorderly or chosen.count == 1))
    much = ", which is too many" if disorderly else ""
    what = "had a request fail, or a reference dangle, while an answer was on its way"
    sys.stdout.write(f"{len(disorder)} {what}{much}\n")
    return 1 if broken or disorderly else 0


def _runs(seeds: Iterable[int], mode: str) -> Iterator[tuple[int, Run]]:
    """Each seed with its run, in order; on all cores, since a seed needs nobody."""
    with ProcessPoolExecutor(os.cpu_count(), initializer=logging.disable) as processes:
        try:
            yield from zip(seeds, processes.map(partial(_run, mode=mode), seeds, chunksize=5), strict=True)
        finally:
            processes.shutdown(cancel_futures=True)


def _run(seed: int, *, mode: str) -> Run:
    simulation = simulate(setting(seed, mode), history(seed))
    return Run(simulation.sent, next(iter(simulation.disorder), ""), next(iter(simulation.violations), ""))


if __name__ == "__main__":
    sys.exit(main())
