"""Problems that relations between objects show, on the board beside those that an object shows alone.

They follow the graph: each appears and goes with the change that makes or mends it, at the cost of that change.
"""

from typing import Final

from krt import Collection, Commit, Context, Graph
from xds_server.model.objects import Gateway, ObjectKey
from xds_server.model.routing import Attached
from xds_server.model.source_state import Problem
from xds_server.providers.sync_tracker import SourceBoard
from xds_server.translate.gatewayapi.problems import SOURCE, of_gateway, of_nobody, of_route
from xds_server.translate.pipeline import Pipeline

Problems = Collection[ObjectKey, tuple[Problem, ...]]

_KINDS: Final = {"route_problems": "HTTPRoute", "gateway_problems": "Gateway"}


def follow(graph: Graph, pipeline: Pipeline, board: SourceBoard, *, gateway_class: str, shared: bool) -> None:
    """Keeps the board equal to what the graph shows. Nobody waits for it: make it after the gate.

    *shared*: whether others may read the same objects, as those of an API server.
    """
    gateways = pipeline.sources["gateways"]

    def route_problems(ctx: Context, attached: Attached) -> tuple[Problem, ...] | None:
        def class_of(key: ObjectKey) -> str | None:
            return ctx.get(gateways, key, select=_class_name)

        return tuple(of_route(attached, class_of, gateway_class, shared=shared)) or None

    def gateway_problems(_: Context, gateway: Gateway) -> tuple[Problem, ...] | None:
        return tuple(of_gateway(gateway, gateway_class, shared=shared)) or None

    found: tuple[Problems, ...] = (
        pipeline.attached_routes.map(route_problems, name="route_problems"),
        gateways.map(gateway_problems, name="gateway_problems"),
    )

    def committed(commit: Commit) -> None:
        nobody = () if pipeline.roles or not gateways.synced else tuple(of_nobody(len(gateways), gateway_class))
        board.report(SOURCE, "", nobody)
        for collection in found:
            for key, change in commit.deltas.get(collection.name, ()):
                board.report(SOURCE, f"{_KINDS[collection.name]} {key}", change.new or ())

    graph.subscribe(committed, *found)


def _class_name(gateway: Gateway) -> str:
    return gateway.class_name
