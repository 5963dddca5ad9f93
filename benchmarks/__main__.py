"""`python -m benchmarks [NAME] [options]`; without a name, all of them with their defaults, but for the soak."""

import sys

from benchmarks import change, encode, herd, informers, multiply, recovery, soak, start, transport, xds
from benchmarks.krt import bench as krt

COMMANDS = {
    "start": start.main,
    "change": change.main,
    "encode": encode.main,
    "informers": informers.main,
    "multiply": multiply.main,
    "xds": xds.main,
    "herd": herd.main,
    "recovery": recovery.main,
    "transport": transport.main,
    "krt": krt.main,
    "soak": soak.main,
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
