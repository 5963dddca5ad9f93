"""How each setting is read from text, or from what YAML makes of it.

Where the text comes from (flag, environment, file) and which of them wins is the command line's business.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from ipaddress import ip_address
from math import isnan, nan
from pathlib import Path
from typing import get_args

from xds_server.model import route_budget
from xds_server.model.address import Address
from xds_server.model.edge import RANGES, Edge
from xds_server.model.route_budget import Budget
from xds_server.server.settings import (
    LEAST,
    MAX_PORT,
    MOST_SECONDS,
    FilesSource,
    KubeSource,
    Settings,
    SettingsError,
    SourceSetting,
)
from xds_server.xds.transport.limits import MAY_BE_ZERO, MOST, Limits

_KIND = re.compile(r"[a-z]+")
_DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_OBJECT_KEY = re.compile(rf"{_DNS_LABEL}/{_DNS_LABEL}(\.{_DNS_LABEL})*")
_HOST = re.compile(r"\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_NAMESPACE = re.compile(_DNS_LABEL)
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.IGNORECASE)
_LONGEST, _LONGEST_NAME, _LONGEST_LABEL = 4096, 253, 63
_SHOWN = 80
_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F]*:[0-9a-fA-F:.]*)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})")


def read_settings(values: Mapping[str, object]) -> Settings:
    """Settings from *values* by name, each as text or as what YAML makes of it; what is None is not given.

    Raises: SettingsError; an unknown name is answered with the one that is most like it.
    """
    known = {each.name for each in fields(Settings)}
    read: dict[str, object] = {}
    for name, value in values.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise SettingsError(f"{_shown(name)} is no setting: {f'is {near[0]} meant?' if near else 'leave it out'}")
        if value is not None:
            read[name] = _READERS[name](name, _printable(name, value))
    if "source" not in read:
        raise SettingsError("source is not given: say files:DIR for a directory of YAML, or kube for an API server")
    return Settings(**read)  # type: ignore[arg-type]


def _printable(name: str, value: object) -> object:
    """The value, if it has nothing that would break a line of a log, a path or a URL."""
    texts = [*value.keys(), *value.values()] if isinstance(value, Mapping) else _parts(value)
    for text in (str(each) for each in texts):
        if not text.isprintable():
            raise SettingsError(f"{name} is {text!r}: leave out what is not printed")
        if len(text) > _LONGEST:
            raise SettingsError(f"{name} has {len(text)} characters: give {_LONGEST} at most")
    return value


def _shown(text: str) -> str:
    return text if text.isprintable() and " " not in text and len(text) <= _SHOWN else f"{text[:_SHOWN]!r}"


def read_address(name: str, value: object) -> Address:
    """`host:port` or `[v6]:port` as an Address. Raises: SettingsError, in which the setting is called *name*."""
    found = _ADDRESS.fullmatch(str(value))
    if found is None or int(found["port"]) > MAX_PORT or not _is_host(found["v6"], found["host"]):
        raise SettingsError(f"{name} is {str(value)!r}: give host:port, as in 127.0.0.1:18000 or [::1]:18000")
    return Address(found["v6"] or found["host"], int(found["port"]))


def _is_host(v6: str | None, name: str | None) -> bool:
    """Whether that may be an address, or the name of a host: RFC 1123 has 63 letters for a label, and 253 for all."""
    if name is not None:
        return len(name) <= _LONGEST_NAME and all(
            0 < len(each) <= _LONGEST_LABEL for each in name.removesuffix(".").split(".")
        )
    try:
        return bool(ip_address(str(v6)))
    except ValueError:
        return False


def read_gateway(name: str, value: object) -> str:
    """`namespace/name` of a Gateway. Raises: SettingsError, in which the setting is called *name*."""
    text = str(value)
    if not _OBJECT_KEY.fullmatch(text):
        raise SettingsError(f"{name} is {text!r}: give the Gateway's namespace/name, as in default/web")
    return text


def _source(name: str, value: object) -> SourceSetting:
    text = str(value)
    if text == "kube":
        return KubeSource()
    scheme, _, path = text.partition(":")
    if scheme == "files" and path:
        return FilesSource(_path(name, path))
    raise SettingsError(f"{name} is {text!r}: say files:DIR for a directory of YAML, or kube for an API server")


def _delays(name: str, value: object) -> Mapping[str, float]:
    """`kind=seconds,...`, or such a mapping."""
    delays = {}
    for kind, seconds in _once(name, _pairs(value)):
        delays[kind] = _read_number(float, seconds)
        if not _KIND.fullmatch(kind) or not 0 <= delays[kind] <= MOST_SECONDS:
            raise SettingsError(
                f"{name} has {kind}={seconds}: give kind=seconds, as in endpointslices=2, with commas between several"
            )
    return delays


def _selectors(name: str, value: object) -> Mapping[str, str]:
    """`kind:selector;...`, or such a mapping: a selector has commas and equals signs of its own."""
    selectors = dict(_once(name, _pairs(value, between=";", sign=":")))
    for kind, selector in selectors.items():
        if not _KIND.fullmatch(kind) or not selector:
            raise SettingsError(
                f"{name} has {kind}:{selector}: give kind:selector, as in services:team=web, with ; between several"
            )
    return selectors


def _named(name: str, value: object, known: Collection[str], otherwise: str) -> Iterator[tuple[str, str]]:
    """The pairs of a setting whose keys are names, each once. Raises SettingsError for another; *otherwise*: what that is."""
    for key, text in _once(name, _pairs(value)):
        if key not in known:
            near = get_close_matches(key, known, 1) or list(known)
            raise SettingsError(f"{name} has {key!r}, {otherwise}: is {near[0]} meant?")
        yield key, text


def _limits(name: str, value: object) -> Limits:
    """`limit=number,...`, or such a mapping; what is left out has its default."""
    kinds = {each.name: each.type for each in fields(Limits)}
    limits: dict[str, float] = {}
    for key, text in _named(name, value, kinds, "which is no limit"):
        limits[key] = _limit(f"{name} has {key}={text}", key, text, kinds[key])
    return Limits(**limits)  # type: ignore[arg-type]


def _edge(name: str, value: object) -> Edge:
    """`name=value,...`, or such a mapping; what is left out has its default."""
    kinds = {each.name: each.type for each in fields(Edge)}
    edge: dict[str, object] = {}
    for key, text in _named(name, value, kinds, "which is not known"):
        words = get_args(kinds[key])
        if words and text not in words:
            raise SettingsError(f"{name} has {key}={text}: say one of {', '.join(words)}")
        edge[key] = text if words else _within(f"{name} has {key}={text}", text, kinds[key], RANGES[key])
    return Edge(**edge)  # type: ignore[arg-type]


def _budget(name: str, value: object) -> Budget:
    """`name=number,...`, or such a mapping; what is left out has its default."""
    kinds = [each.name for each in fields(Budget)]
    numbers: dict[str, float] = {}
    for key, text in _named(name, value, kinds, "which is not known"):
        numbers[key] = _within(f"{name} has {key}={text}", text, int, (1, route_budget.MOST))
    return Budget(**numbers)  # type: ignore[arg-type]


def _within(said: str, text: str, kind: object, between: tuple[float, float]) -> float:
    least, most = between
    what = "a whole number" if kind is int else "a number"
    number = _read_number(kind, text)
    if not least <= number <= most:
        raise SettingsError(f"{said}: give {what} from {least} to {most}")
    return number


def _limit(said: str, limit: str, text: str, kind: object) -> float:
    if limit in MAY_BE_ZERO and _read_number(kind, text) == 0:
        return 0
    most = MOST_SECONDS if limit.endswith("_seconds") else MOST
    return _within(said, text, kind, (1 if kind is int else LEAST, most))


def _kinds(name: str, value: object) -> frozenset[str]:
    for kind in _parts(value):
        if not _KIND.fullmatch(kind):
            raise SettingsError(
                f"{name} has {kind!r}: give plural names with commas between them, as in gateways,httproutes"
            )
    return frozenset(_parts(value))


def _hosts(name: str, value: object) -> tuple[str, ...]:
    hosts = tuple(_parts(value))
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise SettingsError(
                f"{name} has {host!r}: give names of hosts with commas, as in cp.example.com,.example.org"
            )
    return hosts


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


def _numeric(made: type[int] | type[float], what: str) -> Callable[[str, object], float]:
    """What reads a number of that type; *what* says in the error what to give."""

    def read(name: str, value: object) -> float:
        number = _read_number(made, str(value))
        if isnan(number):
            raise SettingsError(f"{name} is {value!r}: give {what}")
        return number

    return read


def _read_number(kind: object, text: str) -> float:
    """The number that a text is in plain digits; NaN if it is none."""
    if kind is int:
        return int(text) if _WHOLE.fullmatch(text) else nan
    return float(text) if _DECIMAL.fullmatch(text) else nan


def _once(name: str, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs, if no key comes twice."""
    for key, count in Counter(key for key, _ in pairs).items():
        if count > 1:
            raise SettingsError(f"{name} has {key} {count} times: give it once")
    return pairs


