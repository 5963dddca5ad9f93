"""Where a client stands with each resource that it asked for."""

import pytest

from tests.support.protocol_script import DeltaRig, Rig
from xds_server.xds.protocol.messages import ConfigStatus


def _statuses(rig: Rig) -> dict[str, str]:
    return {one.name: ConfigStatus(one.status).name for one in rig.stream.resource_statuses()}


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
def test_a_resource_is_synced_when_it_was_accepted(rig: type[Rig]) -> None:
    """What does not exist was not sent, what is in flight is stale, what was ACKed is synced, what was rejected an error."""
    made = rig()
    made.run("put RDS r s\nask RDS r s z")
    assert _statuses(made) == {"r": "NOT_SENT", "s": "NOT_SENT", "z": "NOT_SENT"}
    made.sent()
    assert _statuses(made) == {"r": "STALE", "s": "STALE", "z": "NOT_SENT"}
    made.run("ack RDS")
    assert _statuses(made) == {"r": "SYNCED", "s": "SYNCED", "z": "NOT_SENT"}
    made.run("put RDS r")
    assert _statuses(made) == {"r": "STALE", "s": "SYNCED", "z": "NOT_SENT"}
    made.run("-> RDS r\nnack RDS r is bad")
    assert _statuses(made) == {"r": "ERROR", "s": "SYNCED", "z": "NOT_SENT"}
    assert next(one.message for one in made.stream.resource_statuses() if one.name == "r") == "r is bad"


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
def test_a_wildcard_covers_all(rig: type[Rig]) -> None:
    """Who asks for all is told of all, each once."""
    made = rig()
    made.run("put CDS a b\nask CDS *\n-> CDS a b\nack CDS")
    assert [(one.name, one.status) for one in made.stream.resource_statuses()] == [("a", 1), ("b", 1)]
