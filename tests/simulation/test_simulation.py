"""Whatever happens, in whatever order: the rules of `tests.simulation.run` hold."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.simulation.history import Event, Setting, history, setting
from tests.simulation.run import report, shrunk, simulate

EACH = 6
CALM = Setting(
    seed=0, mode="bounded", hold_seconds=3.0, replicas=1,
    streamed=False, shrink_seconds=0.0, retention_seconds=0.0, marked=False, network_seconds=0.3,
    delta=(), parity_seconds=0.0, last_good_seconds=0.0, initial_push_seconds=0.0,
)  # fmt: skip


SERVED = [
    Event(0.0, "put", ("gateways", "g0", (True, (8080,)))),
    Event(0.0, "put", ("services", "s0", (True, (80,)))),
    Event(0.0, "put", ("endpointslices", "e0", (True, "s0", ("10.0.0.1",)))),
    Event(0.0, "put", ("httproutes", "r0", (True, "g0", (("s0", 80),)))),
]
"""A route that is served."""
MOVED_UNSEEN = [
    Event(10.0, "unreachable", (3.0,)),
    Event(10.5, "put", ("services", "s1", (True, (80,)))),
    Event(10.5, "put", ("endpointslices", "e1", (True, "s1", ("10.0.0.2",)))),
    Event(11.0, "put", ("httproutes", "r0", (True, "g0", (("s1", 80),)))),
]
"""The API server cannot be reached, and meanwhile the route moves to a new Service."""


@pytest.mark.parametrize("first", range(0, 60, EACH))
def test_no_history_breaks_a_rule(first: int) -> None:
    """Seeds from *first* on; a failure prints the shortest history that shows it."""
    for seed in range(first, first + EACH):
        of_run, events = setting(seed), history(seed)
        if simulate(of_run, events).violations:
            pytest.fail(report(of_run, events))


def test_a_seed_is_one_run() -> None:
    """The same seed does the same again."""
    first, second = (simulate(setting(3), history(3)) for _ in range(2))

    assert first.world.log == second.world.log
    assert (first.sent, first.holds) == (second.sent, second.holds)


_ELSEWHERE = """
import gc, logging, random, sys
from tests.simulation.history import history, setting
from tests.simulation.run import simulate

logging.disable()
chance = random.Random(sys.argv[1])
memory = [bytearray(chance.randrange(600)) for _ in range(20_000)]
chance.shuffle(memory)
del memory[::2]
gc.set_threshold(chance.randrange(50, 5_000))
for seed in map(int, sys.argv[2:]):
    print(seed, *simulate(setting(seed), history(seed)).messages, sep="\\n")
"""


def test_a_seed_is_one_run_in_every_process() -> None:
    """Whatever the hashes of strings, the addresses of objects, and the times of the garbage collection, all messages are the same."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _ELSEWHERE, chance, *map(str, (19, 26, 28))],
            env=os.environ | {"PYTHONHASHSEED": chance}, stdout=subprocess.PIPE, text=True,
        )
        for chance in ("1", "2")
    ]  # fmt: skip
    first, second = (process.communicate(timeout=60)[0].splitlines() for process in processes)

    assert [process.returncode for process in processes] == [0, 0]
    assert len(first) > 500
    different = [(a, b) for a, b in zip(first, second, strict=False) if a != b]
    assert (different[:1], len(first)) == ([], len(second))


def test_without_the_gate_unknown_is_served_as_empty() -> None:
    """With the gate off rules are broken: the others are kept by it, not by luck."""
    broken = [seed for seed in range(5) if simulate(setting(seed, "off"), history(seed)).violations]

    assert [0, 1, 2, 3, 4] == broken


def test_a_failure_is_told_by_its_shortest_history() -> None:
    """Shrinking leaves out what is not needed, and what is left fails by itself."""
    of_run = setting(1, "off")
    events = history(1)

    left = shrunk(of_run, events)

    assert len(left) < len(events) / 2
    assert simulate(of_run, left).violations
    for event in left:  # none can be left out
        assert not simulate(of_run, [one for one in left if one is not event]).violations
    assert "seed 1" in report(of_run, left)


def test_a_route_may_move_to_a_service_that_comes_from_one_that_goes() -> None:
    """Make before break: all of it within one round trip, and the request that worked goes on working."""
    slices = [Event(0.0, "put", ("endpointslices", f"e{name}", (True, name, ("10.0.0.1",)))) for name in ("s0", "s1")]
    before = [
        Event(0.0, "put", ("gateways", "g0", (True, (8080,)))),
        Event(0.0, "put", ("services", "s0", (True, (80,)))),
        Event(0.0, "put", ("httproutes", "r0", (True, "g0", (("s0", 80),)))),
    ]
    move = [
        Event(20.0, "put", ("services", "s1", (True, (80,)))),
        Event(20.1, "put", ("httproutes", "r0", (True, "g0", (("s1", 80),)))),
        Event(20.2, "delete", ("services", "s0")),
    ]

    runs = [simulate(replace(CALM, seed=seed), [*slices, *before, *move]) for seed in range(8)]

    assert [[]] * 8 == [run.violations + run.disorder for run in runs]


