"""Where objects come from: a directory of YAML, or a Kubernetes API server, behind one contract.

A source feeds one `krt.Reflector` per kind (begin, apply, delete, keep, listed) and says on the
`SyncTracker` where it stands. It knows nothing of who reads either. To be made by name, so that a
run from files never imports aiohttp: `sources.files.FileSource`, `sources.kube.source.KubeSource`.
"""

from collections.abc import Collection, Mapping
from typing import Protocol


class Source(Protocol):
    """Keeps the reflectors of all kinds equal to what is outside.

    Made with `kinds`, `reflectors` (by plural name), `graph` and `tracker`. Trouble outside is a state
    on the tracker and a reason to try again, never an exception and never an end.
    """

    @property
    def held(self) -> Mapping[str, str]:
        """What is outside and not believed yet, as it is named to people, and why."""
        ...

    def release(self) -> int:
        """Has all of that believed soon, and returns how much it is."""
        ...

    async def run(self) -> None:
        """Lists, then follows changes, until cancelled."""
        ...

    def relist(self, kinds: Collection[str]) -> None:
        """Has these kinds (plural) listed anew soon, unless what is outside is looked at all the time."""
        ...
