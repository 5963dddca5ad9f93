"""`python -m xds_server`, and the command `xds-server`."""

import sys

from xds_server.cli.main import cli


def main() -> None:
    """Runs the command line."""
    try:
        cli(prog_name="xds-server")
    except OSError as error:  # nowhere to write to, or no file descriptors: nothing that we did wrong
        sys.stderr.write(f"xds-server: {error}\n")
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
