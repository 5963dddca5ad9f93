"""When a burst of changes is acted on."""

import pytest

from xds_server.xds.transport.debounce import Debounce


def test_a_burst_is_over_after_a_quiet_time() -> None:
    """Each note prolongs the wait, up to the ceiling."""
    debounce = Debounce(1.0, 2.5)
    assert debounce.due_at == float("inf")
    assert [debounce.record_change(now) for now in (10.0, 10.9, 11.8, 12.4)] == [11.0, 11.9, 12.5, 12.5]
    debounce.record_action(12.5)
    assert debounce.due_at == float("inf")
    assert debounce.record_change(20.0) == 21.0


def test_after_a_step_there_is_a_rest() -> None:
    """What comes alone is due at once; what follows a step closely, when the rest is over; also if it is quiet earlier."""
    debounce = Debounce(rest_seconds=1.0)
    assert debounce.record_change(10.0) == 10.0
    debounce.record_action(10.1)
    assert [debounce.record_change(now) for now in (10.2, 10.9)] == [11.1, 11.1]
    debounce.record_action(11.1)
    assert debounce.record_change(12.5) == 12.5


def test_a_debounce_that_cannot_be_is_refused() -> None:
    """The quiet time fits under the ceiling."""
    with pytest.raises(ValueError, match="quiet"):
        Debounce(2.0, 1.0)
