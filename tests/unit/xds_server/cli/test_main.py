"""The command line: precedence, and errors in one line."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from xds_server.cli.main import cli
from xds_server.providers.kinds import KINDS
from xds_server.server import app, process
from xds_server.server.setting_fields import fields_of
from xds_server.server.settings import Settings


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings with which the server would have been started."""
    seen: list[Settings] = []
    monkeypatch.setattr(app, "main", seen.append)
    return seen


def run(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="xds-server", env=dict[str, Any](env))


def test_flag_wins_over_environment_and_environment_over_file(tmp_path: Path, started: list[Settings]) -> None:
    """Each setting is taken from the first of the three that has it."""
    config = tmp_path / "config.yaml"
    config.write_text(f"source: files:{tmp_path}\ngate: park\ngateway-class: a\nlog_format: json\n")

    result = run("serve", f"--config={config}", "--gate=refuse", XDS_SERVER_GATE="off", XDS_SERVER_GATEWAY_CLASS="b")

    assert result.exit_code == 0, result.output
    assert (started[0].gate, started[0].gateway_class, started[0].log_format) == ("refuse", "b", "json")


def test_a_section_of_the_file_reaches_its_room(tmp_path: Path, started: list[Settings]) -> None:
    """What the file leaves out has its default, and what it has no value for, too."""
    config = tmp_path / "config.yaml"
    config.write_text(f"source: files:{tmp_path}\nxds:\n  limits: {{streams: 5}}\n  admission:\nreadiness: ~\n")

    run("serve", f"--config={config}")

    assert [(5, 3.0, 30.0)] == [
        (one.xds.limits.streams, one.xds.admission.hold_seconds, one.readiness.shrink_hold_seconds) for one in started
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "source is not given: set it to files:DIR for a directory of YAML, or to kube for an API server"),
        (["--source=files:/no/such"], "/no/such is not a directory: create it, or fix the path"),
        (["--source=kube", "--gate=maybe"], "gate is 'maybe': use one of bounded, refuse, park, off (from --gate)"),
        (
            ["--source=kube", "--marker-port=-1"],
            "marker_port is -1: give a whole number from 0 to 65535 (from --marker-port)",
        ),
        (
            ["--source=kube", "--grpc-address=127.0.0.1:1", "--http-address=127.0.0.1:1"],
            "give one of them another port (from --grpc-address, from --http-address)",
        ),
        (["--config=/no/such"], "config '/no/such' cannot be read"),
        (
            ["--shrink-hold-seconds", "3"],
            "--shrink-hold-seconds is not a flag: set readiness.shrink_hold_seconds in the file",
        ),
        (
            ["--shrink-hold-second=3"],
            "--shrink-hold-second is not a flag: set readiness.shrink_hold_seconds in the file",
        ),
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


def test_a_misspelt_flag_is_told_the_flag_that_is_like_it() -> None:
    """The file is named only if no flag is meant."""
    assert "--gate" in run("serve", "--gat=off").output
    assert "config" not in run("serve", "--gat=off").output
    assert "No such option" in run("serve", "--zzz").output


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


@pytest.mark.parametrize("variable", [{"XDS_SERVER_OPTIONAL": "foo"}, {"XDS_SERVER_INJECT_LIST_DELAY": "foo=2"}])
def test_a_kind_that_is_not_read_is_refused_by_name(tmp_path: Path, variable: dict[str, str]) -> None:
    """A misspelt kind would otherwise be waited for, or not, in silence."""
    result = run("serve", f"--source=files:{tmp_path}", **variable)

    assert result.exit_code == 2
    names = ", ".join(kind.plural for kind in KINDS)
    assert f"names 'foo', which is not read: name some of {names}" in result.output


def test_bootstrap_prints_what_envoy_takes() -> None:
    """YAML with the Gateway as role, and nothing else on stdout; a bad name is one line."""
    good, bad = run("bootstrap", "--gateway=demo/edge"), run("bootstrap", "--gateway=demo")

    assert yaml.safe_load(good.output)["node"]["metadata"]["role"] == "demo/edge"
    assert (bad.exit_code, len(bad.output.splitlines())) == (2, 1)
    assert "    api_type: DELTA_GRPC\n" in run("bootstrap", "--gateway=demo/edge", "--delta").output


