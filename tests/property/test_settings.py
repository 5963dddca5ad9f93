"""No setting, and no file on the command line, makes a command raise: fuzzed, as long as the profile says."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.setting_values import EDGES, FIELDS, NAMES, base, checked, nested, run
from xds_server.cli.documents import DocumentError, documents
from xds_server.cli.documents import settings as settings_of
from xds_server.cli.main import cli
from xds_server.server import app
from xds_server.server.setting_fields import SettingsError
from xds_server.server.settings import Settings
from xds_server.server.settings_parser import read_settings

_SHARED = [HealthCheck.function_scoped_fixture]


@given(
    values=st.dictionaries(st.sampled_from([*NAMES, "gatee", "limit", "x\ny"]), st.sampled_from(EDGES), max_size=5),
    source=st.sampled_from(["kube", "files:/"]),
)
def test_settings_at_several_edges_at_once_are_taken_or_refused(values: dict[str, object], source: str) -> None:
    """Whatever they have to do with each other: Settings, or SettingsError in one line."""
    try:
        read_settings({"source": source, **values})
    except SettingsError as error:
        text = str(error)
    else:
        return
    assert text.isprintable()


@settings(suppress_health_check=_SHARED)
@given(name=st.sampled_from(NAMES), value=st.sampled_from([value for value in EDGES if isinstance(value, str)]))
def test_flag_environment_and_file_say_where_a_wrong_setting_stands(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flag, the variable, or the line of the file; and all of them read the same text in the same way."""
    started: list[Settings] = []
    monkeypatch.setattr(app, "main", started.append)
    field = FIELDS[name]
    flags = [f"--{key.replace('_', '-')}={text}" for key, text in base(name).items()]
    outcomes = []
    if field.flag is not None and field.type is not bool:
        checked(result := run([*flags, f"{field.flag}={value}"], {}), f"from {field.flag}")
        outcomes.append(result.exit_code)
    if field.variable is not None and value and value.isprintable():
        checked(result := run(flags, {field.variable: value}), f"from {field.variable}")
        outcomes.append(result.exit_code)
    if field.in_file and value.isprintable():
        config = tmp_path / "config.yaml"
        config.write_text(text := nested(name, _quoted(value)), "utf-8", "surrogatepass")
        checked(result := run([*flags, f"--config={config}"], {}), f"in {config}:{text.count(chr(10))}")
        outcomes.append(result.exit_code)
    assert len(set(outcomes)) <= 1, outcomes
    assert all(each == started[0] for each in started)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


_PIECES = st.sampled_from(
    [b"a", b": ", b"\n", b"- ", b"  ", b"[", b"]", b"{", b"}", b"&a ", b"*a", b"!!int ", b"!!bool ", b"!!timestamp ", b"!!set ", b"!!omap ",
     b"!!pairs ", b"!!binary ", b"!!merge ", b"<<: ", b"*", b"? ", b"|\n", b">-\n", b"'", b'"', b"\\x", b"---\n", b"...\n", b"%YAML 9.9\n",
     b"0o9", b"1:30", b"2001-99-99", b"~", b"\xff", b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xa8", b"#", b",", b"=", b"1e999"]
)  # fmt: skip


@settings(suppress_health_check=_SHARED)
@given(data=st.lists(_PIECES, max_size=40).map(b"".join) | st.binary(max_size=60))
def test_no_file_raises_anything_else(data: bytes, tmp_path: Path) -> None:
    """Whatever is in it: its documents, its settings, or DocumentError."""
    file = tmp_path / "file"
    file.write_bytes(data)
    for read in (lambda: documents("manifest", str(file)), lambda: settings_of(str(file), {"a"})):
        try:
            read()
        except DocumentError:
            continue


@settings(suppress_health_check=_SHARED)
@given(data=st.lists(_PIECES, max_size=30).map(b"".join))
def test_no_file_makes_a_command_raise(data: bytes, tmp_path: Path) -> None:
    """A bootstrap or a file of settings with anything in it: an exit status and lines for a person."""
    file = tmp_path / "file"
    file.write_bytes(data)
    for arguments in (["bootstrap", f"--check={file}"], ["serve", f"--config={file}"]):
        result = CliRunner().invoke(cli, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
