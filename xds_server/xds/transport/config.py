"""The configuration of the transport."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from xds_server.model.admission import GateMode, HoldKind, Warmth
from xds_server.model.setting import MIN_POSITIVE, number, seconds
from xds_server.xds.transport.limits import MAX_NUMBER, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionConfig:
    """Which streams may wait to be served, how long, and how many are admitted per second."""

    mode: GateMode = GateMode.BOUNDED
    """The setting `gate`."""
    hold_seconds: Annotated[
        float, seconds("How long a stream that opens before the server is ready is held, if the gate is bounded.")
    ] = 3.0
    role_hold_seconds: Annotated[
        float, seconds("How long a stream is held whose role is not a Gateway of our class.")
    ] = 3.0
    per_second: Annotated[
        float,
        number(
            "How many streams are admitted per second, once they can be served; 0: no limit.",
            MIN_POSITIVE, MAX_NUMBER, or_zero=True,
        ),
    ] = 200.0  # fmt: skip
    burst: int = 200
    """How many may be admitted at once after a quiet time."""
    first: Warmth = "cold"
    """Which waiting streams are admitted first: of proxies that have nothing yet, or of those that come back."""
    queue_seconds: Annotated[
        float, seconds("How long a stream may wait for its turn; then it is told to try again.")
    ] = 10.0

    def max_seconds(self, kind: HoldKind) -> float:
        """How many seconds a stream may spend in bounded waits of that kind."""
        by_kind = {"not_ready": self.hold_seconds, "unknown_role": self.role_hold_seconds}
        return by_kind.get(kind, self.queue_seconds)

    def waits(self, kind: HoldKind) -> Literal["never", "bounded", "forever"]:
        """How long a hold of that kind lasts. A wait for an unknown role is always bounded: the role may not exist."""
        if self.mode is GateMode.REFUSE and kind != "queued":
            return "never"
        return "forever" if self.mode is GateMode.PARK and kind == "not_ready" else "bounded"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportConfig:
    """The settings of the transport."""

    admission: AdmissionConfig = field(default_factory=AdmissionConfig)
    limits: Limits = field(default_factory=Limits)
