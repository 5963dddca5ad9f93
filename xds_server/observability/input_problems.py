"""Reports problems between objects, beside those within one object.

Each is reported by the change that causes it, and withdrawn by the change that fixes it.
"""

from krt import Commit, Graph
from xds_server.providers.sync_tracker import SyncTracker
from xds_server.translate.gatewayapi.problems import SOURCE, of_nobody
from xds_server.translate.pipeline import Pipeline


def report_problems(graph: Graph, pipeline: Pipeline, tracker: SyncTracker, *, gateway_class: str) -> None:
    """Has every commit of *graph* report the pipeline's problems to *tracker*, and whether there is no Gateway of *gateway_class*."""
    gateways, problems = pipeline.sources["gateways"], pipeline.problems
    reported = (("Gateway", problems.gateways), ("HTTPRoute", problems.routes))

    def report(commit: Commit) -> None:
        if not commit.deltas and gateways.name not in commit.synced:
            return
        unserved = () if pipeline.roles or not gateways.synced else tuple(of_nobody(len(gateways), gateway_class))
        tracker.set_problems(SOURCE, "", unserved)
        for kind, collection in reported:
            for key, change in commit.deltas.get(collection.name, ()):
                tracker.set_problems(SOURCE, f"{kind} {key}", change.new or ())

    graph.subscribe(report, gateways, pipeline.roles, problems.gateways, problems.routes)
