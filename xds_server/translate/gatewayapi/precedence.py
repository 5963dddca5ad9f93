"""In which order the routes of a domain are tried: Envoy takes the first that matches."""

from collections.abc import Iterable, Iterator
from typing import Final

from xds_server.model.objects import Match, PathType
from xds_server.model.routing import Entry, Rank, ResolvedRoute

_AFTER_ALL_ROUTES: Final = "~"
_MOST_ERRORS: Final = 8
_LONGEST_PATH: Final = 64
_SEGMENTS: Final = (3, 2, 1, 0)
_ORDER: Final[dict[PathType, int]] = {"Exact": 0, "RegularExpression": 1, "StringPrefix": 2, "PathPrefix": 2}


def ranked(route: ResolvedRoute) -> list[tuple[Rank, Entry]]:
    """The matches of a route, each with its rank among all matches of routes with the same hostname.

    The lowest rank is tried first. As the Gateway API has it: exact path, longest prefix, method, number of headers, oldest
    route, its name, place in the route. More specific hostnames come before all of that: `hostnames.wider`.
    Source: Gateway API v1, HTTPRouteRule.matches.
    """
    return [
        ((*_match_rank(match), route.created, route.key, i, j), Entry(match, rule.targets))
        for i, rule in enumerate(route.rules)
        for j, match in enumerate(rule.matches)
    ]


def errors(routes: Iterable[ResolvedRoute]) -> list[tuple[Rank, Entry]]:
    """Few and short entries that answer 500 for routes which are left out of a hostname.

    Without them, their requests would go to wider routes, past whatever these routes are there for. They take the paths of the
    routes, whatever the headers; longer paths, and older routes of the same path, are tried before.
    """
    matches = (match for route in routes for rule in route.rules for match in rule.matches)
    return [
        ((*_match_rank(match), _AFTER_ALL_ROUTES, "", 0, j), Entry(match, ()))
        for j, match in enumerate(_covering(matches))
    ]


def _covering(matches: Iterable[Match]) -> list[Match]:
    """At most eight short matches, by path alone, that match whatever one of *matches* does."""
    paths = {(match.path_type, match.path) for match in matches}
    if len(paths) <= _MOST_ERRORS and all(len(path) <= _LONGEST_PATH for _, path in paths):
        return [Match(path_type=kind, path=path) for kind, path in sorted(paths)]
    for segments in _SEGMENTS:
        prefixes = {_shortened(kind, path, segments) for kind, path in paths}
        if len(prefixes) <= _MOST_ERRORS and all(len(path) <= _LONGEST_PATH for path in prefixes):
            break
    return [Match(path=path) for path in sorted(prefixes)]


def _shortened(kind: str, path: str, segments: int) -> str:
    """A prefix of whole segments, so many at most, that matches whatever *path* does."""
    whole = path.split("/")[1:] if kind != "RegularExpression" else []  # what that begins with is not known here
    if kind not in ("Exact", "PathPrefix"):
        whole = whole[:-1]  # the last one may be the beginning of a longer one
    return f"/{'/'.join(whole[:segments])}"


def _match_rank(match: Match) -> tuple[int, int, bool, bool, int, int]:
    # Where regular expressions stand is left open; here they answer an error only, so they come before what is wider.
    length = len(match.path.rstrip("/")) if match.path_type != "RegularExpression" else 0
    # Of equal lengths, what answers an error comes first: it may stand for what would be tried before the others.
    path = (_ORDER[match.path_type], -length, match.path_type != "StringPrefix")
    return (*path, not match.method, -len(match.headers), -len(match.query))


def in_order(lines: Iterable[Iterable[tuple[Rank, bytes]]]) -> Iterator[bytes]:
    """What was ranked, of several routes, in the order in which it is tried."""
    return (encoded for _, encoded in sorted(line for those in lines for line in those))
