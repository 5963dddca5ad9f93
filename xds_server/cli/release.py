"""`xds-server release`: end holds."""

import click

from xds_server.cli.remote import DEFAULT_URL, bad_answer, query
from xds_server.model.admission import HOLDS


@click.command("release")
@click.option("--url", default=DEFAULT_URL, show_default=True, help="The HTTP address of the control plane.")
@click.option("--kind", type=click.Choice(HOLDS), help="Which holds to end.  [default: all]")
def command(url: str, kind: str | None) -> None:
    """End holds now: publish held changes, and end the streams that wait, with the reason why they cannot be served."""
    answer = query(url, f"/debug/release{f'?kind={kind}' if kind else ''}", method="POST")
    try:
        lines = [f"{name}: {int(count)} released" for name, count in sorted(answer["released"].items())]
    except (LookupError, TypeError, ValueError, AttributeError):
        raise bad_answer(f"{url}/debug/release") from None
    click.echo(", ".join(lines))
