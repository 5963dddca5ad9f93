"""The settings that a configuration class declares, each with its name on the command line, in the environment and in the file."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import EnumType
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from xds_server.model.errors import UserError
from xds_server.model.setting import Range, Setting

PREFIX: Final = "XDS_SERVER_"


class SettingsError(UserError, ValueError):
    """A setting is wrong. The message is one line: the setting's key, its value, and the next step."""

    def __init__(self, message: str, *keys: str) -> None:
        """*keys*: the settings that the message is about."""
        super().__init__(message)
        self.keys = keys


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting."""

    key: str
    """In the configuration file, with dots between the levels, as in `xds.limits.streams`."""
    type: Any
    """The type of its value, without `None`."""
    default: Any
    """`MISSING`, if it must be given."""
    declaration: Setting

    @property
    def flag(self) -> str | None:
        """The flag; None if only the file or only the environment can set it."""
        return None if self.nested or self.declaration.experiment else f"--{self.key.replace('_', '-')}"

    @property
    def variable(self) -> str | None:
        """The environment variable; None if only the file can set it."""
        return None if self.nested else f"{PREFIX}{self.key.upper()}"

    @property
    def in_file(self) -> bool:
        """Whether the configuration file can set it."""
        return not self.declaration.experiment

    @property
    def nested(self) -> bool:
        """Whether it belongs to a section of the file."""
        return "." in self.key

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be; empty if any text or number will do."""
        if isinstance(self.type, EnumType):
            return tuple(map(str, self.type.__members__.values()))
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @property
    def default_text(self) -> str:
        """The default as the help shows it; "" if there is none to show."""
        if self.declaration.shown_default:
            return self.declaration.shown_default
        if (
            self.default in (MISSING, None, "", ())
            or isinstance(self.default, frozenset | Mapping)
            or self.type is bool
        ):
            return ""
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    def check(self, value: object) -> None:
        """Raises: SettingsError, if the value is not one of the choices, or not within the range."""
        if self.choices and value not in self.choices:
            raise SettingsError(f"{self.key} is {str(value)!r}: use one of {', '.join(self.choices)}", self.key)
        allowed = self.declaration.range
        if allowed is not None and (not isinstance(value, int | float) or value not in allowed):
            raise SettingsError(f"{self.key} is {value}: give {range_text(self.type, allowed)}", self.key)


def range_text(kind: object, allowed: Range) -> str:
    """The numbers that are allowed, as in `a number of seconds, 0 or from 0.001 to 10`."""
    what = "a whole number" if kind is int else "a number"
    unit = f" of {allowed.unit}" if allowed.unit else ""
    zero = ", 0 or" if allowed.or_zero else ""
    return f"{what}{unit}{zero} from {_plain(allowed.min)} to {_plain(allowed.max)}"


def _plain(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else str(limit)


@cache
def fields_of(config: type) -> Mapping[str, SettingField]:
    """The settings of a configuration class and of the configurations that it contains, by key, in the order of declaration."""
    return {field.key: field for field in _walk(config, "")}


@cache
def sections_of(config: type) -> frozenset[str]:
    """The keys of the file under which settings are nested, as in `xds` and `xds.limits`."""
    return frozenset(key.rsplit(".", depth)[0] for key in fields_of(config) for depth in range(1, key.count(".") + 1))


def _walk(config: type, prefix: str) -> list[SettingField]:
    hints = get_type_hints(config, include_extras=True)
    found: list[SettingField] = []
    for field in fields(config):
        annotation = hints[field.name]
        declared = [each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, Setting)]
        key = f"{prefix}{field.name}"
        if declared:
            found.append(SettingField(key, _bare(annotation.__origin__), _default(field), declared[0]))
        elif is_dataclass(annotation):
            found += _walk(annotation, f"{key}.")  # type: ignore[arg-type]  # a class, as annotations are
    return found


def _bare(annotation: Any) -> Any:
    """The type without `None`."""
    if get_origin(annotation) in {Union, types.UnionType} and type(None) in get_args(annotation):
        (annotation,) = (each for each in get_args(annotation) if each is not type(None))
    return annotation


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
