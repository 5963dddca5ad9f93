"""`python -m benchmarks [NAME] [options]`; without a name, all of them with their defaults."""

import sys

from benchmarks import change, encode, herd, informers, recovery, start, transport, xds
from benchmarks.krt import bench as krt

COMMANDS = {
    "start": start.main,
    "change": change.main,
    "encode": encode.main,
    "informers": informers.main,
    "xds": xds.main,
    "herd": herd.main,
    "recovery": recovery.main,
    "transport": transport.main,
    "krt": krt.main,
}


def main() -> None:
    """Runs the one that was asked for, or all."""
    name, *arguments = sys.argv[1:] or [""]
    if name and name not in COMMANDS:
        raise SystemExit(f"no benchmark {name!r}: there are {', '.join(COMMANDS)}")
    for command in [COMMANDS[name]] if name else COMMANDS.values():
        command(arguments)


if __name__ == "__main__":
    main()
