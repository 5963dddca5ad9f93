"""What feature tests may ask for: a control plane, and both ways in which a proxy may speak to it."""

import pytest

from tests.support.offline import OfflineControlPlane


@pytest.fixture
def control_plane() -> OfflineControlPlane:
    """It knows nothing yet."""
    return OfflineControlPlane()


@pytest.fixture(params=[False, True], ids=["sotw", "delta"])
def delta(request: pytest.FixtureRequest) -> bool:
    """The variant of the protocol."""
    return bool(request.param)
