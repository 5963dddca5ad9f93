"""Derived collections that know when they are complete.

Sources are written in transactions; everything that is derived from them is brought up to date before
the transaction returns, each key once, each change at the cost of what it touches. A collection is
`synced` when all that it was made from is, so "complete" is a fact that can be asked for.

    graph = krt.Graph()
    pods = graph.source("pods")
    by_app = pods.index(lambda pod: [pod.app], name="app")
    services = graph.source("services")
    addresses = services.map(lambda ctx, s: tuple(p.ip for p in ctx.lookup(by_app, s.app)), name="addresses")

    services.replace({"web": Service(app="web")})
    addresses.synced, addresses.pending      # False, {"pods"}: unknown is not empty
    pods.replace({})
    addresses["web"]                         # (): known to be empty
"""

from krt.collection import Collection, Source
from krt.context import Context
from krt.delta import Change, Delta, Failure
from krt.errors import (
    ContextExpiredError,
    DuplicateKeyError,
    DuplicateNameError,
    KeepPrevious,
    KrtError,
    RankError,
    TransformError,
    UntrackedReadError,
    WriteError,
)
from krt.graph import Commit, Graph, Subscription
from krt.index import Index
from krt.reflector import Reflector

__all__ = [
    "Change",
    "Collection",
    "Commit",
    "Context",
    "ContextExpiredError",
    "Delta",
    "DuplicateKeyError",
    "DuplicateNameError",
    "Failure",
    "Graph",
    "Index",
    "KeepPrevious",
    "KrtError",
    "RankError",
    "Reflector",
    "Source",
    "Subscription",
    "TransformError",
    "UntrackedReadError",
    "WriteError",
]
