"""What the translation makes of the objects of each feature is what its golden files say."""

from pathlib import Path

import pytest

from tests.golden.derive import derived, folders

FILES = ["in.yaml", "routing.yaml", "settings.yaml", "xds.yaml"]


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_golden(folder: Path) -> None:
    """If the difference is what you want, `make golden` takes it over."""
    expected = {name: (folder / name).read_text() for name in ("routing.yaml", "xds.yaml")}

    assert expected == derived(folder)


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_a_folder_has_no_other_files(folder: Path) -> None:
    """What nobody compares would only look like a test."""
    assert {path.name for path in folder.iterdir()} <= set(FILES)
