"""kubeconfig files, as kubectl reads them."""

import sys
from pathlib import Path

import kopf
import pytest

from xds_server.sources.kube.kubeconfig import LoginError, connection, paths

ONE = """
current-context: a
contexts:
- {name: a, context: {cluster: here, user: me, namespace: shop}}
- {name: b, context: {cluster: there, user: me}}
- {name: lost, context: {cluster: nowhere, user: me}}
clusters:
- {name: here, cluster: {server: "https://here", certificate-authority: pki/ca.crt}}
- {name: there, cluster: {server: "https://there", insecure-skip-tls-verify: true, proxy-url: "http://proxy"}}
users:
- {name: me, user: {client-certificate: me.crt, client-key-data: a2V5, client-key: me.key}}
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


async def test_the_current_context_is_taken(tmp_path: Path) -> None:
    """Paths are relative to the file, and data comes before a path."""
    info = await connection([write(tmp_path / "one", ONE)], None)

    assert info == kopf.ConnectionInfo(
        server="https://here",
        ca_path=f"{tmp_path}/pki/ca.crt",
        certificate_path=f"{tmp_path}/me.crt",
        private_key_data="a2V5",
        default_namespace="shop",
    )


async def test_another_context_may_be_named(tmp_path: Path) -> None:
    """It brings its cluster and its user."""
    info = await connection([write(tmp_path / "one", ONE)], "b")

    assert (info.server, info.insecure, info.proxy_url, info.ca_path) == ("https://there", True, "http://proxy", None)


async def test_of_several_files_the_first_counts(tmp_path: Path) -> None:
    """For each name, and for the current context; files that are not there are passed over."""
    first = write(
        tmp_path / "first",
        "current-context: b\nclusters: [{name: there, cluster: {server: 'https://mine'}}]\n",
    )

    info = await connection([tmp_path / "absent", first, write(tmp_path / "one", ONE)], None)

    assert info.server == "https://mine"


@pytest.mark.parametrize(
    ("text", "context", "message"),
    [
        (None, None, "there is no kubeconfig at .*: set KUBECONFIG, or use --kubeconfig"),
        ("", None, "no current-context in .*: set one, or use --context"),
        (ONE, "c", "no context 'c' in .*: use one of a, b, lost"),
        (ONE, "lost", "no cluster 'nowhere' in .*: use one of here, there"),
        ("a: [", None, "cannot read kubeconfig .*: mend it"),
        ("clusters: 7", None, "cannot read kubeconfig .*clusters.*: mend it"),
        ("users: [{name: a, user: {tokenFile: nowhere}}]", None, "cannot read kubeconfig .*: mend it"),
    ],
)
async def test_what_is_missing_is_said(tmp_path: Path, text: str | None, context: str | None, message: str) -> None:
    """With the file, and with what to do."""
    path = tmp_path / "config"
    if text is not None:
        write(path, text)

    with pytest.raises(LoginError, match=message):
        await connection([path], context)


async def test_a_token_file_is_read_anew(tmp_path: Path) -> None:
    """A token that rotates is in a file."""
    write(tmp_path / "token", "secret\n")
    path = write(tmp_path / "one", ONE.replace("{client-certificate: me.crt", "{tokenFile: token"))

    assert (await connection([path], None)).token == "secret"


def plugin(tmp_path: Path, script: str) -> Path:
    """A kubeconfig whose user is a command."""
    command = write(tmp_path / "plugin.py", script)
    user = f"{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: '{sys.executable}', args: ['{command}'],"
    user += " env: [{name: WHO, value: me}]}}"
    return write(tmp_path / "one", ONE.partition("users:")[0] + f"users: [{{name: me, user: {user}}}]")


async def test_a_plugin_gives_the_credentials(tmp_path: Path) -> None:
    """It is told that nobody is there to be asked, and gets the environment of the kubeconfig."""
    script = """
import json, os
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
token = f"{os.environ['WHO']} {info['apiVersion']} {info['spec']['interactive']}"
print(json.dumps({"kind": "ExecCredential", "status": {"token": token}}))
"""

    assert (await connection([plugin(tmp_path, script)], None)).token == "me client.authentication.k8s.io/v1 False"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import sys; sys.exit('please log in')", "ended with 1, 'please log in': run it by hand"),
        ("print('hello')", "gave no ExecCredential"),
    ],
)
async def test_a_plugin_that_fails_is_named(tmp_path: Path, script: str, message: str) -> None:
    """With the last line that it said."""
    with pytest.raises(LoginError, match=message):
        await connection([plugin(tmp_path, script)], None)


async def test_a_plugin_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It must be installed beside us."""
    path = plugin(tmp_path, "")
    write(path, path.read_text().replace(sys.executable, "no-such-plugin"))

    with pytest.raises(LoginError, match=r"cannot run credential plugin 'no-such-plugin': .*: install it"):
        await connection([path], None)


def test_which_files_are_read() -> None:
    """What is named on the command line, else KUBECONFIG, else the default."""
    home = Path("~/.kube/config").expanduser()

    assert paths("/x", {"KUBECONFIG": "/a:/b"}) == [Path("/x")]
    assert paths(None, {"KUBECONFIG": "/a::/b"}) == [Path("/a"), Path("/b")]
    assert paths(None, {}) == [home]
    assert paths(None, {"KUBECONFIG": ""}) == [home]
