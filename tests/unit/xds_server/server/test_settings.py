"""The settings: how each is read, and what is refused."""

from pathlib import Path

import pytest

from xds_server.model.address import Address
from xds_server.model.edge import Edge
from xds_server.server.setting_fields import SettingsError, fields_of
from xds_server.server.settings import FilesSourceSetting, KubernetesSourceSetting, Settings
from xds_server.server.settings_parser import parse, read_address, read_settings
from xds_server.server.settings_reference import page, plain, schema
from xds_server.xds.transport.limits import Limits


def test_only_the_source_must_be_given() -> None:
    """Everything else has a default, and the defaults stay on this machine."""
    settings = read_settings({"source": "kube"})

    assert settings == Settings(source=KubernetesSourceSetting())
    assert settings.grpc_address.loopback
    assert settings.http_address.loopback
    assert (settings.gate, settings.xds.admission.hold_seconds) == ("bounded", 3.0)


def test_values_are_read_from_text_or_yaml() -> None:
    """A flag, a variable and a file can say the same; a section can be a mapping, or each key can be written out."""
    text = read_settings(
        {
            "source": "kube",
            "grpc_address": "0.0.0.0:1",
            "insecure": "true",
            "gate": "park",
            "optional": "gateways, httproutes",
            "namespaces": "a,b",
            "selectors": "services:team in (a, b);gateways:x=y",
            "inject_list_delay": "endpointslices=2,services=0.5",
            "log_format": "json",
            "context": None,
            "providers.streamed_lists": "yes",
            "translate.ip_families": "ipv6",
            "translate.edge.escaped_slashes": "keep",
            "translate.edge.http2_streams": "7",
            "translate.edge.idle_seconds": "0.5",
            "xds.admission.hold_seconds": "0.5",
            "xds.limits.streams": "7",
            "xds.limits.connection_seconds": "0",
            "server.drain_seconds": "0",
        }
    )
    from_yaml = read_settings(
        {
            "source": "kube",
            "grpc_address": "0.0.0.0:1",
            "insecure": True,
            "gate": "park",
            "optional": ["gateways", "httproutes"],
            "namespaces": ["a", "b"],
            "selectors": {"services": "team in (a, b)", "gateways": "x=y"},
            "inject_list_delay": {"endpointslices": 2, "services": 0.5},
            "log_format": "json",
            "providers": {"streamed_lists": True},
            "translate": {
                "ip_families": "ipv6",
                "edge": {"escaped_slashes": "keep", "http2_streams": 7, "idle_seconds": 0.5},
            },
            "xds": {"admission": {"hold_seconds": 0.5}, "limits": {"streams": 7, "connection_seconds": 0}},
            "readiness": None,
            "server": {"drain_seconds": 0},
        }
    )

    assert text == from_yaml
    assert text.source == KubernetesSourceSetting()
    assert text.selectors == {"services": "team in (a, b)", "gateways": "x=y"}
    assert text.optional == {"gateways", "httproutes"}
    assert text.xds.limits == Limits(streams=7, connection_seconds=0)
    assert text.translate.edge == Edge(escaped_slashes="keep", http2_streams=7, idle_seconds=0.5)
    assert text.inject_list_delay == {"endpointslices": 2.0, "services": 0.5}


