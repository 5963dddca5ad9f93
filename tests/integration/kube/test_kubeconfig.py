"""Kubeconfigs before a real API server: who kubectl is there, and who we are."""

import asyncio
import contextlib
import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.kube_cluster import Kube
from xds_server.providers.kubernetes.errors import ApiError
from xds_server.providers.kubernetes.kopf_client import KopfClient, login

pytestmark = pytest.mark.kube

V1 = "client.authentication.k8s.io/v1"
REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
ME = "system:serviceaccount:default:kubeconfig"


class Place:
    """A folder for kubeconfigs, with what they name."""

    def __init__(self, kube: Kube, directory: Path) -> None:
        self.kube = kube
        self.directory = directory
        whole = yaml.safe_load(kube.kubeconfig.read_text())
        self.cluster: dict[str, Any] = whole["clusters"][0]["cluster"]
        self.admin: dict[str, Any] = whole["users"][0]["user"]
        self.token = kube.cluster("token", "--sa", "default/kubeconfig", "--create").strip()
        (directory / "token").write_text(f"{self.token}\n")
        (directory / "empty").write_text("")
        for name, data in (
            ("ca.crt", self.cluster["certificate-authority-data"]),
            ("me.crt", self._data("certificate")),
        ):
            (directory / name).write_bytes(subprocess.check_output(["base64", "-d"], input=data.encode()))
        (directory / "me.key").write_bytes(subprocess.check_output(["base64", "-d"], input=self._data("key").encode()))
        plugin = directory / "plugin"
        answer = json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": {"token": self.token}})
        plugin.write_text(f"#!/bin/sh\necho {shlex.quote(answer)}\n")
        plugin.chmod(0o755)

    def _data(self, what: str) -> str:
        return str(self.admin[f"client-{what}-data"])

    def file(self, user: dict[str, Any] | None, cluster: dict[str, Any] | None = None) -> Path:
        """A kubeconfig; in a value, TOKEN is ours. A field of *cluster* that is None is not there."""
        known = {**self.cluster, **(cluster or {})}
        whole = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [{"name": "k", "cluster": {name: value for name, value in known.items() if value is not None}}],
            "users": [{"name": "u", "user": user}],
        }
        path = self.directory / "config"
        path.write_text(yaml.safe_dump(whole).replace("TOKEN", self.token))
        return path

    def kubectl(self, path: Path) -> dict[str, Any] | str:
        """Who it is, or how it ended."""
        done = subprocess.run(
            ["kubectl", "auth", "whoami", "-o", "json"],
            env=os.environ | {"PATH": self.kube.path, "KUBECONFIG": str(path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return _known(done.stdout) if done.returncode == 0 else done.stderr

    async def ours(self, path: Path) -> dict[str, Any] | str:
        """Who we are, or what is said."""
        client = KopfClient(login(str(path)))
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        try:
            return _known((await client.send("post", REVIEW, body, seconds=30)).decode())
        except ApiError as error:
            return error.message
        finally:
            await client.close()


def _known(review: str) -> dict[str, Any]:
    """Who somebody is; the number of his token or certificate is left out."""
    info: dict[str, Any] = json.loads(review)["status"]["userInfo"]
    info.get("extra", {}).pop("authentication.kubernetes.io/credential-id", None)
    return info


@pytest.fixture(scope="module")
def place(kube: Kube, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    return Place(kube, tmp_path_factory.mktemp("kubeconfigs"))


def plugin(**more: Any) -> dict[str, Any]:
    return {"exec": {"apiVersion": V1, "command": "./plugin", "interactiveMode": "Never", **more}}


FILES = {"client-certificate": "me.crt", "client-key": "me.key"}
ACTING = {
    "as": "jane",
    "as-uid": "7",
    "as-groups": ["a", "b"],
    "as-user-extra": {"example.com/scope": ["1", "2"], "reason é": ["x"]},
}
NO_CA = {"certificate-authority-data": None}


@pytest.mark.parametrize(
    ("user", "cluster", "name"),
    [
        (FILES, {}, "admin"),
        (FILES, {**NO_CA, "certificate-authority": "ca.crt"}, "admin"),
        (FILES, {**NO_CA, "insecure-skip-tls-verify": True}, "admin"),
        (FILES, {"tls-server-name": "kubernetes.default.svc"}, "admin"),
        ({"token": "TOKEN"}, {}, ME),
        ({"tokenFile": "token"}, {}, ME),
        ({"token": "wrong", "tokenFile": "token"}, {}, ME),
        ({"token": "TOKEN", "tokenFile": "nowhere"}, {}, ME),
        ({"token": "TOKEN", "tokenFile": "empty"}, {}, ME),
        ({**FILES, "token": "TOKEN"}, {}, "admin"),
        (plugin(), {}, ME),
        (plugin(provideClusterInfo=True), {}, ME),
        (plugin(interactiveMode="IfAvailable"), {}, ME),
        ({"token": "TOKEN", **plugin(command="nowhere")}, {}, ME),
        ({**FILES, **plugin()}, {}, "admin"),
        ({**FILES, "as": "jane"}, {}, "jane"),
        ({**FILES, **ACTING}, {}, "jane"),
    ],
)
async def test_we_are_who_kubectl_is(place: Place, user: dict[str, Any], cluster: dict[str, Any], name: str) -> None:
    """With every kind of credentials that works: name, groups, uid and extra alike."""
    path = place.file(user, cluster)
    theirs = await asyncio.to_thread(place.kubectl, path)

    assert isinstance(theirs, dict), theirs
    assert theirs["username"] == name
    assert await place.ours(path) == theirs


async def test_we_ask_by_the_proxy_that_kubectl_asks_by(place: Place) -> None:
    """That of the kubeconfig, and encrypted from end to end."""
    asked: list[bytes] = []

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b" ")[1])
        host, _, port = asked[-1].decode().rpartition(":")
        upstream, downstream = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(passed(reader, downstream), passed(upstream, writer))

    async with await asyncio.start_server(connect, "127.0.0.1", 0) as proxy:
        address = f"127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        path = place.file(FILES, {"proxy-url": f"http://{address}"})
        theirs = await asyncio.to_thread(place.kubectl, path)
        count = len(asked)
        ours = await place.ours(path)

    assert isinstance(theirs, dict), theirs
    assert ours == theirs
    assert len(asked) > count > 0


async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes from one to the other, to the end."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("user", "cluster", "message"),
    [
        ({}, {}, "would be anonymous"),
        (None, {}, "would be anonymous"),
        ({"username": "a", "password": "b"}, {}, 'User "system:anonymous" cannot'),
        ({"username": "a"}, {}, 'User "system:anonymous" cannot'),
        ({"token": "TOKEN", "username": "a", "password": "b"}, {}, "has a token and a username"),
        ({"token": "wrong"}, {}, "Unauthorized"),
        ({"tokenFile": "nowhere"}, {}, "cannot read tokenFile"),
        ({"tokenFile": "empty"}, {}, "is empty"),
        ({"client-certificate": "me.crt"}, {}, "add client-key"),
        ({"client-key": "me.key"}, {}, "add client-certificate"),
        ({"token": "TOKEN", "as": "jane"}, {}, "cannot impersonate"),
        ({"token": "TOKEN", "as-groups": ["a"]}, {}, "but no as: add as"),
        ({"auth-provider": {"name": "gcp"}}, {}, "auth-provider 'gcp' is not supported"),
        ({"auth-provider": {"name": "gcp"}, "token": "TOKEN"}, {}, "auth-provider 'gcp' is not supported"),
        (plugin(interactiveMode="Always"), {}, "this program has no terminal"),
        (plugin(command="nowhere"), {}, "it is not there: install it"),
        (plugin(apiVersion=f"{V1}alpha1"), {}, "exec has apiVersion"),
        (plugin(apiVersion=f"{V1}beta1"), {}, "set its apiVersion"),
        (FILES, {"tls-server-name": "wrong"}, "certificate verify failed"),
        (FILES, {"insecure-skip-tls-verify": True}, "remove one of them"),
        (FILES, {"certificate-authority-data": "aGVsbG8="}, "is not PEM"),
        (FILES, {"proxy-url": "ftp://127.0.0.1"}, "proxy-url with scheme 'ftp' is not supported"),
    ],
)
async def test_what_kubectl_does_not_get_in_with_we_do_not_either(
    place: Place, user: dict[str, Any] | None, cluster: dict[str, Any], message: str
) -> None:
    """And the line says why."""
    path = place.file(user, cluster)
    assert isinstance(await asyncio.to_thread(place.kubectl, path), str)

    ours = await place.ours(path)

    assert isinstance(ours, str)
    assert message in ours
    assert "\n" not in ours


async def test_what_kubectl_can_and_we_cannot_is_refused(place: Place) -> None:
    """Legacy providers of its own: with what to use instead."""
    config = {"id-token": "TOKEN", "idp-issuer-url": "https://example.com", "client-id": "a"}
    path = place.file({"auth-provider": {"name": "oidc", "config": config}})
    assert isinstance(await asyncio.to_thread(place.kubectl, path), dict)

    ours = await place.ours(path)

    assert "auth-provider 'oidc' is not supported: use a token, a certificate, or a credential plugin (exec)" in ours
