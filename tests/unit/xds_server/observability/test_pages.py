"""The debug pages."""

import json
import pkgutil
from collections.abc import Callable, Iterable
from typing import Any

from probes import Endpoints, Gate, Layer, Passed
from tests.unit.xds_server.readiness.test_publisher import Rig
from xds_server.model.source_state import Problem, SourceState
from xds_server.observability import pages
from xds_server.observability.timeline import Timeline


def endpoints(
    on_loop: Callable[[Callable[[], bytes]], bytes] = lambda content: content(),
    timeline: Timeline | None = None,
    streams: Callable[[], Iterable[object]] = list,
) -> Endpoints:
    rig = Rig()
    rig.list("services")
    rig.pipeline.sources["services"].replace({})
    made = Endpoints(Gate(Layer("base", lambda: {"settings": Passed()}), clock=lambda: 0.0))
    pages.add_pages(
        made,
        pages.PageReaders(
            sources=lambda: [SourceState(kind="services", required=True)],
            problems=lambda: [Problem(source="a.yaml", object="Service x/y", field="spec", message="mend it", line=3)],
            routes=rig.pipeline.attached_routes,
            cache=rig.cache,
            graph=rig.graph,
            streams=streams,
            clients=lambda: {"use": {}},
            run_on_loop=on_loop,
            holds=lambda: {"shrink": ""},
            release=lambda kind: {kind or "all": 1},
            timeline=timeline or Timeline(0.0),
            digests=lambda *, resources: {"resources": resources},
            parity=dict,
            connections=dict,
        ),
    )
    return made


def get(path: str) -> Any:
    response = endpoints().respond("GET", path)
    assert response.status == 200
    return json.loads(response.body)


def test_a_route_shows_where_it_is_attached_and_what_it_lacks() -> None:
    """Why a route has no effect can be read, not guessed."""
    route = get("/debug/routes")["shop/cart"]

    assert route["attached"] == ["shop/edge/8080 *"]
    assert "there is no such Service" in route["unresolved"][0]


def test_resources_show_the_versions_that_are_published() -> None:
    """By role and type, with the version of each."""
    page = get("/debug/resources")

    assert list(page["roles"]["shop/edge"]["RDS"]["resources"]) == ["shop/edge/8080"]
    assert page["roles"]["shop/edge"]["CDS"]["resources"] == {}


def test_sources_problems_streams_and_collections_are_there() -> None:
    """Each page is JSON that a person can read."""
    assert get("/debug/sources")[0]["kind"] == "services"
    assert get("/debug/problems") == ["a.yaml:3: Service x/y spec: mend it"]
    assert get("/debug/streams") == []
    assert get("/debug/collections")["clusters"]["synced"] is True


def test_a_busy_event_loop_is_said() -> None:
    """A page that cannot be made in time answers 503, and keeps no probe waiting."""

    def busy(_: Callable[[], bytes]) -> bytes:
        raise TimeoutError

    assert endpoints(busy).respond("GET", "/debug/streams").status == 503


def test_holds_are_shown_and_released_by_post_alone() -> None:
    """A kind that there is not is named with those that there are."""
    made = endpoints()

    assert get("/debug/holds") == {"shrink": ""}
    assert json.loads(made.respond("POST", "/debug/release", "kind=shrink").body) == {"released": {"shrink": 1}}
    assert json.loads(made.respond("POST", "/debug/release").body) == {"released": {"all": 1}}
    wrong = made.respond("POST", "/debug/release", "kind=all")
    assert (wrong.status, b"not_ready, unknown_role, queued, shrink, retained" in wrong.body) == (400, True)
    assert made.respond("GET", "/debug/release").status == 405


def test_the_timeline_is_text_or_json() -> None:
    """A line for each event, with its fields."""
    timeline = Timeline(0.0)
    timeline.add("source.synced", kind="services", objects=3)
    made = endpoints(timeline=timeline)

    assert b"source.synced kind=services objects=3\n" in made.respond("GET", "/debug/timeline").body
    (entry,) = json.loads(made.respond("GET", "/debug/timeline", "format=json").body)
    assert (entry["event"], entry["fields"]) == ("source.synced", {"kind": "services", "objects": 3})


def test_a_value_is_explained_down_to_the_objects() -> None:
    """From a resource to what was read to make it; a key that is not there says why."""
    page = "/debug/explain"
    made = endpoints()

    route = made.respond("GET", page, query='collection=route_configurations&key=["shop/edge",8080]').body.decode()
    absent = made.respond("GET", page, query="collection=clusters&key=shop/cart:80").body.decode()

    assert "gateways['shop/edge']" in route
    assert "clusters['shop/cart:80'] is absent" in absent
    assert 404 == made.respond("GET", page, query="collection=nope").status
    assert b"flowchart" in made.respond("GET", "/debug/graph").body


def test_a_page_of_many_streams_is_made_a_few_at_a_time() -> None:
    """Between them the event loop does other things; what is asked for is all there, in order."""
    turns: list[int] = []

    def on_loop(content: Callable[[], bytes]) -> bytes:
        body = content()
        turns.append(body.count(b'"number"'))
        return body

    numbers = range(1234)
    made = endpoints(on_loop, streams=lambda: ({"number": number} for number in numbers))
    found = json.loads(made.respond("GET", "/debug/streams").body)
    assert [one["number"] for one in found] == list(numbers)
    assert max(turns) == 50


def test_each_module_is_one_page_of_its_name() -> None:
    """A module that is not in PAGES would be a page that nobody can open."""
    modules = {module.name for module in pkgutil.iter_modules(pages.__path__)} - {"page"}

    assert [page.name for page in pages.PAGES] == list(dict.fromkeys(page.name for page in pages.PAGES))
    assert {page.name for page in pages.PAGES} == modules
