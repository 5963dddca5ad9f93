"""The command line: precedence, and errors in one line."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from xds_server.cli.main import cli
from xds_server.server import app, process
from xds_server.server.settings import Settings
from xds_server.xds.transport.debounce import Debounce


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings with which the server would have been started."""
    seen: list[Settings] = []
    monkeypatch.setattr(app, "main", seen.append)
    return seen


def run(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(cli, arguments, env=dict[str, Any](env))


def test_flag_wins_over_environment_and_environment_over_file(tmp_path: Path, started: list[Settings]) -> None:
    """Each setting is taken from the first of the three that has it."""
    config = tmp_path / "config.yaml"
    config.write_text(f"source: files:{tmp_path}\ngate: park\ngate-hold-seconds: 9\nlog_format: json\n")

    result = run(
        "serve", f"--config={config}", "--gate=refuse", XDS_SERVER_GATE="off", XDS_SERVER_GATE_HOLD_SECONDS="4"
    )

    assert result.exit_code == 0, result.output
    assert (started[0].gate, started[0].gate_hold_seconds, started[0].log_format) == ("refuse", 4.0, "json")


def test_limits_are_settings_like_the_others(tmp_path: Path, started: list[Settings]) -> None:
    """Flag, environment, file; and the transport is given what is said."""
    config = tmp_path / "config.yaml"
    config.write_text(f"source: files:{tmp_path}\nlimits: {{streams: 5}}\ndebounce-seconds: 0.1\n")

    run("serve", f"--config={config}")
    run("serve", f"--config={config}", XDS_SERVER_LIMITS="streams=6", XDS_SERVER_DEBOUNCE_SECONDS="0")
    run("serve", f"--config={config}", "--limits=streams=7", XDS_SERVER_LIMITS="streams=6")

    assert [5, 6, 7] == [one.limits.streams for one in started]
    assert [Debounce(quiet, 1.0, 0.01) for quiet in (0.1, 0, 0.1)] == [app.debounce_config(one) for one in started]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "source is not given: say files:DIR for a directory of YAML, or kube for an API server"),
        (["--source=files:/no/such"], "/no/such is not a directory: create it, or mend the path"),
        (["--source=kube", "--gate=maybe"], "gate is 'maybe': say one of bounded, refuse, park, off"),
        (["--source=kube", "--limits=streams=0"], "limits has streams=0: give a whole number from 1"),
        (["--source=kube", "--debounce-seconds=2"], "debounce_seconds is 2.0, and debounce_ceiling_seconds 1.0"),
        (["--config=/no/such"], "config '/no/such' cannot be read"),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_status_2(
    arguments: list[str], message: str, started: list[Settings]
) -> None:
    """Which setting, its value, what to do; no traceback, no usage."""
    result = run("serve", *arguments)

    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.splitlines()) == 1
    assert started == []


@pytest.mark.parametrize(("text", "message"), [("a: [", "is not YAML"), ("- a", "is not a mapping")])
def test_a_config_file_that_is_none_is_said(tmp_path: Path, text: str, message: str) -> None:
    """With the file's name and what is wrong."""
    config = tmp_path / "config.yaml"
    config.write_text(text)

    result = run("serve", f"--config={config}")

    assert result.exit_code == 2
    assert message in result.output


def test_a_server_that_cannot_start_is_one_line_and_exit_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port in use, for example."""

    def main(_: Settings) -> None:
        raise process.StartError("http address 127.0.0.1:1 is in use: choose another port")

    monkeypatch.setattr(app, "main", main)

    result = run("serve", f"--source=files:{tmp_path}")

    assert (
        result.exit_code,
        result.output,
    ) == (2, "xds-server: http address 127.0.0.1:1 is in use: choose another port\n")


@pytest.mark.parametrize("option", ["--optional=foo", "--inject-list-delay=foo=2"])
def test_a_kind_that_is_not_read_is_refused_by_name(tmp_path: Path, option: str) -> None:
    """A misspelt kind would otherwise be waited for, or not, in silence."""
    result = run("serve", f"--source=files:{tmp_path}", option)

    assert result.exit_code == 2
    assert (
        "names 'foo', which is not read: name some of gateways, httproutes, services, endpointslices" in result.output
    )


def test_bootstrap_prints_what_envoy_takes() -> None:
    """YAML with the Gateway as role, and nothing else on stdout; a bad name is one line."""
    good, bad = run("bootstrap", "--gateway=demo/edge"), run("bootstrap", "--gateway=demo")

    assert yaml.safe_load(good.output)["node"]["metadata"]["role"] == "demo/edge"
    assert (bad.exit_code, len(bad.output.splitlines())) == (2, 1)
    assert "    api_type: DELTA_GRPC\n" in run("bootstrap", "--gateway=demo/edge", "--delta").output


def test_help_names_every_setting() -> None:
    """With its environment variable."""
    text = run("serve", "--help").output

    for field in Settings.__dataclass_fields__:
        assert f"--{field.replace('_', '-')}" in text
        assert f"XDS_SERVER_{field.upper()}" in text


def test_a_bootstrap_is_checked_and_the_exit_status_says_so(tmp_path: Path) -> None:
    """1 for an error; warnings alone are 0."""
    file = tmp_path / "envoy.yaml"
    file.write_text(run("bootstrap", "--gateway=shop/web").output)
    fair = run("bootstrap", f"--check={file}")
    file.write_text(file.read_text().replace("initial_fetch_timeout: 0s", "initial_fetch_timeout: 15s"))
    bad = run("bootstrap", f"--check={file}")

    assert (fair.exit_code, bad.exit_code) == (0, 1)
    assert f"{file}: 0 errors, 1 warnings" in fair.output
    assert "error: dynamic_resources.lds_config.initial_fetch_timeout\n  happens: after so long" in bad.output
    assert "bootstrap needs --gateway" in run("bootstrap").output


def test_a_release_of_nobody_says_where_it_asked(tmp_path: Path) -> None:
    """One line, exit status 2."""
    result = run("release", "--url=http://127.0.0.1:1")

    assert result.exit_code == 2
    assert result.output.startswith("xds-server: http://127.0.0.1:1 does not answer (")
    assert "give the URL of the control plane" in run("release", "--url=file:///etc/passwd").output
