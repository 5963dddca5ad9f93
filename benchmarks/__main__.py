"""`python -m benchmarks [NAME] [options]`; without a name, all of them with their defaults, but for the soak."""

import sys

from benchmarks import (
    call_count,
    change_latency,
    encoding_cost,
    fan_out,
    list_and_watch,
    memory_growth,
    outage_recovery,
    push_cost,
    route_table_size,
    startup_time,
    thundering_herd,
)
from benchmarks.krt import bench as krt

COMMANDS = {
    "start": startup_time.main,
    "calls": call_count.main,
    "change": change_latency.main,
    "encode": encoding_cost.main,
    "informers": list_and_watch.main,
    "routes": route_table_size.main,
    "xds": push_cost.main,
    "herd": thundering_herd.main,
    "recovery": outage_recovery.main,
    "transport": fan_out.main,
    "krt": krt.main,
    "soak": memory_growth.main,
}


def main() -> None:
    """Runs the one that was asked for, or all."""
    name, *arguments = sys.argv[1:] or [""]
    if name and name not in COMMANDS:
        raise SystemExit(f"no benchmark {name!r}: there are {', '.join(COMMANDS)}")
    for one in [name] if name else [one for one in COMMANDS if one != "soak"]:
        COMMANDS[one](arguments)


if __name__ == "__main__":
    main()
