"""Explanations, records, and the graph as a drawing and as JSON."""

import json

import pytest

import krt


@pytest.fixture
def graph() -> krt.Graph:
    """Services over pods by app, with rates that are not known yet."""
    graph = krt.Graph()
    pods = graph.source("pods", {"p1": "web", "p2": "web", "p3": "db"})
    by_app = pods.index(lambda app: [app], name="app")
    rates: krt.Source[str, int] = graph.source("rates")
    services = graph.source("services", {"web": 1, "db": 0, "cache": 2, "slow": 3, "kept": 4})

    def rated(ctx: krt.Context, n: int) -> float | None:
        pods_here = len(ctx.lookup(by_app, ctx.key))
        if n == 2:
            return None
        if n == 4:
            raise krt.KeepPrevious("not today")
        return pods_here / n + (ctx.get(rates, "r") or 0 if n == 3 else 0)

    rating = services.map(rated, name="rating")
    extra = graph.source("extra", {"web": 7.5, "x": 1.5})
    graph.merge(rating, extra, name="all")
    services.flat_map(lambda ctx, n: {n % 2: ctx.key, ctx.key: ctx.key}, name="parity")
    by_app.group(name="apps")
    return graph


def why(graph: krt.Graph, collection: str, key: object) -> str:
    return krt.explain(graph.collections[collection], key).why


def test_explain_walks_from_an_output_to_its_sources_and_reads(graph: krt.Graph) -> None:
    """The tree has the value, the transform, its reads and its input."""
    assert str(krt.explain(graph.collections["all"], "web")) == (
        "all['web'] is 2.0: from rating, which shadows extra\n"
        "  rating['web'] is 2.0: made by the transform\n"
        "    read pods by app at 'web' (2 values)\n"
        "    services['web'] is 1: written from outside\n"
        "  extra['web'] is 7.5: written from outside"
    )


def test_explain_says_why_a_key_is_absent(graph: krt.Graph) -> None:
    """Each reason has its own words: no input, left out, parked, failed, kept."""
    assert why(graph, "rating", "nowhere") == "no input"
    assert why(graph, "rating", "cache") == "left out by the transform"
    assert why(graph, "rating", "slow") == "parked: waits for 'rates' to sync"
    assert why(graph, "rating", "db") == "failed after epoch 0: ZeroDivisionError('division by zero')"
    assert why(graph, "rating", "kept") == "kept as it was: not today"
    assert why(graph, "services", "nowhere") == "no input"
    assert why(graph, "rates", "r") == "not known yet: the source has not synced"
    assert why(graph, "all", "nowhere") == "no input"
    assert why(graph, "all", "x") == "from extra"
    assert why(graph, "apps", "nowhere") == "no input"
    assert why(graph, "apps", "web") == "2 values of pods by app"


def test_explain_says_who_shadows_whom(graph: krt.Graph) -> None:
    """The explanation names the owner of an output key, and the other inputs that return it."""
    assert why(graph, "parity", 0) == "made from input 'cache', which shadows 'db', 'kept'"
    assert why(graph, "parity", "web") == "made from input 'web'"
    assert why(graph, "parity", "nowhere") == "no input makes it"


def test_explain_says_what_stands_in_the_way_of_a_flat_map() -> None:
    """For an absent output key, all parked, kept and failed inputs are named; for a present one, its own state."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    many = numbers.flat_map(lambda ctx, n: {"out": 60 // n}, name="many")
    numbers.set("a", 0)
    assert krt.explain(many, "out").why.startswith("made from input 'a', which is failed after epoch 0")

    numbers.set("b", 0)
    explanation = krt.explain(many, "other")
    assert explanation.why.startswith("no input makes it; but input 'a' is failed after epoch 0")
    assert [one.key for one in explanation.because] == ["a", "b"]


def test_explain_names_reads_of_every_kind() -> None:
    """Reads of a key, of an absent key, of all values, and projections."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    other = graph.source("other", {"x": 1})

    def read(ctx: krt.Context, n: int) -> int:
        ctx.get(other, "x")
        ctx.get(other, "y")
        ctx.get(other, "x", select=str)
        return n + sum(ctx.fetch(other))

    reads = krt.explain(numbers.map(read, name="reader"), "a").reads

    assert reads == ("other['x']", "other['y'] (absent)", "a projection of other['x']", "all of other (1 values)")


def test_explain_of_combinations() -> None:
    """A combined value names all its inputs; a function that fails is reported."""
    graph = krt.Graph()
    first, second = graph.source("first", {"k": 1}), graph.source("second", {"k": 2})
    merged = graph.merge(first, second, name="merged", combine=sum)
    failing = graph.merge(first, second, name="failing", combine=lambda values: values[5])
    many: krt.Collection[str, int] = first.flat_map(lambda ctx, n: {"k": n}, name="many", on_conflict=sum)
    first.set("l", 5)

    assert krt.explain(merged, "k").why == "combined from first, second"
    assert krt.explain(failing, "k").why == "failed: IndexError('tuple index out of range')"
    assert krt.explain(many, "k").why == "made from input 'k', which is combined with 'l'"


