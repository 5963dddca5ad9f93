"""What Gateways refer to: Secrets and ConfigMaps, of which only those are fetched that somebody names.

    gateways ─> used ───┬──────────────┐
    secrets, configmaps ┴> wanted ┄┄┄> fetched ─> contents        ┄┄┄ by who follows the API server

A reference without an output in `contents` is not known yet; that there is no such object is a value.
"""

from collections.abc import Iterable

from krt import Collection, Context, Graph, Source
from xds_server.model.objects import Content, Gateway, ObjectKey, Reference, Stored
from xds_server.model.references import ABSENT, Missing, References


def build(graph: Graph, gateways: Collection[ObjectKey, Gateway], plurals: Iterable[str]) -> References:
    """Derives, in *graph*, what *gateways* refer to, of kinds by their plural name. Nothing that is served waits for it yet."""
    stored: dict[str, Source[ObjectKey, Stored]] = {plural: graph.source(plural) for plural in plurals}
    fetched: Source[Reference, Content] = graph.source("fetched")
    used = gateways.index(lambda gateway: gateway.references, name="references").group(name="references")

    def to_fetch(ctx: Context, _: tuple[Gateway, ...]) -> Stored | None:
        found = ctx.get(stored[ctx.key.plural], ctx.key.key)
        return None if found is None or found.content is not None else found

    def content(ctx: Context, _: tuple[Gateway, ...]) -> Content | Missing | None:
        found = ctx.get(stored[ctx.key.plural], ctx.key.key)
        if found is None:
            return ABSENT
        return ctx.get(fetched, ctx.key) if found.content is None else found.content

    wanted = used.map(to_fetch, name="wanted_contents")
    contents: Collection[Reference, Content | Missing] = used.map(content, name="contents")
    fetched.mark_synced()  # what is not in it is told from what is not there by `stored`
    return References(stored, used, wanted, fetched, contents)
