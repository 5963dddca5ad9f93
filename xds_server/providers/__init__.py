"""Where objects come from: a directory of YAML, or a Kubernetes API server, behind one contract.

A source feeds one `krt.Reflector` per kind (begin, apply, delete, keep, listed) and records its state
on the `SyncTracker`. It does not know who reads either. The sources are `files.provider.FilesProvider` and
`kubernetes.provider.KubernetesProvider`; import only the one you need, so that a run from files never imports aiohttp.
"""

from collections.abc import Collection, Mapping
from typing import Protocol


class Source(Protocol):
    """Keeps the reflectors of all kinds equal to what is outside.

    The constructors take `kinds`, `reflectors` (by plural name), `graph` and `tracker`. A failure outside is
    recorded on the tracker and tried again: `run` never raises it, and never returns because of it.
    """

    @property
    def held(self) -> Mapping[str, str]:
        """What is outside but not applied yet: its name for messages, and why it is held."""
        ...

    def release(self) -> int:
        """Ends these holds soon, and returns how many there were."""
        ...

    async def run(self) -> None:
        """Lists, then follows changes, until cancelled."""
        ...

    def relist(self, kinds: Collection[str]) -> None:
        """Lists these kinds (plural names) again soon. A source that polls anyway does nothing."""
        ...
