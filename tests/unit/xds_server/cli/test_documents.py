"""Files that are named on the command line: what they hold, or one line that says why not."""

import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from xds_server.cli.documents import DocumentError, documents
from xds_server.cli.main import cli


def bomb(rows: int, width: int = 9) -> str:
    """YAML of a few hundred bytes that stands for width ** rows values."""
    lines = ["a0: &a0 x"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, rows + 1)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (bomb(9), "has more than 200000 values"),
        (bomb(200), "has more than 200000 values"),
        ("a: &a [*a]", "line 1: what &... marks contains itself"),
        ("a: b\nc: &c\n  d: *c", "line 2: what &... marks contains itself"),
        ("[" * 100_000, "exceeded maximum nesting depth"),
        ("[" * 200 + "]" * 200, "line 1 is nested more than 100 deep"),
        ("- " * 3000 + "a", "exceeded maximum nesting depth"),
        ("a: !!int ''", "line 1: "),
        ("a: 1\nb: !!bool maybe", "line 2: 'maybe' is not a valid bool"),
        ("a: !!timestamp abc", "line 1: "),
        ("a: !!float ''", "line 1: "),
        ("a: !!python/object:os.system x", "line 1: could not determine a constructor"),
        ("? [a]\n: b", "line 1: while constructing a mapping"),
        ("a: [", "is not YAML: "),
        ("\tb", "is not YAML: "),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line_and_soon(text: str, message: str, tmp_path: Path) -> None:
    """With its line, where there is one; a kilobyte costs no more than a moment."""
    file = tmp_path / "file.yaml"
    file.write_text(text)
    begin = time.process_time()
    with pytest.raises(DocumentError) as raised:
        documents("manifest", str(file))

    assert message in str(raised.value)
    assert str(file) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert time.process_time() - begin < 5


def test_aliases_that_mean_something_are_read(tmp_path: Path) -> None:
    """And so is every document of a file."""
    file = tmp_path / "file.yaml"
    file.write_text("a: &a {b: 1}\nc: *a\n---\n- 2\n---\n")

    assert documents("manifest", str(file)) == [{"a": {"b": 1}, "c": {"b": 1}}, [2], None]


@pytest.mark.parametrize(
    "arguments",
    [
        ["bootstrap", "--gateway", "a"],
        ["bootstrap", "--gateway", "a/b", "--xds-address", "a..b:1"],
        ["bootstrap", "--gateway", "a/b", "--xds-address", ","],
        ["bootstrap", "--gateway", "a/b", "--admin-address", "[:::]:1"],
        ["bootstrap", "--check", "/no/such"],
        ["bootstrap", "--check", "/"],
        ["bootstrap", "--check", ""],
        ["bootstrap"],
        *(
            [verb, "--url", url]
            for verb in ("release", "advise")
            for url in ("", "x", "http://", "http://[::1", "http://a b", "http://127.0.0.1:x", "http://127.0.0.1:0", "http://\x00", "http://\u00e4..b:1",
                        "http://127.0.0.1:1/a\nb", "ftp://a", "http://" + "a" * 300)
        ),
    ],
)  # fmt: skip
def test_each_verb_says_in_one_line_what_it_was_given_wrong(arguments: list[str]) -> None:
    """Exit status 2, and no traceback."""
    result: Any = CliRunner().invoke(cli, arguments)

    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 2
    assert result.output.startswith("xds-server: ")
    assert len(result.output.splitlines()) == 1, result.output
