"""The flags of the settings, made from their declarations, and the settings that flags, environment and file give together."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from xds_server.model.address import Address
from xds_server.server.setting_fields import PREFIX, SettingField, SettingsError, fields_of, sections_of
from xds_server.server.settings import FilesSourceSetting, Settings, SourceSetting
from xds_server.server.settings_parser import build_settings, nearest, parse, setting_named

_CONFIG_VARIABLE: Final = f"{PREFIX}CONFIG"
_SERVICE_VARIABLE: Final = re.compile(r"XDS_SERVER_(SERVICE_|PORT(_|$)).*")
"""Kubernetes sets such variables for a Service called xds-server."""
_METAVARS: Final[Mapping[Any, str]] = {
    SourceSetting: "SOURCE",
    Address: "HOST:PORT",
    Path: "PATH",
    int: "NUMBER",
    float: "SECONDS",
    tuple[str, ...]: "NAME,...",
    frozenset[str]: "NAME,...",
    Mapping[str, str]: "KIND:SELECTOR;...",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of a setting comes from."""

    name: str
    """A flag, a variable, or `FILE:LINE`."""
    preposition: str = "from"

    def __str__(self) -> str:
        return f"{self.preposition} {self.name}"


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings in force, and where they come from."""

    settings: Settings
    origins: Mapping[str, Origin]
    """By key; a setting that is not here has its default."""


class SettingType(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no such argument
    """The type of a flag: reads and shows what the setting's declaration says."""

    def __init__(self, field: SettingField) -> None:
        self._field = field
        self.name = field.key

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> object:  # noqa: ARG002 - click's interface
        """The value. Raises: SettingsError, which names the flag."""
        try:
            return parse(self._field, value)
        except SettingsError as error:
            raise _located(error, {self._field.key: Origin(str(self._field.flag))}) from None

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002 - click's interface
        """The form of the value, for the help."""
        choices = self._field.choices
        return f"[{'|'.join(choices)}]" if choices else _METAVARS.get(self._field.type, "TEXT")

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002 - click's interface
        """The choices that begin so."""
        return [CompletionItem(choice) for choice in self._field.choices if choice.startswith(incomplete)]


class SettingsCommand(click.Command):
    """A command that takes the flags of the settings."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses the flags. Raises: SettingsError for a flag of a setting that only the file can set."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = error.option_name.lstrip("-").replace("-", "_")
            key = nearest(name)
            if key is None or "." not in key:
                raise
            if error.possibilities and key.rpartition(".")[2] != name.rpartition(".")[2]:
                raise
            raise SettingsError(
                f"{error.option_name} is not a flag: set {key} in the file of --config (`xds-server config --yaml` prints one)",
                key,
            ) from None


def setting_options() -> list[click.Parameter]:
    """`--config`, and a flag for each setting that has one."""
    config = click.Option(
        ["--config"],
        metavar="FILE",
        help=f"YAML with all settings by key; flags and {PREFIX}* win over it.  [env var: {_CONFIG_VARIABLE}]",
    )
    return [config, *(_option(field) for field in fields_of(Settings).values() if field.flag is not None)]


def _option(field: SettingField) -> click.Option:
    default = f"  [default: {field.default_text}]" if field.default_text else ""
    text = f"{field.declaration.help}{default}  [env var: {field.variable}]"
    if field.type is bool:
        return click.Option([str(field.flag), field.key], is_flag=True, default=None, help=text)
    return click.Option([str(field.flag), field.key], type=SettingType(field), help=text)


def load_settings(config: str | None, flags: Mapping[str, Any]) -> LoadedSettings:
    """The settings from flags, environment and file; a flag wins over the environment, and the environment over the file.

    *flags*: parsed values by key; None for a flag that is not given. Raises: SettingsError with the origin of each setting
    that it is about, DocumentError.
    """
    values: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    given = {key: value for key, value in flags.items() if value is not None}
    for found in (_from_file(config), _from_environment()):
        for key, (value, origin) in found.items():
            values[key], origins[key] = value, origin
    origins |= {key: Origin(str(setting_named(key).flag)) for key in given}
    try:
        parsed = {key: parse(setting_named(key), value) for key, value in values.items() if key not in given}
        settings = build_settings(parsed | given)
        _check_directory(settings)
    except SettingsError as error:
        raise _located(error, origins) from None
    return LoadedSettings(settings, origins)


def _located(error: SettingsError, origins: Mapping[str, Origin]) -> SettingsError:
    """The error, with where each of its settings comes from."""
    known = [str(origins[key]) for key in error.keys if key in origins]
    return SettingsError(f"{error} ({', '.join(known)})" if known else str(error))


def _check_directory(settings: Settings) -> None:
    source = settings.source
    if not isinstance(source, FilesSourceSetting):
        return
    try:
        found = source.directory.is_dir()
    except OSError as error:  # for want of a permission, for example
        raise SettingsError(
            f"source is {source}: {source.directory} cannot be read ({error.strerror}): fix the path", "source"
        ) from None
    if not found:
        raise SettingsError(
            f"source is {source}: {source.directory} is not a directory: create it, or fix the path", "source"
        )


_Values = dict[str, tuple[object, Origin]]


def _from_file(path: str | None) -> _Values:
    path = path or os.environ.get(_CONFIG_VARIABLE)
    if not path:
        return {}
    from xds_server.cli.documents import settings  # noqa: PLC0415 - only needed with a file

    found = settings(path, sections_of(Settings))
    for key, given in found.items():
        field = fields_of(Settings).get(key)
        if field is not None and not field.in_file:
            raise SettingsError(f"{key} is not a setting of the file: set {field.variable} (in {path}:{given.line})")
    return {
        key: (given.value, Origin(f"{path}:{given.line}", "in"))
        for key, given in found.items()
        if given.value is not None
    }


def _from_environment() -> _Values:
    """The settings of the environment. Warns of a variable that nobody reads if it looks like a mistake."""
    fields = {field.variable: field for field in fields_of(Settings).values() if field.variable is not None}
    for variable in sorted(os.environ):
        if variable.startswith(PREFIX) and variable not in fields and variable != _CONFIG_VARIABLE:
            _warn_of_unread(variable, list(fields))
    return {
        field.key: (text, Origin(variable)) for variable, field in fields.items() if (text := os.environ.get(variable))
    }


def _warn_of_unread(variable: str, known: list[str]) -> None:
    if _SERVICE_VARIABLE.fullmatch(variable):
        return
    near = get_close_matches(variable, known, 1, 0.8)
    key = nearest(variable.removeprefix(PREFIX).lower())
    if near:
        click.echo(f"xds-server: {variable} is not read: did you mean {near[0]}?", err=True)
    elif key is not None and "." in key:
        click.echo(f"xds-server: {variable} is not read: only the file of --config can set {key}", err=True)
