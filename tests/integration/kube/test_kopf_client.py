"""The client on the wire: what each misbehaviour of a server becomes."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random

import kopf
import pytest
from aiohttp import web

from xds_server.providers.kubernetes import kopf_client
from xds_server.providers.kubernetes.credentials import LoginError
from xds_server.providers.kubernetes.errors import ApiError
from xds_server.providers.kubernetes.kopf_client import KopfClient

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]
Connect = Callable[..., KopfClient]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts HTTP servers on loopback."""
    runners: list[web.ServerRunner] = []

    async def start(handler: Handler) -> str:
        runner = web.ServerRunner(web.Server(handler, handler_cancellation=True), shutdown_timeout=1)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return site.name

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes clients, whose every login finds the next of the given credentials, and then the last for ever."""
    clients: list[KopfClient] = []

    def make(*found: kopf.ConnectionInfo | Exception) -> KopfClient:
        left = list(found)

        async def login() -> kopf.ConnectionInfo:
            one = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(one, Exception):
                raise one
            return one

        clients.append(KopfClient(login))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


def status(code: int, message: str, **headers: str) -> web.Response:
    body = {"kind": "Status", "code": code, "message": message}
    return web.json_response(body, status=code, headers={"Audit-Id": "x"} | headers)


async def failure(client: KopfClient) -> ApiError:
    with pytest.raises(ApiError) as raised:
        await client.get("/x", {})
    return raised.value


async def test_bytes_come_as_they_are_with_the_parameters_encoded(serve: Serve, connect: Connect) -> None:
    """A continue token may hold anything."""
    seen: list[str] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request.query["continue"])
        return web.Response(body=b'{"items": [ ]}')

    client = connect(kopf.ConnectionInfo(server=await serve(handler)))

    assert await client.get("/api/v1/x", {"continue": "a+b/c=&d"}) == b'{"items": [ ]}'
    assert seen == ["a+b/c=&d"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda: status(403, "no"), (403, None, "no")),
        (lambda: status(429, "slowly", **{"Retry-After": "7"}), (429, 7.0, "slowly")),
        (lambda: web.Response(status=503, text="later\n"), (503, None, "later")),
        (lambda: status(410, "too old"), (410, None, "too old")),
        (
            lambda: web.Response(status=404, text="404 page not found\n", headers={"Audit-Id": "x"}),
            (404, None, "404 page not found"),
        ),
        (
            lambda: web.Response(status=404, text="<html>"),
            (None, None, "something that is not an API server answered 404, '<html>'"),
        ),
    ],
)
async def test_a_refusal_has_code_patience_and_reason(
    serve: Serve, connect: Connect, answer: Callable[[], web.Response], expected: tuple[int | None, float | None, str]
) -> None:
    """A 404 counts only if an API server said it: it could make a kind empty."""

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        return answer()

    error = await failure(connect(kopf.ConnectionInfo(server=await serve(handler))))

    assert (error.code, error.retry_after, error.message) == expected


async def test_a_token_that_has_expired_is_replaced_at_once(serve: Serve, connect: Connect) -> None:
    """Whoever asked does not notice."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        right = request.headers["Authorization"] == "Bearer new"
        return web.Response(body=b"ok") if right else status(401, "Unauthorized")

    server = await serve(handler)
    client = connect(kopf.ConnectionInfo(server=server, token="old"), kopf.ConnectionInfo(server=server, token="new"))

    assert list(await asyncio.gather(client.get("/x", {}), client.get("/y", {}))) == [b"ok", b"ok"]


async def test_credentials_that_stay_refused_are_a_401(serve: Serve, connect: Connect) -> None:
    """A login that finds nothing new is not tried against the server again."""
    count = 0

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        nonlocal count
        count += 1
        return status(401, "Unauthorized")

    error = await failure(connect(kopf.ConnectionInfo(server=await serve(handler), token="old")))

    assert (error.code, count) == (401, 1)


async def test_a_server_is_asked_whether_it_is_there(serve: Serve, connect: Connect) -> None:
    """By something small; a refusal is an answer, too, and silence is none."""
    seen: list[str] = []
    frozen = asyncio.Event()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request.path)
        if len(seen) == 1:
            return web.json_response({"major": "1"})
        if len(seen) == 2:
            return status(403, "no")
        await frozen.wait()
        return web.Response()

    client = connect(kopf.ConnectionInfo(server=await serve(handler)))
    await client.ping(5)
    await client.ping(5)
    with pytest.raises(ApiError, match="cannot reach"):
        await client.ping(0.05)

    assert seen == ["/version"] * 3
    frozen.set()


