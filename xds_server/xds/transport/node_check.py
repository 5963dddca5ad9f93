"""Which node a stream belongs to: its first request must say so, and no later request may change it."""

from xds_server.xds.protocol.messages import DeltaRequest, Node, ProtocolError, Request


def check_first_node(request: Request | DeltaRequest) -> Node:
    """The node of a stream's first request. Raises ProtocolError if there is none, or if it has no id (R3, R5)."""
    if request.node is None or not request.node.id:
        raise ProtocolError("first request has no node.id: set --service-node, or node in the bootstrap")
    return request.node


def check_same_node(request: Request | DeltaRequest, known: Node) -> None:
    """Raises ProtocolError if a later request has another node id or role.

    A client may send its node again when one of its parameters changed. The stream's tables cannot change.
    """
    node = request.node
    if node is not None and (node.id, node.role) != (known.id, known.role):
        raise ProtocolError(
            f"node changed from {known.id!r} of {known.role!r} to {node.id!r} of {node.role!r}: open a new stream"
        )
