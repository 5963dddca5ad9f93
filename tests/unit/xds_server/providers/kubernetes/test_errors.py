"""Failures: their classes, what is said of them, and how long to wait."""

import pytest

from xds_server.providers.kinds import kinds
from xds_server.providers.kubernetes.errors import ApiError, Backoff, FailureClass, classify, explain, is_outage

ROUTES = next(kind for kind in kinds() if kind.plural == "httproutes")
OPTIONAL_ROUTES = next(kind for kind in kinds(["httproutes"]) if kind.plural == "httproutes")


def longest(ceiling: float) -> float:
    return ceiling


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (401, FailureClass.DENIED),
        (403, FailureClass.DENIED),
        (404, FailureClass.ABSENT),
        (410, FailureClass.EXPIRED),
        (429, FailureClass.BUSY),
        (503, FailureClass.BUSY),
        (500, FailureClass.FAILED),
        (None, FailureClass.FAILED),
    ],
)
def test_a_failure_has_a_class(code: int | None, expected: FailureClass) -> None:
    """The status decides."""
    assert classify(ApiError("m", code=code)) is expected


@pytest.mark.parametrize(
    ("code", "relist"),
    [(None, False), (401, False), (403, False), (429, False), (503, False), (410, True), (500, True)],
)
def test_a_watch_goes_on_unless_the_server_refused_its_start(code: int | None, relist: bool) -> None:
    """No connection, no permission and no time say nothing about where we are."""
    assert ApiError("m", code=code).relist is relist


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            ApiError("forbidden: User ...", code=403),
            (
                "may not watch httproutes.gateway.networking.k8s.io: "
                "add this to the rules of the ClusterRole: "
                "- {apiGroups: [gateway.networking.k8s.io], resources: [httproutes], verbs: [list, watch]}"
            ),
        ),
        (
            ApiError('User "system:anonymous" cannot watch', code=403),
            (
                'cannot watch httproutes.gateway.networking.k8s.io: User "system:anonymous" cannot watch: '
                "the server ignores these credentials: use a token, a certificate, or exec"
            ),
        ),
        (
            ApiError("Unauthorized", code=401),
            "cannot watch httproutes.gateway.networking.k8s.io: Unauthorized: renew the credentials",
        ),
        (
            ApiError("page not found", code=404),
            (
                "httproutes.gateway.networking.k8s.io/v1 is not installed, and is required: "
                "install its CRD, or make it optional"
            ),
        ),
        (ApiError("boom"), "cannot watch httproutes.gateway.networking.k8s.io: boom: trying again"),
    ],
)
def test_a_failure_says_what_to_do(error: ApiError, expected: str) -> None:
    """The missing permission can be pasted into a ClusterRole."""
    assert explain(ROUTES, "watch", error) == expected


def test_an_optional_kind_that_is_absent_counts_as_none() -> None:
    """Nobody has to do anything then."""
    assert "treated as no objects" in explain(OPTIONAL_ROUTES, "list", ApiError("m", code=404))


def test_waits_double_up_to_a_limit_and_never_stop() -> None:
    """The first try again is fast, and the thousandth comes all the same."""
    backoff = Backoff(longest)

    waits = [backoff.failed(FailureClass.FAILED) for _ in range(1000)]

    assert waits[:4] == [0.2, 0.4, 0.8, 1.6]
    assert waits[-1] == 30.0


@pytest.mark.parametrize(("reason", "limit"), [(FailureClass.DENIED, 8.0), (FailureClass.ABSENT, 4.0)])
def test_what_waits_for_somebody_is_asked_about_every_few_seconds(reason: FailureClass, limit: float) -> None:
    """Granting a permission, or installing a CRD, shows within seconds."""
    backoff = Backoff(longest)

    assert max(backoff.failed(reason) for _ in range(100)) == limit


def test_the_server_says_how_long() -> None:
    """Retry-After is a lower bound, up to our limit."""
    backoff = Backoff(lambda _: 0.0)

    assert [backoff.failed(FailureClass.BUSY, seconds) for seconds in (7.0, 3600.0, None)] == [7.0, 30.0, 1.0]


def test_no_luck_makes_many_tries_of_few() -> None:
    """A wait is at least half of its bound."""
    backoff = Backoff(lambda _: 0.0)

    assert [backoff.failed(FailureClass.FAILED) for _ in range(10)][:3] == [0.1, 0.2, 0.4]
    assert backoff.failed(FailureClass.FAILED) == 15.0


def test_another_class_begins_anew_and_forgets_no_other() -> None:
    """Failures that take turns are failures, too."""
    backoff = Backoff(longest)

    waits = [backoff.failed(reason) for _ in range(3) for reason in (FailureClass.FAILED, FailureClass.DENIED)]

    assert waits == [0.2, 1.0, 0.4, 2.0, 0.8, 4.0]


def test_success_starts_all_over() -> None:
    """Whatever had failed before."""
    backoff = Backoff(longest)
    for reason in (*FailureClass, *FailureClass):
        backoff.failed(reason)

    backoff.succeeded()

    assert [backoff.failures(reason) for reason in FailureClass] == [0] * len(FailureClass)
    assert backoff.failed(FailureClass.FAILED) == 0.2


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ApiError("m"), True),
        (ApiError("m", code=500), True),
        (ApiError("m", code=503), True),
        (ApiError("m", code=503, retry_after=3.0), False),
        (ApiError("m", code=429), False),
        (ApiError("m", code=403), False),
        (ApiError("m", code=410), False),
    ],
)
def test_an_outage_ends_for_all_at_once(error: ApiError, expected: bool) -> None:
    """No answer and 5xx; who named a time is given it, and a refusal is of one kind."""
    assert is_outage(error) is expected
