"""Derives what Gateways refer to: Secrets and ConfigMaps. The content of one is fetched only if a Gateway names it.

`stored` says which objects exist. `wanted_contents` has the objects whose content is still to be fetched; the provider
follows it and writes `fetched`. `contents` has what each reference leads to: the content, or ABSENT if there is no such
object. A reference that is missing in `contents` is not known yet.
"""

from collections.abc import Iterable

from krt import Collection, Context, Graph, Source
from xds_server.model.objects import Content, Gateway, ObjectKey, Reference, Stored
from xds_server.model.references import ABSENT, Missing, References


def derive_references(graph: Graph, gateways: Collection[ObjectKey, Gateway], plurals: Iterable[str]) -> References:
    """Derives what *gateways* refer to. *plurals*: plural names of the kinds. Nothing that is served waits for it yet."""
    stored: dict[str, Source[ObjectKey, Stored]] = {plural: graph.source(plural) for plural in plurals}
    fetched: Source[Reference, Content] = graph.source("fetched")
    used = gateways.index(lambda gateway: gateway.references, name="references").group(name="references")

    def object_to_fetch(ctx: Context, _: tuple[Gateway, ...]) -> Stored | None:
        found = ctx.get(stored[ctx.key.plural], ctx.key.key)
        return None if found is None or found.content is not None else found

    def content_of(ctx: Context, _: tuple[Gateway, ...]) -> Content | Missing | None:
        found = ctx.get(stored[ctx.key.plural], ctx.key.key)
        if found is None:
            return ABSENT
        return ctx.get(fetched, ctx.key) if found.content is None else found.content

    wanted = used.map(object_to_fetch, name="wanted_contents")
    contents: Collection[Reference, Content | Missing] = used.map(content_of, name="contents")
    fetched.mark_synced()  # `stored` tells an object that does not exist from one that is not fetched yet
    return References(stored, used, wanted, fetched, contents)
