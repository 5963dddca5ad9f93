"""Reads kubeconfig files, as kubectl does, into the credentials that the client is made from.

Every kind of credentials works, or is refused with what to do instead. No setting is ignored silently, because that could
make requests anonymous, or those of another user. What kubectl 1.36 does with each case is in tests/integration/kube/test_kubeconfig.py.
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
import yaml

from xds_server.providers.kubernetes import credential_plugin
from xds_server.providers.kubernetes.credentials import Connection, LoginError, impersonation

T = TypeVar("T")

_PEM: Final = re.compile(rb"-----BEGIN [^-]+-----")
_LOCKED: Final = re.compile(rb"ENCRYPTED")
_PRINTABLE: Final = re.compile(r"[!-~]+")


class _Kebab(msgspec.Struct, rename="kebab"):
    pass


class _Extension(msgspec.Struct):
    name: str
    extension: Any = None


class _Cluster(_Kebab):
    server: str | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool | None = None
    proxy_url: str | None = None
    tls_server_name: str | None = None
    disable_compression: bool | None = None
    extensions: list[_Extension] | None = None


class _Provider(_Kebab):
    name: str | None = None


class _User(_Kebab):
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = msgspec.field(default=None, name="tokenFile")
    username: str | None = None
    password: str | None = None
    auth_provider: _Provider | None = None
    exec: credential_plugin.Exec | None = None
    as_: str | None = msgspec.field(default=None, name="as")
    as_uid: str | None = None
    as_groups: list[str] | None = None
    as_user_extra: dict[str, list[str]] | None = None


class _Context(_Kebab):
    cluster: str | None = None
    user: str | None = None
    namespace: str | None = None


class _NamedCluster(_Kebab):
    name: str = ""
    cluster: _Cluster | None = None


class _NamedUser(_Kebab):
    name: str = ""
    user: _User | None = None


class _NamedContext(_Kebab):
    name: str = ""
    context: _Context | None = None


class _File(_Kebab):
    kind: str | None = None
    current_context: str | None = None
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None


def paths(kubeconfig: str | None, environ: Mapping[str, str]) -> list[Path]:
    """The files to read: *kubeconfig*, else those of KUBECONFIG, else the default one."""
    names = [kubeconfig] if kubeconfig else [n for n in environ.get("KUBECONFIG", "").split(os.pathsep) if n]
    return [Path(os.path.expanduser(name)) for name in dict.fromkeys(names or ["~/.kube/config"])]  # noqa: PTH111 - Path's raises without a home


async def connection(files: Sequence[Path], context: str | None) -> Connection:
    """The API server and the credentials of a context. If several files have the same name, the first is used.

    Raises: LoginError.
    """
    where = ", ".join(str(path) for path in files)
    configs = [config for path in files if (config := _read(path)) is not None]
    if not configs:
        raise LoginError(f"there is no kubeconfig at {where}: set KUBECONFIG, or use --kubeconfig")
    chosen = context or next((c.current_context for c in configs if c.current_context), None)
    if not chosen:
        raise LoginError(f"no current-context in {where}: set one, or use --context")
    contexts = _merged((item.name, item.context or _Context()) for c in configs for item in c.contexts or ())
    clusters = _merged((item.name, item.cluster or _Cluster()) for c in configs for item in c.clusters or ())
    users = _merged((item.name, item.user or _User()) for c in configs for item in c.users or ())
    found = _named("context", chosen, contexts, where)
    cluster = _named("cluster", found.cluster or "", clusters, where)
    try:
        _check_cluster(cluster)
    except LoginError as error:
        raise LoginError(f"cluster {found.cluster!r} in {where}: {error}") from None
    encrypted = urlsplit(cluster.server or "").scheme == "https"
    # A server without https is a local proxy that has its own credentials, such as `kubectl proxy`.
    user = _named("user", found.user or "", users, where) if encrypted or found.user else _User()
    try:
        _check_user(user, encrypted=encrypted)
        token = await _identify(user, cluster)
    except LoginError as error:
        raise LoginError(f"user {found.user!r} in {where}: {error}") from None
    return _connection(cluster, user, token, found.namespace)


def _merged(items: Iterable[tuple[str, T]]) -> dict[str, T]:
    merged: dict[str, T] = {}
    for name, item in items:
        merged.setdefault(name, item)
    return merged


def _named(what: str, name: str, known: Mapping[str, T], where: str) -> T:
    if name not in known:
        raise LoginError(f"no {what} {name!r} in {where}: use one of {', '.join(sorted(known)) or 'none'}")
    return known[name]


# -- a file ----------------------------------------------------------------------------------------


def _read(path: Path) -> _File | None:
    """One file, with relative paths made absolute; None if it does not exist."""
    try:
        text = path.read_bytes()
        config = msgspec.convert(_document(text), _File)
    except FileNotFoundError:
        return None
    except Exception as error:  # any error of YAML or msgspec
        raise LoginError(f"cannot read kubeconfig {path}: {' '.join(str(error).split())}: fix it") from error
    if config.kind not in (None, "", "Config"):
        raise LoginError(f"{path} holds a {config.kind}, not a kubeconfig: set KUBECONFIG, or use --kubeconfig")
    for what, items in (("cluster", config.clusters), ("user", config.users), ("context", config.contexts)):
        names = [item.name for item in items or ()]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise LoginError(f"{what} {twice[0]!r} is in {path} twice: remove one of them")
    for cluster in (item.cluster for item in config.clusters or () if item.cluster is not None):
        cluster.certificate_authority = _beside(path, cluster.certificate_authority)
    for user in (item.user for item in config.users or () if item.user is not None):
        user.client_certificate = _beside(path, user.client_certificate)
        user.client_key = _beside(path, user.client_key)
        user.token_file = _beside(path, user.token_file)
        # A command without a slash is searched for in PATH.
        if user.exec is not None and os.sep in (user.exec.command or ""):
            user.exec.command = _beside(path, user.exec.command)
    return config


def _document(text: bytes) -> object:
    """The first document. JSON may have tabs, which YAML does not allow."""
    if text.lstrip().startswith(b"{"):
        return msgspec.json.decode(text)
    return next(iter(yaml.load_all(text, Loader=yaml.CSafeLoader)), None) or {}


def _beside(path: Path, name: str | None) -> str | None:
    return str(path.parent.absolute() / name) if name else None


# -- checks ----------------------------------------------------------------------------------------


def _check_cluster(cluster: _Cluster) -> None:
    server = _url(cluster.server or "", "server")
    if server.scheme not in ("http", "https"):
        raise LoginError(f"server {cluster.server!r} is not a URL: write https://, the host, and its port")
    if cluster.certificate_authority and cluster.certificate_authority_data:
        raise LoginError("has certificate-authority and certificate-authority-data: remove one of them")
    if cluster.insecure_skip_tls_verify and (cluster.certificate_authority or cluster.certificate_authority_data):
        raise LoginError("has insecure-skip-tls-verify and a certificate-authority: remove one of them")
    if cluster.certificate_authority:
        _pem(cluster.certificate_authority, None, "certificate-authority")
    elif cluster.certificate_authority_data:
        _pem(None, cluster.certificate_authority_data, "certificate-authority-data")
    if not cluster.proxy_url:
        return
    proxy = _url(cluster.proxy_url, "proxy-url")
    if proxy.scheme not in ("http", "https"):
        raise LoginError(f"proxy-url with scheme {proxy.scheme!r} is not supported: use an http or https proxy")
    if proxy.scheme == "https" and cluster.tls_server_name:
        raise LoginError("has tls-server-name and an https proxy, which is not supported: use an http proxy")


def _url(text: str, field: str) -> Any:
    """Its parts."""
    try:
        url = urlsplit(text)
        if url.hostname and (url.port is None or url.port > 0):
            return url
    except ValueError:
        pass
    what = f"{field} {text!r} is not a URL" if text else f"has no {field}"
    raise LoginError(f"{what}: write https://, the host, and its port")


def _check_user(user: _User, *, encrypted: bool) -> None:
    """Refuses contradictory settings, and those that kubectl supports but we do not."""
    token, basic = bool(user.token or user.token_file), bool(user.username or user.password)
    certificate = bool(user.client_certificate or user.client_certificate_data)
    key = bool(user.client_key or user.client_key_data)
    if user.auth_provider is not None:
        raise LoginError(
            f"auth-provider {user.auth_provider.name!r} is not supported: use a token, a certificate, or a credential "
            "plugin (exec)"
        )
    if user.token and basic:
        raise LoginError("has a token and a username: remove one of them")
    if basic and (user.token_file or user.exec is not None):
        raise LoginError("has a username, and a tokenFile or exec: remove one of them")
    for name in ("client-certificate", "client-key"):
        attribute = name.replace("-", "_")
        if getattr(user, attribute) and getattr(user, f"{attribute}_data"):
            raise LoginError(f"has {name} and {name}-data: remove one of them")
    if certificate != key:
        missing = "client-key" if certificate else "client-certificate"
        raise LoginError(f"has one of client-certificate and client-key: add {missing}, or {missing}-data")
    if certificate and not encrypted:
        raise LoginError("has a client certificate, which needs https: use https in the cluster's server")
    if encrypted and not (token or basic or certificate or user.exec is not None):
        raise LoginError("has no credentials, so its requests would be anonymous: add a token, a certificate, or exec")
    if not user.as_ and (user.as_uid or user.as_groups or user.as_user_extra):
        raise LoginError("has as-uid, as-groups or as-user-extra, but no as: add as, the user to impersonate")
    extra = [value for values in (user.as_user_extra or {}).values() for value in values]
    for value in (user.as_, user.as_uid, *(user.as_groups or ()), *extra):
        if value and not value.isprintable():
            raise LoginError(f"impersonates {value!r}, which an HTTP header cannot hold: correct it")


# -- credentials -----------------------------------------------------------------------------------


async def _identify(user: _User, cluster: _Cluster) -> str | None:
    """The token, or None. A plugin's certificate replaces the user's. Raises: LoginError."""
    token = _token(user)
    if token is None and user.exec is not None:
        status = await credential_plugin.ask(user.exec, _told(cluster))
        token = status.token
        if status.client_certificate_data:
            user.client_certificate = user.client_key = None
            user.client_certificate_data = _base64(status.client_certificate_data)
            user.client_key_data = _base64(status.client_key_data or "")
    if token and not _PRINTABLE.fullmatch(token):
        raise LoginError(
            "the token contains characters that a token cannot have, such as spaces or line ends: replace it"
        )
    return token


def _token(user: _User) -> str | None:
    """The token of tokenFile, which rotates, else the `token` field."""
    if not user.token_file:
        return user.token or None
    try:
        token = Path(user.token_file).read_text().strip()
    except (OSError, ValueError) as error:
        if user.token:
            return user.token
        raise LoginError(f"cannot read tokenFile {user.token_file}: {_reason(error)}: fix it") from error
    if not token and not user.token:
        raise LoginError(f"tokenFile {user.token_file} is empty: write a token into it")
    return token or user.token


def _told(cluster: _Cluster) -> dict[str, Any]:
    """The cluster information for a plugin: `spec.cluster` of an ExecCredential."""
    authority = cluster.certificate_authority_data
    if cluster.certificate_authority:
        authority = base64.b64encode(_pem(cluster.certificate_authority, None, "certificate-authority")).decode()
    config = next(
        (one.extension for one in cluster.extensions or () if one.name == credential_plugin.CLUSTER_CONFIG), None
    )
    told = {
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": authority,
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
        "config": config,
    }
    return {name: value for name, value in told.items() if value}


def _connection(cluster: _Cluster, user: _User, token: str | None, namespace: str | None) -> Connection:
    files = [
        _pem(path, data, field)
        for path, data, field in (
            (cluster.certificate_authority, cluster.certificate_authority_data, "certificate-authority"),
            (user.client_certificate, user.client_certificate_data, "client-certificate"),
            (user.client_key, user.client_key_data, "client-key"),
        )
        if path or data
    ]
    acts: tuple[tuple[str, str], ...] = ()
    if user.as_:
        acts = impersonation(
            user.as_, user.as_uid or "", user.as_groups or (), tuple((user.as_user_extra or {}).items())
        )
    return Connection(
        server=cluster.server or "",
        ca_path=cluster.certificate_authority,
        ca_data=cluster.certificate_authority_data or None,
        insecure=cluster.insecure_skip_tls_verify,
        proxy_url=cluster.proxy_url or None,
        certificate_path=user.client_certificate,
        certificate_data=user.client_certificate_data or None,
        private_key_path=user.client_key,
        private_key_data=user.client_key_data or None,
        token=token,
        username=user.username,
        password=user.password,
        default_namespace=namespace,
        tls_server_name=cluster.tls_server_name or "",
        impersonation=acts,
        digest=hashlib.sha256(b"\0".join(files)).hexdigest() if files else "",
    )


def _pem(path: str | None, data: str | None, field: str) -> bytes:
    """The PEM of a field, or of its file. Raises: LoginError, if it is not PEM, or needs a passphrase."""
    what = f"{field} {path}" if path else f"{field}-data".replace("-data-data", "-data")
    try:
        content = Path(path).read_bytes() if path else base64.b64decode(data or "", validate=False)
    except (OSError, ValueError) as error:
        raise LoginError(f"cannot read {what}: {_reason(error)}: fix it") from error
    if not _PEM.search(content):
        raise LoginError(f"{what} is not PEM: replace it")
    if field == "client-key" and _LOCKED.search(content):
        raise LoginError(f"{what} is encrypted, and a passphrase cannot be asked for: use a key without a passphrase")
    return content


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _base64(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()
