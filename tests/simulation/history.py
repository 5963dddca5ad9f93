"""What happens in a run, from outside: one seed, one list of events. A part of such a list is one, too."""

from dataclasses import dataclass
from random import Random
from typing import Any

SECONDS = 40.0
"""How long things go on happening; then all is mended, and has to come right."""
SERVICES = ("s0", "s1", "s2", "s3")
SLICES = tuple(f"e{i}" for i in range(6))
ROUTES = ("r0", "r1", "r2", "r3", "r4")
GATEWAYS = ("g0", "g1")
NAMES = {"gateways": GATEWAYS, "httproutes": ROUTES, "services": SERVICES, "endpointslices": SLICES}
"""By kind: of these there are objects."""
PORT_SETS = ((80,), (80,), (80, 81), (81,))
LISTENER_SETS = ((8080,), (8080,), (8080, 8443))
ENVOYS = (("e0", "n/g0"), ("e1", "n/g0"), ("e2", "n/g1"))
REPLICAS = ("A", "B")


@dataclass(frozen=True)
class Event:
    """Something that is done at a time; *what* is the name of a method of the simulation."""

    at: float
    what: str
    args: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.at:7.3f}  {self.what}({', '.join(map(repr, self.args))})"


@dataclass(frozen=True)
class Setting:
    """What holds for a whole run."""

    seed: int
    mode: str
    hold_seconds: float
    replicas: int
    streamed: bool
    """Whether lists are streams."""
    shrink_seconds: float
    """How long a change is held that takes away much; 0 for not at all."""
    retention_seconds: float
    """How long a resource stays whose loss is in doubt; 0 for not at all."""
    marked: bool
    """Whether there is a completeness marker."""
    delta: tuple[str, ...]
    """Proxies that speak of changes, and not of the whole state."""
    parity_seconds: float
    """How long a replica may wait for another to agree before it is ready; 0 for not asking."""
    last_good_seconds: float
    """How long after its start a replica offers what was good before; 0 for never."""
    network_seconds: float
    """The longest that a message is on its way."""
    initial_push_seconds: float
    """How long a replica may wait for who came before to be served, until it is ready; 0 for not at all."""


def setting(seed: int, mode: str = "") -> Setting:
    """The setting of a seed; with another *mode* of the gate, if one is given."""
    random = Random(f"setting {seed}")
    return Setting(
        seed=seed,
        mode=mode or random.choice(("bounded", "bounded", "refuse", "park")),
        hold_seconds=random.choice((0.5, 3.0, 3.0, 8.0)),
        replicas=random.choice((1, 1, 2)),
        streamed=random.random() < 0.3,
        shrink_seconds=random.choice((0.0, 3.0, 10.0)),
        marked=random.random() < 0.5,
        network_seconds=random.choice((0.005, 0.05, 0.3)),
        retention_seconds=random.choice((0.0, 2.0, 6.0)),
        delta=tuple(name for name, _ in ENVOYS if random.random() < 0.4),
        parity_seconds=random.choice((0.0, 0.0, 2.0, 8.0)),
        last_good_seconds=random.choice((0.0, 0.5, 2.0)),
        initial_push_seconds=random.choice((0.0, 1.0, 3.0)),
    )


def history(seed: int) -> list[Event]:
    """The events of a seed, by time."""
    random = Random(f"history {seed}")
    events = [Event(0.0, "put", ("gateways", name, (True, random.choice(LISTENER_SETS)))) for name in GATEWAYS]
    events += [_change(random, 0.0) for _ in range(random.choice((4, 12, 20)))]
    at = 0.5
    while at < SECONDS:
        choice = random.random()
        if choice < 0.05:
            events += _move(random, at)
        elif choice < 0.08:
            events += _dark(random, at)
        elif choice < 0.11:
            events += _blind_move(random, at)
        elif choice < 0.55:
            events += [_change(random, at) for _ in range(random.choice((1, 1, 2, 5)))]
        elif choice < 0.8:
            events.append(_weather(random, at))
        elif choice < 0.88:
            events += _restart(random, at)
        else:
            events.append(_proxy(random, at))
        at += random.choice((0.0, 0.01, 0.1, 1.0, 3.0, 6.0)) * random.random()
    return sorted(events, key=lambda event: event.at)


