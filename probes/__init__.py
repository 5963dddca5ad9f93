"""Readiness that says why: ordered layers of named checks, and the HTTP probes that report them.

A `Gate` evaluates its layers in order and is ready when all have passed. A layer that has passed once stays passed.

>>> from probes import Endpoints, Failed, Gate, Layer, Passed, Waiting
>>> sources = {"services": Passed("12 objects"), "routes": Waiting("listing, 400 so far")}
>>> gate = Gate(Layer("base", lambda: {"settings": Passed()}), Layer("sources", lambda: sources), clock=lambda: 0.0)
>>> gate.evaluate().ready
False
>>> gate.report.reason
'sources: waiting for routes (listing, 400 so far)'
>>> sources["routes"] = Passed("1000 objects")
>>> gate.evaluate().ready
True

`Endpoints` answers `/livez`, `/startupz` and `/readyz` without any I/O:

>>> sources["routes"] = Failed("connection lost")
>>> gate.evaluate().ready
True
>>> print(Endpoints(gate).respond("GET", "/readyz", "verbose").body.decode(), end="")
[+]base ok, took 0.00 s
[+]base/settings ok
[!]sources degraded, took 0.00 s
[+]sources/services ok (12 objects)
[!]sources/routes degraded: connection lost
readyz check passed

`serve(endpoints, "127.0.0.1", 18080)` puts them on a port, in a thread of its own. `probes.metrics` exports a gate to
Prometheus; it needs prometheus_client. docs/probes.md goes through all of it; examples/02_readiness is a whole program.
"""

from probes.connection_table import ConnectionLimits, ConnectionTable
from probes.cross_origin import CrossOriginProtection
from probes.endpoints import Endpoints
from probes.gate import Clock, Gate, GateError, Transition
from probes.heartbeat import Heartbeat
from probes.http import HttpRequest, HttpResponse, Page, text_response
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
    "text_response",
]
