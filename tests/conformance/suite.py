"""The client side of the conformance scenarios: one that keeps, as the public harness does, what it received last by name.

Its answers are like those of the harness, oddities included: an ACK of the second type on an aggregated state-of-the-world
stream names the first type, with the nonce of the second.
"""

import asyncio
from collections import Counter
from typing import Any

import grpc

from tests.support import oracle
from xds_server.envoy.wire.reader import field_at, text
from xds_server.envoy.wire.writer import duration, field_bytes, field_string
from xds_server.model.resource import SERVICE_NAMES, TypeUrl
from xds_server.xds.codec.sotw import WRAPPER
from xds_server.xds.transport.services import SERVICES

TYPES = {short: type_url for type_url, short in SERVICE_NAMES.items()}
NODE = "test-id"
UPDATE_SECONDS = 0.1
SILENCE_SECONDS = 0.2
"""Within what time an unwanted answer would have come: the delay of an update, what the server gathers in, and more."""


class Suite:
    """One scenario's client: speaks one variant, on one stream or on one for each type."""

    def __init__(self, channel: grpc.aio.Channel, control: grpc.aio.Channel, *, delta: bool, aggregated: bool) -> None:
        self._channel, self._control = channel, control
        self.delta, self.aggregated = delta, aggregated
        self._calls: dict[str, Any] = {}
        self._readers: list[asyncio.Task[None]] = []
        self._subscribed: dict[str, tuple[str, ...]] = {}
        self._inbox: asyncio.Queue[Any] = asyncio.Queue()
        self.table: dict[tuple[str, str], tuple[str, str]] = {}
        """(service, name) -> (version, nonce) of the last response that contained it."""
        self.removed: list[tuple[str, str]] = []
        self.features: tuple[str, ...] = ()
        """What the client says that it knows."""
        self.beats: Counter[tuple[str, str]] = Counter()
        """Heartbeats by (service, name): in the state of the world they have bodies."""

    # -- the adapter

    async def state(self, version: str, *, ttl: float = 0.0, **names: str) -> None:
        """Sets all that the node has, as in CDS="A B"; *ttl*: for how many seconds, 0 for ever."""
        packed = b"".join(
            field_bytes(3, _packed(TYPES[short], name, ttl))
            for short, listed in names.items()
            for name in listed.split()
        )
        await self._tell("SetState", field_string(1, NODE) + field_string(2, version) + packed)

    async def clear(self) -> None:
        assert await self._tell("ClearState", field_string(1, NODE))

    async def change(self, verb: str, service: str, name: str, version: str) -> None:
        """`Update`, `Add` or `Remove`."""
        request = (field_string(number, value) for number, value in enumerate((NODE, TYPES[service], name, version), 1))
        await self._tell(f"{verb}Resource", b"".join(request))

    async def _tell(self, method: str, request: bytes) -> bytes:
        return bytes(await self._control.unary_unary(f"/adapter.Adapter/{method}")(request))

    # -- xDS

    async def subscribe(self, service: str, *names: str) -> None:
        """Asks, in the state of the world, for all of *names*; incrementally, for *names* more."""
        await self._ask(service, names, nonce="")
        self._subscribed[service] = names

    async def replace(self, service: str, *names: str) -> None:
        """Asks for other names, with the version and the nonce of the last response."""
        version, nonce = next(reversed([value for key, value in self.table.items() if key[0] == service]))
        self.table = {key: value for key, value in self.table.items() if key[0] != service}
        await self._ask(service, names, nonce=nonce, version=version)
        self._subscribed[service] = names

    async def unsubscribe(self, service: str, *names: str) -> None:
        """Gives names back (incremental)."""
        for name in names:
            self.table.pop((service, name), None)
        await self._ask(service, (), nonce="", unsubscribe=names)

    async def receives(self, service: str, version: str, *names: str, together: bool = False) -> None:
        """Waits until each of *names* was received in *version*; *together*: by one response."""
        async with asyncio.timeout(20):
            while {self.table.get((service, name), ("",))[0] for name in names} != {version}:
                await self._take(await self._inbox.get())
        if together:
            assert len({self.table[service, name][1] for name in names}) == 1, "not in one response"

    async def receives_removal(self, service: str, name: str) -> None:
        async with asyncio.timeout(20):
            while (service, name) not in self.removed:
                await self._take(await self._inbox.get())

    async def hears(self, service: str, version: str, *names: str) -> None:
        """Waits until it heard of each of *names* once more, in the version that it has."""
        before = dict(self.beats)
        async with asyncio.timeout(20):
            while any(self.beats[service, name] <= before.get((service, name), 0) for name in names):
                await self._take(await self._inbox.get())
        assert {self.table[service, name][0] for name in names} == {version}

    async def silent(self, seconds: float = SILENCE_SECONDS) -> None:
        """Nothing more comes."""
        try:
            async with asyncio.timeout(seconds):
                response = await self._inbox.get()
        except TimeoutError:
            return
        raise AssertionError(f"an answer that nothing called for: {response}")

    async def close(self) -> None:
        for task in self._readers:
            task.cancel()
        for call in self._calls.values():
            call.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _ask(
        self, service: str, names: tuple[str, ...], *, nonce: str, version: str = "", unsubscribe: tuple[str, ...] = ()
    ) -> None:
        call = self._call(service)
        if self.delta:
            message = oracle.DeltaDiscoveryRequest(
                type_url=TYPES[service],
                resource_names_subscribe=names,
                resource_names_unsubscribe=unsubscribe,
                response_nonce=nonce,
            )
        else:
            message = oracle.DiscoveryRequest(
                type_url=TYPES[service], resource_names=names, response_nonce=nonce, version_info=version
            )
        message.node.id = NODE
        message.node.client_features.extend(self.features)
        await call.write(message.SerializeToString())

    def _call(self, service: str) -> Any:
        key = "ADS" if self.aggregated else service
        if key not in self._calls:
            found = SERVICES[0] if self.aggregated else next(s for s in SERVICES if s.type_url == TYPES[service])
            method = f"/{found.name}/{found.delta if self.delta else found.sotw}"
            self._calls[key] = self._channel.stream_stream(method)()
            self._readers.append(asyncio.create_task(self._read(self._calls[key])))
        return self._calls[key]

    async def _read(self, call: Any) -> None:
        while (data := await call.read()) is not grpc.aio.EOF:
            self._inbox.put_nowait(data)

    async def _take(self, data: bytes) -> None:
        message = (oracle.DeltaDiscoveryResponse if self.delta else oracle.DiscoveryResponse).FromString(data)
        service = SERVICE_NAMES[TypeUrl(message.type_url)]
        version = message.system_version_info if self.delta else message.version_info
        for one in map(_unwrapped, message.resources):
            name = _name(one.resource.value) if one.HasField("resource") else one.name
            assert not one.name or one.name == name
            if not one.HasField("resource"):
                assert self.table[service, name][0] == version, "a heartbeat of what the client has not"
                self.beats[service, name] += 1
                continue
            if self.table.pop((service, name), ("",))[0] == version and one.HasField("ttl"):
                self.beats[service, name] += 1
            self.table[service, name] = (version, message.nonce)
        if self.delta:
            self.removed.extend((service, name) for name in message.removed_resources)
        await self._acknowledge(service, message.nonce, version)

    async def _acknowledge(self, service: str, nonce: str, version: str) -> None:
        if self.delta:
            ack: Any = oracle.DeltaDiscoveryRequest(type_url=TYPES[service], response_nonce=nonce)
        else:
            named = next(iter(self._subscribed)) if self.aggregated else service  # The oddity.
            ack = oracle.DiscoveryRequest(
                type_url=TYPES[named],
                resource_names=self._subscribed[named],
                response_nonce=nonce,
                version_info=version,
            )
        await self._call(service).write(ack.SerializeToString())


def _packed(type_url: str, name: str, ttl: float) -> bytes:
    """An Any with a resource that has a name, and perhaps a time to live."""
    packed = field_string(1, type_url) + field_bytes(2, field_string(1, name))
    if not ttl:
        return packed
    return field_string(1, WRAPPER) + field_bytes(2, field_bytes(2, packed) + field_bytes(6, duration(ttl)))


def _unwrapped(one: Any) -> Any:
    """A Resource, of whatever is in a response."""
    if not hasattr(one, "type_url"):
        return one
    return oracle.Resource.FromString(one.value) if one.type_url == WRAPPER else oracle.Resource(resource=one)


def _name(body: bytes) -> str:
    _, begin, end = field_at(body, 0, len(body))
    return text(body, begin, end)
