"""Derived collections that know when they are complete.

A program writes sources in transactions. Before a transaction returns, krt updates everything that is derived from
them: each key once, at the cost of what the change touches. A collection is `synced` when everything that it is
derived from is, so that "complete" is a fact to ask for.

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

from krt.collection import Collection, Context, Index
from krt.counters import Counters
from krt.delta import Change, Commit, Delta
from krt.errors import (
    ClosedError,
    ContextExpiredError,
    DuplicateKeyError,
    DuplicateNameError,
    KeepPrevious,
    KeyTypeError,
    KrtError,
    LivelockError,
    OutputTypeError,
    RankError,
    SubscriberError,
    TransformError,
    UntrackedReadError,
    WriteError,
)
from krt.failures import Failure
from krt.graph import Graph
from krt.introspect import Explanation, explain, record, to_json, to_mermaid
from krt.recorder import Record, Run
from krt.reflector import Reflector
from krt.scope import Scope
from krt.source import Source
from krt.subscription import Subscription
from krt.transform import Singleton
from krt.view import View

__all__ = [
    "Change",
    "ClosedError",
    "Collection",
    "Commit",
    "Context",
    "ContextExpiredError",
    "Counters",
    "Delta",
    "DuplicateKeyError",
    "DuplicateNameError",
    "Explanation",
    "Failure",
    "Graph",
    "Index",
    "KeepPrevious",
    "KeyTypeError",
    "KrtError",
    "LivelockError",
    "OutputTypeError",
    "RankError",
    "Record",
    "Reflector",
    "Run",
    "Scope",
    "Singleton",
    "Source",
    "SubscriberError",
    "Subscription",
    "TransformError",
    "UntrackedReadError",
    "View",
    "WriteError",
    "explain",
    "record",
    "to_json",
    "to_mermaid",
]
