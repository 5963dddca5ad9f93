"""kubeconfig files, as kubectl reads them: every kind of credentials works, or is refused with what to do."""

import base64
import json
import os
import ssl
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from xds_server.providers.kubernetes.credentials import Connection, LoginError
from xds_server.providers.kubernetes.kubeconfig import connection, paths

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
- {name: me, user: {client-certificate: me.crt, client-key-data: S0VZ}}
"""
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
KEY = base64.b64encode(PEM.replace("CERTIFICATE", "PRIVATE KEY").encode()).decode()
DATA = base64.b64encode(PEM.encode()).decode()
LOCKED = base64.b64encode(PEM.replace("CERTIFICATE", "ENCRYPTED PRIVATE KEY").encode()).decode()
V1 = "client.authentication.k8s.io/v1"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A file of several contexts, with the files that it names."""
    write(tmp_path / "pki" / "ca.crt", PEM)
    write(tmp_path / "me.crt", PEM)
    return write(tmp_path / "one", ONE.replace("S0VZ", KEY))


def config(
    tmp_path: Path, user: Any, cluster: dict[str, Any] | None = None, *, server: str = "https://here", **more: Any
) -> Path:
    """A file with one context."""
    whole = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": server, **(cluster or {})}}],
        "users": [{"name": "u", "user": user}],
        **more,
    }
    return write(tmp_path / "config", yaml.safe_dump(whole))


async def read(path: Path) -> Connection:
    return await connection([path], None)


async def refusal(path: Path) -> str:
    with pytest.raises(LoginError) as refused:
        await connection([path], None)
    message = str(refused.value)
    assert "\n" not in message
    return message


async def test_the_current_context_is_taken(one: Path) -> None:
    """Paths are relative to the file."""
    info = await read(one)

    assert (info.server, info.default_namespace, info.private_key_data) == ("https://here", "shop", KEY)
    assert (info.ca_path, info.certificate_path) == (f"{one.parent}/pki/ca.crt", f"{one.parent}/me.crt")


