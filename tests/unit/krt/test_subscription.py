"""Subscribers: when they are called, and what happens to their writes and errors."""

import pytest

import krt


def test_a_late_subscriber_gets_all_that_is_there_in_one_delta() -> None:
    """The replay is one delta of additions; the changes follow, without a gap or a repetition."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "b": 2})
    deltas: list[dict[str, krt.Change[int]]] = []

    numbers.subscribe(lambda delta: deltas.append(dict(delta.changes)))
    numbers.set("a", 3)

    assert deltas == [{"a": krt.Change(None, 1), "b": krt.Change(None, 2)}, {"a": krt.Change(1, 3)}]


def test_without_replay_only_changes_are_delivered() -> None:
    """Without replay a subscriber gets no present contents; with replay an empty collection gives no call."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    empty: krt.Source[str, int] = graph.source("empty", {})
    deltas: list[krt.Delta[str, int]] = []

    numbers.subscribe(deltas.append, replay=False)
    empty.subscribe(deltas.append)

    assert deltas == []


def test_replay_within_a_transaction_tells_the_last_committed_state() -> None:
    """The writes of the open transaction follow as their own delta, with exact old values."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1, "b": 2})
    deltas: list[dict[str, krt.Change[int]]] = []

    with graph.transaction():
        numbers.set("a", 5)
        numbers.delete("b")
        numbers.set("c", 7)
        numbers.subscribe(lambda delta: deltas.append(dict(delta.changes)))

    assert deltas == [
        {"a": krt.Change(None, 1), "b": krt.Change(None, 2)},
        {"a": krt.Change(1, 5), "b": krt.Change(2, None), "c": krt.Change(None, 7)},
    ]


def test_a_commit_subscriber_is_called_for_every_transaction_with_its_collections_only() -> None:
    """The subscriber gets the epoch even if none of its collections changed."""
    graph = krt.Graph()
    mine = graph.source("mine", {"a": 1})
    other = graph.source("other", {"a": 1})
    commits: list[krt.Commit] = []
    graph.subscribe(commits.append, mine)

    other.set("a", 2)
    with graph.transaction():
        mine.set("a", 3)
        other.set("a", 3)

    assert [(commit.epoch, list(commit.deltas)) for commit in commits] == [(0, ["mine"]), (1, []), (2, ["mine"])]


def test_a_commit_names_what_became_synced() -> None:
    """The commit in which a source becomes synced names the source and the chain over it."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")
    numbers.map(lambda ctx, n: n, name="same")
    commits: list[krt.Commit] = []
    graph.subscribe(commits.append, replay=False)

    numbers.mark_synced()

    assert [commit.synced for commit in commits] == [("numbers", "same")]


def test_subscribers_are_called_in_the_order_of_subscription() -> None:
    """The order holds for all kinds of subscriptions and for all collections."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    same = numbers.map(lambda ctx, n: n, name="same")
    calls: list[str] = []
    same.subscribe(lambda delta: calls.append("first"), replay=False)
    graph.subscribe(lambda commit: calls.append("second"), replay=False)
    numbers.subscribe(lambda delta: calls.append("third"), replay=False)

    numbers.set("a", 2)

    assert calls == ["first", "second", "third"]


def test_what_a_subscriber_writes_is_the_next_transaction() -> None:
    """The graph does not change while subscribers are called: all of them see one epoch, and then the next."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    echo = graph.source("echo", {"a": 0})
    seen: list[tuple[int, int, int]] = []

    def copy(delta: krt.Delta[str, int]) -> None:
        echo.set("a", numbers["a"])
        with graph.transaction():
            echo.set("b", 1)
            echo.set("c", 1)

    numbers.subscribe(copy, replay=False)
    graph.subscribe(lambda commit: seen.append((commit.epoch, numbers["a"], echo["a"])), replay=False)

    numbers.set("a", 2)

    assert seen == [(1, 2, 0), (2, 2, 2), (3, 2, 2)]
    assert dict(echo) == {"a": 2, "b": 1, "c": 1}


