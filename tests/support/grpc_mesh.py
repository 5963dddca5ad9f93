"""Backends that gRPC's own xDS client may call, and how it finds us."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc


@asynccontextmanager
async def backend(name: str) -> AsyncIterator[int]:
    """A gRPC server that answers /test.Echo/Name with its name; its port."""

    async def answer(request: bytes, context: Any) -> bytes:
        return name.encode()

    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    methods = {"Name": grpc.unary_unary_rpc_method_handler(answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield port
    finally:
        await server.stop(0)


def bootstrap(port: int, role: str) -> Mapping[str, str]:
    """The environment of a client of that role, whose control plane is at a port."""
    server = {
        "server_uri": f"127.0.0.1:{port}",
        "channel_creds": [{"type": "insecure"}],
        "server_features": ["xds_v3"],
    }
    text = json.dumps({"xds_servers": [server], "node": {"id": "grpc-1", "cluster": role}})
    return {"GRPC_XDS_BOOTSTRAP_CONFIG": text}
