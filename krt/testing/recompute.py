"""The recompute log: shows that a change runs only the keys that depend on it."""

from krt.graph import Graph
from krt.recorder import Recorder


class RecomputeLog:
    """Logs every run of a graph from now on. Use one at a time for a graph, and not together with `record`."""

    def __init__(self, graph: Graph) -> None:
        self._recorder = graph._recorder = Recorder()

    def take(self) -> list[str]:
        """Returns and clears the runs since the last call, in order, as texts such as "routes['a']"."""
        records, self._recorder.records = self._recorder.records, []
        return [f"{run.collection}[{run.key!r}]" for record in records for run in record.runs]

    def expect(self, *runs: str) -> None:
        """Asserts that exactly these keys ran since the last call, once each, in any order."""
        taken = self.take()
        assert sorted(taken) == sorted(runs), f"ran {sorted(taken)}, expected {sorted(runs)}"

    def expect_silence(self) -> None:
        """Asserts that nothing ran since the last call."""
        self.expect()
