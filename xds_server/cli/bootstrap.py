"""`xds-server bootstrap`: print the bootstrap with which an Envoy finds this control plane, or check one."""

import json
from ipaddress import ip_address
from string import Template
from typing import Final, NoReturn

import click

from xds_server.model.address import Address
from xds_server.model.errors import UserError
from xds_server.server.settings_parser import read_address, read_gateway

_BOOTSTRAP: Final = Template("""\
# Bootstrap for an Envoy that serves the Gateway $gateway, printed by xds-server bootstrap.
# Run: envoy -c FILE
# Whether it has a complete configuration: http://127.0.0.1:19002/ (xds-server's --marker-port) answers 200 and its
# version. That is what a readiness probe should ask.

node:
  id: $node_id
  cluster: $gateway
  metadata:
    # The role: the Gateway whose configuration this proxy is given.
    role: $gateway

admin:
  address:
    socket_address: {address: $admin_host, port_value: $admin_port}
  ignore_global_conn_limit: true

overload_manager:
  resource_monitors:
    # What is beyond this is refused, and the rest goes on; the readiness probe and the admin interface always answer.
    # Keep it well below the limit of file descriptors (ulimit -n): a request takes two.
    - name: envoy.resource_monitors.global_downstream_max_connections
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
        max_active_downstream_connections: 50000

dynamic_resources:
  ads_config:
    api_type: $api_type
    transport_api_version: V3
    # The node is said once per stream; it would be most of what an ACK weighs.
    set_node_on_first_message_only: true
    grpc_services:
      - envoy_grpc:
          cluster_name: xds_cluster
          # A control plane that is not ready yet ends the stream; come back soon, maybe to another replica.
          # By default the interval grows to 30 s.
          retry_policy:
            retry_back_off: {base_interval: 0.25s, max_interval: 2s}
  cds_config:
    resource_api_version: V3
    ads: {}
    # Wait as long as it takes. By default Envoy gives up after 15 s, and then calls itself ready with no
    # configuration: it would be sent requests, and refuse them.
    initial_fetch_timeout: 0s
  lds_config:
    resource_api_version: V3
    ads: {}
    initial_fetch_timeout: 0s

static_resources:
  clusters:
    - name: xds_cluster
      type: $discovery
$families      connect_timeout: 1s
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config:
            http2_protocol_options:
              # Notices a control plane that is gone without a word, such as a machine that was switched off.
              connection_keepalive: {interval: 30s, timeout: 5s}
      load_assignment:
        cluster_name: xds_cluster
        endpoints:
          - lb_endpoints:
$endpoints
""")

_ALL_FAMILIES: Final = """\
      # All addresses of the name. By default Envoy takes the IPv6 ones alone if there are any, reachable or not.
      dns_lookup_family: ALL
"""
_ENDPOINT: Final = """\
              - endpoint:
                  address:
                    socket_address: {address: $host, port_value: $port}"""


def render_bootstrap(
    gateway: str,
    *,
    xds_address: str = "127.0.0.1:18000",
    node_id: str = "",
    admin_address: str = "127.0.0.1:19000",
    delta: bool = False,
) -> str:
    """The bootstrap as YAML, with comments that say why each unusual line is there.

    *gateway*: its `namespace/name`. *xds_address*: one address or several, with commas. *node_id*: by default `proxy-` and
    the Gateway's key. *delta*: whether the proxy uses the incremental variant of the protocol.
    Raises: SettingsError.
    """
    key = read_gateway("gateway", gateway)
    replicas = [read_address("xds_address", one.strip()) for one in xds_address.split(",")]
    static = all(map(_static, replicas))
    admin = read_address("admin_address", admin_address)
    return _BOOTSTRAP.substitute(
        gateway=key,
        api_type="DELTA_GRPC" if delta else "GRPC",
        node_id=json.dumps(node_id or f"proxy-{key.replace('/', '-')}"),
        admin_host=json.dumps(admin.host),
        admin_port=admin.port,
        discovery="STATIC" if static else "STRICT_DNS",
        families="" if static else _ALL_FAMILIES,
        endpoints="\n".join(
            Template(_ENDPOINT).substitute(host=json.dumps(one.host), port=one.port) for one in replicas
        ),
    )


def _static(address: Address) -> bool:
    """Whether it is an IP address; a name has to be resolved, and each address of it is a replica."""
    try:
        ip_address(address.host)
    except ValueError:
        return False
    return True


@click.command("bootstrap")
@click.option("--gateway", default="", metavar="NS/NAME", help="The Gateway that the proxy serves: its role.")
@click.option("--check", "checked", metavar="FILE", help="Read a bootstrap, and print what in it can cause an outage.")
@click.option(
    "--xds-address",
    default="127.0.0.1:18000",
    show_default=True,
    help="The address of the control plane; several with commas.",
)
@click.option(
    "--admin-address", default="127.0.0.1:19000", show_default=True, help="The address of Envoy's admin interface."
)
@click.option("--node-id", default="", help="Name of this proxy.  [default: after the Gateway]")
@click.option("--delta", is_flag=True, help="Use the incremental variant of the protocol (DELTA_GRPC).")
def command(
    gateway: str, checked: str | None, xds_address: str, admin_address: str, node_id: str, *, delta: bool
) -> None:
    """Print the bootstrap with which an Envoy finds this control plane, and waits for it; or check one."""
    if checked is not None:
        _check(checked)
    if not gateway:
        raise UserError("bootstrap needs --gateway NAMESPACE/NAME to print one, or --check FILE to check one")
    text = render_bootstrap(gateway, xds_address=xds_address, admin_address=admin_address, node_id=node_id, delta=delta)
    click.echo(text, nl=False)


def _check(path: str) -> NoReturn:
    """Prints the findings of the linter; exit status 1 if one of them is an error."""
    from xds_server.cli.bootstrap_lint import check  # noqa: PLC0415 - only needed to check
    from xds_server.cli.documents import documents  # noqa: PLC0415

    found = documents("bootstrap", path)
    if len(found) != 1:
        raise UserError(f"bootstrap {path!r} has {len(found)} documents: leave one, because Envoy reads one")
    findings = check(found[0])
    for finding in findings:
        click.echo(str(finding))
    errors = sum(finding.level == "error" for finding in findings)
    click.echo(
        f"{path}: errors: {errors}, warnings: {len(findings) - errors}" if findings else f"{path}: no problem found"
    )
    raise SystemExit(1 if errors else 0)