def test_a_directory_may_have_a_barrier() -> None:
    """Paths are read with ~."""
    settings = read_settings({"source": "files:some/dir", "providers": {"barrier_file": "~/done"}})

    assert settings.source == FilesSourceSetting(Path("some/dir"))
    assert settings.providers.barrier_file == Path("~/done").expanduser()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "source is not given: set it to files:DIR"),
        ({"source": "file:x"}, "source is 'file:x': set it to files:DIR"),
        ({"source": "files:"}, "source is 'files:': set it to files:DIR"),
        ({"gate": "open"}, "gate is 'open': use one of bounded, refuse, park, off"),
        ({"log_format": "xml"}, "log_format is 'xml': use one of text, json"),
        (
            {"readiness.parity_seconds": "soon"},
            "readiness.parity_seconds is 'soon': give a number of seconds, 0 or from 0.001 to 2000000",
        ),
        (
            {"readiness": {"parity_seconds": -1}},
            "readiness.parity_seconds is -1.0: give a number of seconds, 0 or from 0.001",
        ),
        ({"server.drain_seconds": "nan"}, "server.drain_seconds is 'nan': give a number of seconds"),
        ({"marker_port": 70000}, "marker_port is 70000: give a whole number from 0 to 65535"),
        ({"xds.admission.role_hold_seconds": -1}, "xds.admission.role_hold_seconds is -1.0: give a number of seconds"),
        ({"parity_peer": "cp:18080"}, "parity_peer is 'cp:18080': give a URL"),
        ({"shadow": True}, "shadow is set, but parity_peer is not"),
        ({"gateway_class": ""}, "gateway_class is empty: name the GatewayClass"),
        ({"insecure": "maybe"}, "insecure is 'maybe': use true or false"),
        (
            {"source": "files:x", "write_status": True},
            "source is files:x, and write_status is for an API server: remove write_status, or set source to kube",
        ),
        ({"source": "files:x", "namespaces": "a"}, "source is files:x, and namespaces is for an API server"),
        (
            {"providers": {"barrier_file": "x"}},
            "source is kube, and providers.barrier_file is for a directory: remove providers.barrier_file, or set source",
        ),
        ({"selectors": "team=web"}, "selectors has team=web:: give kind:selector"),
        ({"selectors": "services:"}, "selectors has services:: give kind:selector"),
        ({"optional": "Gateways"}, "optional has 'Gateways': give plural names"),
        ({"inject_list_delay": "services"}, "inject_list_delay has services=: give kind=seconds"),
        ({"inject_list_delay": "services=-1"}, "inject_list_delay has services=-1: give kind=seconds"),
        ({"inject_list_delay": {"services": None}}, "inject_list_delay has services=None: give kind=seconds"),
        ({"grpc_address": "18000"}, "grpc_address is '18000': give host:port"),
        (
            {"grpc_address": "0.0.0.0:18000"},
            "grpc_address is 0.0.0.0:18000, which other machines can reach, and TLS is not available yet: set insecure",
        ),
        (
            {"http_address": "127.0.0.1:18000"},
            "grpc_address and http_address are both 127.0.0.1:18000: give one of them another port",
        ),
        ({"source": "files:x", "context": "prod"}, "source is files:x, and context is for an API server"),
        ({"gatee": 1}, "gatee is not a setting: did you mean gate?"),
        ({"parity_seconds": 1}, "parity_seconds is not a setting: did you mean readiness.parity_seconds?"),
        ({"limits": {"streams": 1}}, "limits is not a setting: did you mean xds.limits?"),
        ({"xds": {"limits": {"stream": 1}}}, "xds.limits.stream is not a setting: did you mean xds.limits.streams?"),
        ({"xds": "streams=1"}, "xds is a section: write its settings below it"),
        ({"xds.limits.streams": ""}, "xds.limits.streams is '': give a whole number from 1"),
        ({"xds.limits.streams": 1.5}, "xds.limits.streams is '1.5': give a whole number from 1"),
        ({"xds.limits.streams": 0}, "xds.limits.streams is 0: give a whole number from 1"),
        (
            {"xds.limits.request_bytes": 1 << 31},
            "xds.limits.request_bytes is 2147483648: give a whole number from 1 to 1000000000",
        ),
        (
            {"xds.limits.connection_seconds": 2000001},
            "xds.limits.connection_seconds is 2000001.0: give a number of seconds, 0 or from 0.001 to 2000000",
        ),
        ({"xds.limits.connection_seconds": "inf"}, "xds.limits.connection_seconds is 'inf': give a number of seconds"),
        ({"selectors": "services:a;services:b"}, "selectors has services 2 times: give it once"),
        ({"server.drain_seconds": "1:30"}, "server.drain_seconds is '1:30': give a number of seconds"),
        ({"server.drain_seconds": "1_0"}, "server.drain_seconds is '1_0': give a number of seconds"),
        ({"server.drain_seconds": True}, "server.drain_seconds is 'True': give a number of seconds"),
        ({"marker_port": "\u0663"}, "marker_port is '\u0663': give a whole number"),
        ({"marker_port": 10**19}, "marker_port is '10000000000000000000': give a whole number"),
        ({"xds.admission.per_second": 1e-9}, "xds.admission.per_second is 1e-09: give a number, 0 or from 0.001"),
        ({"namespaces": ","}, "namespaces is empty: name some, or leave it out for all"),
        ({"namespaces": "a/b"}, "namespaces has 'a/b': give names of namespaces"),
        ({"last_good_dir": " "}, "last_good_dir is ' ': give a path"),
        ({"last_good_dir": "~nobody-at-all/x"}, "last_good_dir is '~nobody-at-all/x': there is no such user"),
        (
            {"gateway_class": "a\x1b[2J"},
            "gateway_class is 'a\\x1b[2J': remove the characters that cannot be printed",
        ),
        ({"context": "\udcff"}, "context is '\\udcff': remove the characters that cannot be printed"),
        ({"context": "x" * 5000}, "context has 5000 characters: give 4096 at most"),
        ({"parity_peer": "http://[::1"}, "parity_peer is 'http://[::1': give a URL"),
        ({"parity_peer": "http://a:b"}, "parity_peer is 'http://a:b': give a URL"),
        ({"http_hosts": "http://a"}, "http_hosts has 'http://a': give names of hosts"),
        ({"a\nb": 1}, "'a\\nb' is not a setting: remove it"),
        ({"zzz": 1}, "zzz is not a setting: remove it"),
    ],
)
def test_what_cannot_be_is_named_with_the_next_step(values: dict[str, object], message: str) -> None:
    """Each message is one line: the setting, its value, and what to do."""
    given = values if not values or "source" in values else {"source": "kube", **values}

    with pytest.raises(SettingsError) as raised:
        read_settings(given)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        ("localhost:65535", Address("localhost", 65535)),
        ("[::1]:18000", Address("::1", 18000)),
        ("cp-0.cp.svc:1", Address("cp-0.cp.svc", 1)),
    ],
)
def test_addresses_are_read_and_shown_alike(text: str, address: Address) -> None:
    """What is read is shown in the same form."""
    assert read_address("grpc_address", text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":1",
        "a..b:1",
        f"{'a' * 64}:1",
        f"{'a.' * 127}b:1",
        "[:::]:1",
        ".a:1",
        "a",
        "a:",
        "a:x",
        "a:-1",
        "a:65536",
        "::1:1",
        "[a]:1",
        "a b:1",
        "a:1\n",
        "http://a:1",
        "a:٣",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """The message shows both forms."""
    with pytest.raises(SettingsError, match="give host:port"):
        read_address("grpc_address", text)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("cp", False),
    ],
)
def test_only_what_cannot_leave_the_machine_is_loopback(host: str, loopback: bool) -> None:
    """A name might be anything, so it is not."""
    assert Address(host, 1).loopback is loopback


