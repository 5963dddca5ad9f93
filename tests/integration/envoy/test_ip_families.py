"""IPv4, IPv6, or both: control plane, Envoy, backend, and everything that asks them, on machines of each kind."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.envoy

ROOT = Path(__file__).parents[3]
NAMESPACE = ("unshare", "--map-root-user", "--net", "sh", "-c")
IN_BOTH, IN_IPV4, IN_IPV6 = (
    {"127.0.0.1": 200, "::1": 200},
    {"127.0.0.1": 200, "::1": 0},
    {"127.0.0.1": 0, "::1": 200},
)
BOTH = "ip link set lo up && ip addr add 10.244.0.1/32 dev lo && ip addr add fd00:244::1/128 dev lo"
SWITCHED_OFF = f"{BOTH} && sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.lo.disable_ipv6=1"
SEPARATE = f"{BOTH} && sysctl -qw net.ipv6.bindv6only=1"
IPV6_ALONE = f"{BOTH} && ip addr del 127.0.0.1/8 dev lo"


def found(machine: str, directory: Path, address: str, *options: str, without_ipv6: bool = False) -> dict[str, Any]:
    """What answers on such a machine: a shell command makes it of a new network namespace."""
    if subprocess.run([*NAMESPACE, machine], capture_output=True, check=False).returncode:
        pytest.skip("no network namespaces, or no iproute2, on this machine")
    python = [sys.executable, "-m"]
    command = [*python, "tests.support.one_family", str(directory), address, *options]
    if without_ipv6:
        command = [*python, "tests.support.without_ipv6", *command]
    result = subprocess.run(
        [*NAMESPACE, f'{machine} && exec "$@"', "sh", *command],
        cwd=ROOT, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert 0 == result.returncode, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.mark.parametrize("machine", [BOTH, SEPARATE], ids=["as usual", "sockets of one family"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_both_families_by_default(machine: str, address: str, tmp_path: Path) -> None:
    """Listener, marker and probe answer on both, and an IPv4 client is an IPv4 address to the backend."""
    assert found(machine, tmp_path, address) == {
        "probe": IN_BOTH,
        "gateway": IN_BOTH,
        "peers": ["10.244.0.1", "fd00:244::1"],
        "marker": IN_BOTH,
        "rejected": 0,
    }


def test_a_machine_with_ipv6_alone(tmp_path: Path) -> None:
    """No address of IPv4 is needed, not even on loopback."""
    it = found(IPV6_ALONE, tmp_path, "::1")

    assert (it["probe"], it["gateway"], it["marker"], it["rejected"]) == (IN_IPV6, IN_IPV6, IN_IPV6, 0)


def test_a_machine_whose_ipv6_is_switched_off(tmp_path: Path) -> None:
    """With disable_ipv6, as in many containers, the same configuration serves IPv4."""
    it = found(SWITCHED_OFF, tmp_path, "127.0.0.1")

    assert (it["probe"], it["gateway"], it["marker"], it["rejected"]) == (IN_IPV4, IN_IPV4, IN_IPV4, 0)


@pytest.mark.parametrize("options", [(), ("translate.ip_families=ipv4",)])
def test_a_kernel_without_ipv6(options: tuple[str, ...], tmp_path: Path) -> None:
    """Envoy would reject a listener on ::, so that IPv4 alone is told where we run on such a kernel ourselves."""
    it = found(BOTH, tmp_path, "127.0.0.1", *options, without_ipv6=True)

    assert (it["probe"], it["gateway"], it["marker"], it["rejected"]) == (IN_IPV4, IN_IPV4, IN_IPV4, 0)


@pytest.mark.parametrize(("family", "address", "expected"), [("ipv4", "127.0.0.1", IN_IPV4), ("ipv6", "::1", IN_IPV6)])
def test_one_family_when_told_so(family: str, address: str, expected: dict[str, int], tmp_path: Path) -> None:
    """What proxies listen on is of that family; our own probes answer where their address says."""
    it = found(BOTH, tmp_path, address, f"translate.ip_families={family}")

    assert (it["probe"], it["gateway"], it["marker"], it["rejected"]) == (IN_BOTH, expected, expected, 0)
