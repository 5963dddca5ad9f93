"""How a stream ends: what its client is told, and what observers are."""

from typing import Final

import grpc
import msgspec

from xds_server.model.admission import HoldKind
from xds_server.xds.codec.sotw import DecodeError, LimitError
from xds_server.xds.protocol.messages import ProtocolError
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.observer import CloseReason


class StreamEnd(msgspec.Struct, frozen=True):
    """The end of a stream."""

    reason: CloseReason
    code: grpc.StatusCode | None = None
    """The gRPC status that the client gets; None for OK."""
    details: str = ""


CLIENT_LEFT: Final = StreamEnd("client")
INTERNAL_ERROR: Final = StreamEnd("internal_error")

_HOLD_CODES: Final[dict[HoldKind, grpc.StatusCode]] = {
    "not_ready": grpc.StatusCode.UNAVAILABLE,
    "unknown_role": grpc.StatusCode.NOT_FOUND,
    "queued": grpc.StatusCode.UNAVAILABLE,
}


def refused_by_hold(hold: Hold) -> StreamEnd:
    """The end of a stream that was not admitted."""
    return StreamEnd("refused", _HOLD_CODES[hold.kind], hold.reason)


def refused_request(error: DecodeError | ProtocolError) -> StreamEnd:
    """The end of a stream whose client sent a request that is invalid or exceeds a limit."""
    if isinstance(error, LimitError):
        return StreamEnd("limit", grpc.StatusCode.RESOURCE_EXHAUSTED, f"discovery request refused: {error}")
    return StreamEnd("protocol_error", grpc.StatusCode.INVALID_ARGUMENT, f"discovery request refused: {error}")
