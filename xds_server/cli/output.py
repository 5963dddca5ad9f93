"""How verbs print: tables, JSON and YAML."""

import json
from collections.abc import Iterable, Sequence

import click


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints aligned columns, two spaces apart."""
    lines = [tuple(header), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_json(value: object) -> None:
    """Prints indented JSON."""
    click.echo(json.dumps(value, indent=2))


def print_yaml(value: object) -> None:
    """Prints YAML in block style, in the order of *value*."""
    import yaml  # noqa: PLC0415 - only needed by those that print YAML

    click.echo(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), nl=False)