async def test_a_watch_outlives_the_token_that_it_began_with(serve: Serve, connect: Connect) -> None:
    """A login that finds a new one ends nothing that is open; what was replaced is closed with its last answer."""
    tokens, go_on = {"old"}, asyncio.Event()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers["Authorization"].removeprefix("Bearer ") not in tokens:
            return status(401, "Unauthorized")
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a")
        if request.path == "/watch":
            await go_on.wait()
        await response.write(b"b")
        return response

    server = await serve(handler)
    client = connect(*(kopf.ConnectionInfo(server=server, token=token) for token in ("old", "new", "newest")))
    async with client.stream("/watch", {}, silence_seconds=5) as chunks:
        assert await anext(chunks) == b"a"
        for token in ("new", "newest"):
            tokens.clear()
            tokens.add(token)
            assert await client.get("/x", {}) == b"ab"
        assert len(client._retired) == 1
        go_on.set()
        assert [chunk async for chunk in chunks] == [b"b"]


async def test_an_address_is_not_looked_up_with_every_failure(connect: Connect) -> None:
    """A login may be a command of some seconds."""
    client = connect(*(kopf.ConnectionInfo(server=f"http://127.0.0.1:{port}") for port in (1, 2, 3)))

    said = [(await failure(client)).message for _ in range(3)]

    assert ["127.0.0.1:1" in said[0], *("127.0.0.1:2" in message for message in said)] == [False, True, True, True]


JUNK = (
    b"",
    b"hello\n",
    b"\x16\x03\x01" * 100,
    b"HTTP/1.1 200 OK\r\n\r\n<html>",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=nonsense\r\nContent-Length: 1\r\n\r\n\xff",
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
    b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n",
    b"HTTP/9.9 200 OK\r\n\r\n",
    b"HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 500 no\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n[1]",
    b"HTTP/1.1 500 no\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n7",
    b"HTTP/1.1 500 no\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n\xff",
    b"HTTP/1.1 500 no\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100_000,
    b"HTTP/1.1 500 no\r\nContent-Type: text/plain; charset=nonsense\r\nContent-Length: 1\r\n\r\n\xff",
    b'HTTP/1.1 500 no\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n{"kind":"Status","message":[]}',
    b"HTTP/1.1 302 Found\r\nLocation: ftp://x\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 429 no\r\nRetry-After: 99999999999999999999999999999999\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
)


async def answered(connect: Connect, junk: bytes) -> None:
    """Asks a server that says this, and hangs up: an answer, or an ApiError of one line."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(junk)
            await writer.drain()
            writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    client = connect(kopf.ConnectionInfo(server=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    said: list[str] = []
    for what in ("get", "stream", "ping", "send"):
        try:
            async with asyncio.timeout(10):
                await ask(client, what)
        except ApiError as error:
            said.append(error.message)
    server.close()
    await client.close()
    assert all(message.isprintable() and len(message) <= 501 for message in said)


async def ask(client: KopfClient, what: str) -> None:
    """Once, in one of the ways that there are."""
    match what:
        case "get":
            await client.get("/x", {})
        case "ping":
            await client.ping(5)
        case "send":
            await client.send("patch", "/x", {}, seconds=5)
        case "stream":
            async with client.stream("/x", {}, silence_seconds=5) as chunks:
                async for _ in chunks:
                    pass


@pytest.mark.parametrize("junk", JUNK)
async def test_whatever_bytes_a_server_answers_they_are_an_answer_or_an_api_error(
    connect: Connect, junk: bytes
) -> None:
    """No other exception of aiohttp's or kopf's, whatever it is."""
    await answered(connect, junk)


async def test_random_bytes_are_an_answer_or_an_api_error(connect: Connect) -> None:
    """Parts of good answers, cut and mixed."""
    random = Random(7)
    for _ in range(100):
        one, other = random.choice(JUNK)[:500], random.choice(JUNK)[:500]
        junk = bytearray(one[: random.randint(0, len(one))] + other[random.randint(0, len(other)) :])
        for _ in range(random.randint(0, 3) if junk else 0):
            junk[random.randrange(len(junk))] = random.randrange(256)
        await answered(connect, bytes(junk))


async def test_an_answer_without_an_end_is_given_up(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it has taken the memory of all else; compressed ones, too."""
    monkeypatch.setattr(kopf_client, "_LONGEST_BODY", 2**20)

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_compression(web.ContentCoding.gzip)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(bytes(2**16))
        return response

    error = await failure(connect(kopf.ConnectionInfo(server=await serve(handler))))

    assert error.message == "the answer is longer than 1 MiB"


