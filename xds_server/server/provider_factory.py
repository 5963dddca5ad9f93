"""The provider of objects, according to the settings: which kinds it reads, from where, with which login."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from krt import Graph, Reflector
from xds_server.model.admission import ChangeOutcome
from xds_server.providers import Source
from xds_server.providers.kinds import REFERENCED, Kind, kinds
from xds_server.providers.sync_tracker import SyncTracker
from xds_server.server.process import StartError
from xds_server.server.settings import FilesSourceSetting, Settings
from xds_server.translate.pipeline import Pipeline

if TYPE_CHECKING:
    from xds_server.providers.kubernetes.kopf_client import KopfClient


def kinds_of(settings: Settings) -> tuple[Kind, ...]:
    """The kinds to read. Raises: StartError, if a setting names an unknown one."""
    names = [kind.plural for kind in kinds()]
    for setting, given in (
        ("optional", settings.optional),
        ("selectors", settings.selectors),
        ("inject_list_delay", settings.inject_list_delay),
    ):
        for name in given:
            if name not in names:
                raise StartError(f"{setting} names {name!r}, which is not read: name some of {', '.join(names)}")
    read = kinds(settings.optional)
    # An API server is asked for Secrets and ConfigMaps only once an object refers to one.
    return (
        (*read, *REFERENCED)
        if settings.providers.read_references and isinstance(settings.source, FilesSourceSetting)
        else read
    )


def source(
    settings: Settings,
    read: Iterable[Kind],
    pipeline: Pipeline,
    *,
    graph: Graph,
    tracker: SyncTracker,
    file_hold_ended: Callable[[float, ChangeOutcome], None] = lambda _seconds, _by: None,
) -> Source:
    """The provider of all objects. It does not run yet; when it does, it feeds the graph and keeps *tracker* up to date.

    *file_hold_ended* is called with how long a file was held, and how the hold ended.
    """
    reflectors = {name: Reflector(source) for name, source in pipeline.sources.items()}
    parts: dict[str, Any] = {
        "kinds": read,
        "reflectors": reflectors,
        "graph": graph,
        "tracker": tracker,
        "list_delay": settings.inject_list_delay,
    }
    if isinstance(settings.source, FilesSourceSetting):
        from xds_server.providers.files.provider import FilesProvider  # noqa: PLC0415 - each pays for its own imports

        if pipeline.references is not None:
            reflectors |= {name: Reflector(source) for name, source in pipeline.references.stored.items()}
        barrier = None if settings.providers.barrier_file is None else str(settings.providers.barrier_file)
        return FilesProvider(
            str(settings.source.directory), barrier=barrier, hold_seconds=settings.providers.file_hold_seconds,
            on_hold_ended=file_hold_ended, **parts,
        )  # fmt: skip
    from xds_server.providers.kubernetes.provider import KubernetesProvider  # noqa: PLC0415

    return KubernetesProvider(
        client=api_client(settings), namespaces=settings.namespaces,
        selectors=settings.selectors, streamed=settings.providers.streamed_lists,
        references=pipeline.references, **parts,
    )  # fmt: skip


def api_client(settings: Settings) -> "KopfClient":
    """A new client of the API server that the settings name."""
    from xds_server.providers.kubernetes.kopf_client import KopfClient, login  # noqa: PLC0415 - each pays for its own imports

    return KopfClient(login(_kubeconfig(settings), settings.context or None))


def _kubeconfig(settings: Settings) -> str | None:
    return None if settings.kubeconfig is None else str(settings.kubeconfig)


async def check_login(settings: Settings) -> None:
    """Checks a kubeconfig or context that the settings name. Other credentials may still appear. Raises: StartError."""
    if settings.kubeconfig is None and not settings.context:
        return
    from xds_server.providers.kubernetes.credentials import LoginError  # noqa: PLC0415
    from xds_server.providers.kubernetes.kubeconfig import connection, paths  # noqa: PLC0415

    try:
        await connection(paths(_kubeconfig(settings), os.environ), settings.context or None)
    except LoginError as error:
        raise StartError(str(error)) from None
