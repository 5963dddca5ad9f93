"""`xds-server advise`: print probes that fit how long the last start took, or check those of a Deployment."""

from typing import TYPE_CHECKING

import click

from xds_server.cli.remote import DEFAULT_URL, bad_answer, query
from xds_server.model.errors import UserError

if TYPE_CHECKING:
    from xds_server.cli.probe_advice import Measured


@click.command("advise")
@click.option("--url", default=DEFAULT_URL, show_default=True, help="The HTTP address of the control plane.")
@click.option(
    "--check", "manifest", metavar="FILE", help="A Deployment: print which of its limits this start came close to."
)
def command(url: str, manifest: str | None) -> None:
    """Print probes that fit how long the last start took; exit status 1 if those in FILE do not."""
    from xds_server.cli.probe_advice import measure, render_probes  # noqa: PLC0415 - only needed when the verb runs

    answer = query(url, "/readyz?format=json")
    try:
        start = measure(answer["layers"])
        reason = answer["reason"]
    except (LookupError, TypeError, ValueError):
        raise bad_answer(f"{url}/readyz") from None
    if start is None:
        raise UserError(f"{url} is not ready yet ({reason}): try again when it is")
    click.echo(render_probes(start), nl=False)
    if manifest is not None:
        _check(manifest, start)


def _check(path: str, start: "Measured") -> None:
    """Prints the warnings for each workload in a file; exit status 1 if there are any."""
    from xds_server.cli.documents import documents  # noqa: PLC0415 - only needed to check
    from xds_server.cli.probe_advice import find_workloads, lint_probes  # noqa: PLC0415

    workloads = [workload for document in documents("manifest", path) for workload in find_workloads(document)]
    if not workloads:
        raise UserError(f"manifest {path!r} has no object with a pod template: give the file of the Deployment")
    warned = False
    for name, workload in workloads:
        warnings = list(lint_probes(workload, start))
        warned = warned or bool(warnings)
        for line in [f"warning: {name}: {warning}" for warning in warnings] or [f"{path}: {name}: no problem found"]:
            click.echo(line)
    if warned:
        raise SystemExit(1)
