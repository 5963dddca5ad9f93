"""In which order the routes of a domain are tried: Envoy takes the first that matches."""

from collections.abc import Iterable

from xds_server.model.objects import Match
from xds_server.model.routing import Attachment, Entry
from xds_server.translate.hostnames import specificity


def entries(attachments: Iterable[Attachment]) -> list[Entry]:
    """The matches of all routes at a domain, in the order of precedence.

    The more specific hostname first; then as the Gateway API has it: exact path, longest prefix, method,
    number of headers, oldest route, its name, place in the route.
    Source: Gateway API v1, HTTPRouteRule.matches.
    """
    ranked = [
        (
            (*_host_rank(attachment), *_match_rank(match), attachment.route.created, attachment.route.key, i, j),
            match,
            rule,
            attachment.route.key,
        )
        for attachment in attachments
        for i, rule in enumerate(attachment.route.rules)
        for j, match in enumerate(rule.matches)
    ]
    ranked.sort(key=lambda row: row[0])
    return [Entry(match, rule.targets, key) for _, match, rule, key in ranked]


def _host_rank(attachment: Attachment) -> tuple[bool, int]:
    exact, length = specificity(attachment.domain[3])
    return (not exact, -length)


def _match_rank(match: Match) -> tuple[bool, int, bool, bool, int, int]:
    length = len(match.path.rstrip("/"))
    # Of equal lengths, what answers an error comes first: it may stand for what would be tried before the others.
    path = (match.path_type != "Exact", -length, match.path_type != "StringPrefix")
    return (*path, not match.method, -len(match.headers), -len(match.query))
