"""The configuration of the providers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from xds_server.model.setting import Setting, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidersConfig:
    """The settings of the providers."""

    barrier_file: Annotated[
        Path | None, Setting("A file without which the directory of YAML does not count as complete.")
    ] = None
    file_hold_seconds: Annotated[
        float,
        seconds(
            "How long a change of a file is held at most while the file may be half written; 0: every change is taken at once."
        ),
    ] = 10.0
    streamed_lists: Annotated[
        bool, Setting("Whether to ask the API server for lists as streams, which cost it less, if it offers them.")
    ] = False
    read_references: Annotated[
        bool,
        Setting(
            "Whether to read the Secrets and ConfigMaps that Gateways refer to. Nothing that is served needs them yet."
        ),
    ] = False