def test_outside_loopback_insecure_must_be_said() -> None:
    """It is then allowed."""
    assert not read_settings({"source": "kube", "grpc_address": "0.0.0.0:1", "insecure": True}).grpc_address.loopback


def test_the_system_may_choose_both_ports() -> None:
    """Port 0 twice is not the same port."""
    assert (
        read_settings(
            {"source": "kube", "grpc_address": "127.0.0.1:0", "http_address": "127.0.0.1:0"}
        ).http_address.port
        == 0
    )


def test_sources_are_shown_as_they_are_given() -> None:
    """For logs and messages."""
    assert [str(read_settings({"source": text}).source) for text in ("kube", "files:a/b")] == ["kube", "files:a/b"]


def test_only_settings_of_the_server_itself_are_flags() -> None:
    """Those that people need; what is nested can only be set by the file, and an experiment only by the environment."""
    fields = fields_of(Settings).values()

    assert {field.key for field in fields if field.flag} == {
        "source", "kubeconfig", "context", "namespaces", "selectors", "optional", "gateway_class", "grpc_address",
        "http_address", "http_hosts", "insecure", "gate", "write_status", "last_good_dir", "parity_peer", "shadow",
        "marker_port", "log_format",
    }  # fmt: skip
    assert [field.key for field in fields if not field.in_file] == ["inject_list_delay"]
    assert all(field.variable is None for field in fields if field.nested)


@pytest.mark.parametrize("name", [key for key, field in fields_of(Settings).items() if key != "source"])
def test_every_default_is_allowed_and_survives_being_written_and_read(name: str) -> None:
    """The plain form of a default, as `xds-server config --yaml` prints it, is read as the default."""
    field = fields_of(Settings)[name]
    field.check(field.default)

    if (written := plain(field.default)) not in (None, [], ""):
        assert parse(field, written) == field.default
        assert parse(field, str(written) if not isinstance(written, dict) else written) == field.default


def test_the_page_of_settings_is_what_the_program_prints() -> None:
    """If not: xds-server config --markdown > docs/settings.md."""
    assert (Path(__file__).parents[4] / "docs/settings.md").read_text() == page()


def test_the_schema_has_each_setting_of_the_file_at_its_place() -> None:
    """With its type, its default and its help; nothing else is allowed in the file."""
    properties = schema()["properties"]

    assert properties["gate"]["enum"] == ["bounded", "refuse", "park", "off"]
    assert properties["xds"]["properties"]["limits"]["properties"]["streams"] == {
        "type": "integer", "minimum": 1, "maximum": 1_000_000_000,
        "description": "How many streams may be open.", "default": 10_000,
    }  # fmt: skip
    assert properties["xds"]["additionalProperties"] is False
    assert "inject_list_delay" not in properties
