"""The command line: where settings come from, and which of them wins. Flag, then environment, then file."""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from xds_server import __version__
from xds_server.model.admission import HOLDS
from xds_server.server.settings import FilesSource, Settings, SettingsError
from xds_server.server.settings_parser import read_settings

if TYPE_CHECKING:
    from xds_server.cli import probe_advice

_SERVE_OPTIONS: Mapping[str, str] = {
    "source": "files:DIR for a directory of YAML, or kube for an API server.",
    "kubeconfig": "Path of a kubeconfig. [default: $KUBECONFIG, ~/.kube/config, or the pod's service account]",
    "context": "Context of the kubeconfig. [default: the current one]",
    "namespaces": "Namespaces to read, with commas. [default: all]",
    "selectors": "Label selectors by kind, as in services:team=web, with ; between several.",
    "streamed_lists": "Ask for lists as streams, which cost the API server less.",
    "barrier_file": "A file before which the directory does not count as complete.",
    "file_hold_seconds": "How long at most a file is not believed that is being written, or ends early; 0: not at all. [default: 10]",
    "gateway_class": "Gateways of this class are ours. [default: xds-server]",
    "grpc_address": "Where to serve ADS. [default: 127.0.0.1:18000]",
    "http_address": "Where to serve probes, metrics and pages. [default: 127.0.0.1:18080]",
    "http_hosts": "Names by which the HTTP port is asked beyond the usual ones, with commas; .example.com for all below it.",
    "insecure": "Allow a gRPC address that other machines can reach, without TLS.",
    "read_references": "Read the Secrets and ConfigMaps that Gateways refer to; nothing that is served needs them yet.",
    "write_status": "Write conditions and Events to the API server, if no other replica does.",
    "gate": "What becomes of a stream that opens before we are ready: bounded, refuse, park or off. [default: bounded]",
    "gate_hold_seconds": "How long a stream is held if the gate is bounded. [default: 3]",
    "role_hold_seconds": "How long a stream is held whose role is no Gateway of ours. [default: 3]",
    "initial_push_seconds": "How long we wait to be ready, once we know all, for proxies that came before to be served; 0: not at all. [default: 1]",
    "admission_per_second": "How many streams are let in per second, once they may be; 0: as many as come. [default: 200]",
    "admission_burst": "How many may be let in at once, after a quiet time. [default: 200]",
    "admission_first": "Who is let in first of those who wait: cold (proxies that have nothing), or warm. [default: cold]",
    "admission_hold_seconds": "How long a stream may wait to be let in; then it is told to try again. [default: 10]",
    "shrink_hold_seconds": "How long a change is held that would take away much of what is served; 0: not at all. [default: 30]",
    "shrink_share": "What is much: more than this part of clusters, load assignments, listeners or routes. [default: 0.5]",
    "shrink_at_least": "What is much: at least so many of them. [default: 10]",
    "retention_seconds": "How long a resource stays that is lost while a kind that it rests on is out of touch; 0: not at all. [default: 15]",
    "ip_families": "On which IP families proxies listen, and by which they reach endpoints: dual, ipv4 or ipv6. [default: dual]",
    "route_budget": "How large the routes of a port, and of a Gateway, may become, as in port_entries=200000: docs/edge.md.",
    "edge": "What proxies do with what strangers send, as in escaped_slashes=keep,stream_idle_seconds=0: docs/edge.md has all of it.",
    "marker_port": "Where proxies answer 200 once they have a complete configuration; 0: nowhere. [default: 19002]",
    "last_good_dir": "Where to keep the last accepted configuration, for when the API server is away. [default: nowhere]",
    "last_good_grace_seconds": "How long after the start it is not offered to new proxies yet. [default: 30]",
    "parity_peer": "URL of another replica's HTTP port, to compare with before being ready. [default: none]",
    "parity_seconds": "How long to wait for it to agree; then ready all the same. [default: 10]",
    "shadow": "Serve nobody: compare with the peer, and end with 0 if it publishes the same.",
    "soft_deadline_seconds": "How long until the log says why we are not ready yet, again and again; 0: never. [default: 60]",
    "optional": "Kinds that may be missing, with commas, as in gateways,httproutes.",
    "inject_list_delay": "For experiments: kind=seconds by which its first list comes late.",
    "drain_seconds": "How long to serve on, not ready any more, after SIGTERM. [default: 5]",
    "drain_spread_seconds": "Over how long the streams then end, one after another. [default: 5]",
    "limits": "What a client may ask of us, as in streams=20000,answer_seconds=10: docs/ads.md has all of them.",
    "debounce_seconds": "Send a change when nothing has changed for so long; 0: at once. [default: 0]",
    "debounce_ceiling_seconds": "Send it, with a debounce, when it is so old. [default: 1]",
    "debounce_rest_seconds": "How long what changes after a response is gathered, on each stream. [default: 0.01]",
    "log_format": "text or json. [default: text]",
}
_PREFIX = "XDS_SERVER_"
_OF_A_SERVICE = re.compile(r"XDS_SERVER_(SERVICE_|PORT(_|$)).*")
"""Kubernetes sets such variables for a Service called xds-server."""
_FLAGS = frozenset({"insecure", "shadow", "read_references", "write_status", "streamed_lists"})


