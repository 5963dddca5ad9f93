"""What Gateways refer to: Secrets and ConfigMaps, of which only those are fetched that somebody names.

    gateways ─> used ───┬──────────────┐
    secrets, configmaps ┴> wanted ┄┄┄> fetched ─> contents        ┄┄┄ by who follows the API server

A reference without an output in `contents` is not known yet; that there is no such object is a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from krt import Collection, Context, Graph, Source
from xds_server.model.objects import Content, Gateway, ObjectKey, Reference, Stored
from xds_server.sources.kinds import REFERENCED


class Missing(Enum):
    """What a reference leads to, if not to content."""

    ABSENT = "absent"
    """There is no such object."""


ABSENT: Final = Missing.ABSENT


@dataclass(frozen=True, slots=True)
class References:
    """The collections, from who refers to what they get."""

    stored: Mapping[str, Source[ObjectKey, Stored]]
    """By plural kind. From an API server without content."""
    used: Collection[Reference, tuple[Gateway, ...]]
    """Who refers to it: never empty."""
    wanted: Collection[Reference, Stored]
    """Of which the content is to be fetched, as it is according to its metadata."""
    fetched: Source[Reference, Content]
    """By whoever follows `wanted`."""
    contents: Collection[Reference, Content | Missing]
    """What references lead to, as far as that is known."""

    def counts(self) -> Mapping[str, int]:
        """How many references lead to content, to nothing, and to what is not known yet."""
        absent = sum(1 for one in self.contents.values() if one is ABSENT)
        return {
            "known": len(self.contents) - absent,
            "absent": absent,
            "awaited": len(self.used) - len(self.contents),
        }


def build(graph: Graph, gateways: Collection[ObjectKey, Gateway]) -> References:
    """Derives, in *graph*, what *gateways* refer to. Nothing that is served waits for it yet."""
    stored: dict[str, Source[ObjectKey, Stored]] = {kind.plural: graph.source(kind.plural) for kind in REFERENCED}
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
