"""The list and the watch of one kind: what is asked, and what each answer does."""

import json
from dataclasses import replace
from typing import Any

import pytest

from krt import Graph, Reflector, Source
from xds_server.model.source_state import Phase, SourceState
from xds_server.providers.kinds import Kind, kinds
from xds_server.providers.kubernetes.errors import ApiError
from xds_server.providers.kubernetes.listwatch import EVERYTHING, ListWatch, Scope
from xds_server.providers.sync_tracker import SyncTracker


class Rig:
    """One kind with all it feeds."""

    def __init__(self, *, optional: bool = False, kind: Kind | None = None, scope: Scope = EVERYTHING) -> None:
        self.now = 0.0
        self.graph = Graph()
        self.source: Source[str, Any] = self.graph.source("services")
        named = next(k for k in kinds(["services"] if optional else []) if k.plural == "services")
        self.kind: Kind = kind or named
        self.tracker = SyncTracker([self.kind], clock=lambda: self.now)
        self.it = ListWatch(
            self.kind,
            reflector=Reflector(self.source),
            graph=self.graph,
            tracker=self.tracker,
            jitter=lambda ceiling: ceiling,
            clock=lambda: self.now,
            scope=scope,
        )

    @property
    def state(self) -> SourceState:
        return self.tracker.states["services"]

    @property
    def keys(self) -> list[str]:
        return sorted(self.source)

    def list(self, *names: str, version: str = "10") -> None:
        """A whole list, in one page."""
        self.it.begin_list()
        body = page(*(service(name) for name in names), version=version)
        self.it.page(body)
        self.it.listed(body)

    def watch(self) -> None:
        """A watch that is agreed to, and does not fail at once."""
        self.it.begin_watch()
        self.it.watch_opened()
        self.it.watch_settled()


def service(name: str, port: object = 80, version: str = "5") -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "n", "resourceVersion": version},
        "spec": {"ports": [{"port": port}]},
    }


def page(*items: object, version: str = "10", token: str = "") -> bytes:
    return json.dumps({"metadata": {"resourceVersion": version, "continue": token}, "items": items}).encode()


def line(kind: str, obj: object) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def test_a_list_asks_for_pages_of_the_newest() -> None:
    """No resourceVersion, a limit, and the token of the page before."""
    rig = Rig()

    first = rig.it.begin_list()
    second = rig.it.following(page(service("a"), token="t"))

    assert (first.verb, first.path, first.params) == ("list", "/api/v1/services", {"limit": "1000"})
    assert second is not None
    assert second.params == {"limit": "1000", "continue": "t"}
    assert rig.it.following(page(service("b"))) is None


def test_nothing_is_seen_before_the_list_is_complete() -> None:
    """Pages are counted on the tracker, and become visible as one transaction."""
    rig = Rig()
    rig.it.begin_list()
    assert rig.state.phase is Phase.PENDING

    rig.now = 1.0
    rig.it.page(page(service("a"), token="t"))
    assert (rig.keys, rig.source.synced, rig.state.phase, rig.state.objects) == ([], False, Phase.LISTING, 1)
    last = page(service("b"))
    rig.it.page(last)
    rig.now = 3.0
    rig.it.listed(last)

    assert rig.keys == ["n/a", "n/b"]
    assert rig.graph.epoch == 1
    assert (rig.state.phase, rig.state.objects, rig.state.epoch) == (Phase.SYNCED, 2, 1)
    assert rig.state.sync_seconds == 3.0


def test_an_empty_list_syncs() -> None:
    """None is a number of objects."""
    rig = Rig()

    rig.list()

    assert (rig.source.synced, rig.state.phase, rig.state.known) == (True, Phase.SYNCED, True)


def test_the_watch_goes_on_from_the_list() -> None:
    """With bookmarks, and for a time that differs from one watch to the next."""
    rig = Rig()
    rig.list("a", version="42")

    request = rig.it.begin_watch()

    assert request.verb == "watch"
    assert request.params == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "42",
        "timeoutSeconds": "360",
    }


