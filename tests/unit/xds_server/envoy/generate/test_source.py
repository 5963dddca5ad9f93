"""The encoders that are shipped."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from xds_server.envoy import encoders
from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_config_route_v3 as route
from xds_server.envoy.generate.__main__ import generated
from xds_server.envoy.generate.source import function_name, module_name
from xds_server.envoy.generate.table import PACKED, RESOURCES

DIRECTORY = Path(encoders.__path__[0])


def test_what_is_shipped_is_what_the_generator_makes() -> None:
    """The files are those that `make encoders` writes from the library that is installed."""
    shipped = {path.name: path.read_text() for path in DIRECTORY.glob("*.py")}

    assert generated() == shipped


def test_no_library_is_imported_to_encode() -> None:
    """The encoders need neither betterproto nor pydantic nor the generator."""
    names = ", ".join(f"{encoders.__name__}.{path.stem}" for path in DIRECTORY.glob("*_*.py"))
    code = f"import sys, {names}; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {"betterproto2", "pydantic", "envoy_data_plane", "xds_server.envoy.generate"} & set(loaded)


@pytest.mark.parametrize("name", [*RESOURCES, *PACKED])
def test_each_message_of_the_table_has_an_encoder(name: str) -> None:
    """The table's names are found in the shipped modules; nothing given is an empty message."""
    package, _, model = name.rpartition(".")
    module: Any = __import__(f"{encoders.__name__}.{module_name(package)}", fromlist=["*"])

    assert getattr(module, function_name(model))() == b""


def test_a_keyword_that_is_no_field_is_refused() -> None:
    """A misspelt field is a TypeError, not silence."""
    with pytest.raises(TypeError, match="prot_value"):
        core.socket_address(address="10.0.0.1", prot_value=80)  # type: ignore[call-arg]


def test_a_oneof_holds_one() -> None:
    """Two members of a oneof are refused by name; one that is given its default is written."""
    with pytest.raises(ValueError, match=r"RouteMatch.path_specifier is given as prefix, path: it holds one at most"):
        route.route_match(prefix="/", path="/a")

    assert route.route_match(prefix="") == b"\x0a\x00"


def test_a_value_out_of_range_is_refused_by_its_fields_name() -> None:
    """A number that its type cannot hold, and a name that its enum does not have, say which field it is."""
    with pytest.raises(ValueError, match=r"SocketAddress.port_value is -1: it must be between 0 and 4294967295"):
        core.socket_address(port_value=-1)
    with pytest.raises(ValueError, match=r"SocketAddress.protocol is 'SCTP': it must be one of TCP, UDP"):
        core.socket_address(protocol="SCTP")  # type: ignore[arg-type]


def test_an_enums_default_is_written_only_where_presence_counts() -> None:
    """A field without presence drops its first value, as the library does; a member of a oneof keeps it."""
    assert core.socket_address(protocol="TCP") == b""
    assert core.socket_address(protocol="UDP") == b"\x08\x01"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Cluster", "cluster"),
        ("HttpConnectionManagerUpgradeConfig", "http_connection_manager_upgrade_config"),
        ("RegexMatcherGoogleRe2", "regex_matcher_google_re2"),
        ("XDSResource", "xds_resource"),
        ("Return", "return_"),
    ],
)
def test_an_encoder_has_the_classes_name_in_lower_case(name: str, expected: str) -> None:
    """Words are parted by underscores; a keyword gets one behind it."""
    assert function_name(name) == expected
