"""Reads kubeconfig files, as kubectl does, into the credentials that the client is made from."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import yaml
from kopf import ConnectionInfo

T = TypeVar("T")

_PLUGIN_SECONDS: Final = 30.0


class LoginError(Exception):
    """There are no credentials to be had; the message says what is missing, and what to do."""


class _Kebab(msgspec.Struct, rename="kebab"):
    pass


class _Cluster(_Kebab):
    server: str
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool | None = None
    proxy_url: str | None = None
    tls_server_name: str | None = None


class _Env(_Kebab):
    name: str
    value: str


class _Exec(_Kebab):
    command: str
    api_version: str = msgspec.field(name="apiVersion")
    args: list[str] | None = None
    env: list[_Env] | None = None


class _User(_Kebab):
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = msgspec.field(default=None, name="tokenFile")
    username: str | None = None
    password: str | None = None
    exec: _Exec | None = None
    as_: str | None = msgspec.field(default=None, name="as")


class _Context(_Kebab):
    cluster: str
    user: str
    namespace: str | None = None


class _NamedCluster(_Kebab):
    name: str
    cluster: _Cluster


class _NamedUser(_Kebab):
    name: str
    user: _User


class _NamedContext(_Kebab):
    name: str
    context: _Context


class _File(_Kebab):
    current_context: str | None = None
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None


class _ExecStatus(msgspec.Struct, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None


class _ExecAnswer(msgspec.Struct):
    status: _ExecStatus


def paths(kubeconfig: str | None, environ: Mapping[str, str]) -> list[Path]:
    """The files to read: the one that was named, or those of KUBECONFIG, or the default one."""
    names = [kubeconfig] if kubeconfig else [n for n in environ.get("KUBECONFIG", "").split(os.pathsep) if n]
    return [Path(name).expanduser() for name in names or ["~/.kube/config"]]


async def connection(files: Sequence[Path], context: str | None) -> ConnectionInfo:
    """Where the API server is, and who we are there. Of equal names in several files the first counts.

    Raises: LoginError.
    """
    where = ", ".join(str(path) for path in files)
    configs = [_read(path) for path in files if path.exists()]
    if not configs:
        raise LoginError(f"there is no kubeconfig at {where}: set KUBECONFIG, or use --kubeconfig")
    chosen = context or next((c.current_context for c in configs if c.current_context), None)
    if not chosen:
        raise LoginError(f"no current-context in {where}: set one, or use --context")
    contexts = {item.name: item.context for config in reversed(configs) for item in config.contexts or ()}
    clusters = {item.name: item.cluster for config in reversed(configs) for item in config.clusters or ()}
    users = {item.name: item.user for config in reversed(configs) for item in config.users or ()}
    found = _named("context", chosen, contexts, where)
    cluster = _named("cluster", found.cluster, clusters, where)
    user = _named("user", found.user, users, where)
    _refuse(found, cluster, user)
    if user.exec is not None:
        await _ask_plugin(user, user.exec)
    return ConnectionInfo(
        server=cluster.server,
        ca_path=cluster.certificate_authority,
        ca_data=cluster.certificate_authority_data,
        insecure=cluster.insecure_skip_tls_verify,
        proxy_url=cluster.proxy_url,
        certificate_path=user.client_certificate,
        certificate_data=user.client_certificate_data,
        private_key_path=user.client_key,
        private_key_data=user.client_key_data,
        token=user.token,
        username=user.username,
        password=user.password,
        default_namespace=found.namespace,
    )


def _refuse(context: _Context, cluster: _Cluster, user: _User) -> None:
    """Refuses what kubectl can do and we cannot: to pass over it would be to act as somebody else."""
    if user.as_:
        raise LoginError(
            f"user {context.user!r} acts as {user.as_!r}, which is not supported: use that user's own login"
        )
    if cluster.tls_server_name:
        raise LoginError(
            f"cluster {context.cluster!r} has tls-server-name {cluster.tls_server_name!r}, which is not supported: "
            "give a server address that its certificate names"
        )


def _named(what: str, name: str, known: Mapping[str, T], where: str) -> T:
    if name not in known:
        raise LoginError(f"no {what} {name!r} in {where}: use one of {', '.join(sorted(known)) or 'none'}")
    return known[name]


def _read(path: Path) -> _File:
    """One file, with its relative paths made absolute, and with data in the place of a file that it overrides."""
    try:
        config = msgspec.convert(yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) or {}, _File)
        for cluster in (item.cluster for item in config.clusters or ()):
            cluster.certificate_authority = _beside(
                path, cluster.certificate_authority, cluster.certificate_authority_data
            )
        for user in (item.user for item in config.users or ()):
            user.client_certificate = _beside(path, user.client_certificate, user.client_certificate_data)
            user.client_key = _beside(path, user.client_key, user.client_key_data)
            token_file = _beside(path, user.token_file, None)
            user.token = Path(token_file).read_text().strip() if token_file else user.token
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise LoginError(f"cannot read kubeconfig {path}: {' '.join(str(error).split())}: mend it") from error
    return config


def _beside(path: Path, name: str | None, data: str | None) -> str | None:
    return str(path.parent / name) if name and not data else None


async def _ask_plugin(user: _User, plugin: _Exec) -> None:
    """Takes the user's credentials from the command that the kubeconfig names (client-go credential plugins)."""
    info = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": {"interactive": False}}
    environ = os.environ | {item.name: item.value for item in plugin.env or ()}
    environ["KUBERNETES_EXEC_INFO"] = msgspec.json.encode(info).decode()
    try:
        process = await asyncio.create_subprocess_exec(
            plugin.command,
            *(plugin.args or ()),
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise LoginError(f"cannot run credential plugin {plugin.command!r}: {error.strerror}: install it") from error
    try:
        out, err = await asyncio.wait_for(process.communicate(), _PLUGIN_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise LoginError(
            f"credential plugin {plugin.command!r} said nothing for {_PLUGIN_SECONDS:g} s: run it by hand"
        ) from None
    if process.returncode:
        said = err.decode(errors="replace").strip().rpartition("\n")[2]
        raise LoginError(
            f"credential plugin {plugin.command!r} ended with {process.returncode}, {said!r}: run it by hand"
        )
    try:
        status = msgspec.json.decode(out, type=_ExecAnswer).status
    except msgspec.DecodeError as error:
        raise LoginError(
            f"credential plugin {plugin.command!r} gave no ExecCredential, {error}: run it by hand"
        ) from error
    user.token = status.token or user.token
    user.client_certificate_data = status.client_certificate_data or user.client_certificate_data
    user.client_key_data = status.client_key_data or user.client_key_data