class UsageError(click.ClickException):
    """A wrong setting, in one line."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Prints it, without the usage that nobody asked for."""
        click.echo(f"xds-server: {self.message}", file=file, err=file is None)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="xds-server")
def cli() -> None:
    """An xDS control plane that never serves, and never reports ready, before it knows everything."""


def _option(name: str, text: str) -> click.Option:
    more: dict[str, Any] = {"is_flag": True, "default": None} if name in _FLAGS else {"metavar": "TEXT"}
    return click.Option([_flag(name), name], help=f"{text}  [env var: {_variable(name)}]", **more)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _variable(name: str) -> str:
    return f"{_PREFIX}{name.upper()}"


def _serve(config: str | None, **flags: object) -> None:
    values: dict[str, object] = {}
    places: dict[str, str] = {}
    for found in (_from_file(config), _from_environment(), _from_flags(flags)):
        for name, (value, place) in found.items():
            values[name], places[name] = value, place
    settings = _checked(values, places)
    from xds_server.server import app, process  # noqa: PLC0415 - after the settings: a wrong one is told at once

    try:
        app.main(settings)
    except process.StartError as error:
        _fail(str(error))


cli.add_command(
    click.Command(
        "serve",
        callback=_serve,
        help="Serve Envoys from a directory of YAML or from Kubernetes.",
        params=[
            click.Option(
                ["--config"],
                metavar="FILE",
                help="YAML with settings by name; flags and XDS_SERVER_* win over it.  [env var: XDS_SERVER_CONFIG]",
            ),
            *(_option(name, text) for name, text in _SERVE_OPTIONS.items()),
        ],
    )
)


@cli.command()
@click.option("--gateway", default="", metavar="NS/NAME", help="The Gateway that the proxy serves: its role.")
@click.option(
    "--check", "checked", metavar="FILE", help="Read a bootstrap, and say what in it may turn into an outage."
)
@click.option(
    "--xds-address",
    default="127.0.0.1:18000",
    show_default=True,
    help="Where the control plane is; several with commas.",
)
@click.option("--admin-address", default="127.0.0.1:19000", show_default=True, help="For Envoy's admin interface.")
@click.option("--node-id", default="", help="Name of this proxy. [default: after the Gateway]")
@click.option("--delta", is_flag=True, help="Let it be sent changes alone (DELTA_GRPC), and not whole sets.")
def bootstrap(
    gateway: str, checked: str | None, xds_address: str, admin_address: str, node_id: str, *, delta: bool
) -> None:
    """Print the bootstrap with which an Envoy finds this control plane, and waits for it; or check one."""
    if checked is not None:
        _check_bootstrap(checked)
        return
    if not gateway:
        _fail("bootstrap needs --gateway NAMESPACE/NAME to print one, or --check FILE to check one")
    from xds_server.cli.bootstrap import bootstrap as text_of  # noqa: PLC0415 - only this command needs it

    try:
        text = text_of(gateway, xds_address=xds_address, admin_address=admin_address, node_id=node_id, delta=delta)
    except SettingsError as error:
        _fail(str(error))
    click.echo(text, nl=False)


@cli.command()
@click.option(
    "--url", default="http://127.0.0.1:18080", show_default=True, help="The HTTP address of the control plane."
)
@click.option(
    "--kind",
    type=click.Choice(HOLDS),
    help="Which holds to end. [default: all]",
)
def release(url: str, kind: str | None) -> None:
    """End holds now: publish what is held back, and tell waiting streams why they cannot be served."""
    answer = _asked(url, f"/debug/release{f'?kind={kind}' if kind else ''}", method="POST")
    try:
        lines = [f"{name}: {int(count)} released" for name, count in sorted(answer["released"].items())]
    except (LookupError, TypeError, ValueError, AttributeError):
        _fail(f"{url}/debug/release answers what xds-server does not: is that its http_address?")
    click.echo(", ".join(lines))


@cli.command()
@click.option(
    "--url", default="http://127.0.0.1:18080", show_default=True, help="The HTTP address of the control plane."
)
@click.option(
    "--check", "manifest", metavar="FILE", help="A Deployment: say which of its limits this start came close to."
)
def advise(url: str, manifest: str | None) -> None:
    """Print probes that fit how long the last start took; exit status 1 if those in FILE do not."""
    from xds_server.cli import probe_advice  # noqa: PLC0415 - only this command needs it

    answer = _asked(url, "/readyz?format=json")
    try:
        start = probe_advice.measured(answer["layers"])
        reason = answer["reason"]
    except (LookupError, TypeError, ValueError):
        _fail(f"{url}/readyz answers what xds-server does not: is that its http_address?")
    if start is None:
        _fail(f"{url} is not ready yet ({reason}): how long it takes is known when it is")
    click.echo(probe_advice.probes(start), nl=False)
    if manifest is not None:
        _check_probes(manifest, start)