def test_a_subscriber_may_write_during_its_replay() -> None:
    """The subscription exists when the write runs, so it gets the delta of its own write."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    deltas: list[dict[str, krt.Change[int]]] = []

    def raise_to_three(delta: krt.Delta[str, int]) -> None:
        deltas.append(dict(delta.changes))
        if numbers["a"] < 3:
            numbers.set("a", numbers["a"] + 1)

    numbers.subscribe(raise_to_three)

    assert deltas == [{"a": krt.Change(None, 1)}, {"a": krt.Change(1, 2)}, {"a": krt.Change(2, 3)}]


def test_a_subscribers_own_transaction_that_raises_leaves_no_trace() -> None:
    """A block of a subscriber that raises drops its held writes; an inner block drops only its own."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    echo: krt.Source[str, int] = graph.source("echo", {})

    def fail() -> None:
        with graph.transaction():
            echo.set("inner", 1)
            raise LookupError

    def write(delta: krt.Delta[str, int]) -> None:
        with pytest.raises(LookupError):
            fail()
        with graph.transaction():
            echo.set("kept", 1)
            with pytest.raises(LookupError):
                fail()

    numbers.subscribe(write, replay=False)
    numbers.set("a", 2)

    assert dict(echo) == {"kept": 1}


def test_endless_ping_pong_is_an_error_with_the_names() -> None:
    """Two subscribers that keep writing in response to each other are stopped, and the graph stays usable."""
    graph = krt.Graph()
    ping = graph.source("ping", {"n": 0})
    pong = graph.source("pong", {"n": 0})
    ping.subscribe(lambda delta: pong.set("n", ping["n"] + 1), replay=False)
    closing = pong.subscribe(lambda delta: ping.set("n", pong["n"] + 1), replay=False)

    with pytest.raises(krt.LivelockError, match=r"'ping', 'pong' kept writing to 'p.ng', 'p.ng'"):
        ping.set("n", 1)

    closing.close()
    ping.set("n", 1000)
    assert pong["n"] == 1001


def test_a_subscriber_that_raises_harms_nobody_else() -> None:
    """The others are called, the transaction stays, and the error is raised at the end with its cause."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    calls: list[int] = []

    def fail(delta: krt.Delta[str, int]) -> None:
        raise LookupError("lost")

    numbers.subscribe(fail, replay=False)
    numbers.subscribe(lambda delta: calls.append(numbers["a"]), replay=False)

    with pytest.raises(krt.SubscriberError, match="a subscriber of 'numbers' raised at epoch 1") as caught:
        numbers.set("a", 2)

    assert isinstance(caught.value.__cause__, LookupError)
    assert calls == [2]
    assert numbers["a"] == 2


def test_several_errors_are_one_with_notes() -> None:
    """The first error is raised, with the others as notes."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})

    def fail(delta: krt.Delta[str, int]) -> None:
        raise LookupError("lost")

    numbers.subscribe(fail, replay=False)
    numbers.subscribe(fail, replay=False)

    with pytest.raises(krt.SubscriberError) as caught:
        numbers.set("a", 2)

    assert len(caught.value.__notes__) == 1


def test_a_subscriber_that_raises_during_replay_is_not_subscribed() -> None:
    """The caller gets no subscription to close, so it is closed."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})

    def fail(delta: krt.Delta[str, int]) -> None:
        raise LookupError("lost")

    with pytest.raises(krt.SubscriberError):
        numbers.subscribe(fail)
    numbers.set("a", 2)

    assert numbers["a"] == 2


def test_unsubscribing_within_a_call_takes_effect_at_once() -> None:
    """A subscriber may close its own subscription, and one that is about to be called."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    calls: list[str] = []
    subscriptions: list[krt.Subscription] = []

    def close_all(delta: krt.Delta[str, int]) -> None:
        calls.append("first")
        for subscription in subscriptions:
            subscription.close()
            subscription.close()

    subscriptions.append(numbers.subscribe(close_all, replay=False))
    subscriptions.append(numbers.subscribe(lambda delta: calls.append("second"), replay=False))
    numbers.set("a", 2)
    numbers.set("a", 3)

    assert calls == ["first"]


def test_subscribing_within_a_call_replays_this_epoch_and_gets_the_next() -> None:
    """The replay includes the change that is being delivered, and no call repeats it."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    late: list[dict[str, krt.Change[int]]] = []

    def subscribe_once(delta: krt.Delta[str, int]) -> None:
        first.close()
        numbers.subscribe(lambda delta: late.append(dict(delta.changes)))

    first = numbers.subscribe(subscribe_once, replay=False)
    numbers.set("a", 2)
    assert late == [{"a": krt.Change(None, 2)}]

    numbers.set("a", 3)
    assert late[1:] == [{"a": krt.Change(2, 3)}]


def test_building_within_a_call_is_allowed() -> None:
    """A subscriber may derive and close collections; that calls no subscriber."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    built: list[krt.Collection[str, int]] = []

    def rebuild(delta: krt.Delta[str, int]) -> None:
        if built:
            built.pop().close()
        built.append(numbers.map(lambda ctx, n: n * 2, name="doubled"))

    numbers.subscribe(rebuild)
    numbers.set("a", 2)
    numbers.set("a", 3)

    assert dict(built[0]) == {"a": 6}


