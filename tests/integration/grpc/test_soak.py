"""A short soak: `python -m benchmarks soak` is the long one."""

import pytest

from benchmarks import soak


@pytest.mark.timeout(300)
async def test_a_server_stays_as_large_as_it_is() -> None:
    """Streams of every kind come and go, and objects of every kind: memory, descriptors and tasks are as before."""
    assert await soak.run(streams=len(soak.KINDS) * 1500, objects=500) == []


async def test_a_server_that_grows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measure fails if what it measures is above its bound."""
    monkeypatch.setattr(soak, "KINDS", soak.KINDS[:1])
    monkeypatch.setattr(soak, "MOST_BYTES", -1e9)
    assert await soak.run(streams=100, objects=10) == ["refused", "objects"]
