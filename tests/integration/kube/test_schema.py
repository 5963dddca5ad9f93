"""The checks of files beside those of a real API server: both say the same of the same objects."""

import asyncio
import json
from typing import Any

import pytest

from tests.support.kube_cluster import Kube
from tests.unit.xds_server.providers.schema.test_structural import BROKEN, GOOD

pytestmark = pytest.mark.kube

KINDS = {"httproutes": "HTTPRoute", "gateways": "Gateway"}
EXPERIMENTAL = ("sessionPersistence", "ExternalAuth")
"""Fields of which the standard channel knows nothing."""


async def taken(kube: Kube, plural: str, made: dict[str, Any]) -> bool:
    """Whether the API server would store an object."""
    body = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": KINDS[plural], **made}
    body["metadata"] = {"name": "tried", "namespace": "default"}
    try:
        await asyncio.to_thread(kube.run, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(body))
    except AssertionError:
        return False
    return True


async def test_the_api_server_says_the_same(kube: Kube) -> None:
    """It refuses what is refused of a file, and takes what is taken."""
    turns = asyncio.Semaphore(2)

    async def asked(plural: str, made: dict[str, Any]) -> bool:
        async with turns:
            return await taken(kube, plural, made)

    for rows, expected in ((BROKEN, False), (GOOD, True)):
        known = [row for row in rows if not any(name in json.dumps(row) for name in EXPERIMENTAL)]
        said = await asyncio.gather(*(asked(*row) for row in known))
        assert [row for row, one in zip(known, said, strict=True) if one != expected] == []