def test_a_subscription_is_synced_once_it_was_called_with_all() -> None:
    """It is synced after the call for the transaction in which its collection became synced, not before."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")
    within: list[bool] = []

    def note(delta: krt.Delta[str, int]) -> None:
        within.append(subscription.synced)

    subscription = numbers.subscribe(note)
    numbers.set("a", 1)
    assert not subscription.synced
    numbers.replace({"a": 1, "b": 2})

    assert within == [False, False]
    assert subscription.synced


def test_a_subscription_to_nothing_yet_is_synced_with_its_collection() -> None:
    """If the collection is empty, the subscription is synced without a call."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")
    subscription = numbers.subscribe(lambda delta: None)
    assert not subscription.synced

    numbers.mark_synced()

    assert subscription.synced


def test_a_closed_subscription_is_silent_when_the_collection_syncs() -> None:
    """A subscription that was closed before the sync is not called."""
    graph = krt.Graph()
    numbers: krt.Source[str, int] = graph.source("numbers")
    deltas: list[krt.Delta[str, int]] = []
    numbers.subscribe(deltas.append).close()

    numbers.replace({"a": 1})

    assert deltas == []


def test_a_keyboard_interrupt_in_a_subscriber_is_raised_once_everybody_was_called() -> None:
    """It is raised, but only after all other subscribers were called."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    calls: list[int] = []

    def interrupt(delta: krt.Delta[str, int]) -> None:
        raise KeyboardInterrupt

    numbers.subscribe(interrupt, replay=False)
    numbers.subscribe(lambda delta: calls.append(numbers["a"]), replay=False)

    with pytest.raises(KeyboardInterrupt):
        numbers.set("a", 2)

    assert calls == [2]


def test_a_held_write_that_fails_is_aborted_and_reported() -> None:
    """A held write that raises undoes the other writes of its transaction."""

    class Moody:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError("incomparable")

        def __hash__(self) -> int:
            return 1

    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    moods = graph.source("moods", {Moody(): 1})
    echo: krt.Source[str, int] = graph.source("echo", {})

    def write(delta: krt.Delta[str, int]) -> None:
        with graph.transaction():
            echo.set("a", 1)
            moods.set(Moody(), 2)
        echo.set("b", 2)

    numbers.subscribe(write, replay=False)

    with pytest.raises(krt.SubscriberError, match="incomparable"):
        numbers.set("a", 2)

    assert list(moods.values()) == [1]
    assert dict(echo) == {"b": 2}


def test_a_held_write_to_a_source_that_was_closed_meanwhile_is_dropped() -> None:
    """The other writes of its transaction take effect."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    echo: krt.Source[str, int] = graph.source("echo", {})
    gone: krt.Source[str, int] = graph.source("gone", {})

    def write(delta: krt.Delta[str, int]) -> None:
        with graph.transaction():
            gone.set("a", 1)
            echo.set("a", 1)
        gone.close()

    numbers.subscribe(write, replay=False)
    numbers.set("a", 2)

    assert (dict(echo), dict(gone)) == ({"a": 1}, {})


def test_what_a_replay_within_a_held_transaction_writes_is_its_own() -> None:
    """A block of a subscriber raises after a replay within it: only the writes of the block are dropped."""
    graph = krt.Graph()
    numbers = graph.source("numbers", {"a": 1})
    echo: krt.Source[str, int] = graph.source("echo", {})

    def give_up() -> None:
        with graph.transaction():
            echo.set("mine", 1)
            numbers.subscribe(lambda delta: echo.set("other", 1))
            raise LookupError

    def subscribe_within(delta: krt.Delta[str, int]) -> None:
        first.close()
        with pytest.raises(LookupError):
            give_up()

    first = numbers.subscribe(subscribe_within, replay=False)
    numbers.set("a", 2)

    assert dict(echo) == {"other": 1}
