"""The scenarios of the CNCF's xDS test harness, by their description, over real gRPC, in every variant that each is for."""

from collections.abc import AsyncIterator

import grpc
import pytest

from tests.conformance.adapter import Running
from tests.conformance.suite import SILENCE_SECONDS, UPDATE_SECONDS, Suite
from xds_server.xds.codec.node import TTL_FEATURE

SOTW = [("sotw", aggregated) for aggregated in (False, True)]
DELTA = [("delta", aggregated) for aggregated in (False, True)]
FULL, NAMED = ("CDS", "LDS", "SRDS"), ("RDS", "EDS", "SDS", "RTDS", "ECDS")
ALL = FULL + NAMED
INCREMENTAL = (*ALL, "VHDS")


def over(variants: list[tuple[str, bool]], services: tuple[object, ...]) -> pytest.MarkDecorator:
    """Runs a scenario in these variants, with each of the services."""
    cases = [(variant, service) for variant in variants for service in services]
    ids = [f"{name} {'aggregated' if both else 'per type'} {service}" for (name, both), service in cases]
    return pytest.mark.parametrize(("suite", "service"), cases, indirect=["suite"], ids=ids)


@pytest.fixture
async def suite(request: pytest.FixtureRequest) -> AsyncIterator[Suite]:
    """A client of a variant, on a server of its own."""
    variant, aggregated = request.param
    async with (
        Running(update_seconds=UPDATE_SECONDS) as running,
        grpc.aio.insecure_channel(f"127.0.0.1:{running.xds_port}") as channel,
        grpc.aio.insecure_channel(f"127.0.0.1:{running.adapter_port}") as control,
    ):
        made = Suite(channel, control, delta=variant == "delta", aggregated=aggregated)
        yield made
        await made.clear()
        await made.silent(SILENCE_SECONDS - UPDATE_SECONDS)  # no update is on its way
        await made.close()


@over(SOTW, FULL)
async def test_wildcard_gets_all(suite: Suite, service: str) -> None:
    """1: an empty request is answered with all resources, at once."""
    await suite.state("1", **{service: "A B C"})
    await suite.subscribe(service)
    await suite.receives(service, "1", "A", "B", "C", together=True)


@over(SOTW, FULL)
async def test_wildcard_gets_updates(suite: Suite, service: str) -> None:
    """2: an update of one is an answer with all, in the new version."""
    await suite.state("1", **{service: "A B C"})
    await suite.subscribe(service)
    await suite.receives(service, "1", "A", "B", "C")
    await suite.change("Update", service, "A", "2")
    await suite.receives(service, "2", "A", "B", "C", together=True)


@over(SOTW, FULL)
async def test_wildcard_gets_additions(suite: Suite, service: str) -> None:
    """3: a new resource is an answer with all."""
    await suite.state("1", **{service: "A B C"})
    await suite.subscribe(service)
    await suite.receives(service, "1", "A", "B", "C")
    await suite.change("Add", service, "D", "2")
    await suite.receives(service, "2", "A", "B", "C", "D", together=True)


@over(SOTW + DELTA, ALL)
async def test_only_the_named(suite: Suite, service: str) -> None:
    """4: who names resources gets these, and no others."""
    await suite.state("1", **{service: "A B C D"})
    await suite.subscribe(service, "B", "D")
    await suite.receives(service, "1", "B", "D")
    assert {name for _, name in suite.table} == {"B", "D"}


@over(SOTW, FULL)
async def test_a_change_in_a_subset(suite: Suite, service: str) -> None:
    """5: full state: an update of one is an answer with all that were named."""
    await suite.state("1", **{service: "A B C D"})
    await suite.subscribe(service, "B", "D")
    await suite.receives(service, "1", "B", "D")
    await suite.change("Update", service, "B", "2")
    await suite.receives(service, "2", "B", "D", together=True)


