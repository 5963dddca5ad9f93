"""The probes' pages: kube-apiserver's text grammar, JSON, parts, exclusions."""

import json

import pytest

from probes import Endpoints, Failed, Gate, GateError, HttpRequest, HttpResponse, Layer, Passed, Verdict, Waiting
from probes.http import text_response


class Rig:
    """Endpoints over a gate of three layers, the second waiting for one check of two."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sources: dict[str, Verdict] = {"services": Passed("12 objects"), "routes": Waiting("listing,\n400 so far")}
        self.alive: Verdict = Passed()
        self.gate = Gate(
            Layer("base", lambda: {"settings": Passed()}),
            Layer("sources", lambda: self.sources),
            Layer("serving", lambda: {"port": Passed()}, latch=False, check_names=("port",)),
            clock=lambda: self.now,
        )
        self.endpoints = Endpoints(self.gate, liveness={"loop": lambda: self.alive}, title="example")
        self.gate.evaluate()
        self.now = 103.0

    def become_ready(self) -> None:
        self.sources["routes"] = Passed()
        self.gate.evaluate()

    def get(self, target: str, accept: str = "") -> HttpResponse:
        path, _, query = target.partition("?")
        return self.endpoints.respond("GET", path, query, accept)

    def text(self, target: str) -> tuple[int, str]:
        response = self.get(target)
        assert response.content_type == "text/plain; charset=utf-8"
        return response.status, response.body.decode()


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_plain_response_is_ok_or_the_reason(rig: Rig) -> None:
    """One line for people, and the status code for programs."""
    assert rig.text("/readyz") == (
        503,
        "not ready: sources: waiting for routes (listing,\n400 so far)\n".replace(",\n", ", "),
    )

    rig.become_ready()
    assert rig.text("/readyz") == (200, "ok\n")


def test_verbose_lists_layers_and_checks_with_reasons(rig: Rig) -> None:
    """Each layer and check has one line that begins with its mark, even if its reason has several."""
    assert rig.text("/readyz?verbose") == (
        503,
        (
            "[+]base ok, took 0.00 s\n"
            "[+]base/settings ok\n"
            "[-]sources waiting, for 3.0 s\n"
            "[+]sources/services ok (12 objects)\n"
            "[-]sources/routes waiting: listing, 400 so far, for 3.0 s\n"
            "[-]serving blocked: waits for sources\n"
            "[-]serving/port blocked\n"
            "readyz check failed\n"
        ),
    )


def test_verbose_marks_degraded(rig: Rig) -> None:
    """A check that fails in a latched layer is marked, and the probe still passes."""
    rig.become_ready()
    rig.sources["routes"] = Failed("unreachable")
    rig.gate.evaluate()
    rig.now += 2

    assert rig.text("/readyz?verbose") == (
        200,
        (
            "[+]base ok, took 0.00 s\n"
            "[+]base/settings ok\n"
            "[!]sources degraded, for 2.0 s, took 3.00 s\n"
            "[+]sources/services ok (12 objects)\n"
            "[!]sources/routes degraded: unreachable, for 2.0 s\n"
            "[+]serving ok, took 0.00 s\n"
            "[+]serving/port ok\n"
            "readyz check passed\n"
        ),
    )


@pytest.mark.parametrize(
    ("target", "status", "text"),
    [
        ("/readyz/sources/services", 200, "ok\n"),
        ("/readyz/sources/services?verbose", 200, "[+]sources/services ok (12 objects)\nreadyz check passed\n"),
        ("/readyz/sources/routes", 503, "not ready: sources/routes: listing, 400 so far\n"),
        (
            "/readyz/sources/routes?verbose",
            503,
            "[-]sources/routes waiting: listing, 400 so far, for 3.0 s\nreadyz check failed\n",
        ),
        ("/readyz/sources", 503, "not ready: sources: waiting for routes (listing, 400 so far)\n"),
        ("/readyz/serving/port", 503, "not ready: serving/port: waits for sources\n"),
        ("/readyz/base/", 200, "ok\n"),
        ("/livez/loop", 200, "ok\n"),
    ],
)
def test_a_path_selects_a_layer_or_a_check(rig: Rig, target: str, status: int, text: str) -> None:
    """The response reports that part alone."""
    assert rig.text(target) == (status, text)


def test_an_unknown_part_is_not_found(rig: Rig) -> None:
    """The 404 names the checks that exist."""
    status, text = rig.text("/readyz/sources/route")

    assert status == 404
    assert (
        text
        == "readyz has no check sources/route: there are base, base/settings, sources, sources/services, sources/routes, serving, serving/port\n"
    )


def test_excluding_a_check_leaves_it_out(rig: Rig) -> None:
    """The layer passes without the check; later layers that the gate has not evaluated stay blocked."""
    assert rig.text("/readyz/sources?exclude=sources/routes&verbose") == (
        200,
        "[+]sources ok\n[+]sources/services ok (12 objects)\n[+]sources/routes excluded: ok\nreadyz check passed\n".replace(
            ", for 3.0 s", ""
        ),
    )
    assert rig.text("/readyz?exclude=sources/routes") == (503, "not ready: serving: waits for sources\n")


def test_layers_can_be_excluded_and_exclude_repeated(rig: Rig) -> None:
    """Without the waiting layer and the one that it blocks, the probe passes."""
    assert rig.text("/readyz?exclude=sources&exclude=serving")[0] == 200
    assert (
        "[+]sources excluded: ok\n[+]sources/services excluded: ok\n" in rig.text("/readyz?exclude=sources&verbose")[1]
    )


def test_an_unknown_exclusion_is_a_warning(rig: Rig) -> None:
    """A misspelt exclusion excludes nothing, and the response says so."""
    rig.become_ready()

    assert rig.text("/readyz?exclude=source") == (
        200,
        "ok\nwarn: exclude='source' has no effect: no check has that name\n",
    )
    assert "warn: exclude='source'" in rig.text("/readyz?exclude=source&verbose")[1]


def test_startupz_is_one_layer(rig: Rig) -> None:
    """A startup probe passes while the sources are still being listed."""
    assert rig.text("/startupz") == (200, "ok\n")
    assert rig.text("/startupz?verbose") == (
        200,
        "[+]base ok, took 0.00 s\n[+]base/settings ok\nstartupz check passed\n",
    )


def test_the_startup_layer_must_exist(rig: Rig) -> None:
    """A misspelt layer is refused at once, not at the first probe."""
    with pytest.raises(GateError, match="'bass' is not a layer of the gate: choose one of base, sources, serving"):
        Endpoints(rig.gate, startup_layer="bass")


def test_livez_reports_the_liveness_checks_alone(rig: Rig) -> None:
    """Liveness does not depend on readiness."""
    assert rig.text("/livez?verbose") == (200, "[+]loop ok\nlivez check passed\n")

    rig.alive = Failed("no beat for 12.5 s")
    rig.become_ready()
    assert rig.text("/livez") == (503, "not alive: loop: no beat for 12.5 s\n")
    assert rig.text("/livez?verbose") == (503, "[-]loop failed: no beat for 12.5 s\nlivez check failed\n")
    assert rig.text("/readyz")[0] == 200


@pytest.mark.parametrize(("target", "accept"), [("/readyz?format=json", ""), ("/readyz", "application/json")])
def test_json_has_the_same_facts(rig: Rig, target: str, accept: str) -> None:
    """`?format=json` and `Accept` select JSON, which has times in seconds."""
    response = rig.get(target, accept)

    document = json.loads(response.body)
    assert (response.status, response.content_type) == (503, "application/json")
    assert document["name"] == "readyz"
    assert document["passed"] is False
    assert document["reason"] == "sources: waiting for routes (listing, 400 so far)"
    assert document["layers"][0]["took_seconds"] == 0
    assert document["layers"][1]["checks"][1] == {
        "name": "routes",
        "status": "waiting",
        "reason": "listing, 400 so far",
        "for_seconds": 3.0,
    }
    assert document["layers"][2]["status"] == "blocked"


def test_format_takes_precedence_over_accept(rig: Rig) -> None:
    """A person who writes a URL means it."""
    assert rig.get("/readyz?format=text", "application/json").content_type.startswith("text/plain")


def test_json_leaves_out_excluded_layers(rig: Rig) -> None:
    """Unknown exclusions are listed."""
    document = json.loads(rig.get("/readyz?format=json&exclude=sources&exclude=x").body)

    assert [check["name"] for check in document["layers"]] == ["base", "serving"]
    assert document["unknown_excluded"] == ["x"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(rig: Rig, method: str) -> None:
    """Probes change nothing."""
    response = rig.endpoints.respond(method, "/readyz")

    assert response.status == 405
    assert ("Allow", "GET, HEAD") in response.headers


def test_a_page_has_its_own_methods(rig: Rig) -> None:
    """A page that changes something answers POST alone, and the 405 says so."""
    rig.endpoints.add_page(
        "/do", lambda request: text_response(request.method), description="does it", methods=("POST",)
    )

    assert rig.endpoints.respond("POST", "/do").body == b"POST\n"
    refused = rig.endpoints.respond("GET", "/do")
    assert (refused.status, refused.body) == (405, b"GET is not allowed at /do: use POST\n")
    assert refused.headers == (("Allow", "POST"),)


def test_head_is_answered_as_get(rig: Rig) -> None:
    """The same status and length."""
    assert rig.endpoints.respond("HEAD", "/readyz") == rig.endpoints.respond("GET", "/readyz")


def test_a_query_with_too_many_fields_is_a_bad_request(rig: Rig) -> None:
    """A client cannot make the server parse a hundred thousand fields."""
    assert rig.endpoints.respond("GET", "/readyz", "&".join(["exclude=a"] * 101)).status == 400


def test_a_page_answers_for_its_prefix_and_the_longest_wins(rig: Rig) -> None:
    """A page answers its path and all paths below it that no deeper page answers."""
    rig.endpoints.add_page(
        "/debug",
        lambda request: HttpResponse(body=f"debug {request.path} {list(request.query)}".encode()),
        description="everything",
    )
    rig.endpoints.add_page("/debug/graph", lambda _: HttpResponse(body=b"graph"), description="the graph")

    assert rig.text("/debug?a=1") == (200, "debug /debug ['a']")
    assert rig.text("/debug/x")[1] == "debug /debug/x []"
    assert rig.text("/debug/graph/routes")[1] == "graph"
    assert rig.get("/debugger").status == 404


@pytest.mark.parametrize("prefix", ["debug", "/debug/", "/readyz", "/taken"])
def test_a_prefix_must_be_free_and_well_formed(rig: Rig, prefix: str) -> None:
    """A page cannot hide a probe or another page."""
    rig.endpoints.add_page("/taken", lambda _: HttpResponse(), description="")
    with pytest.raises(ValueError, match=prefix):
        rig.endpoints.add_page(prefix, lambda _: HttpResponse(), description="")


def test_an_unknown_path_is_not_found(rig: Rig) -> None:
    """The 404 names the paths that exist."""
    status, text = rig.text("/healthz")

    assert status == 404
    assert text == "there is nothing at /healthz: try /livez, /startupz, /readyz?verbose\n"


def test_a_request_says_whether_json_is_wanted() -> None:
    """Pages do not have to parse headers."""
    assert HttpRequest(path="/", accept="application/json").wants_json
    assert not HttpRequest(path="/", accept="*/*").wants_json