def test_all_events_of_a_chunk_are_one_transaction() -> None:
    """However many there are; the next watch goes on after the last of them."""
    rig = Rig()
    rig.list("a", "b")
    rig.watch()
    epoch = rig.graph.epoch

    rig.it.chunk(
        line("ADDED", service("c", version="11"))
        + line("MODIFIED", service("a", 81, version="12"))
        + line("DELETED", service("b", version="13"))
    )

    assert rig.graph.epoch == epoch + 1
    assert rig.keys == ["n/a", "n/c"]
    assert rig.source["n/a"].ports[0].port == 81
    assert rig.state.objects == 2
    assert rig.it.begin_watch().params["resourceVersion"] == "13"


def test_a_bookmark_moves_on_without_a_transaction() -> None:
    """It is the newest version that we know of."""
    rig = Rig()
    rig.list("a")
    rig.watch()
    epoch = rig.graph.epoch

    rig.it.chunk(line("BOOKMARK", {"metadata": {"resourceVersion": "99"}}))

    assert rig.graph.epoch == epoch
    assert rig.it.begin_watch().params["resourceVersion"] == "99"


def test_a_broken_line_at_the_end_is_asked_for_again() -> None:
    """Half a line is no event: the next watch begins before it."""
    rig = Rig()
    rig.list(version="10")
    rig.watch()

    rig.it.chunk(line("ADDED", service("a", version="11")) + line("ADDED", service("b", version="12"))[:-9])
    rig.it.watch_ended()

    assert rig.keys == ["n/a"]
    assert rig.it.begin_watch().params["resourceVersion"] == "11"
    rig.it.chunk(line("ADDED", service("b", version="12")))
    assert rig.keys == ["n/a", "n/b"]


def test_what_was_deleted_during_a_relist_is_pruned() -> None:
    """The new list replaces what there was; nobody has to be told of each deletion."""
    rig = Rig()
    rig.list("a", "b")

    rig.list("b", "c")

    assert rig.keys == ["n/b", "n/c"]


def test_a_list_that_breaks_off_leaves_no_trace() -> None:
    """What it had seen may be gone by the time of the next one."""
    rig = Rig()
    rig.it.begin_list()
    rig.it.page(page(service("ghost"), token="t"))
    rig.it.failed(ApiError("connection reset"))
    assert rig.state.phase is Phase.ERROR

    rig.list("a")

    assert rig.keys == ["n/a"]


@pytest.mark.parametrize("code", [410, 500, 400])
def test_a_failed_watch_lists_again(code: int) -> None:
    """After an ERROR event nothing is known of what was missed; what came before it counts."""
    rig = Rig()
    rig.list("a")
    rig.watch()

    with pytest.raises(ApiError) as failure:
        rig.it.chunk(line("ADDED", service("b", version="11")) + line("ERROR", {"code": code, "message": "m"}))
    delay = rig.it.failed(failure.value)

    assert rig.keys == ["n/a", "n/b"]
    assert rig.it.verb == "list"
    assert delay == 0.2


def test_that_a_version_expired_is_no_news_at_first() -> None:
    """A list follows at once; only if that does not help are we stale."""
    rig = Rig()
    rig.list("a")

    phases = []
    for _ in range(2):
        rig.it.failed(ApiError("too old", code=410))
        rig.it.begin_list()
        phases.append(rig.state.phase)

    assert phases == [Phase.SYNCED, Phase.STALE]


@pytest.mark.parametrize(
    ("error", "phase"),
    [
        (ApiError("refused"), Phase.ERROR),
        (ApiError("boom", code=500), Phase.ERROR),
        (ApiError("wait", code=429), Phase.ERROR),
        (ApiError("no", code=403), Phase.FORBIDDEN),
        (ApiError("who", code=401), Phase.FORBIDDEN),
        (ApiError("what", code=404), Phase.ABSENT),
    ],
)
def test_a_failure_before_the_first_list_is_shown_and_nothing_is_known(error: ApiError, phase: Phase) -> None:
    """A required kind that cannot be listed is unknown, whatever the reason."""
    rig = Rig()
    rig.it.begin_list()

    rig.it.failed(error)

    assert (rig.state.phase, rig.state.code, rig.state.known) == (phase, error.code, False)
    assert not rig.source.synced
    assert rig.it.verb == "list"


