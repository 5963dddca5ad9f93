"""What end-to-end tests may ask for: a real API server, and an address that it takes for an endpoint."""

import socket

import pytest

from tests.integration.conftest import bare_kube, kube

__all__ = ["bare_kube", "kube"]

ADDRESS = "10.244.0.1"


@pytest.fixture
def address() -> str:
    """An address of this machine that is not loopback; `make e2e` runs in a network namespace that has it."""
    with socket.socket() as probe:
        try:
            probe.bind((ADDRESS, 0))
        except OSError:
            pytest.skip(f"no address {ADDRESS} here: run the tests through tests/e2e/netns, as make e2e does")
    return ADDRESS
