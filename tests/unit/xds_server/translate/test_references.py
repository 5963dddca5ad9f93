"""What Gateways refer to, derived: known, absent, or not known yet."""

import pytest

from krt import Graph, Source
from tests.support import builders
from xds_server.model.objects import Content, Gateway, Reference, Stored
from xds_server.model.references import ABSENT
from xds_server.translate.references import derive_references

CERT = Reference("secrets", "shop/cert")
KEY = Content({"tls.key": b"k"})


class Rig:
    """A Gateway that refers to a Secret."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.gateways: Source[str, Gateway] = self.graph.source("gateways")
        self.it = derive_references(
            self.graph, self.gateways.map(lambda _, one: one, name="ours"), ("secrets", "configmaps")
        )
        self.secrets = self.it.stored["secrets"]

    def refer(self, *wanted: Reference, by: str = "shop/edge") -> None:
        self.gateways.set(by, builders.gateway(key=by, references=wanted))
        self.gateways.mark_synced()

    def counts(self) -> tuple[int, int, int]:
        counts = self.it.counts()
        return counts["resolved"], counts["missing"], counts["pending"]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_without_references_nothing_is_awaited(rig: Rig) -> None:
    """Though the Secrets were never listed."""
    rig.refer()

    assert (rig.it.contents.synced, rig.counts()) == (True, (0, 0, 0))


def test_a_reference_into_a_kind_that_was_not_listed_is_parked(rig: Rig) -> None:
    """Neither absent nor empty."""
    rig.refer(CERT)

    assert (rig.it.contents.synced, dict(rig.it.contents), rig.counts()) == (False, {}, (0, 0, 1))
    assert rig.it.contents.pending == {"secrets"}


def test_that_there_is_no_such_secret_is_a_value(rig: Rig) -> None:
    """Known once all are listed."""
    rig.refer(CERT)
    rig.secrets.mark_synced()

    assert (dict(rig.it.contents), rig.counts()) == ({CERT: ABSENT}, (0, 1, 0))


def test_what_is_there_and_not_fetched_is_wanted_and_unknown(rig: Rig) -> None:
    """Until its content comes; of what nobody names nothing is wanted."""
    rig.refer(CERT)
    rig.secrets.set("shop/cert", Stored(key="shop/cert", version="7"))
    rig.secrets.set("shop/other", Stored(key="shop/other", version="8"))
    rig.secrets.mark_synced()
    assert (dict(rig.it.wanted), dict(rig.it.contents)) == ({CERT: rig.secrets["shop/cert"]}, {})

    rig.it.fetched.set(CERT, KEY)

    assert (dict(rig.it.contents), rig.counts()) == ({CERT: KEY}, (1, 0, 0))


def test_a_new_version_keeps_the_content_until_the_new_one_has_come(rig: Rig) -> None:
    """And is wanted."""
    test_what_is_there_and_not_fetched_is_wanted_and_unknown(rig)

    rig.secrets.set("shop/cert", Stored(key="shop/cert", version="9"))

    assert (rig.it.contents[CERT], rig.it.wanted[CERT].version) == (KEY, "9")


def test_content_from_a_file_is_there_at_once(rig: Rig) -> None:
    """And nothing is wanted."""
    rig.refer(CERT)
    rig.secrets.set("shop/cert", Stored(key="shop/cert", content=KEY))
    rig.secrets.mark_synced()

    assert (dict(rig.it.wanted), dict(rig.it.contents)) == ({}, {CERT: KEY})


def test_two_gateways_that_refer_to_one_secret_want_it_once(rig: Rig) -> None:
    """As long as one of them does."""
    rig.refer(CERT)
    rig.refer(CERT, by="shop/inner")
    rig.secrets.set("shop/cert", Stored(key="shop/cert", version="7"))
    rig.secrets.mark_synced()
    assert list(rig.it.wanted) == [CERT]

    rig.gateways.delete("shop/edge")
    assert list(rig.it.wanted) == [CERT]
    rig.gateways.delete("shop/inner")
    assert (list(rig.it.wanted), rig.counts()) == ([], (0, 0, 0))
