"""Reads each setting from text, or from a value of YAML, by the type that it is declared with.

Where the values come from (flag, environment, file), and which of them wins, is decided in `xds_server.cli.options`.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from ipaddress import ip_address
from math import isnan, nan
from pathlib import Path
from typing import Any, get_origin

from xds_server.model.address import Address
from xds_server.model.setting import MAX_SECONDS
from xds_server.server.setting_fields import SettingField, SettingsError, fields_of, range_text, sections_of
from xds_server.server.settings import (
    DNS_LABEL,
    MAX_PORT,
    FilesSourceSetting,
    KubernetesSourceSetting,
    Settings,
    SourceSetting,
)

_KIND = re.compile(r"[a-z]+")
_OBJECT_KEY = re.compile(rf"{DNS_LABEL}/{DNS_LABEL}(\.{DNS_LABEL})*")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.IGNORECASE)
_MAX_LENGTH, _MAX_HOST_LENGTH, _MAX_LABEL_LENGTH = 4096, 253, 63
_SHOWN = 80
_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F]*:[0-9a-fA-F:.]*)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})")
_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off"})


def read_settings(values: Mapping[str, object]) -> Settings:
    """The settings from text or YAML values, by key; a section may be a mapping, and None means that it is not given.

    Raises: SettingsError; for an unknown key it names the nearest one.
    """
    parsed = {key: parse(setting_named(key), value) for key, value in flatten(values) if value is not None}
    return build_settings(parsed)


def build_settings(parsed: Mapping[str, object]) -> Settings:
    """The settings from parsed values, by key. Raises: SettingsError."""
    if "source" not in parsed:
        raise SettingsError(
            "source is not given: set it to files:DIR for a directory of YAML, or to kube for an API server", "source"
        )
    settings = _build(Settings, parsed, "")
    assert isinstance(settings, Settings)
    return settings


def _build(config: type, parsed: Mapping[str, object], prefix: str) -> object:
    """An instance of a configuration class; each field without a value has its default."""
    given: dict[str, object] = {}
    for field in fields(config):
        key = f"{prefix}{field.name}"
        if key in parsed:
            given[field.name] = parsed[key]
        elif any(each.startswith(f"{key}.") for each in parsed):
            assert field.default_factory is not MISSING
            given[field.name] = _build(type(field.default_factory()), parsed, f"{key}.")
    return config(**given)


def flatten(values: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """The values by key, with dots between the levels. Raises: SettingsError, for a section that is not a mapping."""
    found: list[tuple[str, object]] = []
    for name, value in values.items():
        key = f"{prefix}{name}"
        if key not in sections_of(Settings):
            found.append((key, value))
        elif isinstance(value, Mapping):
            found += flatten(value, f"{key}.")
        elif value is not None:
            raise SettingsError(f"{key} is a section: write its settings below it, indented", key)
    return found


def setting_named(key: str) -> SettingField:
    """The setting. Raises: SettingsError, with the nearest name."""
    found = fields_of(Settings).get(key)
    if found is None:
        near = nearest(key)
        raise SettingsError(f"{_shown(key)} is not a setting: {f'did you mean {near}?' if near else 'remove it'}", key)
    return found


def nearest(key: str) -> str | None:
    """The setting, or the section, that is most like a key; None if nothing is like it."""
    known = [key for key, field in fields_of(Settings).items() if field.in_file] + sorted(sections_of(Settings))
    same_name = [each for each in known if each.rpartition(".")[2] == key.rpartition(".")[2]]
    like = same_name or get_close_matches(key, known, 1)
    if not like:
        names = {each.rpartition(".")[2]: each for each in known}
        like = [names[name] for name in get_close_matches(key.rpartition(".")[2], names, 1)]
    return like[0] if like else None


def parse(field: SettingField, value: object) -> object:
    """The value of a setting, read from text or from YAML. Raises: SettingsError; a range is checked by `Settings`."""
    key = field.key
    _check_printable(key, value)
    if field.choices:
        return _choice(field, str(value))
    if field.type in _PARSERS:
        return _PARSERS[field.type](key, value)
    if field.type in {int, float}:
        return _number(field, value)
    if field.type in {tuple[str, ...], frozenset[str]}:
        return _list(field, value)
    assert get_origin(field.type) is not None, f"{key} has a type that is not known: {field.type}"
    return _delays(key, value) if field.type.__args__[1] is float else _selectors(key, value)


def _check_printable(key: str, value: object) -> None:
    """Raises: SettingsError, for what would break a line of a log, a path or a URL."""
    texts = [*value.keys(), *value.values()] if isinstance(value, Mapping) else _parts(value)
    for text in (str(each) for each in texts):
        if not text.isprintable():
            raise SettingsError(f"{key} is {text!r}: remove the characters that cannot be printed", key)
        if len(text) > _MAX_LENGTH:
            raise SettingsError(f"{key} has {len(text)} characters: give {_MAX_LENGTH} at most", key)


def _shown(text: str) -> str:
    return text if text.isprintable() and " " not in text and len(text) <= _SHOWN else f"{text[:_SHOWN]!r}"


def _choice(field: SettingField, text: str) -> object:
    field.check(text)
    return text if get_origin(field.type) is not None else field.type(text)


def _number(field: SettingField, value: object) -> float:
    number = _read_number(field.type, str(value))
    if isnan(number):
        allowed = field.declaration.range
        advice = "a number" if allowed is None else range_text(field.type, allowed)
        raise SettingsError(f"{field.key} is {str(value)!r}: give {advice}", field.key)
    return number


def _read_number(kind: object, text: str) -> float:
    """The number that a text is in plain digits; NaN if it is not one."""
    if kind is int:
        return int(text) if _WHOLE.fullmatch(text) else nan
    return float(text) if _DECIMAL.fullmatch(text) else nan


def _list(field: SettingField, value: object) -> tuple[str, ...] | frozenset[str]:
    """The items of a comma-separated text, or of a list, each once."""
    items = tuple(dict.fromkeys(_parts(value)))
    allowed = field.declaration.items
    for item in items if allowed is not None else ():
        if not re.fullmatch(allowed.pattern, item):  # type: ignore[union-attr]  # the loop is empty without
            raise SettingsError(f"{field.key} has {item!r}: {allowed.advice}", field.key)  # type: ignore[union-attr]
    if not items and field.key == "namespaces":  # an empty tuple stands for all of them
        raise SettingsError("namespaces is empty: name some, or leave it out for all", field.key)
    return frozenset(items) if get_origin(field.type) is frozenset else items


def _delays(key: str, value: object) -> Mapping[str, float]:
    """`kind=seconds,...`, or such a mapping."""
    delays = {}
    for kind, text in _once(key, _pairs(value)):
        delays[kind] = _read_number(float, text)
        if not _KIND.fullmatch(kind) or not 0 <= delays[kind] <= MAX_SECONDS:
            raise SettingsError(
                f"{key} has {kind}={text}: give kind=seconds, as in endpointslices=2, with commas between several", key
            )
    return delays


def _selectors(key: str, value: object) -> Mapping[str, str]:
    """`kind:selector;...`, or such a mapping: a selector has commas and equals signs of its own."""
    selectors = dict(_once(key, _pairs(value, between=";", sign=":")))
    for kind, selector in selectors.items():
        if not _KIND.fullmatch(kind) or not selector:
            raise SettingsError(
                f"{key} has {kind}:{selector}: give kind:selector, as in services:team=web, with ; between several", key
            )
    return selectors


def _pairs(value: object, *, between: str = ",", sign: str = "=") -> list[tuple[str, str]]:
    """The pairs of `name=value,name=value`, or of a mapping; of what has no sign, the second is ""."""
    pairs = (
        value.items() if isinstance(value, Mapping) else (part.partition(sign)[::2] for part in _parts(value, between))
    )
    return [(str(name).strip(), str(text).strip()) for name, text in pairs]


def _parts(value: object, between: str = ",") -> list[str]:
    """The parts of a comma-separated text, or of a list."""
    parts = value if isinstance(value, list | tuple | set | frozenset) else str(value).split(between)
    return [text for text in (str(part).strip() for part in parts) if text]


def _once(key: str, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs, if no name comes twice."""
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise SettingsError(f"{key} has {name} {count} times: give it once", key)
    return pairs


