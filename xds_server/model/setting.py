"""How a room declares that a field of its configuration is a setting: `Annotated[float, seconds("How long ...")]`.

A field without such a declaration is a constant for users; tests may still give it another value. The default of a setting
is the default of its field. Flags, environment variables, the keys of the configuration file, the JSON Schema and
docs/settings.md all follow from the declaration.
"""

from dataclasses import dataclass
from typing import Final

MAX_SECONDS: Final = 2_000_000
"""23 days: as milliseconds, it fits into the 32 bits that gRPC has for them."""
MIN_POSITIVE: Final = 0.001
"""The smallest duration, and the smallest rate per second, that is not 0."""


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that a setting may have, both ends included."""

    min: float
    max: float
    or_zero: bool = False
    """Whether 0 is allowed although it is less than `min`."""
    unit: str = ""
    """As in "seconds"; empty for a plain number."""

    def __contains__(self, number: float) -> bool:
        return self.min <= number <= self.max or (self.or_zero and number == 0)


@dataclass(frozen=True, slots=True)
class Items:
    """What the items of a list look like."""

    pattern: str
    """A regular expression that matches a whole item."""
    advice: str
    """What to give instead of an item that does not match, as in `give names of hosts, as in a.example`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Declares a setting."""

    help: str
    """One sentence or two, for --help and docs/settings.md."""
    range: Range | None = None
    """Of a number."""
    items: Items | None = None
    """Of a list."""
    shown_default: str = ""
    """What stands in the help for a default that is computed later, such as "all"."""
    experiment: bool = False
    """An experiment is an environment variable only: it has no flag, no key in the file, and no documentation."""


def seconds(text: str, *, min: float = MIN_POSITIVE, max: float = MAX_SECONDS) -> Setting:  # noqa: A002 - as in Range
    """Declares a duration in seconds."""
    return Setting(text, Range(min, max, min > 0, "seconds"))


def number(text: str, min: float, max: float, *, or_zero: bool = False) -> Setting:  # noqa: A002 - as in Range
    """Declares a number."""
    return Setting(text, Range(min, max, or_zero))
