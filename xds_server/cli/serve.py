"""`xds-server serve`: run the server."""

from typing import Any

from xds_server.cli.options import SettingsCommand, load_settings, setting_options


def _serve(config: str | None, **flags: Any) -> None:
    settings = load_settings(config, flags).settings
    from xds_server.server import app  # noqa: PLC0415 - after the settings: a wrong one is reported at once

    app.main(settings)


command = SettingsCommand(
    "serve",
    callback=_serve,
    help="Serve Envoys from a directory of YAML or from Kubernetes.",
    params=setting_options(),
)
