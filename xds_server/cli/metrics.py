"""`xds-server metrics`: docs/metrics.md."""

from pathlib import Path

import click


@click.command("metrics")
def command() -> None:
    """Print what /metrics exports, as Markdown."""
    from xds_server.observability import metrics_reference  # noqa: PLC0415 - only needed when the verb runs
    from xds_server.server import app  # noqa: PLC0415
    from xds_server.server.settings import FilesSourceSetting, Settings  # noqa: PLC0415

    server = app.Server(Settings(source=FilesSourceSetting(Path())))
    click.echo(metrics_reference.page(server.registry), nl=False)
