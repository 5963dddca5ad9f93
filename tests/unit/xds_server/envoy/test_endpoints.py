"""What is remembered of large clusters changes nothing but the cost."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import builders
from xds_server.envoy import endpoints
from xds_server.envoy.endpoints import Assignments, assignments
from xds_server.model.edge import Families
from xds_server.model.objects import EndpointSlice, Service, ServicePort

MANY = endpoints._MANY_SLICES
ADDRESSES = st.lists(st.sampled_from([f"10.0.0.{n}" for n in range(40)] + ["fd00::1", "fd00::2"]), max_size=4)
PORTS = st.sampled_from([(("http", 8080),), (("http", 8081),), (("admin", 9),), (("http", 1), ("http", 2))])
SLICES = st.dictionaries(
    st.integers(0, MANY + 4), st.tuples(ADDRESSES, PORTS), min_size=MANY - 2, max_size=MANY + 3
)  # about as many as are needed to be remembered


def slice_of(number: int, addresses: Sequence[str], ports: tuple[tuple[str, int], ...]) -> EndpointSlice:
    return EndpointSlice(key=f"shop/cart-{number}", service="shop/cart", ports=ports, ready=tuple(addresses))


def large(count: int = MANY) -> list[EndpointSlice]:
    return [builders.slice_(f"10.0.{n}.1", f"10.0.{n}.2", key=f"shop/cart-{n}") for n in range(count)]


@given(st.lists(SLICES, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_what_is_remembered_does_not_show(history: list[dict], random) -> None:  # type: ignore[no-untyped-def,type-arg]
    """Whatever slices came before, unchanged ones as the same object, the assignments are those made from nothing."""
    service = Service(key="shop/cart", ports=(ServicePort(name="http", port=80), ServicePort(name="admin", port=9)))
    remembering = Assignments()
    known: dict[tuple, EndpointSlice] = {}  # type: ignore[type-arg]

    for contents in history:
        slices = [
            known.setdefault((number, *addresses, ports), slice_of(number, addresses, ports))
            for number, (addresses, ports) in contents.items()
        ]
        random.shuffle(slices)

        assert remembering(service, slices) == assignments(service, slices)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the slices that were encoded."""
    keys: list[str] = []
    original = endpoints._encoded

    def noting(slices: Sequence[EndpointSlice], port: str) -> list[bytes]:
        keys.extend(one.key for one in slices)
        return original(slices, port)

    monkeypatch.setattr(endpoints, "_encoded", noting)
    return keys


def test_a_change_encodes_the_slice_that_changed(encoded: list[str]) -> None:
    """The other slices are not encoded again, nor is anything when nothing changed."""
    remembering, slices = Assignments(), large()
    remembering(builders.service(), slices)
    encoded.clear()

    remembering(builders.service(), slices)
    slices[3] = builders.slice_("10.0.3.7", key=slices[3].key)
    remembering(builders.service(), slices)

    assert encoded == [slices[3].key]


@pytest.mark.parametrize("ending", ["changed", "gone"])
def test_when_a_move_is_over_a_change_is_cheap_again(ending: str, encoded: list[str]) -> None:
    """While slices share an address all are encoded; when one of them changed, or is gone, only what changes."""
    remembering, slices = Assignments(), large(MANY + 1)
    shared = [*slices[:-1], builders.slice_("10.0.0.1", key=slices[-1].key)]
    apart = slices if ending == "changed" else slices[:-1]
    for those in (slices, shared, apart):
        remembering(builders.service(), those)
    encoded.clear()

    remembering(builders.service(), [*apart[:3], builders.slice_("10.0.3.9", key=slices[3].key), *apart[4:]])

    assert encoded == [slices[3].key]


def test_an_endpoint_that_moves_counts_once_and_is_not_lost() -> None:
    """An address in two slices at once is served once, and stays when either of them lets it go."""
    remembering, slices = Assignments(), large()
    moved = [*slices[:-1], builders.slice_("10.0.0.1", key=slices[-1].key)]
    left = [builders.slice_("10.0.0.2", key=slices[0].key), *moved[1:]]

    for those in (slices, moved, left):
        body = remembering(builders.service(), those)["shop/cart:80"].body
        assert body.count(b"10.0.0.1\x18") == 1
    assert remembering(builders.service(), left) == assignments(builders.service(), left)


def test_a_slice_that_cannot_be_encoded_leaves_the_memory_as_it_was() -> None:
    """After an error the next call is right."""
    remembering, slices = Assignments(), large()
    remembering(builders.service(), slices)
    bad = [*slices[:-1], slice_of(MANY, ["10.0.0.1"], (("http", -1),))]

    with pytest.raises(ValueError, match=r"SocketAddress.port_value is -1"):
        remembering(builders.service(), bad)

    good = [*slices[:-1], builders.slice_("10.0.0.1", key="shop/cart-x")]
    assert remembering(builders.service(), good) == assignments(builders.service(), good)


def test_memory_has_an_end() -> None:
    """At most so many clusters are remembered, and one that was forgotten is served all the same."""
    remembering, slices = Assignments(), large()
    for number in range(endpoints._REMEMBERED + 10):
        remembering(Service(key=f"shop/{number}", ports=builders.service().ports), slices)

    assert remembering._pieces.cache_info().currsize == endpoints._REMEMBERED
    assert remembering(builders.service(), slices) == assignments(builders.service(), slices)
    assert remembering._pieces.cache_info().maxsize == endpoints._REMEMBERED


V4, V6 = builders.slice_("10.0.0.1", key="shop/cart-4"), builders.slice_("fd00::1", key="shop/cart-6")
NONE_READY = builders.slice_(key="shop/cart-4")
SIDES = {"ipv4": ("ipv4", "ipv6"), "ipv6": ("ipv6", "ipv4")}


@pytest.mark.parametrize(
    ("families", "first", "slices", "expected"),
    [
        ("dual", "", [V4, V6], [V4, V6]),
        ("dual", "ipv4", [V4, V6], [V4]),
        ("dual", "ipv6", [V4, V6], [V6]),
        ("dual", "ipv4", [NONE_READY, V6], [NONE_READY, V6]),
        ("ipv4", "ipv6", [V4, V6], [V4]),
        ("ipv6", "", [V4, V6], [V6]),
        ("ipv6", "", [V4], []),
        ("dual", "", [V6], [V6]),
    ],
)
def test_the_family_of_a_slice_decides(
    families: Families, first: str, slices: list[EndpointSlice], expected: list[EndpointSlice]
) -> None:
    """Proxies of one family get that; a dual-stack Service counts by its first family, if it has an endpoint of it."""
    service = Service(key="shop/cart", ports=(ServicePort(name="http", port=80),), families=SIDES.get(first, ()))

    assert Assignments(families)(service, slices) == assignments(service, expected)