@pytest.mark.parametrize("delta", [(), ("e0",)])
def test_a_proxy_without_anything_is_given_what_was_good_before(delta: tuple[str, ...]) -> None:
    """Everything starts anew without an API server; afterwards the same stream is told what is true, in both variants."""
    dark = [
        Event(10.0, "unreachable", (15.0,)),
        Event(10.0, "kill", ("A",)),
        Event(10.1, "start", ("A",)),
        Event(10.2, "restart", ("e0",)),
        Event(11.0, "put", ("services", "s1", (True, (80,)))),
    ]

    run = simulate(replace(CALM, last_good_seconds=2.0, delta=delta), [*SERVED, *dark])

    assert (run.violations, run.answers.last_good >= 4) == ([], True)


def test_a_route_may_have_moved_while_a_proxy_was_away() -> None:
    """A proxy comes back from an outage in which its route moved to a new Service, and goes on answering."""
    before = [
        Event(0.0, "put", ("gateways", "g0", (True, (8080,)))),
        Event(0.0, "put", ("services", "s0", (True, (80,)))),
        Event(0.0, "put", ("httproutes", "r0", (True, "g0", (("s0", 80),)))),
        *(Event(0.0, "put", ("endpointslices", f"e{s}", (True, s, ("10.0.0.1",)))) for s in ("s0", "s1")),
    ]
    away = [
        Event(20.0, "kill", ("A",)),
        Event(20.1, "put", ("services", "s1", (True, (80,)))),
        Event(20.1, "put", ("httproutes", "r0", (True, "g0", (("s1", 80),)))),
        Event(20.1, "delete", ("services", "s0")),
        Event(21.0, "start", ("A",)),
    ]

    runs = [simulate(replace(CALM, seed=seed), [*before, *away]) for seed in range(8)]

    assert [[]] * 8 == [run.violations + run.disorder for run in runs]


@pytest.mark.parametrize("late", ["endpointslices", "services", "httproutes"])
def test_a_route_may_have_moved_while_nobody_looked(late: str) -> None:
    """To a Service that came then, with its endpoints; when the kinds are back one after the other, it goes on answering."""
    blind = [
        *MOVED_UNSEEN,
        Event(11.5, "compact", ()),
        Event(12.0, "slow", (late, 4.0, 10.0)),
    ]

    runs = [simulate(replace(CALM, retention_seconds=20.0, seed=seed), [*SERVED, *blind]) for seed in range(8)]

    assert [[]] * 8 == [run.violations + run.disorder for run in runs]


def test_a_list_that_is_followed_by_another_at_once_is_served() -> None:
    """A change is held, so its kind is listed anew: the list that is under way is served, and there is no watch after it."""
    before = [
        Event(0.0, "put", ("gateways", "g0", (True, (8080,)))),
        *(Event(0.0, "put", ("services", name, (True, (80,)))) for name in ("s0", "s1")),
        *(Event(0.0, "put", ("httproutes", f"r{i}", (True, "g0", (("s0", 80),)))) for i in range(4)),
    ]
    held = [
        *(Event(20.0, "delete", ("httproutes", f"r{i}")) for i in range(3)),
        Event(21.0, "slow", ("httproutes", 4.0, 8.0)),
        Event(21.0, "put", ("services", "s2", (True, (80,)))),
        Event(21.0, "compact", ()),
        Event(23.0, "put", ("httproutes", "r3", (True, "g0", (("s1", 80),)))),
    ]

    runs = [simulate(replace(CALM, shrink_seconds=20.0, seed=seed), [*before, *held]) for seed in range(8)]

    assert [[]] * 8 == [run.violations for run in runs]


def test_what_a_route_left_stays_as_long_as_the_route_does() -> None:
    """While nobody looked, a route moved to a new Service, and the old one went; a proxy that starts has both, or neither."""
    blind = [
        *MOVED_UNSEEN,
        Event(11.5, "delete", ("services", "s0")),
        Event(11.5, "compact", ()),
        Event(12.0, "slow", ("endpointslices", 8.0, 10.0)),
        Event(17.0, "restart", ("e0",)),
    ]

    runs = [simulate(replace(CALM, retention_seconds=20.0, seed=seed), [*SERVED, *blind]) for seed in range(8)]

    assert [[]] * 8 == [run.violations + run.disorder for run in runs]
