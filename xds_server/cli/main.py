"""The command line: one module per verb, imported when the verb is used."""

from importlib import import_module
from typing import IO, Any, Final

import click

from xds_server import __version__
from xds_server.model.errors import UserError

_VERBS: Final = ("advise", "bootstrap", "config", "metrics", "release", "serve")
"""Each is a module of this package; its `command` is the command."""


class _OneLineError(click.ClickException):
    """Printed in one line, without the usage."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"xds-server: {self.message}", file=file, err=file is None)


class _Verbs(click.Group):
    """Imports the module of a verb when it is needed, and turns a `UserError` into one line and exit status 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in _VERBS:
            return None
        command = import_module(f"xds_server.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            raise _OneLineError(str(error)) from None


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="xds-server")
def cli() -> None:
    """An xDS control plane that never serves, and never reports ready, before it knows everything."""