@pytest.mark.parametrize("code", [None, 401, 403, 404, 429, 500, 503])
def test_a_failure_after_the_first_list_takes_nothing_away(code: int | None) -> None:
    """We are stale, with the reason, and serve what we know; the next watch or list heals."""
    rig = Rig()
    rig.list("a")
    rig.watch()

    rig.it.failed(ApiError("m", code=code))

    assert (rig.state.phase, rig.state.code, rig.state.known) == (Phase.STALE, code, True)
    assert rig.state.message
    assert rig.keys == ["n/a"]
    if rig.it.verb == "list":
        rig.list("a")
    else:
        rig.watch()
    assert (rig.state.phase, rig.state.code, rig.state.message) == (Phase.SYNCED, None, "")


def test_a_watch_that_is_agreed_to_and_then_refused_heals_nothing() -> None:
    """A version that expired is refused by the first event, not by the answer: until then we are not in touch."""
    rig = Rig()
    rig.list("a")
    rig.it.failed(ApiError("refused"))
    rig.it.begin_watch()
    rig.it.watch_opened()

    with pytest.raises(ApiError) as refusal:
        rig.it.chunk(line("ERROR", {"code": 410, "message": "too old"}))
    rig.it.failed(refusal.value)
    rig.it.watch_settled()

    assert (rig.state.phase, rig.it.verb) == (Phase.STALE, "list")


@pytest.mark.parametrize("heard", [line("BOOKMARK", service("a", version="11")), line("ADDED", service("b"))])
def test_the_first_good_word_of_a_watch_heals(heard: bytes) -> None:
    """Be it an event or a bookmark."""
    rig = Rig()
    rig.list("a", version="1")
    rig.it.failed(ApiError("refused"))
    rig.it.begin_watch()
    rig.it.watch_opened()
    assert rig.state.phase is Phase.STALE

    rig.it.chunk(heard)

    assert rig.state.phase is Phase.SYNCED


def test_an_optional_kind_that_is_absent_is_empty_and_known() -> None:
    """It is synced without objects, once; when its CRD comes, it is listed."""
    rig = Rig(optional=True)
    rig.it.begin_list()
    rig.it.failed(ApiError("not found", code=404))
    assert (rig.state.phase, rig.state.known, rig.source.synced) == (Phase.ABSENT, True, True)
    epoch = rig.graph.epoch

    rig.it.begin_list()
    rig.it.failed(ApiError("not found", code=404))
    assert rig.graph.epoch == epoch
    rig.list("a")

    assert (rig.state.phase, rig.keys) == (Phase.SYNCED, ["n/a"])


def test_an_optional_kind_that_goes_is_absent_once_its_objects_are_gone() -> None:
    """Its objects go first, each with its event."""
    rig = Rig(optional=True)
    rig.list("a")
    rig.watch()
    rig.it.chunk(line("DELETED", service("a", version="11")))
    rig.it.watch_ended()

    rig.it.failed(ApiError("not found", code=404))

    assert rig.state.phase is Phase.ABSENT


def test_a_404_while_objects_are_held_is_not_believed() -> None:
    """A server that has just started, or another one, may know no kind: that deletes nothing."""
    rig = Rig(optional=True)
    rig.list("a")

    rig.it.failed(ApiError("not found", code=404))

    assert (rig.state.phase, rig.keys) == (Phase.STALE, ["n/a"])


def test_an_invalid_object_keeps_its_last_good_version() -> None:
    """In a watch and in a list; it is named, until it is mended or gone."""
    rig = Rig()
    rig.list("a", "b")
    rig.watch()

    rig.it.chunk(line("MODIFIED", service("a", "eighty", version="11")))
    assert rig.source["n/a"].ports[0].port == 80
    assert [(p.source, p.object) for p in rig.tracker.problems] == [("services", "Service n/a")]

    rig.it.begin_list()
    body = page(service("a", "eighty"), service("b"))
    rig.it.page(body)
    rig.it.listed(body)
    assert rig.keys == ["n/a", "n/b"]
    assert len(rig.tracker.problems) == 1

    rig.watch()
    rig.it.chunk(line("DELETED", service("a", "eighty", version="12")))
    assert rig.keys == ["n/b"]
    assert not rig.tracker.problems