def _change(random: Random, at: float) -> Event:
    kind = random.choice(
        ("services", "services", "endpointslices", "endpointslices", "httproutes", "httproutes", "gateways")
    )
    name = random.choice(NAMES[kind])
    if at and random.random() < (0.25 if kind != "gateways" else 0.1):
        return Event(at, "delete", (kind, name))
    return Event(at, "put", (kind, name, (random.random() > 0.07, *_content(random, kind))))


def _content(random: Random, kind: str) -> tuple[Any, ...]:
    if kind == "gateways":
        return (random.choice(LISTENER_SETS),)
    if kind == "services":
        return (random.choice(PORT_SETS),)
    if kind == "endpointslices":
        hosts = random.sample(range(1, 6), random.choice((0, 1, 2, 3)))
        return random.choice(SERVICES), tuple(f"10.0.0.{host}" for host in sorted(hosts))
    backends = [(random.choice(SERVICES), random.choice((80, 80, 81))) for _ in range(random.choice((1, 1, 2)))]
    return random.choice(GATEWAYS), tuple(dict.fromkeys(backends))


def _move(random: Random, at: float) -> list[Event]:
    """A route moves to another Service that comes, and the one that it leaves goes: each step leaves it working."""
    route, gateway, (old, new) = random.choice(ROUTES), random.choice(GATEWAYS), random.sample(SERVICES, 2)
    steps = [
        ("put", ("services", new, (True, (80,)))),
        ("put", ("endpointslices", f"for-{new}", (True, new, ("10.0.1.1",)))),
        ("put", ("httproutes", route, (True, gateway, ((new, 80),)))),
        ("delete", ("services", old)),
    ]
    gap = random.choice((0.0, 0.01, 0.1, 0.5))
    return [Event(at + i * gap, what, args) for i, (what, args) in enumerate(steps)]


def _blind_move(random: Random, at: float) -> list[Event]:
    """A route moves to a Service that comes, while the API server cannot be reached; then one kind is listed late."""
    route, gateway, (_, new) = random.choice(ROUTES), random.choice(GATEWAYS), random.sample(SERVICES, 2)
    late = random.choice(("services", "endpointslices", "endpointslices", "httproutes"))
    return [
        Event(at, "unreachable", (3.0,)),
        Event(at + 0.5, "put", ("services", new, (True, (80,)))),
        Event(at + 0.5, "put", ("endpointslices", f"for-{new}", (True, new, ("10.0.1.1",)))),
        Event(at + 1.0, "put", ("httproutes", route, (True, gateway, ((new, 80),)))),
        Event(at + 1.5, "compact", ()),
        Event(at + 2.0, "slow", (late, 4.0, 10.0)),
    ]


def _dark(random: Random, at: float) -> list[Event]:
    """Everything starts anew while the API server cannot be reached, and a proxy loses what it had."""
    seconds = random.choice((2.0, 5.0, 9.0))
    events = [Event(at, "unreachable", (seconds,))]
    for name in REPLICAS:
        events += [Event(at, "kill", (name,)), Event(at + random.choice((0.01, 0.5)), "start", (name,))]
    return [*events, Event(at + random.choice((0.1, 1.0)), "restart", (random.choice(ENVOYS)[0],))]


def _weather(random: Random, at: float) -> Event:
    kind = random.choice(tuple(NAMES))
    seconds = random.choice((0.5, 2.0, 8.0)) * random.random()
    return random.choice(
        (
            Event(at, "unreachable", (seconds,)),
            Event(at, "mute", (seconds,)),
            Event(at, "refuse", (kind, random.choice((403, 404, 410, 429, 500, 503)), seconds)),
            Event(at, "slow", (kind, random.choice((0.2, 1.0, 4.0)), seconds * 3)),
            Event(at, "expire_tokens", (seconds,)),
            Event(at, "break_watches", ()),
            Event(at, "compact", ()),
        )
    )


def _restart(random: Random, at: float) -> list[Event]:
    name = random.choice(REPLICAS)
    return [Event(at, "kill", (name,)), Event(at + random.choice((0.01, 1.0, 5.0)), "start", (name,))]


def _proxy(random: Random, at: float) -> Event:
    name, _ = random.choice(ENVOYS)
    kind = random.choice(("CDS", "EDS", "LDS", "RDS"))
    return random.choice(
        (
            Event(at, "disconnect", (name,)),
            Event(at, "disconnect", (name,)),
            Event(at, "restart", (name,)),
            Event(at, "dawdle", (name, random.random() < 0.5)),
            Event(at, "reject", (name, kind)),
        )
    )
