"""What the edge may be told, and what is refused."""

import math
from dataclasses import fields

import pytest

from xds_server.envoy.listeners import listener
from xds_server.model.edge import Edge
from xds_server.model.routing import Port
from xds_server.server.setting_fields import SettingsError, fields_of
from xds_server.server.settings_parser import read_settings

PORT = Port(gateway="shop/edge", number=8080, listeners=())
FIELDS = fields_of(Edge)
WORDS = {name: field.choices for name, field in FIELDS.items() if field.choices}
RANGES = {name: field.declaration.range for name, field in FIELDS.items() if field.declaration.range is not None}


def read(name: str, value: object) -> Edge:
    return read_settings({"source": "kube", f"translate.edge.{name}": value}).translate.edge


def test_every_number_has_its_range() -> None:
    """None is passed on to Envoy without a check."""
    assert WORDS.keys() | RANGES.keys() == {each.name for each in fields(Edge)}


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in WORDS.items() for word in words])
def test_every_word_can_be_encoded(name: str, word: str) -> None:
    """Each makes a listener of its own; another word is refused, with those that there are."""
    assert len({listener(PORT, read(name, one)).body for one in WORDS[name]}) == len(WORDS[name])
    with pytest.raises(SettingsError, match=f"edge.{name} is 'x{word}': use one of .*{word}"):
        read(name, f"x{word}")


@pytest.mark.parametrize("name", RANGES)
def test_every_number_can_be_encoded_at_its_edges(name: str) -> None:
    """What is within the range is encoded, what is beyond it is refused."""
    allowed = RANGES[name]
    for number in (allowed.min, allowed.max):
        assert listener(PORT, read(name, number)).body
    for value in (allowed.min - 1, allowed.max + 1, math.nan, math.inf, "x", ""):
        with pytest.raises(SettingsError, match=f"edge.{name} is "):
            read(name, value)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    """A typo is never ignored."""
    with pytest.raises(SettingsError, match=r"did you mean translate\.edge\.escaped_slashes\?"):
        read("escaped_slash", "keep")


def test_the_families_are_three() -> None:
    """Each has an address of its own to listen on."""
    assert len({listener(PORT, families=one).body for one in ("dual", "ipv4", "ipv6")}) == 3
    with pytest.raises(SettingsError, match="use one of dual, ipv4, ipv6"):
        read_settings({"source": "kube", "translate": {"ip_families": "ipv5"}})