def test_a_relist_forgets_problems_of_objects_that_are_gone() -> None:
    """Only what is wrong now is wrong."""
    rig = Rig()
    rig.list()
    rig.watch()
    rig.it.chunk(line("ADDED", service("a", "eighty", version="11")))
    assert rig.tracker.problems

    rig.list()

    assert not rig.tracker.problems


def test_a_watch_that_ends_is_begun_again_at_once() -> None:
    """All watches end."""
    rig = Rig()
    rig.list()

    rig.it.begin_watch()
    rig.now += 300

    assert rig.it.watch_ended() == 0.0


@pytest.mark.parametrize("said", [b"", line("BOOKMARK", {"metadata": {"resourceVersion": "11"}})])
def test_a_watch_that_ends_as_soon_as_it_began_is_not_hammered_and_is_shown(said: bytes) -> None:
    """Whatever it told: every try waits longer, up to a few seconds; what ends them is somewhere in between."""
    rig = Rig()
    rig.list()

    waits = []
    for _ in range(7):
        rig.watch()
        rig.it.chunk(said)
        waits.append(rig.it.watch_ended())

    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 4.0, 4.0]
    assert (rig.state.phase, rig.state.retry_seconds) == (Phase.STALE, 4.0)
    assert (
        "every watch of services ends within 1 s: check the proxies between this server and the API server"
        in rig.state.message
    )
    rig.watch()
    rig.now += 1.0
    assert rig.it.watch_ended() == 0.0
    rig.watch()
    assert rig.state.phase is Phase.SYNCED


def test_a_good_list_does_not_end_the_back_off() -> None:
    """Only a watch that stands for a while does."""
    rig = Rig()
    waits = []
    for _ in range(3):
        rig.list()
        waits.append(rig.it.failed(ApiError("boom", code=500)))
    rig.list()
    rig.watch()
    rig.it.watch_lasted()
    waits.append(rig.it.failed(ApiError("boom", code=500)))

    assert waits == [0.2, 0.4, 0.8, 0.2]


def in_vain(rig: Rig, error: ApiError) -> None:
    """A good list, a watch that is agreed to and fails."""
    if rig.it.listing:
        rig.list("a")
    rig.watch()
    rig.it.failed(error)


@pytest.mark.parametrize("code", [410, 500, 504, 400])
def test_a_kind_whose_watches_fail_after_good_lists_stays_stale(code: int) -> None:
    """With the reason; what is listed is served all the same, and the first watch that stands heals."""
    rig = Rig()
    for _ in range(4):
        in_vain(rig, ApiError("boom", code=code))

    rig.list("a", "b")
    rig.watch()
    assert (rig.state.phase, rig.state.code, rig.keys) == (Phase.STALE, code, ["n/a", "n/b"])
    assert "boom" in rig.state.message
    rig.it.watch_lasted()

    assert (rig.state.phase, rig.state.code, rig.state.message) == (Phase.SYNCED, None, "")


def test_an_outage_is_over_with_the_first_list_or_watch() -> None:
    """Nothing good had come to nothing before."""
    rig = Rig()
    rig.list()
    rig.watch()
    rig.it.watch_lasted()
    for _ in range(9):
        rig.it.failed(ApiError("refused"))

    rig.watch()

    assert rig.state.phase is Phase.SYNCED


def test_a_failed_list_counts_on() -> None:
    """Waits grow from one failed list to the next, and start over once a watch has stood."""
    rig = Rig()
    waits = []
    for _ in range(3):
        rig.it.begin_list()
        waits.append(rig.it.failed(ApiError("refused")))
    rig.list()
    rig.watch()
    rig.it.watch_lasted()
    waits.append(rig.it.failed(ApiError("refused", relist=True)))

    assert waits == [0.2, 0.4, 0.8, 0.2]


def test_a_list_without_a_version_is_refused() -> None:
    """Nothing could follow it."""
    rig = Rig()
    rig.it.begin_list()
    body = page(service("a"), version="")
    rig.it.page(body)

    with pytest.raises(ApiError, match="no resourceVersion"):
        rig.it.listed(body)

    assert not rig.source.synced


def test_a_list_that_never_ends_is_given_up() -> None:
    """Pages may be empty, but not for ever."""
    rig = Rig()
    rig.it.begin_list()

    for _ in range(100):
        rig.it.following(page(token="t"))
        rig.it.page(page(token="t"))

    with pytest.raises(ApiError, match="the list is not complete after 101 pages with 0 objects"):
        rig.it.following(page(token="t"))


