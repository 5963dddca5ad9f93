"""Problems between objects, such as a route that names an unknown Gateway, reported beside those within one object.

They are derived in the graph. So each is reported by the change that causes it, and withdrawn by the change that fixes it.
"""

from typing import Final

from krt import Collection, Commit, Context, Graph
from xds_server.model.objects import Gateway, ObjectKey
from xds_server.model.routing import Attached
from xds_server.model.source_state import Problem
from xds_server.providers.sync_tracker import SourceBoard
from xds_server.translate.gatewayapi.problems import SOURCE, of_gateway, of_nobody, of_route
from xds_server.translate.pipeline import Pipeline

_Problems = Collection[ObjectKey, tuple[Problem, ...]]

_KINDS: Final = {"route_problems": "HTTPRoute", "gateway_problems": "Gateway"}


def report_problems(graph: Graph, pipeline: Pipeline, board: SourceBoard, *, gateway_class: str, shared: bool) -> None:
    """Has every commit of *graph* report the problems between objects to *board*.

    *shared*: whether other controllers may read the same
    objects, as on an API server; then a route of an unknown Gateway may be theirs.
    """
    gateways = pipeline.sources["gateways"]

    def route_problems(ctx: Context, attached: Attached) -> tuple[Problem, ...] | None:
        def class_of(key: ObjectKey) -> str | None:
            return ctx.get(gateways, key, select=_class_name)

        return tuple(of_route(attached, class_of, gateway_class, shared=shared)) or None

    def gateway_problems(_: Context, gateway: Gateway) -> tuple[Problem, ...] | None:
        return tuple(of_gateway(gateway, gateway_class, shared=shared)) or None

    collections: tuple[_Problems, ...] = (
        pipeline.attached_routes.map(route_problems, name="route_problems"),
        gateways.map(gateway_problems, name="gateway_problems"),
    )

    def report(commit: Commit) -> None:
        if not commit.deltas and gateways.name not in commit.synced:
            return
        unserved = () if pipeline.roles or not gateways.synced else tuple(of_nobody(len(gateways), gateway_class))
        board.report(SOURCE, "", unserved)
        for collection in collections:
            for key, change in commit.deltas.get(collection.name, ()):
                board.report(SOURCE, f"{_KINDS[collection.name]} {key}", change.new or ())

    graph.subscribe(report, gateways, pipeline.roles, *collections)


def _class_name(gateway: Gateway) -> str:
    return gateway.class_name
