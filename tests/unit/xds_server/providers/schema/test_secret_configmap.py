"""Secrets and ConfigMaps: what is kept of them, and that none of it is shown."""

import json
from typing import Any

import msgspec
import pytest

from xds_server.model.objects import Content, Stored
from xds_server.providers.decode import Decoder
from xds_server.providers.kinds import REFERENCED
from xds_server.providers.kubernetes.referenced_contents import METADATA_KINDS

SECRETS, CONFIGMAPS = (Decoder(kind) for kind in REFERENCED)
METADATA = {"name": "cert", "namespace": "shop", "resourceVersion": "7"}


def test_of_a_secret_the_entries_that_a_gateway_can_use_are_kept() -> None:
    """Decoded; all others are skipped."""
    data = {"tls.crt": "Y2VydA==", "tls.key": "a2V5", "password": "c2VjcmV0"}

    decoded = SECRETS.json(json.dumps({"metadata": METADATA, "type": "kubernetes.io/tls", "data": data}).encode())

    content = Content({"tls.crt": b"cert", "tls.key": b"key"})
    assert decoded.value == Stored(key="shop/cert", version="7", content=content)
    assert decoded.findings == ()


def test_in_a_file_plain_entries_count_before_encoded_ones() -> None:
    """As an API server would have it."""
    decoded = SECRETS.loaded({"metadata": METADATA, "data": {"tls.key": "a2V5"}, "stringData": {"tls.key": "plain"}})

    assert isinstance(decoded.value, Stored)
    assert decoded.value.content == Content({"tls.key": b"plain"})


def test_a_config_map_has_text() -> None:
    """Without any of what is read of it, it has a content all the same: an empty one."""
    assert CONFIGMAPS.loaded({"metadata": METADATA, "data": {"ca.crt": "ca", "x": "y"}}).value == Stored(
        key="shop/cert", version="7", content=Content({"ca.crt": b"ca"})
    )
    assert CONFIGMAPS.loaded({"metadata": METADATA}).value == Stored(key="shop/cert", version="7", content=Content({}))


def test_metadata_alone_have_no_content() -> None:
    """Not even if a server sends more than it was asked for."""
    body = json.dumps({"metadata": METADATA, "data": {"tls.key": "a2V5"}}).encode()

    assert Decoder(METADATA_KINDS[0]).json(body).value == Stored(key="shop/cert", version="7")


@pytest.mark.parametrize("data", [{"tls.key": "hunter2!"}, {"tls.key": 7777}, "hunter2!"])
def test_what_is_wrong_with_a_secret_is_said_without_its_content(data: Any) -> None:
    """The field is named, and no more."""
    decoded = SECRETS.loaded({"metadata": METADATA, "data": data})

    assert decoded.value is None
    (finding,) = decoded.findings
    assert finding.field.startswith("data")
    assert not [secret for secret in ("hunter2", "7777") if secret in repr(decoded)]


def test_no_text_of_a_content_shows_it() -> None:
    """By any of the ways to make a text of a value; nor can it be encoded by accident."""
    stored = Stored(key="shop/cert", content=Content({"tls.key": b"hunter2", "tls.crt": b"c"}))

    shown = (repr(stored), str(stored), f"{stored.content}", json.dumps(stored.content, default=str))
    assert not [text for text in shown if "hunter2" in text]
    assert repr(stored.content) == "<tls.crt, tls.key: withheld>"
    with pytest.raises(TypeError):
        msgspec.json.encode(stored)
