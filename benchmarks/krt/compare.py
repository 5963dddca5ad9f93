"""Figures of krt on the workload of istio's benchmark, to compare libraries. Prints one line of JSON: medians in milliseconds.

python -m benchmarks.krt.compare --reps 5
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

from benchmarks.krt.workload import KrtWorkload, new_pod, new_pods


def median_ms(repetitions: int, act: Callable[[], object]) -> float:
    """The median time of *act*, as in the other library's benchmark."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return round(statistics.median(times) * 1e3, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reps", type=int, default=30)
    repetitions = parser.parse_args().reps
    workload = KrtWorkload()

    def one_by_one() -> None:
        for i in range(len(workload.pods)):
            workload.pods.set(f"pod-{i}", new_pod(i))
        workload.check()

    def in_one_batch() -> None:
        workload.pods.replace(new_pods())
        workload.check()

    figures = {
        "one_by_one_ms": median_ms(repetitions, one_by_one),
        "batch_ms": median_ms(repetitions, in_one_batch),
        "objects_ms": median_ms(repetitions, new_pods),
    }
    print(json.dumps({"reps": repetitions, **figures}), flush=True)


if __name__ == "__main__":
    main()
