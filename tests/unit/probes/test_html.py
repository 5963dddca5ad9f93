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
    """Each page has a link that says what it shows, and each layer and check its status."""
    reader = Reader(page(Passed("all read")))

    assert reader.open == []
    assert reader.links == ["/livez", "/startupz", "/readyz?verbose", "/metrics"]
    assert "ex<ample is ready" in reader.text
    assert "metrics & more" in reader.text
    assert "all read" in reader.text


def test_the_index_escapes_what_it_shows() -> None:
    """A reason is text, whatever is in it."""
    html = page(Failed("<script>x</script>"))

    assert "<script>" not in html
    assert "not ready" in html


def test_the_index_loads_itself_anew_until_it_is_ready() -> None:
    """Somebody who watches a start sees it pass."""
    assert 'http-equiv="refresh"' in page(Failed("no"))
    assert 'http-equiv="refresh"' not in page(Passed())


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.123, "0.12 s"), (119.99, "119.99 s"), (180, "3 min"), (7200, "2 h"), (172800, "2 d")]
)
def test_durations_are_said_as_a_person_says_them(seconds: float, text: str) -> None:
    """The unit fits the number."""
    assert _duration(seconds) == text