@over(SOTW, NAMED)
async def test_a_change_of_a_named_type(suite: Suite, service: str) -> None:
    """6: an update of one is an answer with that one."""
    await suite.state("1", **{service: "A B C D"})
    await suite.subscribe(service, "B", "D")
    await suite.receives(service, "1", "B", "D")
    await suite.change("Update", service, "B", "2")
    await suite.receives(service, "2", "B")


@over(SOTW, FULL)
async def test_missing_then_created(suite: Suite, service: str) -> None:
    """7: full state: what exists is sent, and both when the other is created."""
    await suite.state("1", **{service: "A B"})
    await suite.subscribe(service, "A", "Z")
    await suite.receives(service, "1", "A")
    await suite.change("Add", service, "Z", "2")
    await suite.receives(service, "2", "A", "Z", together=True)


@over(SOTW, NAMED)
async def test_missing_then_created_of_a_named_type(suite: Suite, service: str) -> None:
    """8: what exists is sent, and the other when it is created."""
    await suite.state("1", **{service: "A B"})
    await suite.subscribe(service, "A", "Z")
    await suite.receives(service, "1", "A")
    await suite.change("Add", service, "Z", "2")
    await suite.receives(service, "2", "Z")


@over([("sotw", True)], (("CDS", "LDS"), ("RDS", "EDS")))
async def test_two_services_on_a_stream(suite: Suite, service: tuple[str, str]) -> None:
    """9: both are served, although the second one's ACKs name the first, and an update of the first arrives."""
    first, second = service
    await suite.state("1", **{first: "A B", second: "A B"})
    await suite.subscribe(first, "B")
    await suite.receives(first, "1", "B")
    await suite.subscribe(second, "B")
    await suite.receives(second, "1", "B")
    await suite.change("Update", first, "B", "2")
    await suite.receives(first, "2", "B")


@over(SOTW, FULL)
async def test_narrowing(suite: Suite, service: str) -> None:
    """10: who names fewer is not answered for that, and gets updates of the rest."""
    await suite.state("1", **{service: "A B C"})
    await suite.subscribe(service, "A", "B", "C")
    await suite.receives(service, "1", "A", "B", "C")
    await suite.replace(service, "A")
    await suite.silent()
    await suite.change("Update", service, "A", "2")
    await suite.receives(service, "2", "A")
    assert {name for _, name in suite.table} == {"A"}


@over(SOTW, NAMED)
async def test_narrowing_of_a_named_type(suite: Suite, service: str) -> None:
    """11: what was dropped is not sent any more, however close the update."""
    await suite.state("1", **{service: "B D"})
    await suite.subscribe(service, "B", "D")
    await suite.receives(service, "1", "B", "D")
    await suite.replace(service, "B")
    await suite.change("Update", service, "B", "2")
    await suite.receives(service, "2", "B")
    assert {name for _, name in suite.table} == {"B"}


@over(SOTW, ALL)
async def test_unsubscribing_from_all(suite: Suite, service: str) -> None:
    """12: a list with an empty name asks for nothing."""
    await suite.state("1", **{service: "A B"})
    await suite.subscribe(service, "A", "B")
    await suite.receives(service, "1", "A", "B")
    await suite.replace(service, "")
    await suite.change("Update", service, "B", "2")
    await suite.silent()


@over(DELTA, INCREMENTAL)
async def test_one_after_the_other(suite: Suite, service: str) -> None:
    """13: each subscription is answered."""
    await suite.state("1", **{service: "A B"})
    await suite.subscribe(service, "A")
    await suite.receives(service, "1", "A")
    await suite.subscribe(service, "B")
    await suite.receives(service, "1", "B")


@over(DELTA, INCREMENTAL)
async def test_only_what_changed(suite: Suite, service: str) -> None:
    """14: an update is an answer with that resource alone."""
    await suite.state("1", **{service: "A B C"})
    await suite.subscribe(service, "A", "B", "C")
    await suite.receives(service, "1", "A", "B", "C")
    before = dict(suite.table)
    await suite.change("Update", service, "A", "2")
    await suite.receives(service, "2", "A")
    for name in ("B", "C"):
        assert suite.table[service, name] == before[service, name]


