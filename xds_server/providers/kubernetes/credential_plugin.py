"""Credential plugins of client-go: commands that a kubeconfig names, and that print a token or a certificate."""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from xds_server.providers.kubernetes.credentials import LoginError

_SECONDS: Final = 30.0
_GROUP: Final = "client.authentication.k8s.io"
CLUSTER_CONFIG: Final = f"{_GROUP}/exec"
"""The name of the cluster extension that is passed to the plugin."""
_API_VERSIONS: Final = (f"{_GROUP}/v1", f"{_GROUP}/v1beta1")
_BY_HAND: Final = "run it by hand to see why"


class _Env(msgspec.Struct):
    name: str
    value: str = ""


class Exec(msgspec.Struct, rename="camel"):
    """`exec` of a user in a kubeconfig."""

    command: str | None = None
    api_version: str | None = None
    args: list[str] | None = None
    env: list[_Env] | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None
    interactive_mode: str | None = None


class Status(msgspec.Struct, rename="camel"):
    """The credentials from a plugin: a token, or a certificate with its key, or both. Certificate and key are PEM."""

    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None


class _Answer(msgspec.Struct, rename="camel"):
    api_version: str | None = None
    status: Status | None = None


def check(plugin: Exec) -> None:
    """Raises: LoginError, if the plugin cannot run without a terminal, or is not configured correctly."""
    if not plugin.command:
        raise LoginError("exec has no command: name the plugin")
    if plugin.api_version not in _API_VERSIONS:
        raise LoginError(f"exec has apiVersion {plugin.api_version!r}: use {' or '.join(_API_VERSIONS)}")
    match plugin.interactive_mode:
        case None | "" | "Never" | "IfAvailable":
            return
        case "Always":
            raise LoginError(
                "exec has interactiveMode Always, and this program has no terminal: use a plugin that asks nothing"
            )
        case other:
            raise LoginError(f"exec has interactiveMode {other!r}: use Never or IfAvailable")


async def ask(plugin: Exec, cluster: Mapping[str, Any]) -> Status:
    """Runs the plugin. *cluster*: the cluster information, passed if `provideClusterInfo` is set. Raises: LoginError."""
    check(plugin)
    name = f"credential plugin {plugin.command!r}"
    out = await _run(plugin, name, _environ(plugin, cluster))
    try:
        answer = msgspec.json.decode(out, type=_Answer)
    except (ValueError, RecursionError) as error:
        raise LoginError(f"{name} did not print an ExecCredential, {error}: {_BY_HAND}") from error
    if answer.api_version not in (None, plugin.api_version):
        raise LoginError(
            f"{name} answered in {answer.api_version}, and not in {plugin.api_version}: set its apiVersion"
        )
    status = answer.status or Status()
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise LoginError(f"{name} printed a certificate without its key, or a key without its certificate: {_BY_HAND}")
    if not status.token and not status.client_key_data:
        raise LoginError(f"{name} printed neither a token nor a certificate: {_BY_HAND}")
    return status


def _environ(plugin: Exec, cluster: Mapping[str, Any]) -> dict[str, str]:
    spec = {"interactive": False, **({"cluster": cluster} if plugin.provide_cluster_info else {})}
    info = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}
    given = {item.name: item.value for item in plugin.env or ()}
    return os.environ | given | {"KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()}


async def _run(plugin: Exec, name: str, environ: dict[str, str]) -> bytes:
    assert plugin.command is not None
    try:
        process = await asyncio.create_subprocess_exec(
            plugin.command,
            *(plugin.args or ()),
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
        missing = isinstance(error, FileNotFoundError)
        what = "it is not there" if missing else str(getattr(error, "strerror", None) or error)
        hint = " ".join((plugin.install_hint or "").split()) or ("install it" if missing else "fix the kubeconfig")
        raise LoginError(f"cannot run {name}: {what}: {hint}") from error
    try:
        async with asyncio.timeout(_SECONDS):
            out, err = await process.communicate()
    except TimeoutError:
        raise LoginError(f"{name} printed nothing for {_SECONDS:g} s: {_BY_HAND}") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        said = err.decode(errors="replace").strip().rpartition("\n")[2]
        raise LoginError(f"{name} ended with {process.returncode}, {said!r}: {_BY_HAND}")
    return out
