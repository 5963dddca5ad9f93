"""The whole pipeline: incremental results are those of a fresh start, and unknown is not empty."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from krt import Graph
from krt.introspect import edges
from tests.support import builders
from xds_server.model.objects import Match, ParentRef, Reference, Stored
from xds_server.model.route_budget import Budget
from xds_server.translate import pipeline as pipeline_module
from xds_server.translate.pipeline import Pipeline, build_pipeline

NAMES = st.sampled_from(["a", "b"])
HOSTS = st.sampled_from(["", "a.com", "b.com", "*.com"])
OBJECTS: dict[str, st.SearchStrategy[Any]] = {
    "gateways": st.builds(
        lambda listeners, ours: builders.gateway(*listeners, class_name="xds-server" if ours else "other"),
        st.lists(
            st.builds(builders.http, NAMES, st.sampled_from([80, 81]), HOSTS),
            max_size=3,
            unique_by=lambda one: one.name,
        ),
        st.booleans(),
    ),
    "httproutes": st.builds(
        lambda hosts, path, weights, section: builders.route(
            builders.rule(
                Match(path=path), to=tuple(builders.backend(f"shop/{name}", weight=w) for name, w in weights)
            ),
            hostnames=hosts,
            parents=(ParentRef(gateway="shop/edge", section_name=section),),
        ),
        st.lists(HOSTS.filter(bool), max_size=2, unique=True).map(tuple),
        st.sampled_from(["/", "/x"]),
        st.lists(st.tuples(NAMES, st.integers(0, 2)), max_size=2),
        st.sampled_from(["", "a", "b"]),
    ),
    "services": st.builds(builders.service, st.just("shop/x"), st.sampled_from([80, 81])),
    "endpointslices": st.builds(
        lambda of, ip: builders.slice_(ip, of=f"shop/{of}"), NAMES, st.sampled_from(["10.0.0.1", "10.0.0.2"])
    ),
}
STEPS = st.lists(
    st.sampled_from(sorted(OBJECTS)).flatmap(
        lambda kind: st.tuples(st.just(kind), NAMES, st.one_of(st.none(), OBJECTS[kind]))
    ),
    max_size=25,
)


def keyed(kind: str, name: str, value: Any) -> tuple[str, Any]:
    """The object under its key; a generated one does not know its name."""
    key = "shop/edge" if kind == "gateways" and name == "a" else f"shop/{name}"
    fields = {field: getattr(value, field) for field in value.__struct_fields__}
    return key, type(value)(**fields | {"key": key})


def contents(pipeline: Pipeline) -> dict[str, dict[Any, Any]]:
    outputs = (pipeline.clusters, pipeline.load_assignments, pipeline.listeners, pipeline.route_configurations)
    return {output.name: dict(output) for output in outputs}


@given(STEPS)
def test_changes_one_by_one_lead_where_a_fresh_start_leads(steps: list[tuple[str, str, Any]]) -> None:
    """After any history the resources are those derived from the final objects alone, byte for byte."""
    pipeline = build_pipeline(Graph(on_failure="raise"), "xds-server")
    for source in pipeline.sources.values():
        source.replace({})
    for kind, name, value in steps:
        if value is None:
            pipeline.sources[kind].delete(f"shop/{name}")
        else:
            pipeline.sources[kind].set(*keyed(kind, name, value))

    fresh = build_pipeline(Graph(on_failure="raise"), "xds-server")
    for kind, source in pipeline.sources.items():
        fresh.sources[kind].replace(dict(reversed(list(source.items()))))

    assert contents(fresh) == contents(pipeline)


def test_nothing_is_complete_before_every_source_is() -> None:
    """A load assignment waits for the slices, a route for the Services; a cluster needs Services alone."""
    pipeline = build_pipeline(Graph(on_failure="raise"), "xds-server")
    pipeline.sources["services"].replace({"shop/cart": builders.service()})
    pipeline.sources["gateways"].replace({"shop/edge": builders.gateway()})

    assert pipeline.clusters.synced
    assert not pipeline.load_assignments.synced
    assert {"endpointslices"} == pipeline.load_assignments.pending
    assert {"httproutes"} == pipeline.route_configurations.pending
    assert len(pipeline.load_assignments) == 0

    pipeline.sources["httproutes"].replace({})
    pipeline.sources["endpointslices"].replace({})

    assert list(pipeline.load_assignments) == ["shop/cart:80"]
    assert pipeline.route_configurations.synced


def test_one_changed_slice_changes_one_load_assignment() -> None:
    """A change costs what changed: one output, nothing else."""
    graph = Graph(on_failure="raise")
    pipeline = build_pipeline(graph, "xds-server")
    pipeline.sources["services"].replace({f"shop/{n}": builders.service(f"shop/{n}") for n in range(5)})
    for kind in ("gateways", "httproutes", "endpointslices"):
        pipeline.sources[kind].replace({})
    seen: list[Any] = []
    graph.subscribe(seen.append, *graph.collections.values(), replay=False)

    pipeline.sources["endpointslices"].set("shop/3-1", builders.slice_("10.0.0.1", key="shop/3-1", of="shop/3"))

    changes = {name: list(delta.changes) for name, delta in seen[0].deltas.items()}
    assert changes == {"endpointslices": ["shop/3-1"], "load_assignments": ["shop/3:80"]}


def drawn_edges(drawing: str) -> set[tuple[str, str, str]]:
    """(from, to, "input" or "read") of each line of the drawing."""
    edges_of_lines = set()
    for line in drawing.splitlines():
        left, arrow, right = line.partition(" ─> ")
        inputs, _, reads = left.partition(" + ")
        for kind, names in (("input", inputs), ("read", reads)):
            for name in filter(None, names.split(",")):
                edges_of_lines |= {(name.strip(), target.strip(), kind) for target in right.split(",") if arrow}
    return edges_of_lines


def test_the_drawing_of_the_pipeline_is_the_graph() -> None:
    """Every collection and every edge is drawn, and nothing else. The world makes each transform read all that it can."""
    graph = Graph(on_failure="raise")
    tight = Budget(port_entries=2)
    pipeline = build_pipeline(
        graph, "xds-server", route_budget=tight, referenced_kinds=("secrets", "configmaps"), with_statuses=True
    )
    references = (Reference("secrets", "shop/cert"), Reference("configmaps", "shop/ca"))
    small, large = Match(path="/"), [Match(path=f"/{n}") for n in range(3)]
    world: dict[str, list[Any]] = {
        "gateways": [builders.gateway(builders.http(hostname="*.com"), references=references)],
        "httproutes": [
            builders.route(builders.rule(small), key="shop/small", hostnames=("a.com",)),
            builders.route(builders.rule(*large), key="shop/large", hostnames=("a.com", "b.com")),
            builders.route(key="shop/lost", parents=(ParentRef(gateway="shop/none"),)),
        ],
        "services": [builders.service()],
        "endpointslices": [builders.slice_("10.0.0.1")],
    }
    stored = pipeline.references.stored if pipeline.references else {}
    with graph.transaction():
        for kind, objects in world.items():
            pipeline.sources[kind].replace({each.key: each for each in objects})
        for reference in references:
            stored[reference.plural].set(reference.key, Stored(key=reference.key))
            stored[reference.plural].mark_synced()
    assert pipeline.over_budget

    drawn = drawn_edges(pipeline_module.__doc__ or "")

    assert {(start, end, kind) for (start, end), kind in edges(graph).items()} == drawn
    assert set(graph.collections) == {name for start, end, _ in drawn for name in (start, end)}


def test_what_is_derived_beside_what_is_served_is_not_awaited() -> None:
    """Statuses, references and problems do not keep the server from getting ready."""
    with_all = build_pipeline(Graph(), "xds-server", referenced_kinds=("secrets",), with_statuses=True)
    alone = build_pipeline(Graph(), "xds-server")

    assert [one.name for one in alone.derived] == [one.name for one in with_all.derived]
    assert (alone.statuses, alone.references) == (None, None)
