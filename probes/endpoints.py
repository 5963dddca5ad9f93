"""`/livez`, `/startupz`, `/readyz` and further pages, as a pure function from a request to a response."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from probes.cross_origin import Guard
from probes.gate import Gate, GateError
from probes.html import render_index
from probes.http import JSON, Page, Request, Response, plain
from probes.layer import Verdict
from probes.report import LayerReport, check_as_layer, exclude_checks, not_ready_reason, read_verdict
from probes.text_format import json_values, text_lines

_MAX_QUERY_FIELDS = 100
_READ = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    failing: str
    """How a plain answer begins if the probe fails."""
    layers: Callable[[float], Sequence[LayerReport]]
    """What it is made of, at this time on the gate's clock."""


class Endpoints:
    """The probes of a gate, and further pages; `/` lists them all.

    `/readyz` is the gate's last report; `/startupz` is one layer of it, so that a startup probe does not measure how
    long the rest takes; `/livez` is the liveness checks alone, which should never look beyond this process. Each
    answers 200 or 503. With `?verbose` it lists its layers and checks; `?exclude=` leaves out a layer or a
    `layer/check`, and may be repeated; `/readyz/layer` and `/readyz/layer/check` ask for a part; JSON is given for
    `?format=json` or `Accept: application/json`.

    May be called by many threads at once, if liveness checks and pages may.
    Raises: GateError, if the gate has no layer of the name *started*.
    """

    def __init__(
        self,
        gate: Gate,
        *,
        liveness: Mapping[str, Callable[[], Verdict]] | None = None,
        started: str = "",
        title: str = "probes",
        guard: Guard | None = None,
    ) -> None:
        """*started* names the layer behind `/startupz`: the first, if it is not given.

        *guard* knows the names of this host: by default those that can be no others'.
        """
        names = [layer.name for layer in gate.layers]
        started = started or names[0]
        if started not in names:
            raise GateError(
                f"startupz is to be layer {started!r}, which the gate has not: take one of {', '.join(names)}"
            )
        self._gate = gate
        self._title = title
        self._guard = guard or Guard()
        self._liveness = dict(liveness or {})
        self._probes = {
            probe.name: probe
            for probe in (
                _Probe("livez", "not alive", self._alive),
                _Probe(
                    "startupz",
                    "not started",
                    lambda _now: [each for each in gate.report.layers if each.name == started],
                ),
                _Probe("readyz", "not ready", lambda _now: gate.report.layers),
            )
        }
        self._pages: dict[str, Page] = {}
        self._methods: dict[str, tuple[str, ...]] = {}
        self._about: dict[str, str] = {
            "/livez": "whether the process should be left to run",
            "/startupz": f"whether it has started (layer {started})",
            "/readyz?verbose": "whether it is ready, and if not, why",
        }

    def page(self, prefix: str, page: Page, *, about: str, methods: tuple[str, ...] = _READ) -> None:
        """Answers requests for *prefix* and below with *page*; *about* says in the index what it shows.

        *methods* are those that it answers; the body of a request is not read, so what a POST has to say is its query.
        Over the network, a method other than GET and HEAD needs the field `X-Requested-By`: see `Guard`.

        Raises: ValueError, if the prefix does not begin with a slash, ends with one, or is taken.
        """
        if not prefix.startswith("/") or prefix.endswith("/"):
            raise ValueError(f"page {prefix!r}: a prefix begins with '/' and does not end with it")
        if prefix in self._pages or prefix[1:] in self._probes:
            raise ValueError(f"page {prefix!r} is there already: choose another prefix")
        self._pages[prefix] = page
        self._methods[prefix] = methods
        self._about[prefix] = about

    def quick(self, path: str) -> bool:
        """Whether the answer is only read from the last report, so that it need not be made in a thread of its own."""
        return not self._prefix_at(path)

    def respond(
        self, method: str, path: str, query: str = "", accept: str = "", *, fields: Mapping[str, str] | None = None
    ) -> Response:
        """The answer to a request. *query* is what follows the question mark.

        *fields* are those of a request that came over the network, by lower-case name: one that a page of another site
        may have sent is refused, except that a probe is answered in one word. None: it comes from within, and is trusted.
        """
        name, _, part = path.strip("/").partition("/")
        refused = None if fields is None else self._guard.refusal(method, fields)
        if refused is not None and (name not in self._probes or method not in _READ):
            return refused
        prefix = self._prefix_at(path)
        allowed = self._methods.get(prefix, _READ)
        if method not in allowed:
            text = f"only {' and '.join(allowed)} {'is' if len(allowed) == 1 else 'are'} answered here"
            return replace(plain(text, 405), headers=(("Allow", ", ".join(allowed)),))
        try:
            asked = parse_qs(query, keep_blank_values=True, max_num_fields=_MAX_QUERY_FIELDS)
        except ValueError as error:
            return plain(f"the query cannot be read: {error}", 400)
        request = Request(method=method, path=path, query=asked, accept=accept)
        if name in self._probes:
            answer = self._probed(self._probes[name], part, request)
            return answer if refused is None else _in_a_word(answer)
        if prefix:
            return self._pages[prefix](request)
        if path == "/":
            return render_index(self._title, self._gate.report, self._about, self._gate.clock())
        return plain(f"nothing is at {path}: there are {', '.join(self._about)}", 404)

    def _prefix_at(self, path: str) -> str:
        """The longest prefix of a page at that path; "" if there is no page."""
        found = [prefix for prefix in self._pages if path == prefix or path.startswith(f"{prefix}/")]
        return max(found, key=len, default="")

    def _alive(self, now: float) -> Sequence[LayerReport]:
        layers = []
        for name, check in self._liveness.items():
            status, reason = read_verdict(check())
            layers.append(LayerReport(name=name, status=status, reason=reason, since=now))
        return layers

    def _probed(self, probe: _Probe, part: str, request: Request) -> Response:
        now = self._gate.clock()
        layers = probe.layers(now)
        if part:
            names = _names(layers)
            layers = _part(layers, part)
            if not layers:
                return plain(f"{probe.name} has no check {part}: there are {', '.join(names) or 'none'}", 404)
        excluded = frozenset(request.query.get("exclude", ()))
        unknown = sorted(excluded.difference(_names(layers)))
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
            return Response(status=status, content_type=JSON, body=json.dumps(document, indent=2).encode() + b"\n")
        warnings = [f"warn: exclude={name!r} leaves out nothing: no check has that name" for name in unknown]
        if "verbose" in request.query:
            verdict = f"{probe.name} check {'passed' if passed else 'failed'}"
            return plain("\n".join([*text_lines(layers, excluded, now), *warnings, verdict]), status)
        return plain(
            "\n".join(["ok" if passed else f"{probe.failing}: {not_ready_reason(counted)}", *warnings]), status
        )


def _in_a_word(answer: Response) -> Response:
    """The status alone: whoever asked may be a page of another site, and need not know why."""
    return plain("ok" if answer.status == 200 else "failed", answer.status)  # noqa: PLR2004


def _names(layers: Sequence[LayerReport]) -> list[str]:
    names = []
    for layer in layers:
        names.append(layer.name)
        names.extend(f"{layer.name}/{check.name}" for check in layer.checks)
    return names


def _part(layers: Sequence[LayerReport], name: str) -> list[LayerReport]:
    whole = [layer for layer in layers if layer.name == name]
    return whole or [
        check_as_layer(layer, check)
        for layer in layers
        for check in layer.checks
        if f"{layer.name}/{check.name}" == name
    ]
