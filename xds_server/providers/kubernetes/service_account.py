"""The credentials that Kubernetes mounts into each Pod, as client-go reads them in a cluster."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from xds_server.providers.kubernetes.credentials import Connection, LoginError

# The address, as in client-go: it needs no DNS, which may start after us.
_HOST: Final = "KUBERNETES_SERVICE_HOST"
_PORT: Final = "KUBERNETES_SERVICE_PORT"


def service_account(directory: Path, environ: Mapping[str, str]) -> Connection | None:
    """The connection with the current token, which rotates; None outside a Pod. Raises: LoginError."""
    token_file, authority = directory / "token", directory / "ca.crt"
    try:
        token = token_file.read_text().strip()
        trusted = authority.read_bytes() if authority.exists() else b""
        namespace = directory / "namespace"
        default = namespace.read_text().strip() if namespace.exists() else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise LoginError(f"cannot read the ServiceAccount's files in {directory}: {error}: fix the mount") from error
    if not token:
        raise LoginError(f"{token_file} is empty: fix the mount of the ServiceAccount's token")
    host, port = environ.get(_HOST, ""), environ.get(_PORT, "")
    address = f"[{host}]" if ":" in host else host
    server = f"https://{address}:{port}" if host and port else "https://kubernetes.default.svc"
    return Connection(
        server=server,
        ca_path=str(authority) if trusted else None,
        token=token,
        default_namespace=default or None,
        digest=hashlib.sha256(trusted).hexdigest(),
    )
