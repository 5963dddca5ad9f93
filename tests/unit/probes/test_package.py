"""The package as a newcomer meets it: its public names, the example in its docstring, and its page in the docs."""

import doctest
from pathlib import Path

import probes

PAGE = Path(__file__).parents[3] / "docs/probes.md"


def test_public_names_exist() -> None:
    """Every name in `__all__` can be imported, and the list is sorted."""
    assert all(hasattr(probes, name) for name in probes.__all__)
    assert probes.__all__ == sorted(probes.__all__)


def test_the_example_in_the_docstring_runs() -> None:
    """Its outputs are what the code prints."""
    result = doctest.testmod(probes)

    assert (result.failed, result.attempted > 0) == (0, True)


def test_the_page_in_the_docs_runs() -> None:
    """So do the outputs in docs/probes.md."""
    result = doctest.testfile(str(PAGE), module_relative=False)

    assert (result.failed, result.attempted > 0) == (0, True)


def test_the_page_in_the_docs_shows_every_verdict_and_entry_point() -> None:
    """Whoever reads the page has met the names that a prototype needs."""
    text = PAGE.read_text()

    names = (
        "Passed",
        "Degraded",
        "Waiting",
        "Failed",
        "Layer",
        "Gate",
        "Endpoints",
        "Heartbeat",
        "serve",
        "text_response",
    )
    assert [name for name in names if name not in text] == []