async def test_a_server_that_has_moved_is_found_again(serve: Serve, connect: Connect) -> None:
    """A cluster that was made anew has another address in the same kubeconfig."""

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"ok")

    moved = kopf.ConnectionInfo(server=await serve(handler))

    assert await connect(kopf.ConnectionInfo(server="http://127.0.0.1:1"), moved).get("/x", {}) == b"ok"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (kopf.ConnectionInfo(server="http://127.0.0.1:1"), "cannot reach http://127.0.0.1:1: .*"),
        (kopf.ConnectionInfo(server="https://127.0.0.1:1", ca_data="AAAA"), "the certificates for .* cannot be used"),
        (
            kopf.ConnectionInfo(server="https://127.0.0.1:1", ca_path="/nowhere"),
            "the certificates for .* cannot be used",
        ),
        (LoginError("there is no kubeconfig"), "no credentials: there is no kubeconfig"),
        (ssl.SSLError("not ours"), None),
    ],
)
async def test_no_way_to_the_server_is_an_error_without_a_code(
    connect: Connect, found: kopf.ConnectionInfo | Exception, message: str | None
) -> None:
    """Expected trouble is an ApiError that says what is wrong; a fault of ours comes through as it is."""
    client = connect(found)
    if message is None:
        with pytest.raises(ssl.SSLError):
            await client.get("/x", {})
        return

    with pytest.raises(ApiError, match=message) as raised:
        await client.get("/x", {})

    assert raised.value.code is None


async def test_a_body_that_breaks_off_is_an_error(serve: Serve, connect: Connect) -> None:
    """Half a page is none."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"items":')
        assert request.transport is not None
        request.transport.abort()
        return response

    error = await failure(connect(kopf.ConnectionInfo(server=await serve(handler))))

    assert error.message.startswith("the answer broke off: ")


async def test_a_body_that_stalls_is_an_error(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that never comes must not hold up its list."""
    monkeypatch.setattr(kopf_client, "_STALL_SECONDS", 0.05)

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    error = await failure(connect(kopf.ConnectionInfo(server=await serve(handler))))

    assert error.message.startswith("the answer broke off: ")


async def test_a_stream_yields_what_is_there_and_ends_in_silence(serve: Serve, connect: Connect) -> None:
    """Chunks come when they come, not when a line is full; a server that says nothing for too long has gone."""
    go_on = asyncio.Event()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half a l")
        await go_on.wait()
        await response.write(b"ine\n")
        await asyncio.Event().wait()
        return response

    client = connect(kopf.ConnectionInfo(server=await serve(handler)))
    chunks = []
    async with client.stream("/x", {}, silence_seconds=0.2) as stream:
        chunks.append(await anext(stream))
        go_on.set()
        chunks.append(await anext(stream))
        with pytest.raises(ApiError) as raised:
            await anext(stream)

    assert raised.value.silent
    assert chunks == [b"half a l", b"ine\n"]


async def test_a_stream_that_is_reset_is_an_error(serve: Serve, connect: Connect) -> None:
    """Unlike its end."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a\n")
        assert request.transport is not None
        request.transport.abort()
        return response

    client = connect(kopf.ConnectionInfo(server=await serve(handler)))
    async with client.stream("/x", {}, silence_seconds=5) as stream:
        assert await anext(stream) == b"a\n"
        with pytest.raises(ApiError, match="the watch broke off"):
            await anext(stream)


async def test_a_refused_stream_is_an_error(serve: Serve, connect: Connect) -> None:
    """Before it has begun."""

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        return status(403, "no")

    client = connect(kopf.ConnectionInfo(server=await serve(handler)))
    with pytest.raises(ApiError, match="no"):
        async with client.stream("/x", {}, silence_seconds=5):
            pass
