"""The file source as it runs, on the real clock and a real directory."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from krt import Commit, Graph, Reflector, Source
from xds_server.providers.files import FilesProvider
from xds_server.providers.kinds import KINDS
from xds_server.providers.sync_tracker import SyncTracker


def service(name: str, port: int) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: {port}}}]}}\n"


async def test_a_change_is_applied_within_a_second(tmp_path: Path) -> None:
    """Written in place, renamed into place, turned behind a link, and deleted."""
    graph = Graph()
    sources: dict[str, Source[str, Any]] = {kind.plural: graph.source(kind.plural) for kind in KINDS}
    commits: asyncio.Queue[Commit] = asyncio.Queue()
    graph.subscribe(commits.put_nowait, *sources.values(), replay=False)
    for version in ("..1", "..2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "c.yaml").write_text(service("c", 1 if version == "..1" else 2))
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "c.yaml").symlink_to("..data/c.yaml")
    source = FilesProvider(
        str(tmp_path),
        kinds=KINDS,
        reflectors={plural: Reflector(one) for plural, one in sources.items()},
        graph=graph,
        tracker=SyncTracker(KINDS),
    )
    task = asyncio.create_task(source.run())

    async def changed() -> dict[str, int]:
        await asyncio.wait_for(commits.get(), 30)
        return {key: value.ports[0].port for key, value in sources["services"].items()}

    assert await changed() == {"default/c": 1}
    (tmp_path / "a.yaml").write_text(service("a", 1))
    assert await changed() == {"default/c": 1, "default/a": 1}
    (tmp_path / "a.yaml.tmp").write_text(service("a", 2))
    (tmp_path / "a.yaml.tmp").rename(tmp_path / "a.yaml")
    assert await changed() == {"default/c": 1, "default/a": 2}
    (tmp_path / "..next").symlink_to("..2")
    (tmp_path / "..next").rename(tmp_path / "..data")
    assert await changed() == {"default/c": 2, "default/a": 2}
    (tmp_path / "a.yaml").unlink()
    assert await changed() == {"default/c": 2}

    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


def test_a_run_from_files_imports_no_http_client() -> None:
    """kopf and aiohttp take 200 ms of a start: only who reads a cluster pays for them."""
    code = "import sys, xds_server.providers.files; print(sorted({'kopf', 'aiohttp', 'grpc', 'betterproto2'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
