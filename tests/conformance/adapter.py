"""Our server under the control of a test suite: the service `Adapter` of the CNCF's xDS test harness, by its description.

    python -m tests.conformance.adapter [--xds-port 18000] [--adapter-port 17000]

One port speaks xDS, in all variants and for all types of resources; the other one takes calls that set what a node is served. A version comes back just as
the suite gave it (`version_info`, `system_version_info`), resources may be empty but for their name, and clearing never fails.
A resource in a `Resource` has the time to live that this one gives.

`UpdateResource` takes effect 200 ms after the call: the suite sends an unsubscription on one connection and an update on
another at once, and no server can know which of the two was meant to be first.
"""

import argparse
import asyncio
import sys
import zlib
from collections.abc import Callable, Coroutine
from typing import Any, Final, Self

import grpc
from google.protobuf.duration_pb2 import Duration

from xds_server.envoy.wire.reader import field_at, text
from xds_server.envoy.wire.writer import field_bytes, field_string, field_varint
from xds_server.model.address import Address
from xds_server.model.resource import (
    CLUSTER,
    ENDPOINT,
    EXTENSION,
    LISTENER,
    ROUTE,
    RUNTIME,
    SCOPED_ROUTE,
    SECRET,
    TYPES,
    VIRTUAL_HOST,
    Resource,
    TypeUrl,
    resource,
)
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.codec.sotw import WRAPPER
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.server import AdsServer

UPDATE_SECONDS: Final = 0.2
"""How long `UpdateResource` takes, as in the harness's description."""

_LENGTH_DELIMITED: Final = 2
_MARKS: Final[dict[TypeUrl, Callable[[str], bytes]]] = {
    CLUSTER: lambda version: field_string(28, version),  # alt_stat_name
    LISTENER: lambda version: field_string(28, version),  # stat_prefix
    ROUTE: lambda version: field_string(8, f"x-{version}"),  # request_headers_to_remove
    ENDPOINT: lambda version: field_bytes(  # policy.overprovisioning_factor
        4, field_bytes(3, field_varint(1, 100 + zlib.crc32(version.encode()) % 1000))
    ),
    SCOPED_ROUTE: lambda version: field_string(2, version),  # route_configuration_name
    VIRTUAL_HOST: lambda version: field_string(2, version),  # domains
    SECRET: lambda version: field_bytes(
        5, field_bytes(1, field_string(3, version))
    ),  # generic_secret.secret.inline_string
    EXTENSION: lambda version: field_bytes(  # typed_config, a StringValue
        2, field_string(1, "type.googleapis.com/google.protobuf.StringValue") + field_bytes(2, field_string(1, version))
    ),
    RUNTIME: lambda version: field_bytes(  # layer, with one key
        2, field_bytes(1, field_string(1, "version") + field_bytes(2, field_string(3, version)))
    ),
}
"""What makes the content of a resource another one."""


class LabelledTable(Table):
    """A table of which whoever fills it chooses the version."""

    label = ""

    def version_of(self, digest: int) -> str:
        """The chosen version, of all and of any part."""
        return self.label


class Nodes:
    """What each node is served. It is the admission policy: everybody is let in, to what was set, be it nothing."""

    def __init__(self) -> None:
        self._views: dict[str, dict[TypeUrl, LabelledTable]] = {}

    def admit(self, node: Node) -> RoleTables | Hold:
        """The tables of that node."""
        return self.of(node.id)

    async def wait_for_change(self) -> None:
        """Is not asked: nobody waits."""
        raise NotImplementedError

    def of(self, node: str) -> dict[TypeUrl, LabelledTable]:
        """The tables of that node."""
        if node not in self._views:
            self._views[node] = {type_url: LabelledTable() for type_url in TYPES}
        return self._views[node]

    def clear(self, node: str) -> None:
        """Streams that are still open keep what they were given; others find nothing."""
        self._views.pop(node, None)


