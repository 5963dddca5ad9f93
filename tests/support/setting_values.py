"""Values at which a setting may break, and what must stand beside a setting for it to be looked at."""

import re
from typing import Any, Final

from click.testing import CliRunner

from xds_server.cli.main import cli
from xds_server.server.setting_fields import fields_of
from xds_server.server.settings import Settings

FIELDS: Final = fields_of(Settings)
NAMES: Final = sorted(FIELDS)

_NUMBERS = ("0", "-0", "1", "-1", "0.5", "1e3", "1E-9", "1e-320", "1e308", "1e400", "nan", "-nan", "inf", "-inf", "Infinity",
            "010", "0x1f", "0o17", "0b1", "1_000", "1,5", "1:30", "1:30:00", " 7 ", "+5", "2147483", "2147484", "2147483647", "2147483648",
            "9" * 18, "9" * 400, "9" * 5000, "\u0663", "\uff11", "1.", ".5", ".", "--1", "3s", "3 s", "1e")  # fmt: skip
_WORDS = ("", " ", ",", ",,", "=", "a=", "=1", "a=1,a=2", ":", "a:b;a:c", ";", "true", "false", "True", "yes", "no", "on", "off", "Off",
          "null", "~", "None", "bounded", "OFF", "cold", "json", "kube", "Kube", "files:", "files:/no/such", "files:~nobody-at-all/x",
          "~nobody-at-all", "~", "/", ".", "..", "/dev/null", "/" + "x" * 300, "x" * 5000, "a\nb", "a\rb", "a\x1b[2J", "a\x00b", "\u2028", "\x85",
          "\u00e4", "\U0001f600", "\udcff", "services", "services=1", "services=-1", "services=nan", "services=1e400", "services=1,services=2",
          "services:a=b", "services:", "gateways,httproutes", "Services", "streams=0", "streams=1e3", "streams=1.5", "streams=9999999999",
          "connection_seconds=2000001", "connection_seconds=0", "goodbye_seconds=1e-9", "request_bytes=1000000001", "nothing=1",
          "http://", "http://a", "http://[::1", "http://[::1]:1", "http://a:b", "http://a:0", "https://a b", "file:///etc/passwd", "a.b",
          "127.0.0.1:0", "127.0.0.1:65535", "127.0.0.1:65536", "[::1]:1", "[:::]:1", "[::1%lo]:1", "a..b:1", "999.1.1.1:1", "0.0.0.0:1",
          ("a" * 64) + ":1", "*", "{}", "[]", "- a", "default/web", "a/b", "$(x)", "%s", "{0}", "\\")  # fmt: skip

EDGES: Final[tuple[object, ...]] = (
    *_NUMBERS, *_WORDS, None, True, False, 0, -1, 1, 1 << 31, 1 << 63, 10**400, 0.0, -0.0, 5e-324, 1e308, float("nan"), float("inf"),
    [], {}, [None], [[]], ["a", "a"], {"a": None}, {None: None}, {"services": [1]}, {"streams": True}, {"streams": 10**400},
    [{}], b"a", object,
)  # fmt: skip
"""As text, and as what a library may be given."""


def base(name: str) -> dict[str, str]:
    """What a setting needs beside it, so that it is not refused for the source alone."""
    about_directory = name in {"providers.barrier_file", "source"}
    return {} if name == "source" else {"source": "files:/" if about_directory else "kube"}


def run(arguments: list[str], env: dict[str, str]) -> Any:
    return CliRunner().invoke(cli, ["serve", *arguments], env=dict[str, Any](env))


def checked(result: Any, place: str) -> None:
    """The server would have been started, or one line says what is wrong, and where."""
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    if result.exit_code == 0:
        assert result.output == ""
        return
    assert result.exit_code == 2
    assert re.fullmatch(r"xds-server: [^\n]*\n", result.output), result.output
    assert place in result.output


def nested(key: str, text: str) -> str:
    """A file of settings in which one stands in the last line; *text* is YAML."""
    *sections, name = key.split(".")
    lines = [f"{'  ' * level}{section}:" for level, section in enumerate(sections)]
    return "\n".join(["# settings", *lines, f"{'  ' * len(sections)}{name}: {text}", ""])
