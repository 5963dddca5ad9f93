"""Views: collections at one epoch, at the cost of what changes later."""

import pytest

import krt


def test_a_view_is_not_affected_by_later_transactions() -> None:
    """After changes, deletions and additions, a view reads as before, by key, by iteration and in size."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1, "b": 2})
    doubled = numbers.map(lambda ctx, n: n * 2, name="doubled")
    view = graph.view(numbers, doubled)

    numbers.set("a", 5)
    numbers.delete("b")
    numbers.set("c", 3)
    numbers.set("a", 6)
    numbers.set("b", 7)

    assert view.epoch == 0
    assert dict(view[numbers]) == {"a": 1, "b": 2}
    assert dict(view[doubled]) == {"a": 2, "b": 4}
    assert (len(view[doubled]), "c" in view[numbers], view[numbers].get("b")) == (2, False, 2)
    assert dict(doubled) == {"a": 12, "c": 6, "b": 14}


def test_views_at_several_epochs_are_independent() -> None:
    """Each view has the contents of its own epoch."""
    graph = krt.Graph(on_failure="raise")
    numbers: krt.Source[str, int] = graph.source("numbers", {})
    views = []
    for i in range(4):
        numbers.set("a", i)
        views.append(graph.view())

    assert [(view.epoch, dict(view[numbers])) for view in views] == [(i + 1, {"a": i}) for i in range(4)]


def test_a_view_within_an_open_transaction_is_of_the_last_commit() -> None:
    """A view has neither the writes of an open transaction nor those that an abort undoes."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1, "b": 2})
    view = graph.view()

    with graph.transaction():
        numbers.set("a", 5)
        numbers.delete("b")
        numbers.set("c", 6)
        assert dict(view[numbers]) == {"a": 1, "b": 2}
        assert view[numbers]["b"] == 2

    assert dict(view[numbers]) == {"a": 1, "b": 2}


def test_views_share_what_has_not_changed() -> None:
    """A view holds only the old values of changed keys, and views of one epoch share them."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {i: i for i in range(1000)})
    one, other = graph.view(), graph.view()

    numbers.set(5, 50)

    (overlay,) = [held() for held in numbers._overlays]
    assert overlay is not None
    assert overlay.old == {5: 5}
    assert one[numbers][5] == other[numbers][5] == 5


def test_a_view_that_nobody_holds_costs_nothing() -> None:
    """The old values are dropped with the last view."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1})
    view = graph.view()
    del view

    numbers.set("a", 2)

    assert numbers._overlays == []


def test_a_view_may_be_iterated_while_the_graph_goes_on() -> None:
    """A transaction during the iteration does not affect it."""
    graph = krt.Graph(on_failure="raise")
    numbers = graph.source("numbers", {"a": 1, "b": 2})
    keys = iter(graph.view()[numbers])

    seen = [next(keys)]
    numbers.set("c", 3)
    seen += keys

    assert seen == ["a", "b"]


def test_a_view_names_what_it_was_not_taken_of() -> None:
    """A collection that is not in the view is a KeyError with its name."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    view = graph.view(numbers)
    later = graph.source("later", {"a": 1})

    with pytest.raises(KeyError, match="'later'"):
        view[later]
