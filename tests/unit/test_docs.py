"""The documents say what is so: links lead somewhere, settings, verbs and metrics exist."""

import re
from functools import cache
from pathlib import Path

import pytest

from xds_server.observability import metrics_reference
from xds_server.server.app import Server
from xds_server.server.setting_fields import fields_of, sections_of
from xds_server.server.settings import FilesSourceSetting, Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
OTHER_FLAGS = {"--config", "--help", "--json", "--yaml", "--table", "--schema", "--markdown"}
PLACEHOLDERS = {"a/b.py", "a/test_b.py"}
VERBS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file or directory that is there."""
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())

    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]

    assert [] == missing


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_headings_that_are_there(page: Path) -> None:
    """Every `#part` of a link within the docs is a heading of the page that it leads to."""
    links = re.findall(r"\]\(([^)#:]*)#([^)]*)\)", page.read_text())

    missing = [
        f"{target}#{part}" for target, part in links if part not in _parts((page.parent / target) if target else page)
    ]

    assert [] == missing


def test_places_in_the_architecture_exist() -> None:
    """Every `room/module.py` is a file of the server, or of the libraries; a bare name is one beside the place before it."""
    missing, folder = [], ROOT
    for place in re.findall(r"`([a-z_]+(?:/[a-z_.]*)+|[a-z_]+\.py)`", (ROOT / "docs/architecture.md").read_text()):
        inside = "/" in place
        path = next((base / place for base in (ROOT / "xds_server", ROOT) if (base / place).exists()), None)
        path = path if inside else folder / place
        if path is None or not path.exists():
            missing.append(place)
        elif inside:
            folder = path if path.is_dir() else path.parent

    assert [] == missing


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_and_tests_exist(page: Path) -> None:
    """Every `file.py` is the end of a file's path, and every `test_name` a file of tests, a test, or the begin of one."""
    text = page.read_text()
    files = set(re.findall(r"`([a-z_0-9/]+\.py)`", text)) - PLACEHOLDERS
    tests = set(re.findall(r"`(?:[a-z_/]+/)?(test_[a-z0-9_]+)`", text))

    assert [] == sorted(file for file in files if not any(f"/{path}".endswith(f"/{file}") for path in _sources()))
    assert [] == sorted(test for test in tests if not any(known.startswith(test) for known in _tests()))


@cache
def _sources() -> list[str]:
    """The paths of all modules of the project."""
    folders = ("krt", "probes", "xds_server", "tests", "benchmarks", "examples", "docs")
    return [str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*.py")]


@cache
def _tests() -> set[str]:
    """The names of all tests, and of their files."""
    tests = [path for path in _sources() if "/test_" in path]
    defined = [re.findall(r"def (test_\w+)", (ROOT / path).read_text()) for path in tests]
    return {Path(path).stem for path in tests} | {test for each in defined for test in each}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_make_verbs_exist(page: Path) -> None:
    """Every `make something` is a verb of the Makefile."""
    named = set(re.findall(r"(?:^ {4}|`)make ([a-z0-9-]+)", page.read_text(), re.MULTILINE))

    assert set() == named - VERBS


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_settings_exist(page: Path) -> None:
    """Every flag of `serve` and `config`, every XDS_SERVER_ variable and every key of the file is that of a setting."""
    text = page.read_text()
    flags = {
        flag
        for line in re.findall(r"xds-server (?:serve|config)(.*)", text)
        for flag in re.findall(r"(--[a-z-]+)", line)
    }
    variables = set(re.findall(r"XDS_SERVER_[A-Z_]+", text))
    sections = "|".join(sorted({key.partition(".")[0] for key in sections_of(Settings)}))
    keys = set(re.findall(rf"`((?:{sections})\.[a-z0-9_.]+)`", text))
    fields = fields_of(Settings)

    assert set() == flags - {field.flag for field in fields.values()} - OTHER_FLAGS
    assert set() == variables - {field.variable for field in fields.values()} - {"XDS_SERVER_"}
    assert set() == {key for key in keys if not _is_module(key)} - fields.keys() - sections_of(Settings)


def _is_module(name: str) -> bool:
    """Whether it is a module or a package, or a file, and no key of the configuration file."""
    path = ROOT / "xds_server" / name.replace(".", "/")
    return name.endswith((".py", ".yaml")) or path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_metrics_exist(page: Path, tmp_path: Path) -> None:
    """Every metric that a page names is exported, with the labels that it names."""
    named = re.findall(r"`(xds_server_[a-z_]+)(?:\{([^}]*)\})?`", page.read_text())
    exported = _exported(tmp_path) if named else {}

    for metric, labels in named:
        assert metric in exported, metric
        assert {label.partition("=")[0] for label in labels.split(",") if label} <= exported[metric], metric


def _exported(directory: Path) -> dict[str, set[str]]:
    """Labels by metric; the instruments know them before anything has happened."""
    app = Server(Settings(source=FilesSourceSetting(directory)))
    return {row.name: set(row.labels) for row in metrics_reference.rows(app.registry)}


def _parts(page: Path) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
