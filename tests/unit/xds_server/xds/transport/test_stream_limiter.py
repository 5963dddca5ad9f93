"""Who may come, when, and how many."""

from typing import get_args

import pytest

from xds_server.model.admission import LimitKind
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.stream_limiter import (
    ClientQuota,
    StreamLimiter,
    StreamSlot,
    TokenBucket,
    TokenBuckets,
    host,
)


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    """The saved tokens are there at once, later ones at intervals."""
    bucket = TokenBucket(10, 3)
    waits = [bucket.take(100.0) for _ in range(5)]
    assert waits == [0, 0, 0, pytest.approx(0.1), pytest.approx(0.2)]


def test_a_bucket_fills_up_to_its_burst_and_no_further() -> None:
    """A long rest saves no more than the burst."""
    bucket = TokenBucket(10, 2)
    for _ in range(2):
        bucket.take(0.0)
    assert [bucket.take(1000.0) for _ in range(3)] == [0, 0, pytest.approx(0.1)]


def test_who_would_wait_too_long_takes_nothing() -> None:
    """A refused token is not missed by those who come after it."""
    bucket = TokenBucket(1, 1)
    bucket.take(0.0)
    assert [bucket.take(0.0, 0.5) for _ in range(100)] == [None] * 100
    assert bucket.take(0.6, 0.5) == pytest.approx(0.4)


def _entered(stream_limiter: StreamLimiter, peer: str) -> StreamSlot | str:
    """A stream that has made its first request, or why it may not go on."""
    slot = stream_limiter.open(peer, 0, lambda: None)
    if isinstance(slot, str):
        return slot
    kind = stream_limiter.first_request(slot)
    if kind is not None:
        stream_limiter.close(slot)
    return kind or slot


def test_the_stream_limiter_counts_all_and_by_connection_and_address() -> None:
    """One too many is told why; who leaves makes room."""
    stream_limiter = StreamLimiter(Limits(streams=5, streams_per_connection=2, streams_per_address=3))
    a1, a2, b = "ipv4:10.0.0.1:1", "ipv4:10.0.0.1:2", "ipv4:10.0.0.2:1"
    places = [_entered(stream_limiter, peer) for peer in (a1, a1, a1, a2, a2, b, b, "unix:/x")]
    assert [one if isinstance(one, str) else "" for one in places] == [
        "", "", "connection", "", "address", "", "", "streams",
    ]  # fmt: skip
    assert stream_limiter.by_address()["10.0.0.1"] == {"streams": 3, "silent": 0}
    stream_limiter.close(places[0])  # type: ignore[arg-type]
    assert isinstance(_entered(stream_limiter, a1), StreamSlot)
    assert stream_limiter.active == 5


def test_nothing_is_left_of_streams_that_have_left() -> None:
    """Silent ones, and those that spoke."""
    stream_limiter = StreamLimiter(Limits())
    places = [stream_limiter.open(f"ipv4:10.0.0.{n}:1", 0, lambda: None) for n in range(10)]
    for slot in places[:5]:
        assert isinstance(slot, StreamSlot)
        assert stream_limiter.first_request(slot) is None
    for slot in places:
        assert isinstance(slot, StreamSlot)
        stream_limiter.close(slot)
    assert (stream_limiter.by_address(), stream_limiter._by_peer, stream_limiter.silent, stream_limiter.active) == (
        {},
        {},
        0,
        0,
    )


def test_silent_streams_take_nothing_from_those_that_speak() -> None:
    """However many they are: the address that has most of them loses its oldest, and no one else any."""
    stream_limiter = StreamLimiter(Limits(streams=1, silent_streams=4))
    evicted: list[str] = []
    names = ["many-1", "many-2", "many-3", "few-1", "many-4", "few-2"]
    for name in names:
        peer = f"ipv4:10.0.0.{1 if name.startswith('many') else 2}:1"
        assert isinstance(stream_limiter.open(peer, 0, lambda name=name: evicted.append(name)), StreamSlot)  # type: ignore[misc]
    assert evicted == ["many-1", "many-2"]
    assert stream_limiter.silent == 4
    assert isinstance(_entered(stream_limiter, "ipv4:10.0.0.3:1"), StreamSlot)


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:10.0.0.1:5000", "10.0.0.1"),
        ("ipv6:%5Bfd00:1:2:3::4%5D:5000", "fd00:1:2:3::/64"),
        ("ipv6:[fe80::1%25eth0]:5000", "fe80::/64"),
        ("ipv6:%5B::ffff:10.0.0.1%5D:5000", "10.0.0.1"),
        ("unix:/run/xds.sock", "unix:/run/xds.sock"),
        ("ipv4:nonsense", "ipv4:nonsense"),
        ("", ""),
    ],
)
def test_an_owner_is_the_address_without_its_port(peer: str, address: str) -> None:
    """Of IPv6 the network: one host has all of it."""
    assert host(peer) == address


def test_one_address_takes_half_of_the_client_quota_at_most() -> None:
    """And all together no more than there is."""
    client_quota = ClientQuota(100)
    assert [client_quota.reserve("a", 50), client_quota.reserve("a", 1), client_quota.reserve("b", 40), client_quota.reserve("c", 11)] == [
        True, False, True, False,
    ]  # fmt: skip
    client_quota.release("a", 50)
    client_quota.release("b", 40)
    assert (client_quota.used, client_quota.by_address) == (0, {})


def test_allowances_are_by_owner_and_forget_whom_they_have_not_seen_for_longest() -> None:
    """So they take no more room than for so many."""
    allowances = TokenBuckets(1, 1, most=2)
    allowances.bucket_of("a").take(0)
    assert [allowances.bucket_of(one).has_token(0) for one in ("a", "b")] == [False, True]
    allowances.bucket_of("c")
    assert allowances.bucket_of("a").has_token(0)


@pytest.mark.parametrize("kind", get_args(LimitKind))
def test_reasons_name_the_limit(kind: LimitKind) -> None:
    """What a client is told has the number in it, and what to do."""
    limits = Limits(
        streams=7, streams_per_connection=7, streams_per_address=7, new_streams_per_second=7, client_bytes=7, auxiliary_calls=7,
        first_request_seconds=7,
    )  # fmt: skip
    text = StreamLimiter(limits).reason(kind)
    assert "7" in text
    assert ": " in text
