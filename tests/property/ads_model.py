"""A client on one type of a stream, for both variants; written from the specification, not from the server."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from xds_server.model.resource import CLUSTER, LISTENER, Resource, TypeUrl
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.protocol.delta import DeltaStream
from xds_server.xds.protocol.messages import DeltaRequest, DeltaResponse, Request, Response
from xds_server.xds.protocol.sotw import SotwStream

FULL = (CLUSTER, LISTENER)


class Client(ABC):
    """What a client wants of one type, and what it has of it."""

    def __init__(self, type_url: TypeUrl) -> None:
        self.type_url = type_url
        self.asked = False
        self.nonce = ""
        self.seen: dict[str, int] = {}
        self.warm = False
        """Whether it came back, and has accepted nothing on this stream yet."""

    @abstractmethod
    def wants(self, name: str) -> bool: ...

    @abstractmethod
    def ask(self, names: tuple[str, ...], rejection: str | None = None) -> Any:
        """The request that makes *names* all that is wanted."""

    @abstractmethod
    def again(self, rejection: str | None = None) -> Any:
        """The request that changes nothing."""

    def take(self, response: Any, bad: Iterable[str] = (), *, partly: bool = True) -> None:
        """Takes a response, but for what is *bad* of it; if it is not taken *partly*, nothing of one with anything bad."""
        bad = {*bad}
        self.nonce = response.nonce
        if not bad or partly:
            self._apply(response, [item for item in response.resources if item.name not in bad], bad)
        if not bad:
            self.warm = False
            self._accept(response)

    @abstractmethod
    def _apply(self, response: Any, good: list[Resource], bad: set[str]) -> None: ...

    @abstractmethod
    def _accept(self, response: Any) -> None:
        """Notes what the client tells of when it comes back."""

    @abstractmethod
    def reconnected(self) -> Any:
        """The same client on a new stream: it knows what it has, and has yet to ask."""


class SotwClient(Client):
    """State of the world: each request names all that is wanted."""

    machine = SotwStream

    def __init__(self, type_url: TypeUrl) -> None:
        super().__init__(type_url)
        self.names: tuple[str, ...] = ()
        self.version = ""
        self._named = False

    def wants(self, name: str) -> bool:
        return name in self.names or "*" in self.names or (self.type_url in FULL and not self._named)

    def ask(self, names: tuple[str, ...], rejection: str | None = None) -> Request:
        self.asked, self._named, self.names = True, self._named or bool(names), names
        self.seen = {name: digest for name, digest in self.seen.items() if self.wants(name)}
        return Request(self.type_url, self.version, names, self.nonce, rejection)

    def again(self, rejection: str | None = None) -> Request:
        return self.ask(self.names, rejection)

    def _apply(self, response: Response, good: list[Resource], bad: set[str]) -> None:
        if self.type_url in FULL:
            self.seen = {name: digest for name, digest in self.seen.items() if name in bad}
        self.seen.update((item.name, item.digest) for item in good if self.wants(item.name))

    def _accept(self, response: Response) -> None:
        self.version = response.version

    def reconnected(self) -> "SotwClient":
        client = SotwClient(self.type_url)
        client.seen, client.version, client.warm = dict(self.seen), self.version, bool(self.version)
        return client


class DeltaClient(Client):
    """Incremental: requests add names and give them back."""

    machine = DeltaStream

    def __init__(self, type_url: TypeUrl) -> None:
        super().__init__(type_url)
        self.names: dict[str, None] = {}
        self.wildcard = False
        self.versions: dict[str, str] = {}

    def wants(self, name: str) -> bool:
        return self.wildcard or name in self.names

    def ask(self, names: tuple[str, ...], rejection: str | None = None) -> DeltaRequest:
        first, self.asked = not self.asked, True
        had = {*self.names, *(["*"] if self.wildcard else [])}
        gone = tuple(name for name in had if name not in names)
        self.names = dict.fromkeys(name for name in names if name != "*")
        self.wildcard = "*" in names or (first and not names and self.type_url in FULL)
        versions = {name: self.versions[name] for name in self.seen} if first else {}
        self.seen = {name: digest for name, digest in self.seen.items() if self.wants(name)}
        return DeltaRequest(self.type_url, names, gone, versions, self.nonce, rejection)

    def again(self, rejection: str | None = None) -> DeltaRequest:
        return DeltaRequest(self.type_url, nonce=self.nonce, rejection=rejection)

    def _apply(self, response: DeltaResponse, good: list[Resource], bad: set[str]) -> None:
        names = [item.name for item in response.resources]
        assert not {*names} & {*response.removed}, "a name is there and is not"
        for item in good:
            if self.wants(item.name):
                self.seen[item.name], self.versions[item.name] = item.digest, item.version
        for name in response.removed:
            self.seen.pop(name, None)

    def _accept(self, response: DeltaResponse) -> None:
        """It tells of what it has, and nothing else."""

    def reconnected(self) -> "DeltaClient":
        client = DeltaClient(self.type_url)
        client.seen, client.versions = dict(self.seen), dict(self.versions)
        client.warm = bool(self.seen)
        return client


def names_of(response: Any) -> Iterable[str]:
    """Names of the resources in a response."""
    return [item.name for item in response.resources]


def stream(client: type[Client], view: RoleTables, node: str = "model") -> Any:
    """The server's side for such clients."""
    return client.machine(view, node)  # type: ignore[attr-defined]
