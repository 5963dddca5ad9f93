"""Which file counts for which object."""

from xds_server.model.objects import Service, ServicePort
from xds_server.providers.files.object_index import ObjectIndex
from xds_server.providers.files.parse import Parsed, broken
from xds_server.providers.kinds import KINDS

A = ("services", "n/a")
B = ("services", "n/b")


def service(port: int) -> Service:
    return Service(key="n/a", ports=(ServicePort(name="", port=port),))


def holds(**objects: Service | None) -> Parsed:
    return Parsed(objects={("services", f"n/{name}"): value for name, value in objects.items()})


def test_the_first_file_by_path_counts() -> None:
    """In whatever order the files came; the other one is told which."""
    claims = ObjectIndex(KINDS)
    claims.update({"2.yaml": holds(a=service(2))}, ())
    assert claims.value(A) == service(2)

    assert claims.update({"1.yaml": holds(a=service(1))}, ()) == {A}

    assert claims.value(A) == service(1)
    assert claims.problems("1.yaml") == []
    assert [str(p) for p in claims.problems("2.yaml")] == [
        "2.yaml: Service n/a: is in 1.yaml too, which comes first and is used: remove one of the two"
    ]


def test_the_next_file_steps_in_when_the_first_is_gone() -> None:
    """Its problem is gone with it."""
    claims = ObjectIndex(KINDS)
    claims.update({"1.yaml": holds(a=service(1)), "2.yaml": holds(a=service(2))}, ())

    assert claims.update({}, ["1.yaml"]) == {A}

    assert claims.value(A) == service(2)
    assert claims.problems("2.yaml") == []


def test_what_no_file_holds_is_gone() -> None:
    """A new version of a file may hold less than the old one."""
    claims = ObjectIndex(KINDS)
    claims.update({"1.yaml": holds(a=service(1), b=service(2))}, ())

    assert claims.update({"1.yaml": holds(b=service(2))}, ()) == {A, B}

    assert A not in claims
    assert list(claims.of_kind("services")) == [B]
    assert list(claims.of_kind("gateways")) == []


def test_a_broken_file_keeps_what_it_held() -> None:
    """Its objects stay, and its problem is that it is broken; mended, it holds what it says."""
    claims = ObjectIndex(KINDS)
    claims.update({"1.yaml": holds(a=service(1))}, ())

    assert claims.update({"1.yaml": broken("1.yaml", "does not parse")}, ()) == set()
    assert claims.value(A) == service(1)
    assert len(claims.problems("1.yaml")) == 1

    claims.update({"1.yaml": holds(b=service(1))}, ())
    assert A not in claims
    assert claims.problems("1.yaml") == []


def test_a_file_that_was_always_broken_holds_nothing() -> None:
    """It can be forgotten like any other."""
    claims = ObjectIndex(KINDS)
    claims.update({"1.yaml": broken("1.yaml", "does not parse")}, ())
    assert len(claims.problems("1.yaml")) == 1

    assert claims.update({}, ["1.yaml", "never seen"]) == set()
    assert claims.problems("1.yaml") == []
