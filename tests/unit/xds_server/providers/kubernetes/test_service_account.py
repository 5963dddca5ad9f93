"""The credentials of a Pod."""

from pathlib import Path

import pytest

from xds_server.providers.kubernetes.credentials import LoginError
from xds_server.providers.kubernetes.service_account import service_account

ENVIRON = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    """What Kubernetes mounts."""
    for name, text in (("token", "t\n"), ("ca.crt", "CA"), ("namespace", "shop")):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_token_of_the_moment_is_taken(mount: Path) -> None:
    """It rotates; and so does the authority."""
    before = service_account(mount, ENVIRON)
    assert before is not None
    assert (before.server, before.token, before.ca_path) == ("https://10.0.0.1:443", "t", str(mount / "ca.crt"))
    assert before.default_namespace == "shop"
    assert service_account(mount, ENVIRON) == before

    for name in ("token", "ca.crt"):
        (mount / name).write_text("another")
        after = service_account(mount, ENVIRON)
        assert after != before
        before = after


@pytest.mark.parametrize(
    ("environ", "server"),
    [
        ({"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}, "https://[fd00::1]:443"),
        ({"KUBERNETES_SERVICE_HOST": "api.example", "KUBERNETES_SERVICE_PORT": "6443"}, "https://api.example:6443"),
        ({}, "https://kubernetes.default.svc"),
    ],
)
def test_the_address_is_in_the_environment(mount: Path, environ: dict[str, str], server: str) -> None:
    """It needs no DNS; without it the name is used that every cluster has."""
    found = service_account(mount, environ)

    assert found is not None
    assert found.server == server


def test_outside_a_pod_there_is_none(tmp_path: Path) -> None:
    """Then there is a kubeconfig."""
    assert service_account(tmp_path, {}) is None


def test_an_empty_token_is_refused(mount: Path) -> None:
    """Without it we would be anonymous."""
    (mount / "token").write_text("\n")

    with pytest.raises(LoginError, match=r"token is empty: fix the mount of the ServiceAccount's token"):
        service_account(mount, ENVIRON)


def test_a_token_that_cannot_be_read_is_refused(mount: Path) -> None:
    """With the folder."""
    (mount / "token").write_bytes(b"\xff")

    with pytest.raises(LoginError, match="cannot read the ServiceAccount's files in"):
        service_account(mount, ENVIRON)
