"""The settings of the server as one frozen value, and the checks of settings that belong together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from xds_server.model.address import Address, is_url
from xds_server.model.admission import GateMode
from xds_server.model.setting import Items, Setting, number, seconds
from xds_server.providers.config import ProvidersConfig
from xds_server.readiness.config import ReadinessConfig
from xds_server.server.setting_fields import SettingsError, fields_of
from xds_server.translate.config import TranslateConfig
from xds_server.xds.transport.config import TransportConfig

LogFormat = Literal["text", "json"]

MAX_PORT: Final = 65535

DNS_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAMESPACES: Final = Items(DNS_LABEL, "give names of namespaces with commas, as in team-a,team-b")
_KINDS: Final = Items(r"[a-z]+", "give plural names with commas between them, as in gateways,httproutes")
_HOSTS: Final = Items(
    r"\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", "give names of hosts with commas, as in cp.example.com,.example.org"
)


@dataclass(frozen=True, slots=True)
class FilesSourceSetting:
    """Objects come from the YAML in a directory."""

    directory: Path

    def __str__(self) -> str:
        return f"files:{self.directory}"


@dataclass(frozen=True, slots=True)
class KubernetesSourceSetting:
    """Objects come from an API server: `kubeconfig` and `context` name it, otherwise the environment does."""

    def __str__(self) -> str:
        return "kube"


SourceSetting: TypeAlias = FilesSourceSetting | KubernetesSourceSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """The settings of the process: how it ends."""

    drain_seconds: Annotated[
        float,
        seconds("How long the server serves on after SIGTERM, not ready any more, so that no new proxy is sent to it."),
    ] = 5.0
    drain_spread_seconds: Annotated[float, seconds("Over how long it then ends the streams, one after another.")] = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. Raises: SettingsError, if one is wrong, or two do not go together. Durations are in seconds.

    A setting of this class is a flag, an environment variable and a key of the configuration file. The settings of a room
    are nested, and only the configuration file can set them.
    """

    source: Annotated[SourceSetting, Setting("files:DIR for a directory of YAML, or kube for an API server.")]
    kubeconfig: Annotated[
        Path | None,
        Setting("Path of a kubeconfig.", shown_default="$KUBECONFIG, ~/.kube/config, or the pod's service account"),
    ] = None
    context: Annotated[str, Setting("Context of the kubeconfig.", shown_default="the current one")] = ""
    namespaces: Annotated[
        tuple[str, ...], Setting("Namespaces to read, with commas.", items=_NAMESPACES, shown_default="all")
    ] = ()
    selectors: Annotated[
        Mapping[str, str],
        Setting(
            "Label selectors by kind, as in services:team=web, with ; between several. Objects that they leave out do not exist for the server."
        ),
    ] = field(default_factory=dict)
    optional: Annotated[
        frozenset[str],
        Setting(
            "Kinds that may be missing, with commas, as in gateways,httproutes. All others are required.", items=_KINDS
        ),
    ] = frozenset()
    gateway_class: Annotated[str, Setting("The GatewayClass whose Gateways are served.")] = "xds-server"
    grpc_address: Annotated[Address, Setting("Where to serve ADS.")] = Address("127.0.0.1", 18000)
    http_address: Annotated[Address, Setting("Where to serve probes, metrics and pages.")] = Address("127.0.0.1", 18080)
    http_hosts: Annotated[
        tuple[str, ...],
        Setting(
            "Names by which clients reach the HTTP port, beyond the usual ones, with commas; .example.com covers all names below it.",
            items=_HOSTS,
        ),
    ] = ()
    insecure: Annotated[bool, Setting("Allow a gRPC address that other machines can reach, without TLS.")] = False
    gate: Annotated[
        GateMode,
        Setting(
            "What happens to a stream that opens before the server is ready: it is held for a while, refused, held until the server is ready, or served what there is."
        ),
    ] = GateMode.BOUNDED
    write_status: Annotated[
        bool, Setting("Write conditions and Events to the API server, unless another replica does.")
    ] = False
    last_good_dir: Annotated[
        Path | None,
        Setting(
            "Where to keep the last configuration that proxies accepted, for when the API server is away.",
            shown_default="nowhere",
        ),
    ] = None
    parity_peer: Annotated[
        str,
        Setting(
            "URL of another replica's HTTP port, or of the Service of all: compare with it before being ready.",
            shown_default="none",
        ),
    ] = ""
    shadow: Annotated[
        bool, Setting("Serve nobody: compare with the peer, and exit with status 0 if it publishes the same.")
    ] = False
    marker_port: Annotated[
        int,
        number("Port on which proxies answer 200 once they have a complete configuration; 0: none.", 0, MAX_PORT),
    ] = 19002
    log_format: Annotated[LogFormat, Setting("Format of the log.")] = "text"
    inject_list_delay: Annotated[
        Mapping[str, float], Setting("kind=seconds by which the first list of a kind comes late.", experiment=True)
    ] = field(default_factory=dict)

    providers: ProvidersConfig = field(default_factory=ProvidersConfig)
    translate: TranslateConfig = field(default_factory=TranslateConfig)
    xds: TransportConfig = field(default_factory=TransportConfig)
    readiness: ReadinessConfig = field(default_factory=ReadinessConfig)
    server: ServerConfig = field(default_factory=ServerConfig)

    def __post_init__(self) -> None:
        for setting in fields_of(Settings).values():
            setting.check(attrgetter(setting.key)(self))
        if self.parity_peer and not is_url(self.parity_peer):
            raise SettingsError(
                f"parity_peer is {self.parity_peer!r}: give a URL, as in http://xds-server:18080", "parity_peer"
            )
        if self.shadow and not self.parity_peer:
            raise SettingsError(
                "shadow is set, but parity_peer is not: give the URL of the replica to compare with", "shadow"
            )
        if not self.gateway_class:
            raise SettingsError(
                "gateway_class is empty: name the GatewayClass whose Gateways are to be served", "gateway_class"
            )
        self._check_source()
        if not self.grpc_address.loopback and not self.insecure:
            raise SettingsError(
                f"grpc_address is {self.grpc_address}, which other machines can reach, and TLS is not available yet: "
                "set insecure, or listen on 127.0.0.1",
                "grpc_address",
            )
        if self.grpc_address == self.http_address and self.grpc_address.port:
            raise SettingsError(
                f"grpc_address and http_address are both {self.grpc_address}: give one of them another port",
                "grpc_address",
                "http_address",
            )

    def _check_source(self) -> None:
        """Raises: SettingsError, for a setting of the other source."""
        if not isinstance(self.source, FilesSourceSetting):
            self._refuse("providers.barrier_file", "is for a directory", "files:DIR")
            return
        for key in ("kubeconfig", "context", "write_status", "namespaces", "selectors", "providers.streamed_lists"):
            self._refuse(key, "is for an API server", "kube")

    def _refuse(self, key: str, purpose: str, other: str) -> None:
        if attrgetter(key)(self):
            raise SettingsError(
                f"source is {self.source}, and {key} {purpose}: remove {key}, or set source to {other}", "source", key
            )