@over(DELTA, INCREMENTAL)
async def test_missing_then_created_incrementally(suite: Suite, service: str) -> None:
    """15: what is missing is told as removed, and sent when it is created, even in the version of before."""
    await suite.state("1", **{service: "A"})
    await suite.subscribe(service, "A", "B")
    await suite.receives(service, "1", "A")
    await suite.receives_removal(service, "B")
    before = dict(suite.table)
    await suite.change("Add", service, "B", "1")
    await suite.receives(service, "1", "B")
    assert suite.table[service, "A"] == before[service, "A"]


@over(DELTA, INCREMENTAL)
async def test_removal(suite: Suite, service: str) -> None:
    """16: a removal is told, and the resource sent when it comes back."""
    await suite.state("1", **{service: "A B"})
    await suite.subscribe(service, "A", "B")
    await suite.receives(service, "1", "A", "B")
    await suite.change("Remove", service, "B", "1")
    await suite.receives_removal(service, "B")
    await suite.change("Add", service, "B", "2")
    await suite.receives(service, "2", "B")
    assert suite.table[service, "A"][0] == "1"


@over(DELTA, INCREMENTAL)
async def test_incremental_unsubscription(suite: Suite, service: str) -> None:
    """17: what was given back is not sent, however close the update."""
    await suite.state("1", **{service: "A B"})
    await suite.subscribe(service, "A", "B")
    await suite.receives(service, "1", "A", "B")
    for name in ("B", "A"):
        await suite.unsubscribe(service, name)
        await suite.change("Update", service, name, "2")
        await suite.silent()
    assert suite.table == {}


@over([("delta", True)], (("CDS", "LDS"), ("LDS", "CDS"), ("RDS", "EDS"), ("EDS", "RDS")))
async def test_several_services_incrementally(suite: Suite, service: tuple[str, str]) -> None:
    """18: each update reaches its own type."""
    await suite.state("1", **dict.fromkeys(service, "A B"))
    for one in service:
        await suite.subscribe(one, "B")
    for one in service:
        await suite.receives(one, "1", "B")
    for number, one in enumerate(service, 2):
        await suite.change("Update", one, "B", str(number))
        await suite.receives(one, str(number), "B")


# -- what the harness does not ask: resources that a client is to forget, and how it is told to keep them


@over(SOTW + DELTA, NAMED)
async def test_heartbeats(suite: Suite, service: str) -> None:
    """R103: what would expire is heard of again and again, incrementally without its body, until it is there for good."""
    suite.features = (TTL_FEATURE,)
    await suite.state("1", ttl=0.3, **{service: "A B"})
    await suite.subscribe(service, "A", "B")
    await suite.receives(service, "1", "A", "B")
    for _ in range(3):
        await suite.hears(service, "1", "A", "B")
    await suite.state("2", **{service: "A B"})
    await suite.receives(service, "2", "A", "B")


@over(DELTA, FULL)
async def test_heartbeats_of_a_set(suite: Suite, service: str) -> None:
    """R103: incrementally also of clusters, listeners and scoped routes."""
    await suite.state("1", ttl=0.3, **{service: "A B"})
    await suite.subscribe(service)
    await suite.receives(service, "1", "A", "B")
    await suite.hears(service, "1", "A", "B")
    await suite.state("2", **{service: "A B"})
    await suite.receives(service, "2", "A", "B")


@over(SOTW, ALL)
async def test_no_heartbeats_for_who_does_not_know_them(suite: Suite, service: str) -> None:
    """R101: a client that does not announce it is sent the resources as if they had no end."""
    await suite.state("1", ttl=0.2, **{service: "A"})
    await suite.subscribe(service, "A")
    await suite.receives(service, "1", "A")
    await suite.silent()
