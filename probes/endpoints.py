"""`/livez`, `/startupz`, `/readyz` and further pages, as a pure function from a request to a response."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from probes.cross_origin import CrossOriginProtection
from probes.gate import Gate, GateError
from probes.html import render_index
from probes.http import JSON, HttpRequest, HttpResponse, Page, text_response
from probes.layer import Verdict
from probes.report import LayerReport, check_as_layer, exclude_checks, not_ready_reason, read_verdict
from probes.text_format import json_values, text_lines

_MAX_QUERY_FIELDS = 100
_READ_METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    failure: str
    """The first words of a plain answer if the probe fails."""
    layers: Callable[[float], Sequence[LayerReport]]
    """The layers that decide, given the time on the gate's clock."""


@dataclass(frozen=True, slots=True)
class _AddedPage:
    page: Page
    methods: tuple[str, ...]


class Endpoints:
    """The probes of a gate, and further pages. `/` lists them all.

    - `/readyz` reports the gate's last evaluation.
    - `/startupz` reports one layer of it, so that a startup probe does not have to wait for the others.
    - `/livez` reports the liveness checks alone. They should never depend on anything outside this process.

    Each answers 200 or 503. `?verbose` lists layers and checks. `?exclude=` leaves out a layer or a `layer/check`, and may
    be repeated. `/readyz/layer` and `/readyz/layer/check` report one part. `?format=json` and `Accept: application/json`
    select JSON.

    Threads may call `respond` at the same time, if the liveness checks and pages allow that.
    """

    def __init__(
        self,
        gate: Gate,
        *,
        liveness: Mapping[str, Callable[[], Verdict]] | None = None,
        startup_layer: str = "",
        title: str = "probes",
        cross_origin: CrossOriginProtection | None = None,
    ) -> None:
        """*liveness* has the checks of `/livez` by name; without any, it always passes.

        *startup_layer* is the layer of `/startupz`; the default is the first. *title* is the heading of `/`.
        Raises: GateError, if the gate does not have *startup_layer*.
        """
        names = [layer.name for layer in gate.layers]
        startup_layer = startup_layer or names[0]
        if startup_layer not in names:
            raise GateError(
                f"startup_layer {startup_layer!r} is not a layer of the gate: choose one of {', '.join(names)}"
            )
        self._gate = gate
        self._title = title
        self._cross_origin = cross_origin or CrossOriginProtection()
        self._liveness = dict(liveness or {})
        self._startup_layer = startup_layer
        self._probes = {
            probe.name: probe
            for probe in (
                _Probe("livez", "not alive", self._liveness_layers),
                _Probe("startupz", "not started", self._startup_layers),
                _Probe("readyz", "not ready", lambda _now: gate.report.layers),
            )
        }
        self._pages: dict[str, _AddedPage] = {}
        self._descriptions: dict[str, str] = {
            "/livez": "whether the process should be left to run",
            "/startupz": f"whether the process has started (layer {startup_layer})",
            "/readyz?verbose": "whether the process is ready, and if not, why",
        }

    def add_page(self, prefix: str, page: Page, *, description: str, methods: tuple[str, ...] = _READ_METHODS) -> None:
        """Has *page* answer requests for *prefix* and all paths below it. The page with the longest prefix wins.

        *description* is shown at `/`. *methods* are the methods that the page answers. A request has no body: a POST gives its
        arguments in the query string. Over the network, a method other than GET and HEAD needs the header
        `X-Requested-By` (see `CrossOriginProtection`).

        Raises: ValueError, if *prefix* does not begin with a slash, ends with one, or is taken.
        """
        if not prefix.startswith("/") or prefix.endswith("/"):
            raise ValueError(f"page {prefix!r}: begin the prefix with '/', and do not end it with '/'")
        if prefix in self._pages or prefix[1:] in self._probes:
            raise ValueError(f"page {prefix!r} exists already: choose another prefix")
        self._pages[prefix] = _AddedPage(page, methods)
        self._descriptions[prefix] = description

    def needs_thread(self, path: str) -> bool:
        """Whether the server should answer *path* in a thread of its own: pages may be slow, probes and the index are not."""
        return bool(self._find_prefix(path))

    def respond(
        self, method: str, path: str, query: str = "", accept: str = "", *, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Answers a request. *query* is what follows the question mark, still encoded.

        *headers* are those of a request from the network, keyed by lower-case name; a request that may come from a page of
        another site is then refused, except that a probe answers it with its status alone. None: the caller is trusted.
        """
        name, _, part = path.strip("/").partition("/")
        refusal = None if headers is None else self._cross_origin.check_request(method, headers)
        if refusal is not None and (name not in self._probes or method not in _READ_METHODS):
            return refusal
        prefix = self._find_prefix(path)
        allowed = self._pages[prefix].methods if prefix else _READ_METHODS
        if method not in allowed:
            response = text_response(f"{method} is not allowed at {path}: use {' or '.join(allowed)}", 405)
            return replace(response, headers=(("Allow", ", ".join(allowed)),))
        try:
            parsed_query = parse_qs(query, keep_blank_values=True, max_num_fields=_MAX_QUERY_FIELDS)
        except ValueError as error:
            return text_response(f"the query string is invalid ({error}): send at most {_MAX_QUERY_FIELDS} fields", 400)
        request = HttpRequest(method=method, path=path, query=parsed_query, accept=accept)
        if name in self._probes:
            response = self._respond_probe(self._probes[name], part, request)
            return response if refusal is None else _status_only(response)
        if prefix:
            return self._pages[prefix].page(request)
        if path == "/":
            return render_index(self._title, self._gate.report, self._descriptions, self._gate.clock())
        return text_response(f"there is nothing at {path}: try {', '.join(self._descriptions)}", 404)

    def _find_prefix(self, path: str) -> str:
        """The longest prefix of a page that *path* is at or below; "" if there is none."""
        prefixes = [prefix for prefix in self._pages if path == prefix or path.startswith(f"{prefix}/")]
        return max(prefixes, key=len, default="")

    def _liveness_layers(self, now: float) -> Sequence[LayerReport]:
        layers = []
        for name, check in self._liveness.items():
            status, reason = read_verdict(check())
            layers.append(LayerReport(name=name, status=status, reason=reason, since=now))
        return layers

    def _startup_layers(self, _now: float) -> Sequence[LayerReport]:
        return [layer for layer in self._gate.report.layers if layer.name == self._startup_layer]

    def _respond_probe(self, probe: _Probe, part: str, request: HttpRequest) -> HttpResponse:
        now = self._gate.clock()
        layers = probe.layers(now)
        if part:
            names = _check_names(layers)
            layers = _select_part(layers, part)
            if not layers:
                return text_response(f"{probe.name} has no check {part}: there are {', '.join(names) or 'none'}", 404)
        excluded = frozenset(request.query.get("exclude", ()))
        unknown = sorted(excluded.difference(_check_names(layers)))
        counted = exclude_checks(layers, excluded)
        passed = all(layer.status.ok for layer in counted)
        status = 200 if passed else 503
        if request.wants_json:
            document = {
                "name": probe.name,
                "passed": passed,
                "reason": not_ready_reason(counted),
                "unknown_excluded": unknown,
                "layers": json_values(counted, now),
            }
            return HttpResponse(status=status, content_type=JSON, body=json.dumps(document, indent=2).encode() + b"\n")
        warnings = [f"warn: exclude={name!r} has no effect: no check has that name" for name in unknown]
        if "verbose" in request.query:
            verdict = f"{probe.name} check {'passed' if passed else 'failed'}"
            return text_response("\n".join([*text_lines(layers, excluded, now), *warnings, verdict]), status)
        answer = "ok" if passed else f"{probe.failure}: {not_ready_reason(counted)}"
        return text_response("\n".join([answer, *warnings]), status)


def _status_only(response: HttpResponse) -> HttpResponse:
    """The same status without the reasons, because a page of another site may read it."""
    return text_response("ok" if response.status == 200 else "failed", response.status)  # noqa: PLR2004


def _check_names(layers: Sequence[LayerReport]) -> list[str]:
    names = []
    for layer in layers:
        names.append(layer.name)
        names.extend(f"{layer.name}/{check.name}" for check in layer.checks)
    return names


def _select_part(layers: Sequence[LayerReport], name: str) -> list[LayerReport]:
    """The layer, or the check as a layer, of that name; nothing if there is none."""
    selected = [layer for layer in layers if layer.name == name]
    return selected or [
        check_as_layer(layer, check)
        for layer in layers
        for check in layer.checks
        if f"{layer.name}/{check.name}" == name
    ]
