"""The package's face: its names, and the example in its docstring."""

import doctest

import probes


def test_the_public_names_are_there() -> None:
    """All that is promised exists, in order."""
    assert all(hasattr(probes, name) for name in probes.__all__)
    assert probes.__all__ == sorted(probes.__all__)


def test_the_example_in_the_docstring_is_true() -> None:
    """What the reader sees first has been run."""
    result = doctest.testmod(probes)

    assert (result.failed, result.attempted > 0) == (0, True)
