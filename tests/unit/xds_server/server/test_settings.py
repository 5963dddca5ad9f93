"""The settings: how each is read, and what is refused."""

import re
from pathlib import Path

import pytest

from xds_server.model.address import Address
from xds_server.server.settings import FilesSource, KubeSource, Settings, SettingsError
from xds_server.server.settings_parser import read_address, read_settings
from xds_server.xds.transport.limits import Limits


def test_only_the_source_must_be_given() -> None:
    """Everything else has a default, and the defaults stay on this machine."""
    settings = read_settings({"source": "kube"})

    assert settings == Settings(source=KubeSource())
    assert settings.grpc_address.loopback
    assert settings.http_address.loopback
    assert (settings.gate, settings.gate_hold_seconds) == ("bounded", 3.0)


def test_values_are_read_from_text_or_yaml() -> None:
    """A flag, a variable and a file can say the same."""
    text = read_settings(
        {
            "source": "kube",
            "grpc_address": "0.0.0.0:1",
            "insecure": "true",
            "gate": "park",
            "gate_hold_seconds": "0.5",
            "optional": "gateways, httproutes",
            "namespaces": "a,b",
            "selectors": "services:team in (a, b);gateways:x=y",
            "streamed_lists": "yes",
            "inject_list_delay": "endpointslices=2,services=0.5",
            "drain_seconds": "0",
            "limits": "streams=7, connection_seconds=0,answer_seconds=0.5",
            "ip_families": "ipv6",
            "edge": "escaped_slashes=keep, http2_streams=7,idle_seconds=0.5",
            "debounce_seconds": "0.1",
            "log_format": "json",
            "context": None,
        }
    )
    from_yaml = read_settings(
        {
            "source": "kube",
            "grpc_address": "0.0.0.0:1",
            "insecure": True,
            "gate": "park",
            "gate_hold_seconds": 0.5,
            "optional": ["gateways", "httproutes"],
            "namespaces": ["a", "b"],
            "selectors": {"services": "team in (a, b)", "gateways": "x=y"},
            "streamed_lists": True,
            "inject_list_delay": {"endpointslices": 2, "services": 0.5},
            "drain_seconds": 0,
            "limits": {"streams": 7, "connection_seconds": 0, "answer_seconds": 0.5},
            "ip_families": "ipv6",
            "edge": {"escaped_slashes": "keep", "http2_streams": 7, "idle_seconds": 0.5},
            "debounce_seconds": 0.1,
            "log_format": "json",
        }
    )

    assert text == from_yaml
    assert text.source == KubeSource()
    assert text.selectors == {"services": "team in (a, b)", "gateways": "x=y"}
    assert text.optional == {"gateways", "httproutes"}
    assert text.limits == Limits(streams=7, connection_seconds=0, answer_seconds=0.5)
    assert (text.debounce_seconds, text.debounce_ceiling_seconds) == (0.1, 1.0)
    assert text.inject_list_delay == {"endpointslices": 2.0, "services": 0.5}


