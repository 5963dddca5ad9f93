"""The two variants of the protocol, as data: which codec, and which machine."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

import msgspec

from xds_server.model.resource import TypeUrl
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.codec.delta import DeltaRequestDecoder, DeltaResponseEncoder
from xds_server.xds.codec.sotw import RequestDecoder, ResponseEncoder, Steps
from xds_server.xds.protocol.completeness import SiblingStreams
from xds_server.xds.protocol.delta import DeltaStream
from xds_server.xds.protocol.messages import (
    ChangedNames,
    DeltaRequest,
    DeltaResponse,
    Event,
    Node,
    Request,
    ResourceStatus,
    Response,
    TypeStatus,
)
from xds_server.xds.protocol.sotw import SotwStream
from xds_server.xds.protocol.type_state import TypeStates

_CACHED_BYTES: Final = 512
_CACHED_REQUESTS: Final = 256

VariantName = Literal["sotw", "delta"]
Q = TypeVar("Q", bound=Request | DeltaRequest)
R = TypeVar("R", bound=Response | DeltaResponse)
Q_co = TypeVar("Q_co", covariant=True)
Q_contra = TypeVar("Q_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)
R_contra = TypeVar("R_contra", contravariant=True)


class Decoder(Protocol[Q_co]):
    """Reads the requests of one stream."""

    def decode(self, data: bytes) -> Q_co:
        """The request in *data*. Raises DecodeError."""
        ...

    def steps(self, data: bytes) -> Steps[Q_co]:
        """The same, in short steps."""
        ...


class RequestCache(Generic[Q]):
    """Requests that many streams send: those that have come equally far accept the same response in the very same words."""

    __slots__ = ("_requests",)

    def __init__(self) -> None:
        self._requests: dict[bytes, Q] = {}

    def decode(self, data: bytes, decoder: Decoder[Q]) -> Q:
        """The request in *data*, by *decoder* unless it is known. Raises DecodeError."""
        if len(data) > _CACHED_BYTES:  # It has names, which are compared by the stream's own decoder.
            return decoder.decode(data)
        request = self._requests.get(data)
        if request is None:
            request = decoder.decode(data)
            if request.node is None:  # Else it is a first one, and like no other.
                if len(self._requests) >= _CACHED_REQUESTS:
                    self._requests.clear()
                self._requests[data] = request
        return request


class Encoder(Protocol[R_contra]):
    """Writes the responses of all streams."""

    def encode(self, response: R_contra) -> bytes:
        """The bytes of *response*."""
        ...


class ProtocolStream(Protocol[Q_contra, R_co]):
    """The protocol of one stream: see `xds.protocol.stream.AdsStream`."""

    def receive_request(self, request: Q_contra) -> None: ...  # noqa: D102
    def tables_changed(self, changes: ChangedNames) -> bool: ...  # noqa: D102
    def next_response(self) -> R_co | None: ...  # noqa: D102
    def events_received(self) -> list[Event]: ...  # noqa: D102
    def advance_time(self, now: float) -> float | None: ...  # noqa: D102
    def stop_waiting(self) -> None: ...  # noqa: D102
    def unanswered_types(self) -> list[TypeUrl]: ...  # noqa: D102
    def forget_answer(self, type_url: TypeUrl) -> None: ...  # noqa: D102
    def status(self) -> Mapping[TypeUrl, TypeStatus]: ...  # noqa: D102
    def resource_statuses(self) -> Iterator[ResourceStatus]: ...  # noqa: D102
    def sibling_advanced(self) -> bool: ...  # noqa: D102
    @property
    def type_states(self) -> TypeStates: ...  # noqa: D102
    @property
    def heartbeat_unscheduled(self) -> bool: ...  # noqa: D102
    @property
    def ready(self) -> bool: ...  # noqa: D102
    @property
    def blocked(self) -> bool: ...  # noqa: D102
    @property
    def complete(self) -> bool: ...  # noqa: D102


class Variant(msgspec.Struct, Generic[Q, R], frozen=True):
    """One way to speak xDS."""

    name: VariantName
    decoder: Callable[[], Decoder[Q]]
    encoder: Callable[[str], Encoder[R]]
    new_stream: Callable[[RoleTables, Node, SiblingStreams | None], ProtocolStream[Q, R]]
    """Makes the machine for a view, a node, and what the node has other streams for."""
    replaces: bool
    """Whether a request says all that the ones before it said, so that the last of a type is enough."""


def _sotw(view: RoleTables, node: Node, around: SiblingStreams | None) -> SotwStream:
    return SotwStream(view, node.id, supports_ttl=node.supports_ttl, siblings=around)


def _delta(view: RoleTables, node: Node, around: SiblingStreams | None) -> DeltaStream:
    # There a time to live is a field like others (R101).
    return DeltaStream(view, node.id, supports_ttl=True, siblings=around)


SOTW: Final = Variant[Request, Response]("sotw", RequestDecoder, ResponseEncoder, _sotw, replaces=True)
DELTA: Final = Variant[DeltaRequest, DeltaResponse](
    "delta", DeltaRequestDecoder, DeltaResponseEncoder, _delta, replaces=False
)
AnyVariant = Variant[Any, Any]