async def test_paths_are_relative_to_the_file_wherever_we_are(one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file may be named by a relative path itself."""
    monkeypatch.chdir(one.parent)
    info = await connection([Path("one")], None)
    monkeypatch.chdir("/")

    assert info.ca_path == f"{one.parent}/pki/ca.crt"


async def test_a_file_that_changes_is_another_login(one: Path) -> None:
    """A certificate that rotates in its file is found as a new token is."""
    before = await read(one)
    assert await read(one) == before
    write(one.parent / "me.crt", PEM.replace("AAAA", "BBBB"))

    assert await read(one) != before


async def test_another_context_may_be_named(one: Path) -> None:
    """It brings its cluster and its user."""
    info = await connection([one], "b")

    assert (info.server, info.insecure, info.proxy_url, info.ca_path) == ("https://there", True, "http://proxy", None)


async def test_of_several_files_the_first_counts(tmp_path: Path, one: Path) -> None:
    """For each name as a whole, and for the current context; files that are not there are passed over."""
    first = write(
        tmp_path / "first",
        "current-context: b\nclusters: [{name: there, cluster: {server: 'https://mine'}}]\n",
    )

    info = await connection([tmp_path / "absent", first, one], None)

    assert (info.server, info.proxy_url, info.insecure) == ("https://mine", None, None)


@pytest.mark.parametrize(
    ("text", "context", "message"),
    [
        (None, None, "there is no kubeconfig at .*: set KUBECONFIG, or use --kubeconfig"),
        ("", None, "no current-context in .*: set one, or use --context"),
        ("---\n", None, "no current-context in .*: set one, or use --context"),
        (ONE, "c", "no context 'c' in .*: use one of a, b, lost"),
        (ONE, "lost", "no cluster 'nowhere' in .*: use one of here, there"),
        ("a: [", None, "cannot read kubeconfig .*: fix it"),
        ("clusters: 7", None, "cannot read kubeconfig .*clusters.*: fix it"),
        ("a: !!int ''", None, "cannot read kubeconfig .*: fix it"),
        ("a: !!timestamp abc", None, "cannot read kubeconfig .*: fix it"),
        ("kind: Pod", None, "holds a Pod, not a kubeconfig: set KUBECONFIG, or use --kubeconfig"),
        ("users: [{name: a}, {name: a}]", None, "user 'a' is in .* twice: remove one of them"),
    ],
)
async def test_what_is_missing_is_said(tmp_path: Path, text: str | None, context: str | None, message: str) -> None:
    """With the file, and with what to do."""
    path = tmp_path / "config"
    if text is not None:
        write(path, text)

    with pytest.raises(LoginError, match=message):
        await connection([path], context)


async def test_a_directory_in_the_place_of_a_file_is_said(tmp_path: Path) -> None:
    """And anything else that cannot be read."""
    assert "cannot read kubeconfig" in await refusal(tmp_path)


async def test_what_nobody_uses_costs_nothing(tmp_path: Path) -> None:
    """Entries without content, or with files that are not there, belong to other contexts; unknown fields are passed over."""
    users = [{"name": "o", "user": None}, {"name": "p"}, {"name": "q", "user": {"tokenFile": "nowhere"}}]
    path = config(
        tmp_path, {}, users=[*users, {"name": "u", "user": {"token": "t", "more": 1}}], extensions=None, preferences={}
    )

    assert (await read(path)).token == "t"


async def test_the_first_document_counts(tmp_path: Path) -> None:
    """As it does for kubectl."""
    path = config(tmp_path, {"token": "t"})
    write(path, path.read_text() + "---\nkind: Pod\n")

    assert (await read(path)).token == "t"


async def test_json_may_have_tabs(tmp_path: Path) -> None:
    """Which YAML does not allow."""
    path = config(tmp_path, {"token": "t"})
    write(path, json.dumps(yaml.safe_load(path.read_text()), indent="\t"))

    assert (await read(path)).token == "t"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_kubeconfig_or_are_refused(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    """Whatever YAML makes of them."""
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(text)
    coroutine = connection([path], None)

    with pytest.raises(LoginError):
        coroutine.send(None)


# -- every kind of credentials ---------------------------------------------------------------------


async def test_a_token_file_is_read_anew(tmp_path: Path) -> None:
    """A token that rotates is in a file."""
    write(tmp_path / "token", "secret\n")

    assert (await read(config(tmp_path, {"tokenFile": "token"}))).token == "secret"


@pytest.mark.parametrize(("in_file", "expected"), [("new", "new"), ("", "old"), (None, "old")])
async def test_the_file_comes_before_the_token_that_is_written_down(
    tmp_path: Path, in_file: str | None, expected: str
) -> None:
    """Unless it has none."""
    if in_file is not None:
        write(tmp_path / "token", in_file)

    assert (await read(config(tmp_path, {"token": "old", "tokenFile": "token"}))).token == expected


@pytest.mark.parametrize(
    ("user", "headers"),
    [
        ({"token": "t"}, [("Authorization", "Bearer t")]),
        ({"username": "a", "password": "b"}, [("Authorization", "Basic YTpi")]),
        ({"username": "a"}, [("Authorization", "Basic YTo=")]),
        (
            {"token": "t", "as": "jane", "as-uid": "7", "as-groups": ["x", "y"], "as-user-extra": {"a/b": ["1", "2"]}},
            [
                ("Authorization", "Bearer t"),
                ("Impersonate-User", "jane"),
                ("Impersonate-Uid", "7"),
                ("Impersonate-Group", "x"),
                ("Impersonate-Group", "y"),
                ("Impersonate-Extra-a%2Fb", "1"),
                ("Impersonate-Extra-a%2Fb", "2"),
            ],
        ),
    ],
)
async def test_who_we_are_is_in_the_headers(tmp_path: Path, user: Any, headers: list[tuple[str, str]]) -> None:
    """Of every request; whom we act as, too."""
    info = await read(config(tmp_path, user))

    assert list(info.as_http_headers().items()) == headers


async def test_a_name_for_the_certificate_is_asked_for_and_verified(tmp_path: Path) -> None:
    """Not that of the address."""
    info = await read(config(tmp_path, {"token": "t"}, {"tls-server-name": "other"}))
    context = info.as_ssl_context()

    handshake = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=False, server_hostname="here")

    assert (handshake.server_hostname, context.check_hostname) == ("other", True)


@pytest.mark.parametrize("user", [{}, None])
async def test_behind_a_proxy_of_our_own_nobody_needs_credentials(tmp_path: Path, user: Any) -> None:
    """`kubectl proxy` has them; it is asked without encryption."""
    path = config(tmp_path, user, server="http://127.0.0.1:8001")

    assert (await read(path)).as_http_headers() == {}


PAIR = {"client-certificate-data": DATA, "client-key-data": KEY}


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ({}, "has no credentials, so its requests would be anonymous: add a token, a certificate, or exec"),
        (None, "has no credentials"),
        ({"token": ""}, "has no credentials"),
        ({"token": "a\nb"}, "the token contains characters that a token cannot have"),
        ({"token": "a\n"}, "the token contains characters that a token cannot have"),
        ({"tokenFile": "nowhere"}, "cannot read tokenFile .*/nowhere: No such file or directory: fix it"),
        ({"tokenFile": "empty"}, "tokenFile .*/empty is empty: write a token into it"),
        ({"token": "t", "username": "a"}, "has a token and a username: remove one of them"),
        ({"tokenFile": "empty", "username": "a"}, "has a username, and a tokenFile or exec: remove one of them"),
        ({"client-certificate-data": DATA}, "add client-key, or client-key-data"),
        ({"client-key-data": KEY}, "add client-certificate, or client-certificate-data"),
        ({**PAIR, "client-key": "x"}, "has client-key and client-key-data: remove one of them"),
        ({**PAIR, "client-certificate": "x"}, "has client-certificate and client-certificate-data: remove one of them"),
        ({**PAIR, "client-key-data": "###"}, "client-key-data is not PEM: replace it"),
        ({**PAIR, "client-key-data": LOCKED}, "client-key-data is encrypted, and a passphrase cannot be asked for"),
        ({"client-certificate": "no", "client-key-data": KEY}, "cannot read client-certificate .*/no: No such file"),
        ({"auth-provider": {"name": "gcp"}}, "auth-provider 'gcp' is not supported: use a token, a certificate, or a"),
        ({"token": "t", "as-groups": ["a"]}, "but no as: add as, the user to impersonate"),
        ({"token": "t", "as": "a\r\nb"}, "impersonates .*, which an HTTP header cannot hold: correct it"),
        (
            {"token": "t", "as": "a", "as-user-extra": {"k": ["\n"]}},
            "impersonates .*, which an HTTP header cannot hold: correct it",
        ),
        ({"exec": {"apiVersion": V1}}, "exec has no command: name the plugin"),
        ({"exec": {"command": "x", "apiVersion": f"{V1}alpha1"}}, f"exec has apiVersion '{V1}alpha1': use {V1} or"),
        ({"exec": {"command": "x"}}, f"exec has apiVersion None: use {V1} or {V1}beta1"),
        (
            {"exec": {"command": "x", "apiVersion": V1, "interactiveMode": "Always"}},
            "exec has interactiveMode Always, and this program has no terminal: use a plugin that asks nothing",
        ),
        (
            {"exec": {"command": "x", "apiVersion": V1, "interactiveMode": "Maybe"}},
            "exec has interactiveMode 'Maybe': use Never or IfAvailable",
        ),
    ],
)
async def test_nobody_is_anonymous_by_accident(tmp_path: Path, user: Any, message: str) -> None:
    """What cannot be used, or contradicts itself, is refused by one line that names it and says what to do."""
    write(tmp_path / "empty", "\n")
    path = config(tmp_path, user)

    with pytest.raises(LoginError, match=f"^(user 'u' in {path}: |)[^\n]*{message}"):
        await read(path)


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ({"server": None}, "has no server: write https://, the host, and its port"),
        ({"server": "here:6443"}, "server 'here:6443' is not a URL: write https://"),
        ({"server": "10.0.0.1:6443"}, "server '10.0.0.1:6443' is not a URL: write https://"),
        ({"server": "https://here:port"}, "server 'https://here:port' is not a URL: write https://"),
        ({"certificate-authority": "x", "certificate-authority-data": DATA}, "certificate-authority-data: remove one"),
        ({"certificate-authority": "nowhere"}, "cannot read certificate-authority .*/nowhere: No such file"),
        ({"certificate-authority-data": "aGVsbG8="}, "certificate-authority-data is not PEM: replace it"),
        ({"certificate-authority-data": DATA, "insecure-skip-tls-verify": True}, "and a certificate-authority: remove"),
        ({"proxy-url": "socks5://p:1"}, "proxy-url with scheme 'socks5' is not supported: use an http or https proxy"),
        ({"proxy-url": "ftp://p"}, "proxy-url with scheme 'ftp' is not supported"),
        ({"proxy-url": "127.0.0.1:9"}, "proxy-url '127.0.0.1:9' is not a URL"),
        (
            {"proxy-url": "https://p", "tls-server-name": "x"},
            "tls-server-name and an https proxy, which is not supported",
        ),
    ],
)
async def test_a_cluster_that_cannot_be_used_is_named(tmp_path: Path, cluster: dict[str, Any], message: str) -> None:
    """With its field, and what to do."""
    assert await refused_by(config(tmp_path, {"token": "t"}, cluster), message)


async def refused_by(path: Path, message: str) -> bool:
    with pytest.raises(LoginError, match=f"cluster 'k' in {path}: .*{message}"):
        await read(path)
    return True


async def test_a_client_certificate_says_nothing_without_encryption(tmp_path: Path) -> None:
    """So that its owner would be anonymous."""
    message = await refusal(config(tmp_path, PAIR, server="http://here"))

    assert "has a client certificate, which needs https: use https in the cluster's server" in message


@pytest.mark.parametrize("context", [{"cluster": "k"}, {"cluster": "k", "user": "x"}])
async def test_a_context_without_its_user_is_refused(tmp_path: Path, context: dict[str, str]) -> None:
    """kubectl would ask as nobody."""
    path = config(tmp_path, {"token": "t"}, contexts=[{"name": "c", "context": context}])

    assert "no user " in await refusal(path)


# -- plugins ---------------------------------------------------------------------------------------


def plugin(tmp_path: Path, script: str, cluster: dict[str, Any] | None = None, **more: Any) -> Path:
    """A kubeconfig whose user is a command."""
    command = write(tmp_path / "plugin.py", script)
    run = {"apiVersion": V1, "command": sys.executable, "args": [str(command)], **more}
    return config(tmp_path, {"exec": run}, cluster)


def answering(status: str, version: str = V1) -> str:
    """A plugin that gives a status, as Python text."""
    return (
        "import json, os\n"
        'info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])\n'
        f'print(json.dumps({{"apiVersion": "{version}", "kind": "ExecCredential", "status": {status}}}))\n'
    )


async def test_a_plugin_gives_the_credentials(tmp_path: Path) -> None:
    """It is told that nobody is there to be asked, and gets the environment of the kubeconfig."""
    status = """{"token": f"{os.environ['WHO']}:{info['apiVersion']}:{info['spec']}".replace(" ", "")}"""
    path = plugin(tmp_path, answering(status), env=[{"name": "WHO", "value": "me"}])

    assert (await read(path)).token == f"me:{V1}:{{'interactive':False}}"


async def test_a_plugin_is_told_of_the_cluster_if_it_wants_to_know(tmp_path: Path) -> None:
    """Its address, its authority as data, and what the kubeconfig has for the plugin."""
    write(tmp_path / "ca.crt", PEM)
    status = '{"token": json.dumps(info["spec"]["cluster"], separators=(",", ":"), sort_keys=True)}'
    cluster = {
        "certificate-authority": "ca.crt",
        "tls-server-name": "other",
        "proxy-url": "http://p",
        "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}],
    }

    token = (await read(plugin(tmp_path, answering(status), cluster, provideClusterInfo=True))).token

    assert token is not None
    assert json.loads(token) == {
        "server": "https://here",
        "certificate-authority-data": DATA,
        "tls-server-name": "other",
        "proxy-url": "http://p",
        "config": {"audience": "x"},
    }


async def test_a_plugin_may_give_a_certificate(tmp_path: Path) -> None:
    """In PEM, with its key."""
    status = f'{{"clientCertificateData": {PEM!r}, "clientKeyData": {PEM!r}}}'

    info = await read(plugin(tmp_path, answering(status)))

    assert (info.certificate_data, info.private_key_data, info.token) == (DATA, DATA, None)


async def test_a_plugin_beside_the_kubeconfig_is_found(tmp_path: Path) -> None:
    """A command with a slash is relative to the file; without, it is in PATH."""
    command = write(tmp_path / "here.sh", f"#!{sys.executable}\n" + answering('{"token": "t"}'))
    command.chmod(0o755)

    assert (await read(plugin(tmp_path, "", command="./here.sh", args=None))).token == "t"


async def test_a_token_comes_before_a_plugin(tmp_path: Path) -> None:
    """Which is not run then."""
    path = config(tmp_path, {"token": "t", "exec": {"apiVersion": V1, "command": "nowhere"}})

    assert (await read(path)).token == "t"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import sys; sys.exit('please log in')", "ended with 1, 'please log in': run it by hand"),
        ("print('hello')", "did not print an ExecCredential"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "did not print an ExecCredential"),
        ("print('[' * 100000)", "did not print an ExecCredential"),
        (answering("None"), "printed neither a token nor a certificate: run it by hand"),
        (answering("{}"), "printed neither a token nor a certificate: run it by hand"),
        (answering('{"token": ""}'), "printed neither a token nor a certificate: run it by hand"),
        (answering('{"token": "a b"}'), "the token contains characters that a token cannot have"),
        (
            answering('{"clientKeyData": "x"}'),
            "printed a certificate without its key, or a key without its certificate: run it by hand",
        ),
        (answering('{"token": "t"}', f"{V1}beta1"), f"answered in {V1}beta1, and not in {V1}: set its apiVersion"),
    ],
)
async def test_a_plugin_that_fails_is_named(tmp_path: Path, script: str, message: str) -> None:
    """With the last line that it said."""
    assert message in await refusal(plugin(tmp_path, script))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "it is not there: install it"),
        ({"installHint": "get it\nat example.com"}, "it is not there: get it at example.com"),
        ({"command": os.devnull}, "Permission denied: fix the kubeconfig"),
        ({"command": sys.executable, "args": ["\0"]}, "embedded null byte: fix the kubeconfig"),
    ],
)
async def test_a_plugin_that_is_not_there_is_named(tmp_path: Path, more: dict[str, Any], message: str) -> None:
    """It must be installed beside us."""
    path = plugin(tmp_path, "", **{"command": "no-such-plugin", **more})

    assert message in (said := await refusal(path))
    assert "cannot run credential plugin" in said


async def test_a_plugin_that_says_nothing_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time; and it runs no longer."""
    monkeypatch.setattr("xds_server.providers.kubernetes.credential_plugin._SECONDS", 0.5)
    script = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"

    assert "printed nothing for 0.5 s: run it by hand" in await refusal(plugin(tmp_path, script))
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_which_files_are_read() -> None:
    """What is named on the command line, else KUBECONFIG, else the default."""
    home = Path("~/.kube/config").expanduser()

    assert paths("/x", {"KUBECONFIG": "/a:/b"}) == [Path("/x")]
    assert paths(None, {"KUBECONFIG": "/a::/b"}) == [Path("/a"), Path("/b")]
    assert paths(None, {}) == [home]
    assert paths(None, {"KUBECONFIG": ""}) == [home]