def _path(name: str, value: object) -> Path:
    if not str(value).strip():
        raise SettingsError(f"{name} is {str(value)!r}: give a path")
    try:
        return Path(str(value)).expanduser()
    except RuntimeError:
        raise SettingsError(f"{name} is {str(value)!r}: there is no such user: give the path without ~") from None


def _namespaces(name: str, value: object) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(_parts(value)))
    for namespace in found:
        if not _NAMESPACE.fullmatch(namespace):
            raise SettingsError(f"{name} has {namespace!r}: give names of namespaces with commas, as in team-a,team-b")
    if not found:
        raise SettingsError(f"{name} is empty: name some, or leave it out for all")
    return found


def _boolean(name: str, value: object) -> bool:
    word = str(value).lower()
    if word in {"true", "1", "yes", "on"}:
        return True
    if word in {"false", "0", "no", "off"}:
        return False
    raise SettingsError(f"{name} is {value!r}: say true or false")


def _word(_name: str, value: object) -> str:
    return str(value)


_seconds = _numeric(float, "a number of seconds, as in 3 or 0.5")
_rate = _numeric(float, "a number per second, as in 200")
_share = _numeric(float, "a part of one, as in 0.5")
_number = _numeric(int, "a whole number")

_READERS: Mapping[str, Callable[[str, object], object]] = {
    "source": _source,
    "kubeconfig": _path,
    "context": _word,
    "selectors": _selectors,
    "streamed_lists": _boolean,
    "file_hold_seconds": _seconds,
    "barrier_file": _path,
    "namespaces": _namespaces,
    "gateway_class": _word,
    "grpc_address": read_address,
    "http_address": read_address,
    "http_hosts": _hosts,
    "insecure": _boolean,
    "read_references": _boolean,
    "write_status": _boolean,
    "gate": _word,
    "gate_hold_seconds": _seconds,
    "role_hold_seconds": _seconds,
    "initial_push_seconds": _seconds,
    "admission_per_second": _rate,
    "admission_burst": _number,
    "admission_first": _word,
    "admission_hold_seconds": _seconds,
    "shrink_hold_seconds": _seconds,
    "shrink_share": _share,
    "shrink_at_least": _number,
    "retention_seconds": _seconds,
    "ip_families": _word,
    "edge": _edge,
    "route_budget": _budget,
    "marker_port": _number,
    "last_good_dir": _path,
    "last_good_grace_seconds": _seconds,
    "parity_peer": _word,
    "parity_seconds": _seconds,
    "shadow": _boolean,
    "soft_deadline_seconds": _seconds,
    "optional": _kinds,
    "inject_list_delay": _delays,
    "drain_seconds": _seconds,
    "drain_spread_seconds": _seconds,
    "limits": _limits,
    "debounce_seconds": _seconds,
    "debounce_ceiling_seconds": _seconds,
    "debounce_rest_seconds": _seconds,
    "log_format": _word,
}