def test_a_server_that_does_not_answer_makes_us_stale_until_something_is_heard() -> None:
    """The watch is open all the while."""
    rig = Rig()
    rig.list()
    rig.watch()

    rig.it.server_silent(ApiError("no answer within 5 s"))
    assert (rig.state.phase, "no answer within 5 s" in rig.state.message) == (Phase.STALE, True)
    rig.it.chunk(line("BOOKMARK", {"metadata": {"resourceVersion": "11"}}))

    assert rig.state.phase is Phase.SYNCED


# -- lists as streams ------------------------------------------------------------------------------

END = {"metadata": {"resourceVersion": "20", "annotations": {"k8s.io/initial-events-end": "true"}}}


def streaming() -> Rig:
    rig = Rig(scope=Scope(streamed=True))
    rig.watch()
    return rig


def test_a_streamed_list_is_a_watch_that_begins_with_all_there_is() -> None:
    """Invisible up to the bookmark that ends it; what follows in the same chunk is a change."""
    rig = Rig(scope=Scope(streamed=True))
    assert (rig.it.verb, rig.it.listing) == ("watch", True)
    request = rig.it.begin_watch()
    rig.it.watch_opened()
    assert request.params["sendInitialEvents"] == "true"
    assert request.params["resourceVersionMatch"] == "NotOlderThan"
    assert "resourceVersion" not in request.params

    rig.it.chunk(line("ADDED", service("b", version="9")) + line("ADDED", service("a", version="3")))
    assert (rig.keys, rig.state.phase, rig.state.objects) == ([], Phase.LISTING, 2)
    rig.it.chunk(line("BOOKMARK", END) + line("DELETED", service("b", version="21")))

    assert (rig.keys, rig.graph.epoch, rig.state.phase, rig.state.lists) == (["n/a"], 2, Phase.SYNCED, 1)
    rig.now += 300
    assert (rig.it.listing, rig.it.watch_ended()) == (False, 0.0)
    assert rig.it.begin_watch().params["resourceVersion"] == "21"


@pytest.mark.parametrize("code", [400, 422])
def test_a_server_that_knows_no_streamed_lists_is_asked_for_pages_at_once(code: int) -> None:
    """It is no failure, and it is not asked for a stream again."""
    rig = streaming()

    assert rig.it.failed(ApiError("sendInitialEvents is forbidden", code=code)) == 0.0

    assert (rig.it.verb, rig.state.failures) == ("list", 0)
    rig.list("a")
    rig.it.failed(ApiError("gone", code=410))
    assert rig.it.verb == "list"


def test_a_server_that_takes_it_for_an_ordinary_watch_is_asked_for_pages() -> None:
    """An ordinary bookmark before the end of the list says that it did not understand."""
    rig = streaming()

    with pytest.raises(ApiError) as failure:
        rig.it.chunk(
            line("ADDED", service("a", version="3")) + line("BOOKMARK", {"metadata": {"resourceVersion": "9"}})
        )
    assert rig.it.failed(failure.value) == 0.0

    assert (rig.it.verb, rig.keys, rig.source.synced) == ("list", [], False)


def test_a_streamed_list_that_ends_too_soon_has_failed() -> None:
    """However politely; the next one waits, and while it is under way, it is said."""
    rig = streaming()
    rig.it.chunk(line("ADDED", service("a", version="3")))

    assert rig.it.watch_ended() == 0.2
    assert (rig.state.phase, rig.state.failures) == (Phase.ERROR, 1)
    rig.watch()
    rig.it.chunk(line("ADDED", service("a", version="3")))

    assert rig.state.phase is Phase.LISTING
    assert "the last try failed: cannot watch services: the list ended before it was complete" in rig.state.message


def test_a_streamed_list_that_breaks_off_leaves_no_trace() -> None:
    """Like any other."""
    rig = streaming()
    rig.it.chunk(line("ADDED", service("ghost", version="3")))
    rig.it.failed(ApiError("reset"))
    assert (rig.it.verb, rig.it.listing) == ("watch", True)

    rig.watch()
    rig.it.chunk(line("ADDED", service("a", version="3")) + line("BOOKMARK", END))

    assert rig.keys == ["n/a"]


