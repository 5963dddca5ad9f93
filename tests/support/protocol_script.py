"""A stream, its tables and a client on one script: a line does one thing, or says what the server sends.

put CDS a b      the resources get new content, and the stream is told (one offer for the line); `a~9` lives for 9 s
set CDS a=1 b    the resources get this content (a name alone: a new one)
drop CDS a       the resources vanish, and the stream is told
tell             what `put`, `set` and `drop` did since `quiet` is told in one offer; `quiet` comes before
ask CDS a b      a request with these names and the nonce of the last response of the type; in delta a name with a
                 minus is given back, and `a@1` is one that the client has already, with that content
ack CDS          the same with the names of before, or none in delta; nack CDS [words] adds an error_detail
old CDS a        a request with the names, and with the nonce of another response
bare CDS a       a request with the names, and without a nonce
back CDS a       a request with the names, of a client that was told something on another stream; not in delta
beat 3           it is so many seconds after the beginning: what would expire is heard of again
lapse            what waits for another type waits no longer
-> CDS a b; EDS  the responses that are sent now, all of them; "->" alone: none; in delta `-a` is one that is no more; `~a` is heard of again, in delta without a body
"""

from itertools import count
from typing import Any

from xds_server.model.resource import SERVICE_NAMES, TypeUrl, resource
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.protocol.delta import DeltaStream
from xds_server.xds.protocol.messages import DeltaRequest, DeltaResponse, Request, Response
from xds_server.xds.protocol.sotw import SotwStream

TYPES = {short: type_url for type_url, short in SERVICE_NAMES.items()}


class Rig:
    """What a script acts upon: state of the world."""

    def __init__(self, view: RoleTables | None = None, *, supports_ttl: bool = False) -> None:
        self.tables = view or {type_url: Table() for type_url in SERVICE_NAMES}
        self.supports_ttl = supports_ttl
        self.stream: Any = self._made(self.tables)
        self.names: dict[TypeUrl, tuple[str, ...]] = {}
        self.nonces: dict[TypeUrl, str] = {}
        self.last: dict[TypeUrl, Response | DeltaResponse] = {}
        self._contents = count(1)
        self._untold: dict[TypeUrl, list[str]] | None = None

    def _made(self, view: RoleTables) -> Any:
        return SotwStream(view, "rig", supports_ttl=self.supports_ttl)

    def run(self, script: str) -> None:
        for number, line in enumerate(filter(None, map(str.strip, script.splitlines())), 1):
            verb, *words = line.split()
            if verb == "beat":
                self.stream.advance_time(float(words[0]))
            elif verb == "->":
                assert self.sent() == self._expected(line[2:].strip()), f"line {number}: {line}"
            elif words:
                getattr(self, f"_{verb}")(TYPES[words[0]], ["" if word == '""' else word for word in words[1:]])
            else:
                getattr(self, f"_{verb}")()

    def _expected(self, line: str) -> str:
        return line.replace("~", "")

    def responses(self) -> list[Any]:
        sent = []
        while (response := self.stream.next_response()) is not None:
            self.nonces[response.type_url] = response.nonce
            self.last[response.type_url] = response
            sent.append(response)
        return sent

    def sent(self) -> str:
        return "; ".join(
            " ".join(
                [
                    SERVICE_NAMES[response.type_url],
                    *(f"{self._mark(response)}{item.name}" for item in response.resources),
                    *self._removed(response),
                ]
            )
            for response in self.responses()
        )

    def _mark(self, response: Any) -> str:
        return ""

    def _removed(self, response: Any) -> list[str]:
        return []

    def _quiet(self) -> None:
        self._begin()
        self._untold = {}

    def _begin(self) -> None:
        if self._untold is None:
            for table in self.tables.values():
                table.begin()

    def _tell(self) -> None:
        self.stream.tables_changed(self._untold)
        self._untold = None

    def _lapse(self) -> None:
        self.stream.stop_waiting()

    def _offer(self, type_url: TypeUrl, names: list[str]) -> None:
        if self._untold is None:
            self.stream.tables_changed({type_url: names})
        else:
            self._untold.setdefault(type_url, []).extend(names)

    def _put(self, type_url: TypeUrl, words: list[str]) -> None:
        self._begin()
        names = []
        for word in words:
            rest, _, ttl = word.partition("~")
            name, _, content = rest.partition("=")
            body = (content or f"content {next(self._contents)}").encode()
            self.tables[type_url].put(resource(name, body, float(ttl or 0)))
            names.append(name)
        self._offer(type_url, names)

    _set = _put

    def _drop(self, type_url: TypeUrl, names: list[str]) -> None:
        self._begin()
        for name in names:
            self.tables[type_url].remove(name)
        self._offer(type_url, names)

    def _ask(self, type_url: TypeUrl, names: list[str], error: str | None = None) -> None:
        self._request(type_url, names, self.nonces.get(type_url, ""), error)

    def _ack(self, type_url: TypeUrl, _: list[str]) -> None:
        self._ask(type_url, list(self.names[type_url]))

    def _nack(self, type_url: TypeUrl, words: list[str]) -> None:
        self._ask(type_url, list(self.names[type_url]), " ".join(words) or "no good")

    def _old(self, type_url: TypeUrl, names: list[str]) -> None:
        self._request(type_url, names, "0")

    def _bare(self, type_url: TypeUrl, names: list[str]) -> None:
        self._request(type_url, names, "")

    def _back(self, type_url: TypeUrl, names: list[str]) -> None:
        self.names[type_url] = tuple(names)
        self.stream.receive_request(Request(type_url, "before", tuple(names)))

    def _request(self, type_url: TypeUrl, names: list[str], nonce: str, error: str | None = None) -> None:
        self.names[type_url] = tuple(names)
        self.stream.receive_request(Request(type_url, "", tuple(names), nonce, error))


class DeltaRig(Rig):
    """What a script acts upon: incremental."""

    def _made(self, view: RoleTables) -> Any:
        return DeltaStream(view, "rig", supports_ttl=True)

    def _expected(self, line: str) -> str:
        return line

    def _mark(self, response: Any) -> str:
        return "~" * response.heartbeat

    def _removed(self, response: Any) -> list[str]:
        return [f"-{name}" for name in response.removed]

    def _request(self, type_url: TypeUrl, names: list[str], nonce: str, error: str | None = None) -> None:
        self.names[type_url] = ()
        had = {name: resource(name, content.encode()).version for name, _, content in map(_parted, names) if content}
        subscribe = tuple(name for name, at, _ in map(_parted, names) if not name.startswith("-") and not at)
        unsubscribe = tuple(name[1:] for name in names if name.startswith("-"))
        self.stream.receive_request(DeltaRequest(type_url, subscribe, unsubscribe, had, nonce, error))


def _parted(name: str) -> tuple[str, str, str]:
    return name.partition("@")
