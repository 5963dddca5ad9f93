"""Client status, made in steps."""

from collections.abc import Iterator

import pytest
from envoy_data_plane.envoy.service.status import v3 as status_v3
from envoy_data_plane.envoy.type.matcher import v3 as matcher_v3

from tests.support.steps import stepwise
from xds_server.model.resource import CLUSTER, resource
from xds_server.xds.codec.client_status import UnsupportedRequestError
from xds_server.xds.protocol.messages import ConfigStatus, Node, ResourceStatus
from xds_server.xds.transport.client_status import AnswerTooLargeError, Clients, ClientStatusService
from xds_server.xds.transport.observer import StreamInfo
from xds_server.xds.transport.time_slices import TimeSlices

ITEMS = [resource(f"c-{number}", b"x" * 100) for number in range(1000)]


def _status(clients: Clients, most: int = 1 << 30) -> ClientStatusService:
    return ClientStatusService(clients, TimeSlices(lambda: 0.0), max_bytes=most, idle_seconds=1)


def _statuses() -> Iterator[ResourceStatus]:
    return (ResourceStatus(CLUSTER, one.name, ConfigStatus.SYNCED, one) for one in ITEMS)


def _infos(count: int) -> list[StreamInfo]:
    return [StreamInfo(number, "ipv4:1.1.1.1:1", Node(f"n-{number}"), 0.0, warm=False) for number in range(count)]


def test_an_answer_is_made_in_short_steps_and_encodes_once_what_many_have() -> None:
    """However many clients there are, and resources of each."""
    status = _status(lambda: iter([(info, _statuses) for info in _infos(20)]))
    answer, count = stepwise(status.steps(b""))

    read = status_v3.ClientStatusResponse.parse(answer).config
    assert [one.node.id for one in read if one.node] == [f"n-{number}" for number in range(20)]
    assert all(len(one.generic_xds_configs) == len(ITEMS) for one in read)
    assert count >= 20 * len(ITEMS) / 200


def test_what_changes_meanwhile_is_told_as_it_is_then() -> None:
    """A client whose resources change between two steps is looked at again, at once."""
    table = {one.name: one for one in ITEMS}

    def statuses() -> Iterator[ResourceStatus]:
        return (ResourceStatus(CLUSTER, name, ConfigStatus.SYNCED, one) for name, one in table.items())

    steps = _status(lambda: iter([(info, statuses) for info in _infos(1)])).steps(b"")
    next(steps)
    del table["c-0"]
    answer, _ = stepwise(steps)
    (read,) = status_v3.ClientStatusResponse.parse(answer).config
    assert len(read.generic_xds_configs) == len(ITEMS) - 1


def test_an_answer_has_a_size() -> None:
    """Beyond it the asker is told how to ask for less, before all of it is made."""
    looked: list[int] = []

    def clients() -> Iterator[tuple[StreamInfo, object]]:
        def statuses(number: int) -> Iterator[ResourceStatus]:
            looked.append(number)
            return _statuses()

        return ((info, lambda number=info.id: statuses(number)) for info in _infos(20))

    with pytest.raises(AnswerTooLargeError, match="exclude_resource_contents"):
        stepwise(_status(clients, 200_000).steps(b""))  # type: ignore[arg-type]
    assert looked == [0]


def test_a_request_has_a_size() -> None:
    """So many matchers are too many: each is tried on each client."""
    matcher = matcher_v3.NodeMatcher(node_id=matcher_v3.StringMatcher(exact="n" * 100))
    with pytest.raises(UnsupportedRequestError, match="match fewer nodes"):
        stepwise(_status(lambda: iter(())).steps(bytes(status_v3.ClientStatusRequest(node_matchers=[matcher] * 200))))
