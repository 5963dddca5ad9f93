"""What is reported of the start: where the time went, and, if it takes long, what it waits for."""

from collections.abc import Iterable, Mapping

from xds_server.model.source_state import SourceState

_PHASES = (
    ("base", "start"),
    ("sources", "list"),
    ("derived", "derive"),
    ("snapshots", "publish"),
    ("parity", "parity"),
    ("serving", "serve"),
)
_THOUSAND = 1000


def summary(phases: Mapping[str, float], sources: Iterable[SourceState]) -> str:
    """One line: `ready in 7.4 s: list 3.1, derive 2.8, publish 0.1; slowest endpointslices, 3.1 s, 41k objects`.

    *phases*: seconds by layer. Phases below a tenth of a second are left out.
    """
    parts = [f"{word} {phases[layer]:.1f}" for layer, word in _PHASES if phases.get(layer, 0.0) >= 0.05]  # noqa: PLR2004 - what is shown as 0.0
    text = f"ready in {sum(phases.values()):.1f} s"
    if parts:
        text += f": {', '.join(parts)}"
    listed = [source for source in sources if source.sync_seconds is not None]
    if listed:
        slowest = max(listed, key=lambda source: source.sync_seconds or 0.0)
        text += f"; slowest {slowest.kind}, {slowest.sync_seconds:.1f} s, {_count(slowest.objects)} objects"
    return text


class SoftDeadline:
    """A deadline that passes again every *seconds*, counted from *started*. 0 seconds: never. Nothing ends when it passes."""

    def __init__(self, seconds: float, started: float) -> None:
        self._seconds = seconds
        self._next = started + seconds
        self._objects = -1

    def passed(self, now: float) -> bool:
        """Whether the deadline has passed again since the last call that returned true."""
        if not self._seconds or now < self._next:
            return False
        self._next = max(self._next + self._seconds * ((now - self._next) // self._seconds + 1), now)
        return True

    def progress(self, sources: Iterable[SourceState]) -> str:
        """How many objects were read so far, in words, and how many of them since the last call."""
        objects = sum(source.objects for source in sources)
        before, self._objects = self._objects, objects
        if before < 0:
            return f"{objects} objects so far"
        return f"{objects} objects, {objects - before} more than the last time" if objects > before else (
            f"{objects} objects, none more than the last time: nothing moves"
        )  # fmt: skip


def _count(number: int) -> str:
    return str(number) if number < 10 * _THOUSAND else f"{number // _THOUSAND}k"
