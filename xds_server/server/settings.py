"""The settings of the server as one frozen value, and what is wrong with those that cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, TypeAlias, get_args

from xds_server.model.address import Address, is_url
from xds_server.model.admission import GateMode, Warmth
from xds_server.model.edge import Edge, Families
from xds_server.model.route_budget import Budget
from xds_server.xds.transport.limits import MOST, Limits

LOG_FORMATS: Final = ("text", "json")

MAX_PORT: Final = 65535


MOST_SECONDS: Final = 2_000_000
"""23 days: as milliseconds, it fits into the 32 bits that gRPC has for them."""
LEAST: Final = 0.001
"""Of seconds, and of what comes per second, if it is not 0."""


class SettingsError(ValueError):
    """A setting cannot be; the message begins with its name, and says its value and the next step, in one line."""


@dataclass(frozen=True, slots=True)
class FilesSource:
    """Objects come from the YAML in a directory."""

    directory: Path

    def __str__(self) -> str:
        return f"files:{self.directory}"


@dataclass(frozen=True, slots=True)
class KubeSource:
    """Objects come from an API server: `kubeconfig` and `context` say which, else the environment does."""

    def __str__(self) -> str:
        return "kube"


SourceSetting: TypeAlias = FilesSource | KubeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. Raises: SettingsError, if one cannot be, or two do not go together. Units: seconds."""

    source: SourceSetting
    kubeconfig: Path | None = None
    """None: `$KUBECONFIG`, `~/.kube/config`, or the service account of the pod."""
    context: str = ""
    """"" for the current one."""
    namespaces: tuple[str, ...] = ()
    """Of an API server; empty for all."""
    selectors: Mapping[str, str] = field(default_factory=dict)
    """By kind: a label selector, of an API server; the objects that it leaves out are not there."""
    streamed_lists: bool = False
    """Whether an API server is asked for lists as streams, which cost it less, if it knows how."""
    barrier_file: Path | None = None
    """A file before which a directory does not count as complete."""
    file_hold_seconds: float = 10.0
    """How long at most a file is not believed that is being written, or ends early; 0 to believe all at once."""
    gateway_class: str = "xds-server"
    """Gateways of this class are ours."""
    grpc_address: Address = Address("127.0.0.1", 18000)
    http_address: Address = Address("127.0.0.1", 18080)
    http_hosts: tuple[str, ...] = ()
    """Further names by which the HTTP port is asked; one that begins with a dot stands for all below it."""
    insecure: bool = False
    """Whether the gRPC port may be reached from outside without TLS."""
    gate: str = "bounded"
    """What becomes of a stream that opens before we are ready: a `GateMode`."""
    gate_hold_seconds: float = 3.0
    """How long it is held, if the gate is `bounded`."""
    role_hold_seconds: float = 3.0
    """How long a stream is held whose role is no Gateway of ours."""
    initial_push_seconds: float = 1.0
    """How long readiness waits, once all is published, for proxies that came before to be served; 0 for not at all."""
    admission_per_second: float = 200.0
    """How many streams are let in per second, once they may be; 0 for as many as come."""
    admission_burst: int = 200
    """So many may be let in at once, after a quiet time."""
    admission_first: Warmth = "cold"
    """Who is let in first of those who wait."""
    admission_hold_seconds: float = 10.0
    """How long a stream may wait to be let in."""
    shrink_hold_seconds: float = 30.0
    """How long a change is held that would take away much of what is served; 0 to believe everything."""
    shrink_share: float = 0.5
    """What is much: more than this part of the clusters, load assignments, listeners or routes ..."""
    shrink_at_least: int = 10
    """... and at least so many of them."""
    retention_seconds: float = 15.0
    """How long a resource stays that is lost while a kind of objects that has a say in it is out of touch; 0 for never."""
    ip_families: Families = "dual"
    """On which IP families proxies listen, and by which they reach endpoints."""
    route_budget: Budget = field(default_factory=Budget)
    """How large the route configuration of a port, and of a Gateway, may become."""
    edge: Edge = field(default_factory=Edge)
    """What proxies do with what strangers send."""
    marker_port: int = 19002
    """Port on which proxies answer 200 once they have a complete configuration; 0 for none."""
    last_good_dir: Path | None = None
    """Where to keep the last configuration that proxies accepted, for those that come while the API server is away."""
    last_good_grace_seconds: float = 30.0
    """How long after the start it is not offered yet."""
    parity_peer: str = ""
    """URL of the HTTP port of another replica, or of the Service of all: compared with before we are ready; "" for none."""
    parity_seconds: float = 10.0
    """How long to wait for it to agree; then we are ready all the same."""
    shadow: bool = False
    """Whether to serve nobody, compare with the peer, and end."""
    soft_deadline_seconds: float = 60.0
    """After so long without being ready, and again after each as long, the log says what is awaited; 0 for never."""
    read_references: bool = False
    """Whether the Secrets and ConfigMaps that Gateways refer to are read. Nothing that is served needs them yet."""
    write_status: bool = False
    """Whether conditions and Events are written to the API server."""
    optional: frozenset[str] = frozenset()
    """Kinds (plural) that may be missing; the others are required."""
    inject_list_delay: Mapping[str, float] = field(default_factory=dict)
    """For experiments: by how much each kind's first list comes late."""
    drain_seconds: float = 5.0
    """How long a leaving server, ready no longer, serves on, so that no new proxy is sent to it."""
    drain_spread_seconds: float = 5.0
    """Over how long it then ends the streams, one after another."""
    limits: Limits = field(default_factory=Limits)
    """What a client may ask of us."""
    debounce_seconds: float = 0.0
    """On each stream, a change is sent when nothing has changed for so long; 0 for at once, as it costs what changed ..."""
    debounce_ceiling_seconds: float = 1.0
    """... and when it is so old, whatever has changed since."""
    debounce_rest_seconds: float = 0.01
    """... but not sooner than so long after the one before: what changes meanwhile goes together."""
    log_format: str = "text"

    def __post_init__(self) -> None:
        _one_of("gate", self.gate, tuple(GateMode))
        _one_of("admission_first", self.admission_first, get_args(Warmth))
        _one_of("log_format", self.log_format, LOG_FORMATS)
        _one_of("ip_families", self.ip_families, get_args(Families))
        for name in (each.name for each in fields(self) if each.name.endswith("_seconds")):
            seconds = getattr(self, name)
            if seconds and not LEAST <= seconds <= MOST_SECONDS:
                raise SettingsError(
                    f"{name} is {seconds}: give a number of seconds, 0 or from {LEAST} to {MOST_SECONDS}"
                )
        self._check_limits()
        if not 0 <= self.marker_port <= MAX_PORT:
            raise SettingsError(f"marker_port is {self.marker_port}: give a port, or 0 for no marker")
        if self.debounce_seconds > self.debounce_ceiling_seconds:
            raise SettingsError(
                f"debounce_seconds is {self.debounce_seconds}, and debounce_ceiling_seconds {self.debounce_ceiling_seconds}: "
                "give a ceiling that is no less"
            )
        if self.parity_peer and not is_url(self.parity_peer):
            raise SettingsError(f"parity_peer is {self.parity_peer!r}: give a URL, as in http://xds-server:18080")
        if self.shadow and not self.parity_peer:
            raise SettingsError("shadow is said, but no parity_peer: give the URL of the replica to compare with")
        if not self.gateway_class:
            raise SettingsError("gateway_class is empty: name the GatewayClass whose Gateways are to be served")
        self._check_source()
        if not self.grpc_address.loopback and not self.insecure:
            raise SettingsError(
                f"grpc_address is {self.grpc_address}, which other machines can reach, and TLS is not available yet: say insecure, or listen on 127.0.0.1"
            )
        if self.grpc_address == self.http_address and self.grpc_address.port:
            raise SettingsError(
                f"grpc_address and http_address are both {self.grpc_address}: give one of them another port"
            )

    def _check_limits(self) -> None:
        """Raises: SettingsError, for a limit that cannot be."""
        if not 0 <= self.shrink_share <= 1:
            raise SettingsError(f"shrink_share is {self.shrink_share}: give a part of one, as in 0.5")
        if self.admission_per_second and not LEAST <= self.admission_per_second <= MOST:
            raise SettingsError(
                f"admission_per_second is {self.admission_per_second}: give a number from {LEAST} to {MOST}, or 0 for as many as come"
            )
        for name in ("shrink_at_least", "admission_burst"):
            if not 1 <= getattr(self, name) <= MOST:
                raise SettingsError(f"{name} is {getattr(self, name)}: give a number, 1 or more, and {MOST} at most")

    def _check_source(self) -> None:
        """Raises: SettingsError, for what is about another source than ours."""
        if not isinstance(self.source, FilesSource):
            if self.barrier_file is not None:
                raise SettingsError(
                    f"source is {self.source}, and barrier_file is about a directory: "
                    "leave it out, or say source files:DIR"
                )
            return
        if self.kubeconfig or self.context:
            raise SettingsError(
                f"source is {self.source}, but a kubeconfig or a context is given: leave them out, or say source kube"
            )
        for name in ("write_status", "namespaces", "selectors", "streamed_lists"):
            if getattr(self, name):
                raise SettingsError(
                    f"source is {self.source}, and {name} is about an API server: leave it out, or say source kube"
                )


def _one_of(name: str, value: str, values: tuple[str, ...]) -> None:
    if value not in values:
        raise SettingsError(f"{name} is {value!r}: say one of {', '.join(values)}")
