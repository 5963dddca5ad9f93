"""Asking a control plane, or something else that listens there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from xds_server.cli.main import cli
from xds_server.observability.client import ControlPlaneError, request_json


@contextmanager
def answering(data: bytes) -> Iterator[str]:
    """The URL of somebody who answers every request with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(data)

        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def answer(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "does not answer ("),
        (b"SSH-2.0-OpenSSH\r\n", "does not answer ("),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{", "answered 200 without JSON ('{')"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "does not answer ("),
        (answer(b"<html>", "404 Not Found"), "answered 404 without JSON ('<html>')"),
        (answer(b"the event loop is busy\n", "503 Busy"), "answered 503 without JSON ('the event loop is busy')"),
        (answer(b"\xff\xfe"), "answered 200 without JSON ("),
        (answer(b"[" * 100_000), "answered 200 without JSON ("),
    ],
)
def test_what_is_no_answer_is_said(data: bytes, message: str) -> None:
    """Whatever speaks there: ControlPlaneError, in one line."""
    with answering(data) as url, pytest.raises(ControlPlaneError) as raised:
        request_json(url, "/readyz")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b"1", b'{"layers": 1, "reason": ""}', b'{"layers": [1], "reason": ""}',
                                  b'{"layers": [{"name": "a", "took_seconds": "x"}], "reason": ""}', b'{"released": 1}', b'{"released": {"a": "b"}}'])  # fmt: skip
@pytest.mark.parametrize("verb", ["release", "advise"])
def test_json_of_somebody_else_is_said(verb: str, body: bytes) -> None:
    """One line, exit status 2."""
    with answering(answer(body)) as url:
        result = CliRunner().invoke(cli, [verb, f"--url={url}"])

    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 2
    assert "answers what xds-server does not" in result.output


READY = b'{"layers": [{"name": "base", "took_seconds": 1.0}], "reason": ""}'


@pytest.mark.parametrize(
    ("manifest", "status", "message"),
    [
        ("", 2, "has no object with a pod template"),
        ("kind: Service\nspec: {ports: [{port: 1}]}\n", 2, "has no object with a pod template"),
        ("kind: Deployment\nspec: {template: {spec: {containers: []}}}\n", 2, "has no object with a pod template"),
        ("kind: Deployment\nspec: {template: {spec: {containers: 3}}}\n", 2, "has no object with a pod template"),
        ("a: [", 2, "is not YAML"),
        ("kind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: x}]}}}\n", 0, "Deployment a: no problem found"),
        ("kind: Service\n---\nkind: Deployment\nmetadata: {name: a}\nspec: {progressDeadlineSeconds: 1, template: {spec: {containers: [{name: x}]}}}\n",
         1, "warning: Deployment a: progressDeadlineSeconds is 1 s"),
        ("kind: List\nitems:\n- kind: Pod\n  metadata: {name: p}\n  spec: {containers: [{name: x, startupProbe: {httpGet: {path: /readyz}}}]}\n",
         1, "warning: Pod p: container x: startupProbe asks /readyz"),
        ("kind: Pod\nspec: {containers: [{startupProbe: {httpGet: {path: /startupz}, periodSeconds: soon, failureThreshold: true}}, 3, null]}\n",
         0, "Pod None: no problem found"),
        ("kind: Pod\nspec: {progressDeadlineSeconds: .nan, containers: [{startupProbe: 3, livenessProbe: []}]}\n", 0, "no problem found"),
    ],
)  # fmt: skip
def test_advice_says_which_objects_it_looked_at(manifest: str, status: int, message: str, tmp_path: object) -> None:
    """A file in which there was nothing to look at is not as it should be."""
    file = tmp_path / "deployment.yaml"  # type: ignore[operator]
    file.write_text(manifest)
    with answering(answer(READY)) as url:
        result = CliRunner().invoke(cli, ["advise", f"--url={url}", f"--check={file}"])

    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert (result.exit_code, message in result.output) == (status, True), result.output