def test_a_directory_may_have_a_barrier() -> None:
    """Paths are read with ~."""
    settings = read_settings({"source": "files:some/dir", "barrier_file": "~/done"})

    assert settings.source == FilesSource(Path("some/dir"))
    assert settings.barrier_file == Path("~/done").expanduser()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "source is not given: say files:DIR"),
        ({"source": "file:x"}, "source is 'file:x': say files:DIR"),
        ({"source": "files:"}, "source is 'files:': say files:DIR"),
        ({"gate": "open"}, "gate is 'open': say one of bounded, refuse, park, off"),
        ({"log_format": "xml"}, "log_format is 'xml': say one of text, json"),
        ({"gate_hold_seconds": "soon"}, "gate_hold_seconds is 'soon': give a number of seconds"),
        ({"gate_hold_seconds": -1}, "gate_hold_seconds is -1.0: give a number of seconds, 0 or from 0.001"),
        ({"drain_seconds": "nan"}, "drain_seconds is 'nan': give a number of seconds"),
        ({"shrink_share": 2}, "shrink_share is 2.0: give a part of one"),
        ({"shrink_share": "half"}, "shrink_share is 'half': give a part of one"),
        ({"shrink_at_least": 0}, "shrink_at_least is 0: give a number, 1 or more"),
        ({"shrink_at_least": "few"}, "shrink_at_least is 'few': give a whole number"),
        ({"marker_port": 70000}, "marker_port is 70000: give a port, or 0 for no marker"),
        ({"role_hold_seconds": -1}, "role_hold_seconds is -1.0: give a number of seconds, 0 or from 0.001"),
        ({"parity_peer": "cp:18080"}, "parity_peer is 'cp:18080': give a URL"),
        ({"shadow": True}, "shadow is said, but no parity_peer"),
        ({"gateway_class": ""}, "gateway_class is empty: name the GatewayClass"),
        ({"insecure": "maybe"}, "insecure is 'maybe': say true or false"),
        ({"source": "files:x", "write_status": True}, "source is files:x, and write_status is about an API server"),
        ({"source": "files:x", "namespaces": "a"}, "source is files:x, and namespaces is about an API server"),
        ({"barrier_file": "x"}, "source is kube, and barrier_file is about a directory"),
        ({"selectors": "team=web"}, "selectors has team=web:: give kind:selector"),
        ({"selectors": "services:"}, "selectors has services:: give kind:selector"),
        ({"optional": "Gateways"}, "optional has 'Gateways': give plural names"),
        ({"inject_list_delay": "services"}, "inject_list_delay has services=: give kind=seconds"),
        ({"inject_list_delay": "services=-1"}, "inject_list_delay has services=-1: give kind=seconds"),
        ({"inject_list_delay": {"services": None}}, "inject_list_delay has services=None: give kind=seconds"),
        ({"grpc_address": "18000"}, "grpc_address is '18000': give host:port"),
        (
            {"grpc_address": "0.0.0.0:18000"},
            "grpc_address is 0.0.0.0:18000, which other machines can reach, and TLS is not available yet: say insecure",
        ),
        (
            {"http_address": "127.0.0.1:18000"},
            "grpc_address and http_address are both 127.0.0.1:18000: give one of them another port",
        ),
        ({"source": "files:x", "context": "prod"}, "source is files:x, but a kubeconfig or a context is given"),
        ({"gate_hold": 1}, "gate_hold is no setting: is gate_hold_seconds meant"),
        ({"limits": "stream=1"}, "limits has 'stream', which is no limit: is streams meant?"),
        ({"limits": {"x": 1}}, "limits has 'x', which is no limit: is streams meant?"),
        ({"limits": "streams"}, "limits has streams=: give a whole number from 1"),
        ({"limits": "streams=1.5"}, "limits has streams=1.5: give a whole number from 1"),
        ({"limits": "streams=0"}, "limits has streams=0: give a whole number from 1"),
        ({"limits": "answer_seconds=nan"}, "limits has answer_seconds=nan: give a number from 0.001"),
        (
            {"limits": "answer_seconds=inf"},
            "limits has answer_seconds=inf: give a number from 0.001 to 2000000",
        ),
        (
            {"limits": {"request_bytes": 1 << 31}},
            "limits has request_bytes=2147483648: give a whole number from 1 to 1000000000",
        ),
        (
            {"limits": "connection_seconds=2000001"},
            "limits has connection_seconds=2000001: give a number from 0.001 to 2000000",
        ),
        ({"limits": "streams=1,streams=2"}, "limits has streams 2 times: give it once"),
        (
            {"drain_seconds": 2000001},
            "drain_seconds is 2000001.0: give a number of seconds, 0 or from 0.001 to 2000000",
        ),
        ({"drain_seconds": "1:30"}, "drain_seconds is '1:30': give a number of seconds"),
        ({"drain_seconds": "1_0"}, "drain_seconds is '1_0': give a number of seconds"),
        ({"drain_seconds": True}, "drain_seconds is True: give a number of seconds"),
        ({"admission_burst": "\u0663"}, "admission_burst is '\u0663': give a whole number"),
        ({"admission_burst": 10**19}, "admission_burst is 10000000000000000000: give a whole number"),
        ({"admission_per_second": 1e-9}, "admission_per_second is 1e-09: give a number from 0.001"),
        ({"namespaces": ","}, "namespaces is empty: name some, or leave it out for all"),
        ({"namespaces": "a/b"}, "namespaces has 'a/b': give names of namespaces"),
        ({"last_good_dir": " "}, "last_good_dir is ' ': give a path"),
        ({"last_good_dir": "~nobody-at-all/x"}, "last_good_dir is '~nobody-at-all/x': there is no such user"),
        ({"gateway_class": "a\x1b[2J"}, "gateway_class is 'a\\x1b[2J': leave out what is not printed"),
        ({"context": "\udcff"}, "context is '\\udcff': leave out what is not printed"),
        ({"context": "x" * 5000}, "context has 5000 characters: give 4096 at most"),
        ({"parity_peer": "http://[::1"}, "parity_peer is 'http://[::1': give a URL"),
        ({"parity_peer": "http://a:b"}, "parity_peer is 'http://a:b': give a URL"),
        ({"http_hosts": "http://a"}, "http_hosts has 'http://a': give names of hosts"),
        ({"a\nb": 1}, "'a\\nb' is no setting: leave it out"),
        ({"debounce_seconds": -1}, "debounce_seconds is -1.0: give a number of seconds, 0 or from 0.001"),
        ({"debounce_seconds": 2}, "debounce_seconds is 2.0, and debounce_ceiling_seconds 1.0: give a ceiling"),
        ({"zzz": 1}, "zzz is no setting: leave it out"),
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


def test_the_table_of_settings_is_complete() -> None:
    """docs/operations.md names each setting once."""
    (table,) = re.findall(
        r"\| for \| settings \|\n(.*?)\n\n", (Path(__file__).parents[4] / "docs/operations.md").read_text(), re.DOTALL
    )
    named = re.findall(r"`([a-z_]+)`", table)

    assert sorted(Settings.__dataclass_fields__) == sorted(named)