def test_a_record_says_what_changed_what_ran_and_what_was_cut_off() -> None:
    """A record of a transaction has every run with its cause and outcome, in order."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "b": 2, "c": 3, "d": 4})
    rates = graph.source("rates", {"r": 1})
    unknown: krt.Source[str, int] = graph.source("unknown")

    def rated(ctx: krt.Context, n: int) -> int:
        if n == 5:
            raise krt.KeepPrevious
        if n == 6:
            return ctx.get(unknown, "u") or 0
        return 60 // n // (ctx.get(rates, "r") or 1) if ctx.key == "a" else 60 // n

    rating = numbers.map(rated, name="rating")
    rating.map(lambda ctx, n: n, name="after")
    numbers.index(lambda n: [n % 2], name="parity").group(name="groups")
    numbers.flat_map(lambda ctx, n: {n: n}, name="many")

    with krt.record(graph) as records:
        rates.set("r", 2)
        numbers.replace({"a": 1, "b": 0, "c": 5, "d": 6})
    rates.set("r", 3)

    first, second = records
    assert str(first) == (
        "epoch 1\n"
        "  rates: 1 changed\n"
        "  rating: 1 changed\n"
        "  after: 1 changed\n"
        "  rating['a'] because of rates: changed\n"
        "  after['a'] because of rating: changed"
    )
    outcomes = {(run.collection, run.key): run.outcome for run in second.runs}
    assert outcomes == {
        ("rating", "b"): "failed",
        ("rating", "c"): "kept",
        ("rating", "d"): "parked",
        ("groups", 0): "changed",
        ("groups", 1): "changed",
        ("many", "b"): "changed",
        ("many", "c"): "changed",
        ("many", "d"): "changed",
    }
    assert [run.cause for run in second.runs if run.collection == "groups"] == ["numbers by parity"] * 2
    assert list(second.changes) == ["numbers", "groups", "many"]


def test_a_record_names_equal_outputs_as_cut_off() -> None:
    """A record names runs with equal outputs, and the collections that became synced."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")
    parity = numbers.map(lambda ctx, n: n % 2 == 0, name="parity")
    parity.flat_map(lambda ctx, even: {even: True}, name="many")

    with krt.record(graph) as records:
        numbers.replace({"a": 1})
        numbers.set("a", 3)

    assert [str(run) for record in records for run in record.runs] == [
        "parity['a'] because of numbers: changed",
        "many['a'] because of parity: changed",
        "parity['a'] because of numbers: cut off",
    ]
    assert records[0].synced == ("numbers", "parity", "many")


def test_mermaid_draws_every_edge_also_the_dynamic_ones(graph: krt.Graph) -> None:
    """Inputs have solid arrows, reads and parked reads dotted ones, and the nodes are well-formed."""
    drawing = krt.to_mermaid(graph)

    assert drawing.startswith("flowchart LR\n")
    assert '  n0[("pods<br/>3 keys")]' in drawing
    assert '  n1[("rates<br/>0 keys, not synced")]' in drawing
    for edge in ("n2 --> n3", "n0 -.-> n3", "n1 -.-> n3", "n3 --> n5", "n4 --> n5", "n2 --> n6", "n0 --> n7"):
        assert f"  {edge}\n" in drawing
    assert drawing.count("->") == 7


def test_json_tells_state_edges_and_counters_of_each_collection(graph: krt.Graph) -> None:
    """The result can be dumped as JSON, and has no contents."""
    dump = json.loads(json.dumps(krt.to_json(graph)))
    rating = next(one for one in dump["collections"] if one["name"] == "rating")

    assert dump["epoch"] == 0
    assert [one["kind"] for one in dump["collections"]] == [
        "source", "source", "source", "map", "source", "merge", "flat_map", "group",
    ]  # fmt: skip
    assert rating["inputs"] == ["services"]
    assert rating["reads"] == ["pods", "rates"]
    assert (rating["keys"], rating["synced"], rating["pending"]) == (1, False, ["rates"])
    assert rating["parked"] == {"'slow'": "rates"}
    assert rating["failures"] == {"'db'": "ZeroDivisionError('division by zero')"}
    assert rating["counters"]["runs"] == 5


def test_flatten_shows_its_members_as_inputs() -> None:
    """The inputs of a flatten are its present members."""
    graph = krt.Graph()
    east: krt.Collection[str, int] = graph.source("east", {"a": 1})
    members = graph.source("members", {"east": east})
    everything = graph.flatten(members, name="everything")

    assert krt.explain(everything, "a").why == "from east"
    assert "  n0 --> n2\n" in krt.to_mermaid(graph)


def test_reprs_name_kind_size_and_state() -> None:
    """For debugging."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")
    index = numbers.index(lambda n: [n], name="value")

    assert repr(numbers) == "<source 'numbers', 0 keys, not synced>"
    assert repr(index) == "<Index 'value' of 'numbers', 0 index values>"
    assert repr(graph.view()[numbers]) == "<view of 'numbers', 0 keys>"
