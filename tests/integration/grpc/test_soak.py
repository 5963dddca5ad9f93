"""A short soak: `python -m benchmarks soak` is the long one."""

import pytest

from benchmarks import memory_growth


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_a_server_stays_as_large_as_it_is() -> None:
    """Streams of every kind come and go, and objects of every kind: memory, descriptors and tasks are as before."""
    assert await memory_growth.run(streams=len(memory_growth.KINDS) * 1500, objects=500) == []


@pytest.mark.alone
async def test_a_server_that_grows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measure fails if what it measures is above its bound."""
    monkeypatch.setattr(memory_growth, "KINDS", memory_growth.KINDS[:1])
    monkeypatch.setattr(memory_growth, "MOST_BYTES", -1e9)
    assert await memory_growth.run(streams=100, objects=10) == ["refused", "objects"]
