"""Each module that decides something has a test file of its own name, or the table says which tests cover it, and why."""

import ast
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("krt", "probes", "xds_server")
UNIT = "tests/unit/xds_server"

TESTED_BY = {
    # module or pattern: (the tests, why they are not in a file of its name)
    "krt/*": ("tests/unit/krt", "the tests are laws of the API, which many modules keep together"),
    "probes/http.py": ("tests/unit/probes/test_endpoints.py", "its values are read where they are answered"),
    "probes/report.py": ("tests/unit/probes/test_gate.py", "the gate makes it"),
    "probes/server.py": ("tests/integration/http/test_probes_server.py", "it needs sockets"),
    "xds_server/__main__.py": (f"{UNIT}/cli/test_main.py", "it calls the command"),
    "xds_server/cli/*": (f"{UNIT}/cli/test_main.py", "the verbs are run as a user runs them"),
    "xds_server/envoy/encoders/*": (f"{UNIT}/envoy/test_encoders.py", "generated"),
    "xds_server/envoy/generate/*": (f"{UNIT}/envoy/generate/test_source.py", "what is shipped is what it makes"),
    "xds_server/envoy/routes.py": (f"{UNIT}/envoy/test_encoders.py", "compared with the library, beside the others"),
    "xds_server/envoy/wire/reader.py": (f"{UNIT}/xds/codec/test_sotw.py", "the codecs read with it"),
    "xds_server/model/*": ("tests/golden/test_golden.py", "values: who makes and reads them is tested"),
    "xds_server/observability/*metric*.py": (f"{UNIT}/observability/test_metrics.py", "one page of metrics"),
    "xds_server/observability/pages/*": (f"{UNIT}/observability/test_pages.py", "a table of small pages"),
    "xds_server/providers/files/*_*.py": (f"{UNIT}/providers/files/test_poller.py", "parts of reading a directory"),
    "xds_server/providers/kubernetes/credential*.py": (
        f"{UNIT}/providers/kubernetes/test_kubeconfig.py", "a kubeconfig says which to use"
    ),
    "xds_server/providers/kubernetes/kopf_client.py": ("tests/integration/kube/test_kopf_client.py", "it needs sockets"),
    "xds_server/providers/kubernetes/provider.py": ("tests/integration/kube/test_scenarios.py", "it needs an API server"),
    "xds_server/providers/kubernetes/referenced_contents.py": (
        "tests/integration/kube/test_referenced_contents.py", "it needs an API server"
    ),
    "xds_server/providers/schema/*": (f"{UNIT}/providers/schema/test_structural.py", "what the kinds' schemas share"),
    "xds_server/readiness/protections/*": (f"{UNIT}/readiness/test_publisher.py", "the publisher applies it"),
    "xds_server/readiness/protections_factory.py": (f"{UNIT}/server/test_wiring.py", "the wiring calls it"),
    "xds_server/readiness/ready_marker.py": (f"{UNIT}/readiness/test_publisher.py", "the publisher publishes it"),
    "xds_server/server/app.py": ("tests/integration/envoy/test_stack.py", "it has the tasks and sockets of a process"),
    "xds_server/server/provider_factory.py": (f"{UNIT}/server/test_wiring.py", "the wiring calls it"),
    "xds_server/server/setting*.py": (f"{UNIT}/server/test_settings.py", "from a declaration and text to settings"),
    "xds_server/translate/gatewayapi/problems.py": (f"{UNIT}/translate/gatewayapi/test_conditions.py", "the same rules"),
    "xds_server/translate/route_tables.py": (f"{UNIT}/translate/gatewayapi/test_budget.py", "its largest part is the budget; `test_pipeline` covers the rest"),
    "xds_server/translate/statuses.py": (f"{UNIT}/providers/kubernetes/status/test_controller.py", "who writes it"),
    "xds_server/xds/cache/chunks.py": (f"{UNIT}/xds/protocol/test_sent_versions.py", "who takes chunks"),
    "xds_server/xds/codec/node.py": (f"{UNIT}/xds/codec/test_sotw.py", "a part of a request"),
    "xds_server/xds/protocol/*": (f"{UNIT}/xds/protocol/test_sotw.py", "scripts run the machine whole, rule by rule"),
    "xds_server/xds/transport/*": (f"{UNIT}/xds/transport/test_stream.py", "the parts of a stream and its server"),
}  # fmt: skip

_DECISIONS = (ast.If, ast.IfExp, ast.For, ast.While, ast.Match, ast.Try, ast.comprehension)


def decides(module: str) -> bool:
    """Whether a function in it has a branch or a loop: if not, there is nothing that a test could find."""
    tree = ast.parse((ROOT / module).read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(isinstance(node, _DECISIONS) for function in functions for node in ast.walk(function))


@cache
def untested() -> list[str]:
    """Modules that decide something and have no test file of their own name."""
    modules = [path.relative_to(ROOT) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    without = [one for one in modules if not (ROOT / "tests/unit" / one.with_name(f"test_{one.name}")).exists()]
    return [str(one) for one in without if one.name != "__init__.py" and decides(str(one))]


def test_each_module_has_a_test_file_of_its_name_or_the_table_says_which_tests_cover_it() -> None:
    """For a new module: write that file."""
    assert [one for one in untested() if not any(fnmatch(one, pattern) for pattern in TESTED_BY)] == []


@pytest.mark.parametrize("pattern", TESTED_BY)
def test_an_exception_is_needed_and_names_tests_that_are_there(pattern: str) -> None:
    """A module that has got its own file leaves the table."""
    tests, _ = TESTED_BY[pattern]

    assert any(fnmatch(one, pattern) for one in untested()), "no module needs it: remove the line"
    assert (ROOT / tests).exists()
