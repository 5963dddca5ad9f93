"""A stream, its tables and a client on one script: a line does one thing, or says what the server sends.

put CDS a b      the resources get new content, and the stream is told (one offer for the line)
set CDS a=1 b    the resources get this content (a name alone: a new one)
drop CDS a       the resources vanish, and the stream is told
ask CDS a b      a request with these names and the nonce of the last response of the type
ack CDS          the same with the names of before; nack CDS adds an error_detail
old CDS a        a request with the names, and with the nonce of another response
bare CDS a       a request with the names, and without a nonce
-> CDS a b; EDS  the responses that are sent now, all of them; "->" alone: none
"""

from itertools import count

from xds_server.ads.messages import Request, Response
from xds_server.ads.sotw import SotwStream
from xds_server.snapshot.resource import PUSH_ORDER, SHORT, TypeUrl, resource
from xds_server.snapshot.table import Table

TYPES = {short: type_url for type_url, short in SHORT.items()}


class Rig:
    """What a script acts upon."""

    def __init__(self) -> None:
        self.tables = {type_url: Table() for type_url in PUSH_ORDER}
        self.stream = SotwStream(self.tables)
        self.names: dict[TypeUrl, tuple[str, ...]] = {}
        self.nonces: dict[TypeUrl, str] = {}
        self.last: dict[TypeUrl, Response] = {}
        self._contents = count(1)

    def run(self, script: str) -> None:
        for number, line in enumerate(filter(None, map(str.strip, script.splitlines())), 1):
            verb, *words = line.split()
            if verb == "->":
                assert self.sent() == line[2:].strip(), f"line {number}: {line}"
            else:
                getattr(self, f"_{verb}")(TYPES[words[0]], ["" if word == '""' else word for word in words[1:]])

    def responses(self) -> list[Response]:
        sent = []
        while (response := self.stream.next_response()) is not None:
            self.nonces[response.type_url] = response.nonce
            self.last[response.type_url] = response
            sent.append(response)
        return sent

    def sent(self) -> str:
        return "; ".join(
            " ".join([SHORT[response.type_url], *(item.name for item in response.resources)])
            for response in self.responses()
        )

    def _put(self, type_url: TypeUrl, words: list[str]) -> None:
        for word in words:
            name, _, content = word.partition("=")
            self.tables[type_url].put(resource(name, (content or f"content {next(self._contents)}").encode()))
        self.stream.offer({type_url: [word.partition("=")[0] for word in words]})

    _set = _put

    def _drop(self, type_url: TypeUrl, names: list[str]) -> None:
        for name in names:
            self.tables[type_url].discard(name)
        self.stream.offer({type_url: names})

    def _ask(self, type_url: TypeUrl, names: list[str], error: str | None = None) -> None:
        self._request(type_url, names, self.nonces.get(type_url, ""), error)

    def _ack(self, type_url: TypeUrl, _: list[str]) -> None:
        self._ask(type_url, list(self.names[type_url]))

    def _nack(self, type_url: TypeUrl, _: list[str]) -> None:
        self._ask(type_url, list(self.names[type_url]), "no good")

    def _old(self, type_url: TypeUrl, names: list[str]) -> None:
        self._request(type_url, names, "0")

    def _bare(self, type_url: TypeUrl, names: list[str]) -> None:
        self._request(type_url, names, "")

    def _request(self, type_url: TypeUrl, names: list[str], nonce: str, error: str | None = None) -> None:
        self.names[type_url] = tuple(names)
        self.stream.receive(Request(type_url, "", tuple(names), nonce, error))
