"""`python -m xds_server`, and the command `xds-server`."""

from xds_server.cli import cli


def main() -> None:
    """Runs the command line."""
    cli(prog_name="xds-server")


if __name__ == "__main__":
    main()
