"""`xds-server config`: print the settings that are in force, and where each comes from."""

from operator import attrgetter
from typing import Any

import click

from xds_server.cli.options import LoadedSettings, SettingsCommand, load_settings, setting_options
from xds_server.cli.output import print_json, print_table, print_yaml
from xds_server.server.setting_fields import fields_of
from xds_server.server.settings import Settings


def _config(config: str | None, form: str, **flags: Any) -> None:
    from xds_server.server import settings_reference  # noqa: PLC0415 - only needed when the verb runs

    if form == "schema":
        print_json(settings_reference.schema())
    elif form == "markdown":
        click.echo(settings_reference.page(), nl=False)
    else:
        loaded = load_settings(config, flags)
        {"table": _print_table, "json": _print_json, "yaml": _print_yaml}[form](loaded)


def _in_force(loaded: LoadedSettings) -> list[tuple[str, Any, str]]:
    """The key, the value and the origin of each setting."""
    from xds_server.server.settings_reference import plain  # noqa: PLC0415

    return [
        (key, plain(attrgetter(key)(loaded.settings)), loaded.origins[key].name if key in loaded.origins else "default")
        for key, field in fields_of(Settings).items()
        if field.in_file or key in loaded.origins
    ]


def _print_table(loaded: LoadedSettings) -> None:
    rows = [(key, _text(value), origin) for key, value, origin in _in_force(loaded)]
    print_table(("SETTING", "VALUE", "FROM"), rows)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {text}" for name, text in value.items()) or "-"
    if isinstance(value, list):
        return ", ".join(value) or "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "-" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)


def _print_json(loaded: LoadedSettings) -> None:
    print_json({key: {"value": value, "from": origin} for key, value, origin in _in_force(loaded)})


def _print_yaml(loaded: LoadedSettings) -> None:
    """A file that `--config` takes."""
    fields = fields_of(Settings)
    nested: dict[str, Any] = {}
    for key, value, _ in _in_force(loaded):
        if value in (None, "", []) or not fields[key].in_file:
            continue  # as if it were not given
        *sections, name = key.split(".")
        level = nested
        for section in sections:
            level = level.setdefault(section, {})
        level[name] = value
    print_yaml(nested)


command = SettingsCommand(
    "config",
    callback=_config,
    help="Print the settings that `serve` would have with these flags, and where each comes from.",
    params=[
        click.Option(["--json", "form"], flag_value="json", help="Print JSON."),
        click.Option(["--yaml", "form"], flag_value="yaml", help="Print a file for --config."),
        click.Option(
            ["--schema", "form"], flag_value="schema", help="Print the JSON Schema of the file, and no settings."
        ),
        click.Option(["--markdown", "form"], flag_value="markdown", help="Print docs/settings.md, and no settings."),
        click.Option(["--table", "form"], flag_value="table", default="table", help="Print a table.  [default]"),
        *setting_options(),
    ],
)