def test_help_names_every_flag() -> None:
    """With its environment variable; no flag is one that only an experiment needs."""
    text = run("serve", "--help").output

    for field in fields_of(Settings).values():
        assert (field.flag is not None) is (f"--{field.key.replace('_', '-')}" in text)
        assert (field.flag is not None) is (f"XDS_SERVER_{field.key.upper()}" in text)
    assert "--gate [bounded|refuse|park|off]" in text


def test_config_prints_what_is_in_force_and_where_it_comes_from(tmp_path: Path) -> None:
    """As a table, as JSON, and as a file that gives the same settings."""
    config = tmp_path / "config.yaml"
    config.write_text("gate: off\nxds: {limits: {streams: 5}}\nselectors: {services: a=b}\n")
    flags = (f"--config={config}", "--source=kube", "--optional=gateways,httproutes")
    table = run("config", *flags, XDS_SERVER_LOG_FORMAT="json")
    values = json.loads(run("config", *flags, "--json", XDS_SERVER_LOG_FORMAT="json").output)
    copy = tmp_path / "copy.yaml"
    copy.write_text(run("config", *flags, "--yaml", XDS_SERVER_LOG_FORMAT="json").output)

    rows = {row[0]: row[1:] for line in table.output.splitlines() if (row := re.split(" {2,}", line))}
    assert (table.exit_code, rows["SETTING"]) == (0, ["VALUE", "FROM"])
    assert rows["source"] == ["kube", "--source"]
    assert rows["gate"] == ["off", f"{config}:1"]
    assert rows["log_format"] == ["json", "XDS_SERVER_LOG_FORMAT"]
    assert rows["xds.limits.streams"] == ["5", f"{config}:2"]
    assert rows["xds.admission.hold_seconds"] == ["3", "default"]
    assert values["optional"] == {"value": ["gateways", "httproutes"], "from": "--optional"}
    assert {key: one["value"] for key, one in values.items()} == {
        key: one["value"] for key, one in json.loads(run("config", f"--config={copy}", "--json").output).items()
    }


def test_config_refuses_what_serve_refuses() -> None:
    """In the same words."""
    wrong = ("--source=kube", "--gate=maybe")

    assert run("config", *wrong).output == run("serve", *wrong).output


def test_an_option_of_a_choice_is_completed() -> None:
    """By the shell: a flag knows its values."""
    completion = run(_XDS_SERVER_COMPLETE="bash_complete", COMP_WORDS="xds-server serve --gate p", COMP_CWORD="3")

    assert completion.output == "plain,park\n"


def test_a_bootstrap_is_checked_and_the_exit_status_says_so(tmp_path: Path) -> None:
    """1 for an error; warnings alone are 0."""
    file = tmp_path / "envoy.yaml"
    file.write_text(run("bootstrap", "--gateway=shop/web").output)
    fair = run("bootstrap", f"--check={file}")
    file.write_text(file.read_text().replace("initial_fetch_timeout: 0s", "initial_fetch_timeout: 15s"))
    bad = run("bootstrap", f"--check={file}")

    assert (fair.exit_code, bad.exit_code) == (0, 1)
    assert f"{file}: errors: 0, warnings: 1" in fair.output
    assert "error: dynamic_resources.lds_config.initial_fetch_timeout\n  happens: after so long" in bad.output
    assert "bootstrap needs --gateway" in run("bootstrap").output


def test_a_release_of_nobody_says_where_it_asked(tmp_path: Path) -> None:
    """One line, exit status 2."""
    result = run("release", "--url=http://127.0.0.1:1")

    assert result.exit_code == 2
    assert result.output.startswith("xds-server: http://127.0.0.1:1 does not answer (")
    assert "give the URL of the control plane" in run("release", "--url=file:///etc/passwd").output