class Quiet:
    """An observer that does nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


class Adapter:
    """The control service."""

    def __init__(self, nodes: Nodes, server: AdsServer, update_seconds: float) -> None:
        self._nodes = nodes
        self._server = server
        self._update_seconds = update_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    def handler(self) -> Any:
        """Its gRPC handler, in bytes."""
        methods: dict[str, Callable[[bytes], bytes]] = {
            "SetState": self.set_state,
            "ClearState": self.clear_state,
            "UpdateResource": self.update,
            "AddResource": self.add,
            "RemoveResource": self.remove,
        }
        return grpc.method_handlers_generic_handler(
            "adapter.Adapter",
            {name: grpc.unary_unary_rpc_method_handler(_answering(method)) for name, method in methods.items()},
        )

    def set_state(self, request: bytes) -> bytes:
        """SetStateRequest {1 node; 2 version; 3 resources}: replaces all that the node has."""
        fields = _fields(request)
        tables = self._nodes.of(_text(fields, 1))
        wanted: dict[TypeUrl, list[Resource]] = {type_url: [] for type_url in TYPES}
        for packed in fields.get(3, []):
            type_url, body, ttl = _unpacked(packed)
            wanted[type_url].append(resource(_text(_fields(body), 1), body, ttl))
        for type_url, items in wanted.items():
            table = tables[type_url]
            table.begin()
            gone = [item.name for item in table if item.name not in {one.name for one in items}]
            for name in gone:
                table.remove(name)
            for item in items:
                table.put(item)
            self._publish(table, _text(fields, 2), type_url, *gone, *(item.name for item in items))
        return field_varint(1, 1)

    def clear_state(self, request: bytes) -> bytes:
        """ClearStateRequest {1 node}."""
        self._nodes.clear(_text(_fields(request), 1))
        return field_string(1, "cleared")

    def update(self, request: bytes) -> bytes:
        """ResourceRequest {1 node; 2 typeUrl; 3 resourceName; 4 version}: other content, after a while."""

        async def later() -> None:
            await asyncio.sleep(self._update_seconds)
            self.add(request)

        task = asyncio.get_running_loop().create_task(later())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return field_varint(1, 1)

    def add(self, request: bytes) -> bytes:
        """ResourceRequest: a resource that was not there."""
        node, type_url, name, version = _resource_request(request)
        table = self._nodes.of(node)[type_url]
        table.begin()
        table.put(resource(name, field_string(1, name) + _MARKS[type_url](version)))
        self._publish(table, version, type_url, name)
        return field_varint(1, 1)

    def remove(self, request: bytes) -> bytes:
        """ResourceRequest: the resource is no more."""
        node, type_url, name, version = _resource_request(request)
        table = self._nodes.of(node)[type_url]
        table.begin()
        table.remove(name)
        self._publish(table, version, type_url, name)
        return field_varint(1, 1)

    def _publish(self, table: LabelledTable, version: str, type_url: TypeUrl, *names: str) -> None:
        table.label = version
        self._server.publish({None: {type_url: names}})


def _answering(method: Callable[[bytes], bytes]) -> Callable[[bytes, Any], Coroutine[Any, Any, bytes]]:
    async def answer(request: bytes, _: Any) -> bytes:
        return method(request)

    return answer


def _fields(data: bytes) -> dict[int, list[bytes]]:
    """The length-delimited fields of a message, by number."""
    found: dict[int, list[bytes]] = {}
    at = 0
    while at < len(data):
        key, begin, at = field_at(data, at, len(data))
        if key & 7 == _LENGTH_DELIMITED:
            found.setdefault(key >> 3, []).append(data[begin:at])
    return found


def _unpacked(packed: bytes) -> tuple[TypeUrl, bytes, float]:
    """Type, body and time to live (0 if there is none) of what is in an Any."""
    fields = _fields(packed)
    type_url, body = TypeUrl(_text(fields, 1)), fields.get(2, [b""])[-1]
    if type_url != WRAPPER:
        return type_url, body, 0.0
    wrapper = _fields(body)
    type_url, body, _ = _unpacked(wrapper.get(2, [b""])[-1])
    ttl = Duration.FromString(wrapper.get(6, [b""])[-1])
    return type_url, body, ttl.ToTimedelta().total_seconds()


def _text(fields: dict[int, list[bytes]], number: int) -> str:
    value = fields.get(number, [b""])[-1]
    return text(value, 0, len(value))


def _resource_request(request: bytes) -> tuple[str, TypeUrl, str, str]:
    fields = _fields(request)
    return _text(fields, 1), TypeUrl(_text(fields, 2)), _text(fields, 3), _text(fields, 4)


class Running:
    """Both ports, open for as long as the block lasts; port 0 for any. An update comes after *update_seconds*."""

    def __init__(self, xds_port: int = 0, adapter_port: int = 0, *, update_seconds: float = UPDATE_SECONDS) -> None:
        nodes = Nodes()
        self._xds = AdsServer(
            Address("127.0.0.1", xds_port), admission_policy=nodes, observer=Quiet(), identifier="conformance"
        )
        self._control = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        self._control.add_generic_rpc_handlers((Adapter(nodes, self._xds, update_seconds).handler(),))
        self.adapter_port = self._control.add_insecure_port(f"127.0.0.1:{adapter_port}")
        self.xds_port = xds_port

    async def __aenter__(self) -> Self:
        self.xds_port = await self._xds.start()
        await self._xds.set_health(serving=True)
        await self._control.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._control.stop(0)
        await self._xds.stop(0)


async def _main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.adapter", description="See the module.")
    parser.add_argument("--xds-port", type=int, default=18000)
    parser.add_argument("--adapter-port", type=int, default=17000)
    chosen = parser.parse_args(arguments)
    async with Running(chosen.xds_port, chosen.adapter_port) as running:
        sys.stdout.write(f"xDS on 127.0.0.1:{running.xds_port}, Adapter on 127.0.0.1:{running.adapter_port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(_main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(0)
