"""Tools to test programs that use krt.

- `RecomputeLog` asserts which keys ran, and that no others did.
- `Tracker` asserts which changes a subscriber got, and that it got no others.
- `from_scratch` evaluates a graph without its caches and indexes, and `check_graph` compares the graph with that.
- `check_collection` runs the rules that every kind of collection keeps against your own kind.
"""

from krt.testing.conformance import RULES, Rig, check_collection
from krt.testing.oracle import check_graph, from_scratch
from krt.testing.recompute import RecomputeLog
from krt.testing.tracker import Tracker

__all__ = ["RULES", "RecomputeLog", "Rig", "Tracker", "check_collection", "check_graph", "from_scratch"]
