"""Tools for testing what is built on krt. They are as public as krt itself.

- `RecomputeLog`: which keys ran, and nothing else did.
- `Tracker`: which changes a subscriber was told of, and that it was told of nothing else.
- `from_scratch` and `check_graph`: what a graph must hold by an evaluation that uses none of its bookkeeping.
- `check_collection`: the rules that every kind of collection keeps, run against yours.
"""

from krt.testing.conformance import RULES, Rig, check_collection
from krt.testing.oracle import check_graph, from_scratch
from krt.testing.recompute import RecomputeLog
from krt.testing.tracker import Tracker

__all__ = ["RULES", "RecomputeLog", "Rig", "Tracker", "check_collection", "check_graph", "from_scratch"]
