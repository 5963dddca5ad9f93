"""How what a regular expression matches is known to begin."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_server.sources.schema.regexes import beginning


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
