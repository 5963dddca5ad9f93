"""The tracker: phases, and problems that come and go."""

from xds_server.model.source_state import Phase, Problem, SourceState
from xds_server.providers.kinds import KINDS
from xds_server.providers.sync_tracker import SyncTracker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def tracker(clock: Clock, changes: list[tuple[Phase, Phase]] | None = None) -> SyncTracker:
    def on_change(old: SourceState, new: SourceState) -> None:
        if changes is not None and old.phase is not new.phase:
            changes.append((old.phase, new.phase))

    return SyncTracker(KINDS, clock=clock, on_change=on_change)


def test_a_list_takes_a_source_from_pending_to_synced() -> None:
    """Each phase is told once, with its time, and the list with how long it took."""
    clock, changes = Clock(), list[tuple[Phase, Phase]]()
    it = tracker(clock, changes)

    it.start_list("services")
    clock.now += 1
    it.mark_listing("services", 10)
    it.mark_listing("services", 20)
    clock.now += 2
    it.record_list("services", epoch=5, objects=25)

    assert changes == [(Phase.PENDING, Phase.LISTING), (Phase.LISTING, Phase.SYNCED)]
    assert it.states["services"] == SourceState(
        kind="services",
        required=True,
        phase=Phase.SYNCED,
        since=103.0,
        started=100.0,
        listed_from=100.0,
        last_contact=103.0,
        lists=1,
        sync_seconds=3.0,
        objects=25,
        epoch=5,
    )
    assert it.states["gateways"].phase is Phase.PENDING


def test_a_failure_before_the_first_list_is_what_it_is() -> None:
    """The phase that the source names is shown, with its code and message."""
    it = tracker(Clock())

    it.record_failure("services", Phase.FORBIDDEN, code=403, message="add verbs")

    state = it.states["services"]
    assert (state.phase, state.code, state.message, state.known) == (Phase.FORBIDDEN, 403, "add verbs", False)


def test_nothing_unsyncs_a_source() -> None:
    """After the first list every failure is staleness, a new list is not shown, and touch heals it."""
    it = tracker(Clock())
    it.start_list("services")
    it.record_list("services", epoch=5, objects=1)

    it.record_failure("services", Phase.ERROR, code=500, message="boom")
    assert (it.states["services"].phase, it.states["services"].known) == (Phase.STALE, True)
    it.start_list("services")
    it.mark_listing("services", 0)
    assert (it.states["services"].phase, it.states["services"].objects) == (Phase.STALE, 1)
    it.clear_stale("services")

    state = it.states["services"]
    assert (state.phase, state.code, state.message, state.epoch) == (Phase.SYNCED, None, "", 5)


def test_touch_alone_syncs_nothing() -> None:
    """Only a complete list makes a source known."""
    it = tracker(Clock())

    it.clear_stale("services")

    assert it.states["services"].phase is Phase.PENDING


def test_that_something_was_heard_wakes_nobody() -> None:
    """There is a time to read, and no news."""
    clock, told = Clock(), list[SourceState]()
    it = SyncTracker(KINDS, clock=clock, on_change=lambda _, new: told.append(new))

    it.record_contact("services")

    assert it.states["services"].last_contact == 100.0
    assert not told


def test_a_watch_that_ended_is_counted_with_how() -> None:
    """Each of them, for whoever counts by reason."""
    it = tracker(Clock())

    it.record_watch_end("services", "eof")
    it.record_watch_end("services", "expired")

    assert (it.states["services"].restarts, it.states["services"].ended) == (2, "expired")


def test_a_failure_has_its_next_try_and_success_has_none() -> None:
    """As long as something is wrong, it is said what is done about it."""
    it = tracker(Clock())

    it.record_failure("services", Phase.ERROR, message="refused", retry_seconds=0.4)
    assert it.states["services"].retry_seconds == 0.4
    it.record_list("services", epoch=1, objects=0)

    assert it.states["services"].retry_seconds is None


def test_an_absent_kind_is_known_and_keeps_its_first_epoch() -> None:
    """Absent and optional means complete and empty."""
    it = tracker(Clock())

    it.mark_absent("services", epoch=3, message="no such kind")
    it.mark_absent("services", epoch=9, message="no such kind")

    state = it.states["services"]
    assert (state.phase, state.epoch, state.known, state.code) == (Phase.ABSENT, 3, True, 404)


def test_only_differences_are_told() -> None:
    """Saying the same again wakes nobody."""
    told: list[SourceState] = []
    it = SyncTracker(KINDS, clock=Clock(), on_change=lambda _, new: told.append(new))

    for _ in range(2):
        it.mark_absent("services", epoch=1, message="no such kind")
        it.set_object_count("services", 0)

    assert len(told) == 1


def test_every_failure_counts() -> None:
    """A try that fails like the one before is told all the same, with their number."""
    told: list[int] = []
    it = SyncTracker(KINDS, clock=Clock(), on_change=lambda _, new: told.append(new.failures))

    for _ in range(3):
        it.record_failure("services", Phase.ERROR, message="refused")

    assert told == [1, 2, 3]


def problem(title: str, message: str = "m") -> Problem:
    return Problem(source="a.yaml", object=title, field="", message=message)


def test_a_mended_object_has_no_problem() -> None:
    """The last word on an object counts; a problem that stays is told once."""
    told: list[Problem] = []
    it = SyncTracker(KINDS, on_problem=told.append)

    it.set_problems("a.yaml", "Service a", (problem("Service a"),))
    it.set_problems("a.yaml", "Service a", (problem("Service a"), problem("Service a", "n")))
    assert list(it.problems) == [problem("Service a"), problem("Service a", "n")]
    it.set_problems("a.yaml", "Service a", ())

    assert not it.problems
    assert told == [problem("Service a"), problem("Service a", "n")]


def test_replacing_a_sources_problems_forgets_the_others_of_it() -> None:
    """After a new list, or a new version of a file, only what is wrong in it is wrong."""
    it = tracker(Clock())
    other = Problem(source="b.yaml", object="", field="", message="m")
    it.replace_problems("b.yaml", [other])

    it.replace_problems("a.yaml", [problem("Service a"), problem("Service b")])
    it.replace_problems("a.yaml", [problem("Service b")])

    assert it.problems == (problem("Service b"), other)
