"""Every setting at its edges, by flag, environment and file: it is taken, or refused in one line that says where it stands."""

import re
from pathlib import Path

import pytest

from tests.support.setting_values import EDGES, NAMES, base, checked, run
from xds_server.server import app
from xds_server.server.setting_fields import SettingsError
from xds_server.server.settings import Settings
from xds_server.server.settings_parser import read_settings


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_is_taken_or_refused_by_name(name: str) -> None:
    """Whatever it is given as, of whatever type: Settings, or a SettingsError of one line that begins with a setting's key."""
    for value in EDGES:
        try:
            read_settings({**base(name), name: value})
        except SettingsError as error:
            text = str(error)
            assert re.match("[a-z0-9_.]+", text)[0] in NAMES, text  # type: ignore[index]
            assert text.isprintable(), text


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("off", "off"),
        ("Off", None),
        ("'off'", "off"),
        ("no", None),
        ("bounded # x", "bounded"),
        ("~", "bounded"),
        ("", "bounded"),
    ],
)
def test_what_yaml_takes_for_something_else_is_the_word_that_stands_there(
    text: str, gate: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """YAML 1.1 makes off a boolean, 1:30 the number 90, and 010 an eight."""
    started: list[Settings] = []
    monkeypatch.setattr(app, "main", started.append)
    config = tmp_path / "config.yaml"
    config.write_text(f"source: files:{tmp_path}\ngate: {text}\nreadiness:\n  parity_seconds: 010\ninsecure: yes\n")
    result = run([f"--config={config}"], {})

    if gate is None:
        assert result.output == f"xds-server: gate is {text!r}: use one of bounded, refuse, park, off (in {config}:2)\n"
        return
    assert [(one.gate, one.readiness.parity_seconds, one.insecure) for one in started] == [(gate, 10.0, True)]
    config.write_text("source: kube\nreadiness: {parity_seconds: 1:30}\n")
    assert "readiness.parity_seconds is '1:30': give a number of seconds" in run([f"--config={config}"], {}).output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gate: off\n gatee: x", "is not YAML: "),
        ("gate: off\ngate: park\n", ", line 2: gate is there already, in line 1"),
        ("gateway-class: a\ngateway_class: b\n", ", line 2: gateway_class is there already, in line 1"),
        (
            "server: {drain-seconds: 1}\nserver.drain_seconds: 2\n",
            ", line 2: server.drain_seconds is there already, in line 1",
        ),
        ("\ngatee: off\n", "gatee is not a setting: did you mean gate? (in "),
        ("gate: off\nlimits:\n  streams: 1\n", "limits is not a setting: did you mean xds.limits? (in "),
        (
            "xds:\n  limits:\n    steams: 1\n",
            "xds.limits.steams is not a setting: did you mean xds.limits.streams? (in ",
        ),
        (
            "retention_seconds: 1\n",
            "retention_seconds is not a setting: did you mean readiness.retention_seconds? (in ",
        ),
        ("xds: 1\n", ", line 1: xds is a section: write its settings below it, indented"),
        ("xds:\n  limits: [streams]\n", ", line 2: xds.limits is a section: write its settings below it, indented"),
        (
            "inject_list_delay: {services: 1}\n",
            "inject_list_delay is not a setting of the file: set XDS_SERVER_INJECT_LIST_DELAY (in ",
        ),
        (
            "source: kube\nxds: {limits: {streams: 0}}\n",
            "xds.limits.streams is 0: give a whole number from 1 to 1000000000 (in ",
        ),
        ("gate: [[a]]\n", ", line 1: gate has a value that is to be a text or a number"),
        ("gate: {a: {b: c}}\n", ", line 1: gate has a value that is to be a text or a number"),
        ("[a, b]: c\n", ", line 1: a name is to be a text or a number"),
        ("a: 1\n---\nb: 2\n", "has 2 documents: leave one"),
        ("- a\n", "is not a mapping: write one setting per line"),
        ("[" * 50_000, "exceeded maximum nesting depth"),
        ("a: " + "x" * (2 << 20), "has more than 1 MiB: check that it is the right file"),
        ("gate: \x00\n", "is not YAML: "),
        ("source: kube\ngate: !!python/object:os.system x\n", "gate is 'x': use one of"),
        ("source: kube\ngate: !!int ''\n", "gate is '': use one of"),
    ],
)
def test_a_file_of_settings_says_what_is_wrong_with_it(text: str, message: str, tmp_path: Path) -> None:
    """In one line, with the file's name, and the line if one is to blame."""
    config = tmp_path / "config.yaml"
    config.write_text(text)
    result = run([f"--config={config}"], {})

    checked(result, str(config))
    assert message in result.output


def test_a_file_that_is_not_one_is_said(tmp_path: Path) -> None:
    """A directory, a missing file, bytes that are no text, one that never ends."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfa\x00")
    for path, message in (
        (str(tmp_path), "cannot be read: Is a directory"),
        ("/no/such", "cannot be read: No such file or directory"),
        ("/dev/zero", "has more than 1 MiB"),
        (str(binary), "is not YAML"),
        ("x" * 5000, "cannot be read: File name too long"),
    ):
        result = run([f"--config={path}"], {})
        checked(result, path)
        assert message in result.output


def test_text_of_windows_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PowerShell writes UTF-16, and Notepad a mark before UTF-8."""
    started: list[Settings] = []
    monkeypatch.setattr(app, "main", started.append)
    for encoding in ("utf-16", "utf-8-sig"):
        config = tmp_path / encoding
        config.write_text(f"source: files:{tmp_path}\r\ngate: off\r\n", encoding)
        assert run([f"--config={config}"], {}).exit_code == 0
    assert [one.gate for one in started] == ["off", "off"]


def test_a_variable_that_nobody_reads_is_said_if_it_may_be_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that Kubernetes sets for a Service of our name are not."""
    monkeypatch.setattr(app, "main", lambda _: None)
    result = run(
        [f"--source=files:{tmp_path}"],
        {"XDS_SERVER_PARITY_PER": "1", "XDS_SERVER_DRAIN_SECONDS": "1", "XDS_SERVER_SERVICE_HOST": "10.0.0.1", "XDS_SERVER_PORT": "tcp://10.0.0.1:1",
         "XDS_SERVER_SERVICE_PORT_HTTP": "1", "XDS_SERVER_PORT_18000_TCP_ADDR": "10.0.0.1"},
    )  # fmt: skip

    assert (
        result.output
        == "xds-server: XDS_SERVER_DRAIN_SECONDS is not read: only the file of --config can set server.drain_seconds\n"
        "xds-server: XDS_SERVER_PARITY_PER is not read: did you mean XDS_SERVER_PARITY_PEER?\n"
    )
    assert result.exit_code == 0


def test_a_directory_that_may_not_be_looked_at_is_said(tmp_path: Path) -> None:
    """Or whose name is too long for the system."""
    result = run([f"--source=files:{tmp_path}/{'x' * 300}"], {})

    checked(result, "(from --source)")
    assert "cannot be read (File name too long)" in result.output
