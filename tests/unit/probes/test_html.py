"""The index page."""

from html.parser import HTMLParser

import pytest

from probes import Endpoints, Failed, Gate, HttpResponse, Layer, Passed, Verdict
from probes.html import _duration


class Reader(HTMLParser):
    """Text, links and open tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(verdict: Verdict) -> str:
    gate = Gate(
        Layer("base", lambda: {"settings": verdict}), Layer("sources", lambda: {"a": Passed()}), clock=lambda: 0.0
    )
    gate.evaluate()
    endpoints = Endpoints(gate, title="ex<ample")
    endpoints.add_page("/metrics", lambda _: HttpResponse(), description="metrics & more")
    response = endpoints.respond("GET", "/", accept="text/html")
    assert response.content_type == "text/html; charset=utf-8"
    assert response.status == 200
    return response.body.decode()


def test_the_index_lists_pages_and_layers() -> None:
    """Each page has a link and a description, each layer and check its status."""
    reader = Reader(page(Passed("all read")))

    assert reader.open == []
    assert reader.links == ["/livez", "/startupz", "/readyz?verbose", "/metrics"]
    assert "ex<ample is ready" in reader.text
    assert "metrics & more" in reader.text
    assert "all read" in reader.text


def test_the_index_escapes_text() -> None:
    """A reason cannot contain markup."""
    html = page(Failed("<script>x</script>"))

    assert "<script>" not in html
    assert "not ready" in html


def test_the_index_reloads_itself_until_ready() -> None:
    """A person who watches a start sees when it is ready."""
    assert 'http-equiv="refresh"' in page(Failed("no"))
    assert 'http-equiv="refresh"' not in page(Passed())


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.123, "0.12 s"), (119.99, "119.99 s"), (180, "3 min"), (7200, "2 h"), (172800, "2 d")]
)
def test_a_duration_has_the_unit_that_suits_it(seconds: float, text: str) -> None:
    """Seconds below two minutes, then minutes, hours and days."""
    assert _duration(seconds) == text
