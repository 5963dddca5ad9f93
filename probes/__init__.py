"""Readiness that says why: ordered layers of named checks, and the probes that show them.

A gate asks its layers in order, and is ready when all have passed. What start-up has once established stays so.

>>> from probes import Gate, Layer, Passed, Waiting
>>> listed = {"services": Passed("12 objects"), "routes": Waiting("listing, 400 so far")}
>>> gate = Gate(Layer("base", lambda: {"settings": Passed()}), Layer("sources", lambda: listed), clock=lambda: 0.0)
>>> gate.evaluate().ready
False
>>> gate.report.reason
'sources: waiting for routes (listing, 400 so far)'
>>> listed["routes"] = Passed()
>>> gate.evaluate().ready
True

`Endpoints(gate)` answers `/livez`, `/startupz` and `/readyz`, and `serve(endpoints, "127.0.0.1", 18080)` puts them on
a port, in threads of their own. `probes.metrics`, which needs prometheus_client, exports the gate's state.
"""

from probes.connection_table import ConnectionLimits, ConnectionTable
from probes.cross_origin import CrossOriginProtection
from probes.endpoints import Endpoints
from probes.gate import Clock, Gate, GateError, Transition
from probes.heartbeat import Heartbeat
from probes.http import HttpRequest, HttpResponse, Page
from probes.layer import Degraded, Failed, Layer, Passed, Verdict, Waiting
from probes.report import CheckReport, LayerReport, Report, Status
from probes.server import AddressInUseError, HttpServer, ListenError, serve

__all__ = [
    "AddressInUseError",
    "CheckReport",
    "Clock",
    "ConnectionLimits",
    "ConnectionTable",
    "CrossOriginProtection",
    "Degraded",
    "Endpoints",
    "Failed",
    "Gate",
    "GateError",
    "Heartbeat",
    "HttpRequest",
    "HttpResponse",
    "HttpServer",
    "Layer",
    "LayerReport",
    "ListenError",
    "Page",
    "Passed",
    "Report",
    "Status",
    "Transition",
    "Verdict",
    "Waiting",
    "serve",
]
