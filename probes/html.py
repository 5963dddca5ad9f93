"""The index page in plain HTML: the state of the layers, and links to the other pages."""

from collections.abc import Iterator, Mapping
from html import escape

from probes.http import HTML, HttpResponse
from probes.report import LayerReport, Report, Status

_SECONDS_BELOW = 120
_UNITS = ((7200, 60, "min"), (172800, 3600, "h"))

_STYLE = """
:root { color-scheme: light dark; --good: #137333; --soon: #9a6700; --bad: #b3261e; --quiet: #6b7280; --line: #8883; }
@media (prefers-color-scheme: dark) { :root { --good: #6dd58c; --soon: #f0c24b; --bad: #ff8a80; --quiet: #9ca3af; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; } td { padding: .25rem .75rem .25rem 0; vertical-align: top; border-top: 1px solid var(--line); }
td:first-child { white-space: nowrap; } td.time { text-align: right; padding-right: 0; white-space: nowrap; font-variant-numeric: tabular-nums; }
tr.check td { border-top: 0; padding-top: 0; } tr.check td:first-child { padding-left: 1.25rem; }
.passed { color: var(--good); } .degraded, .waiting { color: var(--soon); } .failed { color: var(--bad); } .blocked, .time, .about { color: var(--quiet); }
"""


def render_index(title: str, report: Report, pages: Mapping[str, str], now: float) -> HttpResponse:
    """The index page: the layers of *report*, and *pages* (path to description). Reloads itself until ready.

    Units: *now* is in seconds on the gate's clock.
    """
    state, reason = ("ready", "") if report.ready else ("not ready", report.reason)
    body = "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}: {state}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "" if report.ready else '<meta http-equiv="refresh" content="1">',
            f"<style>{_STYLE}</style></head><body>",
            f'<h1>{escape(title)} is <span class="{"passed" if report.ready else "waiting"}">{state}</span></h1>',
            f'<p class="about">{escape(reason) or f"for {_duration(now - report.since)}"}</p>',
            "<h2>Layers</h2><table>",
            *(row for layer in report.layers for row in _rows(layer, now)),
            "</table><h2>Pages</h2><table>",
            *(
                f'<tr><td><a href="{escape(path)}">{escape(path)}</a></td><td class="about">{escape(about)}</td></tr>'
                for path, about in pages.items()
            ),
            "</table></body></html>",
            "",
        ]
    )
    policy = ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
    return HttpResponse(content_type=HTML, body=body.encode(), headers=(policy,))


def _rows(layer: LayerReport, now: float) -> Iterator[str]:
    took = f"took {_duration(layer.took_seconds)}" if layer.took_seconds is not None else ""
    # The rows of the checks give the reasons, so the layer's own row needs one only if it has no checks or is blocked.
    reason = layer.reason if not layer.checks or layer.status is Status.BLOCKED else ""
    yield _row("layer", f"<b>{escape(layer.name)}</b>", layer.status, reason, took)
    for check in layer.checks:
        age = "" if layer.status is Status.BLOCKED else f"for {_duration(now - check.since)}"
        yield _row("check", escape(check.name), check.status, check.reason, age)


def _row(kind: str, name: str, status: Status, reason: str, time: str) -> str:
    return f'<tr class="{kind}"><td>{name}</td><td class="{status}">{status}</td><td>{escape(reason)}</td><td class="time">{time}</td></tr>'


def _duration(seconds: float) -> str:
    """*seconds* in the unit that suits them: `0.24 s`, `12.50 s`, `3 min`, `5 h`, `2 d`."""
    if seconds < _SECONDS_BELOW:
        return f"{seconds:.2f} s"
    for limit, unit, name in _UNITS:
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86400:.0f} d"
