"""How verbs query a control plane that runs, through its HTTP port."""

from typing import Any, Final

from xds_server.model.errors import UserError

DEFAULT_URL: Final = "http://127.0.0.1:18080"


def query(url: str, path: str, *, method: str = "GET") -> Any:
    """The JSON that the control plane at *url* answers. Raises: UserError, if it does not."""
    from xds_server.observability.client import request_json  # noqa: PLC0415 - urllib takes a while to import

    return request_json(url, path, method=method)


def bad_answer(url: str) -> UserError:
    """The error for JSON that is not what xds-server answers."""
    return UserError(f"{url} answers what xds-server does not: is that its http_address?")
