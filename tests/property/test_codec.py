"""What the generator makes writes what the library writes, and what protobuf's own runtime reads, for every message.

The library's models check themselves at every serialisation, which takes most of its time and changes no byte: here
they do not.
"""

import os
from random import Random
from typing import Any

import betterproto2
import pytest

from tests.support.message_instances import instance, models
from xds_server.envoy.generate.descriptors import runtime_classes
from xds_server.envoy.generate.models import encode

ROUNDS = {"nightly": 50, "dev": 1}.get(os.environ.get("HYPOTHESIS_PROFILE", "ci"), 2)
SEED = int(os.environ.get("CODEC_SEED", "0"))


@pytest.fixture(scope="module")
def runtime() -> dict[Any, Any]:
    return runtime_classes(models().values())


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_every_message_is_written_as_the_library_writes_it(
    number: int, runtime: dict[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A random instance of each of the library's messages has the library's bytes, and the runtime's length."""
    monkeypatch.setattr(betterproto2.Message, "_is_pydantic", lambda _: False)
    checked = 0
    for name, model in models().items():
        one = instance(model, Random(f"{SEED} {number} {name}"))

        encoded = encode(one)

        assert encoded == bytes(one), f"{name}, CODEC_SEED={SEED}, round {number}"
        read = runtime[model].FromString(encoded)
        assert len(read.SerializeToString()) == len(encoded), f"{name}, CODEC_SEED={SEED}, round {number}"
        checked += bool(encoded)
    assert checked > len(models()) / 2