@cli.command()
def metrics() -> None:
    """Print what /metrics exports, as Markdown."""
    from xds_server.observability import metrics_reference  # noqa: PLC0415 - only this command needs it
    from xds_server.server import app  # noqa: PLC0415 - only this command needs it

    click.echo(metrics_reference.page(app.Server(Settings(source=FilesSource(Path()))).registry), nl=False)


def _asked(url: str, path: str, *, method: str = "GET") -> Any:
    """The JSON that a control plane answers."""
    from xds_server.observability.client import ControlPlaneError, request_json  # noqa: PLC0415 - only these commands need it

    try:
        return request_json(url, path, method=method)
    except ControlPlaneError as error:
        _fail(str(error))


def _check_bootstrap(path: str) -> None:
    from xds_server.cli.bootstrap_lint import check  # noqa: PLC0415 - only this command needs it

    found = _documents("bootstrap", path)
    if len(found) != 1:
        _fail(f"bootstrap {path!r} has {len(found)} documents: Envoy reads one")
    findings = check(found[0])
    for finding in findings:
        click.echo(str(finding))
    errors = sum(finding.level == "error" for finding in findings)
    click.echo(
        f"{path}: {errors} errors, {len(findings) - errors} warnings" if findings else f"{path}: as it should be"
    )
    if errors:
        raise SystemExit(1)


def _check_probes(path: str, start: "probe_advice.Measured") -> None:
    from xds_server.cli import probe_advice  # noqa: PLC0415 - only this command needs it

    checked, lines = 0, []
    for name, pods in (one for document in _documents("manifest", path) for one in probe_advice.workloads(document)):
        checked += 1
        found = list(probe_advice.warnings(pods, start))
        lines += [f"warning: {name}: {line}" for line in found] or [f"{path}: {name}: as it should be"]
    if not checked:
        _fail(f"manifest {path!r} has no object with a pod template: give the file of the Deployment")
    for line in lines:
        click.echo(line)
    if any(line.startswith("warning: ") for line in lines):
        raise SystemExit(1)


def _checked(values: Mapping[str, object], places: Mapping[str, str]) -> Settings:
    try:
        settings = read_settings(values)
    except SettingsError as error:
        named = [name for name in dict.fromkeys(re.findall("[a-z_]+", str(error))) if name in places]
        _fail(f"{error}{''.join(f' ({places[name]})' for name in named)}")
    if isinstance(settings.source, FilesSource):
        _check_directory(settings.source, places.get("source", ""))
    return settings


def _check_directory(source: FilesSource, place: str) -> None:
    try:
        found = source.directory.is_dir()
    except OSError as error:  # for want of a permission, for example
        _fail(f"source is {source}: {source.directory} cannot be looked at ({error.strerror}): mend the path ({place})")
    if not found:
        _fail(f"source is {source}: {source.directory} is not a directory: create it, or mend the path ({place})")


_Found = dict[str, tuple[object, str]]
"""Settings by name, each with its place: a flag, a variable, or a line of a file."""


def _from_file(path: str | None) -> _Found:
    path = path or os.environ.get(f"{_PREFIX}CONFIG")
    if not path:
        return {}
    from xds_server.cli.documents import DocumentError, settings  # noqa: PLC0415 - only who has a file pays for it

    try:
        found = settings(path)
    except DocumentError as error:
        _fail(str(error))
    return {name: (one.value, f"{path}, line {one.line}") for name, one in found.items() if one.value is not None}


def _from_environment() -> _Found:
    """What the environment says; of a variable that is much like one of ours it is said that nobody reads it."""
    ours = {_variable(name): name for name in _SERVE_OPTIONS}
    for variable in sorted(os.environ):
        if not variable.startswith(_PREFIX) or variable in ours or variable == f"{_PREFIX}CONFIG":
            continue
        near = get_close_matches(variable, ours, 1, 0.8)
        if near and not _OF_A_SERVICE.fullmatch(variable):
            click.echo(f"xds-server: {variable} is not read: is {near[0]} meant?", err=True)
    return {name: (text, variable) for variable, name in ours.items() if (text := os.environ.get(variable))}


def _from_flags(flags: Mapping[str, object]) -> _Found:
    return {name: (value, _flag(name)) for name, value in flags.items() if value is not None}


def _documents(what: str, path: str) -> list[Any]:
    from xds_server.cli.documents import DocumentError, documents  # noqa: PLC0415 - only who has a file pays for it

    try:
        return documents(what, path)
    except DocumentError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    raise UsageError(message)
