"""What the edge may be told, and what is refused."""

import math
from dataclasses import fields
from typing import get_args

import pytest

from xds_server.envoy.listeners import listener
from xds_server.model.edge import RANGES, Edge
from xds_server.model.routing import Port
from xds_server.server.settings import SettingsError
from xds_server.server.settings_parser import read_settings

PORT = Port(gateway="shop/edge", number=8080, listeners=())
WORDS = {each.name: get_args(each.type) for each in fields(Edge) if get_args(each.type)}
NUMBERS = {each.name: each.type for each in fields(Edge) if each.name not in WORDS}


def read(text: str) -> Edge:
    return read_settings({"source": "kube", "edge": text}).edge


def test_every_number_has_its_range() -> None:
    """None is passed on to Envoy without a check."""
    assert NUMBERS.keys() == RANGES.keys()


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in WORDS.items() for word in words])
def test_every_word_can_be_encoded(name: str, word: str) -> None:
    """Each makes a listener of its own; another word is refused, with those that there are."""
    assert len({listener(PORT, read(f"{name}={one}")).body for one in WORDS[name]}) == len(WORDS[name])
    with pytest.raises(SettingsError, match=f"edge has {name}=x{word}: say one of .*{word}"):
        read(f"{name}=x{word}")


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_can_be_encoded_at_its_edges(name: str) -> None:
    """What is within the range is encoded, what is beyond it is refused."""
    least, most = RANGES[name]
    for number in (least, most):
        assert listener(PORT, read(f"{name}={number}")).body
    for text in (least - 1, most + 1, math.nan, math.inf, "x", ""):
        with pytest.raises(SettingsError, match=f"edge has {name}="):
            read(f"{name}={text}")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    """A typo is never ignored."""
    with pytest.raises(SettingsError, match="is escaped_slashes meant"):
        read("escaped_slash=keep")


def test_the_families_are_three() -> None:
    """Each has an address of its own to listen on."""
    assert len({listener(PORT, families=one).body for one in ("dual", "ipv4", "ipv6")}) == 3
    with pytest.raises(SettingsError, match="say one of dual, ipv4, ipv6"):
        read_settings({"source": "kube", "ip_families": "ipv5"})
