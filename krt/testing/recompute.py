"""A log of what ran: the only way to see that a change costs what it touched, and no more."""

from krt.graph import Graph
from krt.recorder import Recorder


class RecomputeLog:
    """Notes every run of a graph from now on. There is one at a time, and no `record` beside it."""

    def __init__(self, graph: Graph) -> None:
        self._recorder = graph._recorder = Recorder()

    def take(self) -> list[str]:
        """What ran since the last take, in order, such as "routes['a']"; and forgets it."""
        records, self._recorder.records = self._recorder.records, []
        return [f"{run.collection}[{run.key!r}]" for record in records for run in record.runs]

    def expect(self, *runs: str) -> None:
        """Asserts that exactly these ran since the last take, in any order, each once."""
        taken = self.take()
        assert sorted(taken) == sorted(runs), f"ran {sorted(taken)}, expected {sorted(runs)}"

    def expect_silence(self) -> None:
        """Asserts that nothing ran since the last take."""
        self.expect()
