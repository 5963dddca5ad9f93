"""Real Envoys and the types of which we derive nothing: secrets and runtime layers; and resources that expire."""

import asyncio
import json
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.support.envoy import Envoy
from tests.support.envoy_world import VARIANTS, proxied, world
from tests.support.processes import free_port
from tests.support.web import Backend, ask
from xds_server.model.resource import RUNTIME, SECRET

pytestmark = pytest.mark.envoy
each_variant = pytest.mark.parametrize("variant", VARIANTS)


def _certificate(directory: Path, name: str) -> tuple[str, str]:
    """A new self-signed certificate and its key, as PEM."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={name}", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate.read_text(), key.read_text()


def _shown(port: int) -> str:
    """The certificate that is shown on *port*, as PEM; "" if there is none."""
    try:
        return ssl.get_server_certificate(("127.0.0.1", port), timeout=2)
    except OSError:
        return ""


@each_variant
async def test_a_secret_is_shown_and_changed_and_waited_for(variant: str, tmp_path: Path) -> None:
    """A listener has the certificate that is published, then another one, without a change of its own (R51, R78)."""
    first, second = (_certificate(tmp_path, name) for name in ("first", "second"))
    port, late = free_port(), free_port()
    with Backend("blue") as blue:
        async with world(tmp_path, variant) as made:
            made.publish(
                made.cluster("one"),
                made.endpoints("one", blue.port),
                made.listener("edge", port, secret="edge"),
                made.routes("edge", "one"),
                made.secret("edge", *first),
            )
            async with proxied(made):
                await made.until("the first certificate", lambda: _shown(port) == first[0])
                made.publish(made.secret("edge", *second))
                await made.until("the second certificate", lambda: _shown(port) == second[0], 4)

                made.publish(made.listener("late", late, secret="late"), made.routes("late", "one"))
                made.publish(made.secret("late", *first))
                await made.until("the late one", lambda: _shown(late) == first[0], 4)
                assert made.log.named("response_nacked") == []
                assert made.tables[SECRET].acceptance.rejections == {}


def _runtime(envoy: Envoy) -> dict[str, str]:
    """What Envoy has of runtime values, by key."""
    status, body = ask(f"{envoy.admin}/runtime?format=json")
    entries = json.loads(body)["entries"] if status == 200 else {}
    return {name: entry["final_value"] for name, entry in entries.items()}


@each_variant
async def test_a_runtime_layer_is_taken_and_followed(variant: str, tmp_path: Path) -> None:
    """/runtime shows what is published, and then what is published instead."""
    async with world(tmp_path, variant) as made:
        made.runtime_layer = "limits"
        made.publish(made.runtime("limits", a="1", b="2"), made.runtime("other", a="9"))
        async with proxied(made) as envoy:
            await made.until("the layer", lambda: _runtime(envoy) == {"a": "1", "b": "2"})
            made.publish(made.runtime("limits", a="3"))
            await made.until("the change", lambda: _runtime(envoy) == {"a": "3"}, 4)
            assert made.log.named("response_nacked") == []


@each_variant
async def test_what_would_expire_is_kept_alive_and_expires_without_us(variant: str, tmp_path: Path) -> None:
    """Past its time to live a layer is there, as Envoy hears of it again; when we are gone, it goes (R103, R105)."""
    async with world(tmp_path, variant) as made:
        made.runtime_layer = "limits"
        made.publish(made.runtime("limits", ttl=1.0, a="1"))
        async with proxied(made) as envoy:
            await made.until("the layer", lambda: _runtime(envoy) == {"a": "1"})
            async with asyncio.timeout(30):
                while len([call for call in made.log.named("response_acked") if call[1] == RUNTIME]) < 7:
                    await made.log.until("response_acked", len(made.log.named("response_acked")) + 1)
                    assert await asyncio.to_thread(_runtime, envoy) == {"a": "1"}
            assert made.log.named("response_nacked") == []
            await made.server.stop(0)
            await made.until("its end", lambda: _runtime(envoy) == {}, 10)