# -- order, silence, versions of the API -----------------------------------------------------------


def test_an_event_that_is_told_twice_counts_once() -> None:
    """Its version says so."""
    rig = Rig()
    rig.list("a")
    rig.watch()
    twice = line("ADDED", service("b", version="11"))

    rig.it.chunk(twice)
    epoch = rig.graph.epoch
    rig.it.chunk(twice)

    assert (rig.keys, rig.graph.epoch) == (["n/a", "n/b"], epoch)


def test_an_event_out_of_order_is_not_applied_and_lists_again() -> None:
    """The deletion of an old object must not take the new one of the same name; nor is it known what was missed."""
    rig = Rig()
    rig.list("a")
    rig.watch()

    with pytest.raises(ApiError, match="went back from version 13 to 12") as failure:
        rig.it.chunk(line("MODIFIED", service("a", 81, version="13")) + line("DELETED", service("a", version="12")))
    rig.it.failed(failure.value)

    assert rig.source["n/a"].ports[0].port == 81
    assert rig.it.verb == "list"


def test_silence_lists_again_and_is_no_news_unless_it_lasts() -> None:
    """The list tells whether we still follow."""
    rig = Rig()
    rig.list("a")
    rig.watch()

    rig.it.failed(ApiError("nothing heard", silent=True, relist=True))

    assert (rig.it.verb, rig.state.phase, rig.state.restarts, rig.state.ended) == (
        "list",
        Phase.SYNCED,
        1,
        "idle_timeout",
    )


def test_watches_are_counted_by_how_they_ended() -> None:
    """One that never began did not end."""
    rig = Rig()
    rig.list()
    ends = []
    for error in (None, ApiError("m", code=410), ApiError("reset")):
        rig.watch()
        rig.it.watch_ended() if error is None else rig.it.failed(error)
        ends.append(rig.state.ended)
    rig.it.begin_watch()
    rig.it.failed(ApiError("refused"))

    assert ends == ["eof", "expired", "error"]
    assert rig.state.restarts == 3


def test_the_api_versions_of_a_kind_are_tried_in_turn() -> None:
    """It is absent once none of them is served, and each may come back alone."""
    rig = Rig(kind=replace(Rig().kind, aliases=("v1beta1",)))
    paths = []
    for code in (404, 404):
        paths.append(rig.it.begin_list().path)
        assert rig.state.phase is Phase.PENDING
        rig.it.failed(ApiError("not found", code=code))
    assert rig.state.phase is Phase.ABSENT
    rig.it.begin_list()
    rig.it.failed(ApiError("not found", code=404))
    rig.list("a")

    assert paths == ["/api/v1/services", "/api/v1beta1/services"]
    assert rig.it.begin_watch().path == "/api/v1beta1/services"


def test_a_kind_that_stays_away_is_gone_with_its_objects() -> None:
    """Nobody was there to see them go; but no start of a server lasts a minute."""
    rig = Rig(optional=True)
    rig.list("a")
    for _ in range(2):
        rig.it.failed(ApiError("not found", code=404))
        rig.now += 59
    assert (rig.keys, rig.state.phase) == (["n/a"], Phase.STALE)

    rig.it.failed(ApiError("not found", code=404))

    assert (rig.keys, rig.state.phase) == ([], Phase.ABSENT)


def test_a_namespace_and_a_label_selector_go_along_with_every_request() -> None:
    """In lists, their pages and watches alike."""
    rig = Rig(scope=Scope(namespace="shop", labels="app=web"))

    first = rig.it.begin_list()
    second = rig.it.following(page(token="t"))
    rig.list()

    assert second is not None
    for request in (first, second, rig.it.begin_watch()):
        assert request.path == "/api/v1/namespaces/shop/services"
        assert request.params["labelSelector"] == "app=web"


def test_what_readiness_waits_for_is_the_most_urgent() -> None:
    """Then optional kinds, then those that were listed before."""
    required, optional = Rig(), Rig(optional=True)
    assert (required.it.urgency, optional.it.urgency) == (0, 1)

    required.list()

    assert required.it.urgency == 2