def _path(key: str, value: object) -> Path:
    if not str(value).strip():
        raise SettingsError(f"{key} is {str(value)!r}: give a path", key)
    try:
        return Path(str(value)).expanduser()
    except RuntimeError:
        raise SettingsError(f"{key} is {str(value)!r}: there is no such user: give the path without ~", key) from None


def _boolean(key: str, value: object) -> bool:
    word = str(value).lower()
    if word not in _TRUE | _FALSE:
        raise SettingsError(f"{key} is {str(value)!r}: use true or false", key)
    return word in _TRUE


def _source(key: str, value: object) -> SourceSetting:
    text = str(value)
    if text == "kube":
        return KubernetesSourceSetting()
    scheme, _, path = text.partition(":")
    if scheme == "files" and path:
        return FilesSourceSetting(_path(key, path))
    raise SettingsError(
        f"{key} is {text!r}: set it to files:DIR for a directory of YAML, or to kube for an API server", key
    )


def read_address(key: str, value: object) -> Address:
    """`host:port` or `[v6]:port` as an Address. Raises: SettingsError, in which the setting is called *key*."""
    found = _ADDRESS.fullmatch(str(value))
    if found is None or int(found["port"]) > MAX_PORT or not _is_host(found["v6"], found["host"]):
        raise SettingsError(f"{key} is {str(value)!r}: give host:port, as in 127.0.0.1:18000 or [::1]:18000", key)
    return Address(found["v6"] or found["host"], int(found["port"]))


def _is_host(v6: str | None, name: str | None) -> bool:
    """Whether it can be an address, or the name of a host: RFC 1123 allows 63 letters in a label, and 253 in all."""
    if name is not None:
        return len(name) <= _MAX_HOST_LENGTH and all(
            0 < len(each) <= _MAX_LABEL_LENGTH for each in name.removesuffix(".").split(".")
        )
    try:
        return bool(ip_address(str(v6)))
    except ValueError:
        return False


def read_gateway(key: str, value: object) -> str:
    """`namespace/name` of a Gateway. Raises: SettingsError, in which the setting is called *key*."""
    text = str(value)
    if not _OBJECT_KEY.fullmatch(text):
        raise SettingsError(f"{key} is {text!r}: give the Gateway's namespace/name, as in default/web", key)
    return text


_PARSERS: Mapping[Any, Any] = {
    SourceSetting: _source,
    Path: _path,
    str: lambda _key, value: str(value),
    Address: read_address,
    bool: _boolean,
}
