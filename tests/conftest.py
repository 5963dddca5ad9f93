"""Hypothesis profiles: `ci` is the default, HYPOTHESIS_PROFILE=nightly looks longer."""

import os

from hypothesis import HealthCheck, Phase, settings

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")  # we start processes beside it, and do not fork into gRPC

_SLOW_MACHINES = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=_SLOW_MACHINES)
settings.register_profile(
    "seeded",  # for runs that are expected to fail, and of which nobody wants the smallest example
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=_SLOW_MACHINES,
)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True, suppress_health_check=_SLOW_MACHINES)
settings.register_profile("nightly", max_examples=5_000, deadline=None, suppress_health_check=_SLOW_MACHINES)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
