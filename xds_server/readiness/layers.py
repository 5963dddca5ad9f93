"""The layers of readiness, in order. Each check reads the state of another part; nothing here keeps state.

    base -> sources -> derived -> snapshots -> parity -> serving

All layers but `serving` latch. When a source is lost later, its objects are served on, and the check is degraded.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from krt import Collection
from probes import Clock, Degraded, Failed, Gate, Layer, Passed, Verdict, Waiting
from xds_server.model.source_state import Phase, SourceState
from xds_server.xds.cache.resource_cache import ResourceCache


def gate(
    *,
    base: Callable[[], Mapping[str, Verdict]],
    sources: Callable[[], Mapping[str, SourceState]],
    derived: Iterable[Collection[Any, Any]],
    cache: ResourceCache,
    serving: Callable[[], Mapping[str, Verdict]],
    held: Callable[[], str] = lambda: "",
    parity: Callable[[], Verdict] | None = None,
    problems: Callable[[], int] = lambda: 0,
    clock: Clock,
    started: float,
) -> Gate:
    """The gate of the server: it is ready when the published epoch has reached the epoch of the last required list.

    *held*: which changes are held or retained, and why; "" if none is. *parity*: whether a peer publishes the same; None if
    no peer is asked. *problems*: the number of problems of the input.
    """
    collections = tuple(derived)

    def source_checks() -> Mapping[str, Verdict]:
        return {name: of_source(state) for name, state in sources().items()} | {"input": of_input(problems())}

    def derived_checks() -> Mapping[str, Verdict]:
        return {collection.name: of_collection(collection) for collection in collections}

    def snapshot_checks() -> Mapping[str, Verdict]:
        published = of_published(cache.epoch, sync_epoch(sources().values()))
        return {"published": published, "held_changes": Degraded(why) if (why := held()) else Passed()}

    peers = () if parity is None else (Layer("parity", lambda: {"peer": parity()}, check_names=("peer",)),)
    return Gate(
        Layer("base", base),
        Layer("sources", source_checks, check_names=(*sources(), "input")),
        Layer("derived", derived_checks, check_names=tuple(collection.name for collection in collections)),
        Layer("snapshots", snapshot_checks, check_names=("published", "held_changes")),
        *peers,
        Layer("serving", serving, latch=False),
        clock=clock,
        started_at=started,
    )


def base_checks(
    *, listening: bool, shadow: bool, http_address: str, open_files: Verdict | None, last_good: Verdict | None
) -> Mapping[str, Verdict]:
    """The checks of the process itself. None: there is nothing to check."""
    checks = {"settings": Passed(), "http": Passed(http_address), "grpc": of_port(listening=listening, shadow=shadow)}
    if open_files is not None:
        checks["open_files"] = open_files
    if last_good is not None:
        checks["last_good"] = last_good
    return checks


def serving_checks(
    *, listening: bool, shadow: bool, initial_push: Verdict, draining_seconds: float | None
) -> Mapping[str, Verdict]:
    """Whether new proxies may connect. *draining_seconds*: for how long the server has been draining; None if it is not."""
    draining: Verdict = Passed()
    if draining_seconds is not None:
        draining = Failed(f"draining for {draining_seconds:.0f} s: this replica is leaving")
    return {"grpc": of_port(listening=listening, shadow=shadow), "initial_push": initial_push, "draining": draining}


def of_port(*, listening: bool, shadow: bool) -> Verdict:
    """Whether the gRPC port is bound, if it is to be."""
    if shadow:
        return Passed("a shadow serves nobody")
    return Passed() if listening else Waiting("the gRPC port is not bound yet")


def sync_epoch(sources: Iterable[SourceState]) -> int | None:
    """The epoch at which the last required source was listed for the first time; None, if one has not been."""
    epochs = [source.epoch for source in sources if source.required]
    return None if None in epochs else max((epoch for epoch in epochs if epoch is not None), default=0)


def of_source(state: SourceState) -> Verdict:
    """How far a source has got. Readiness does not wait for an optional one."""
    match state.phase:
        case Phase.SYNCED:
            return Passed(_count(state.objects, "object"))
        case Phase.STALE:
            return Degraded(f"stale: {state.message}{_retried(state)}")
        case Phase.ABSENT if not state.required:
            return Passed("absent, and optional")
        case _ if not state.required:
            return Degraded(f"{state.phase}, and optional: {state.message}{_retried(state)}")
        case Phase.LISTING:
            return Waiting(f"listing, {state.objects} so far{': ' if state.message else ''}{state.message}")
        case Phase.PENDING:
            return Waiting("pending: no answer yet")
        case _:
            return Failed(f"{state.phase}: {state.message}{_retried(state)}")


def of_input(problems: int) -> Verdict:
    """Whether an object has a problem. Readiness does not wait for it: a bad object costs itself alone."""
    return Degraded(f"{_count(problems, 'problem')}: read /debug/problems") if problems else Passed("no problem")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _retried(state: SourceState) -> str:
    return "" if state.retry_seconds is None else f" (tried again {state.retry_seconds:.1f} s after that)"


def of_collection(collection: Collection[Any, Any]) -> Verdict:
    """Whether a derived collection is complete. A key whose transform failed keeps its last output, and is named."""
    if not collection.synced:
        return Waiting(f"waits for {', '.join(sorted(collection.pending))}")
    if not collection.failures:
        return Passed(_count(len(collection), "key"))
    key, failure = next(iter(collection.failures.items()))
    return Degraded(f"{len(collection.failures)} failed and keep their last state, {key!r}: {failure.error!r}")


def of_published(published: int | None, required: int | None) -> Verdict:
    """Whether the published state contains everything that the required sources listed."""
    if required is None:
        return Waiting("not all required sources were listed")
    if published is None:
        return Waiting(f"nothing published, epoch {required} is needed")
    if published < required:
        return Waiting(f"epoch {published} is published, {required} is needed")
    return Passed(f"epoch {published}")
