"""A server in a process of its own, told what to do: a command is a line of text, the answer a line of JSON."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

_LINE_BYTES = 1 << 26


class Child:
    """The process, from outside."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port

    async def tell(self, command: str) -> dict[str, Any]:
        """Its answer to a command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n".encode())
        return dict(json.loads(await self._process.stdout.readline()))


@asynccontextmanager
async def serving(module: str, *arguments: str) -> AsyncIterator[Child]:
    """The process of a module that calls `obey`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LINE_BYTES,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield Child(process, json.loads(await process.stdout.readline())["ready"])
    finally:
        process.kill()
        await process.wait()


async def obey(port: int, do: Callable[[str], Awaitable[dict[str, Any]]]) -> None:
    """Inside: says that the port is open, and answers commands by *do* until `quit`, or the end of stdin."""
    print(json.dumps({"ready": port}), flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while (line := (await reader.readline()).decode().strip()) and line != "quit":
        print(json.dumps(await do(line)), flush=True)
