"""How what a regular expression matches is known to begin."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_server.providers.schema.regexes import beginning, certain


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/a.*", "/a"),
        ("/v1/[a-z]+", "/v1/"),
        ("^/v1$", "/v1"),
        (r"/v1\.0/x", "/v1.0/x"),
        ("/ab*", "/a"),
        ("/ab?c", "/a"),
        ("/ab{0,2}", "/a"),
        ("/ab+c", "/ab"),
        ("/a|/b", ""),
        ("(?i)/a", ""),
        (r"\Q/a\E", ""),
        (r"/\d", "/"),
        (".*", ""),
        ("", ""),
    ],
)
def test_the_beginning_is_what_is_certain(pattern: str, expected: str) -> None:
    """As far as the first thing that is no literal."""
    assert beginning(pattern) == expected


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of Python's syntax, not of RE2's
@given(st.from_regex(r"\A[/ab.*+?|()\[\]^$\\{},0-9]{0,12}\Z"), st.text("/ab.012", max_size=10))
def test_whatever_matches_begins_so(pattern: str, text: str) -> None:
    """No requests fall through to a wider rule."""
    try:
        matched = re.fullmatch(pattern, text, re.ASCII)
    except re.error:
        return
    if matched:
        assert text.startswith(beginning(pattern))


CERTAIN = [
    "/a.*", "/v1/[a-z]+", "/(a|b)/.*", r".*\.php", "/(?:foo|bar)/[^/]+/x", "/a{2,3}", "a|b", "^/x$", ".*.*.*",
    r"/users/\d{1,3}", r"\d+\w*\s?", r"[^a-z0-9]", r"[\-\]]+", "()", "/~a%20b", "((((a))))*", r"\/x", "[/.+]{3}",
]  # fmt: skip
"""What a proxy takes for certain: an integration test shows all of it to one."""


@pytest.mark.parametrize("pattern", CERTAIN)
def test_what_python_and_re2_read_alike_is_certain(pattern: str) -> None:
    """As long as it is small."""
    assert certain(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "", "a**", "a*+", "a+*", "(", ")", "[z-a]", "[", "/a{200}", "(a{9}){9}", "(.*){5}", r"\1", r"\Q", r"\b", r"\p{L}", "(?i)a", "x$y",
        "*a", "(*a)", "|*", "a{,3}", "{", "[[:alpha:]]", "(?P<x>a)", "(?<x>a)", "a(?!b)", "\u00e9", "a\n", "a" * 101, ".*" * 9,
        "[a&&b]", "[a-]", "(?#x)",
    ],
)  # fmt: skip
def test_what_may_be_read_otherwise_is_not(pattern: str) -> None:
    """Nor what may be too large."""
    assert not certain(pattern)
