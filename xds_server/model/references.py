"""References of Gateways to Secrets and ConfigMaps, and what they lead to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from krt import Collection, Source
from xds_server.model.objects import Content, Gateway, ObjectKey, Reference, Stored


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
            "resolved": len(self.contents) - absent,
            "missing": absent,
            "pending": len(self.used) - len(self.contents),
        }
