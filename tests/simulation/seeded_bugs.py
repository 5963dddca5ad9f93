"""Seeds bugs into copies of the server, one at a time, and simulates: every one must break a rule.

    python -m tests.simulation.seeded_bugs [WORD ...]     # only those whose name contains a word

Exits with 1 if a bug survives, or if the code that it was to change is not there any more.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.seeding import Bug, main

COPIED = ("krt", "probes", "xds_server", "tests/__init__.py", "tests/simulation", "tests/support")
SEEDS = 150


BUGS = (
    # the gate
    Bug("a layer never passes", "probes/gate.py", "            if current.status.ok:", "            if current.status.ok and layer.name != 'derived':"),
    Bug("epochs are compared the wrong way round", "xds_server/readiness/layers.py", "if published < required:", "if published >= required:"),
    # the admission policy
    Bug("the admission policy does not ask the gate", "xds_server/readiness/admission.py",
        'if self._gate.passed_at("snapshots") is None:', "if False:"),
    Bug("an unknown role is served what is empty", "xds_server/readiness/admission.py",
        "view = self._cache.role_tables(node.role)", "view = self._cache.prepared_tables(node.role)"),
    Bug("nobody is told that the gate has opened", "xds_server/readiness/admission.py", "self._turn.set()", "pass"),
    Bug("who waits waits for an event that is never set", "xds_server/readiness/admission.py",
        "        self._turn = asyncio.Event()\n\n    def _published", "\n    def _published"),
    Bug("a hold has no clock", "xds_server/xds/transport/admission.py",
        'return WaitUntil(hold, now + left if waits == "bounded" else None,', "return WaitUntil(hold, None,"),
    Bug("a hold ends in an answer to nobody", "xds_server/xds/transport/config.py",
        'return "never"', 'return "forever"'),
    # the publisher and the cache
    Bug("the first publication is a change only", "xds_server/readiness/publisher.py",
        "ChangeSet.of_contents(self._derived)", "ChangeSet.of_commit(commit)"),
    Bug("a role that goes takes everything with it", "xds_server/xds/cache/resource_cache.py",
        "                self.roles.discard(role)\n", "                self.roles.discard(role)\n                self._enter(role)\n"),
    Bug("what a role left behind stays when it comes back", "xds_server/xds/cache/resource_cache.py",
        "old = {type_url: tuple(tables[type_url]) for type_url in (LISTENER, ROUTE)}", "old = {type_url: () for type_url in (LISTENER, ROUTE)}"),
    Bug("what was held is never published", "xds_server/readiness/protections/shrink_guard.py",
        "held, self._held, self._sizes = self._held, {}, {}", "held, self._held, self._sizes = {}, {}, {}"),
    Bug("a held change has no clock", "xds_server/readiness/publisher.py",
        "self._publish_now(self._protections.release_held_due())", "pass"),
    Bug("what is retained has no clock", "xds_server/readiness/protections/retention.py", "if one.since <= late:", "if one.since < 0:"),
    Bug("what was retained is never published", "xds_server/readiness/protections/protections.py",
        "return self._not_held(self.retention.release_due())", "return self.retention.release_due() and _NOTHING or _NOTHING"),
    Bug("a route moves to where nobody is known to answer", "xds_server/readiness/protections/loss_rules.py",
        "idle = any(self._is_idle(cluster) for _, cluster in self._new.get(port, ()))", "idle = False"),
    Bug("what comes back does not end its retention", "xds_server/readiness/protections/retention.py",
        "changes[place] = self.retained.pop(place).change", "changes[place] = self.retained[place].change"),
    Bug("the marker's routes are not told", "xds_server/readiness/ready_marker.py",
        "        names[ROUTE] = names.get(ROUTE, frozenset()) | added\n", ""),
    Bug("streams are not told of shared changes", "xds_server/xds/transport/stream_index.py",
        "groups = self._by_role.values() if role is None else", "groups = () if role is None else"),
    Bug("a stream is told of nothing before it is served", "xds_server/xds/transport/stream.py", "        index.admit(self)\n", ""),
    Bug("what was asked while waiting is forgotten", "xds_server/xds/transport/stream.py",
        "for request in self._held_requests.take_all():", "for request in self._held_requests.take_all()[1:]:"),
    # the replica, which joins all that
    Bug("what changed is sent to nobody", "xds_server/server/wiring.py", "        self.cache.on_publication(server.publish)\n", ""),
    Bug("nobody looks at what time alone changes", "xds_server/server/wiring.py", "        self.publisher.tick()\n", ""),
    Bug("holds have another clock", "xds_server/server/wiring.py",
        "self._freshness, self._relist, clock=clock", "self._freshness, self._relist, clock=time.monotonic"),
    Bug("who came before is waited for for ever", "xds_server/readiness/initial_push.py",
        "if self._expected and now < self._until:", "if self._expected:"),
    # what was good before, and what a peer says
    Bug("a warm proxy is given what was good before", "xds_server/xds/transport/admission.py",
        "if self._cold:", "if True:"),
    Bug("what was good before stays", "xds_server/xds/cache/resource_cache.py",
        "removed = self._remove_preloaded() if self.epoch is None else {}", "removed = {}"),
    Bug("a peer agrees unasked", "xds_server/readiness/parity.py",
        'if self._roles(await self._get("/debug/digests")) == digests_of(self._cache, resources=False):', "if True:"),
    Bug("a peer that does not agree is waited for for ever", "xds_server/readiness/parity.py",
        " and self._clock() - began < self._seconds", ""),
    # changes instead of the whole state
    Bug("nobody is told what is gone", "xds_server/xds/protocol/delta_outbox.py", "removed.append(name)", "pass"),
    Bug("what a client has already is believed to be current", "xds_server/xds/protocol/delta_outbox.py", "item.digest if item is not None and item.version == versions[name] else UNKNOWN", "item.digest if item is not None else UNKNOWN"),
    # krt's sync
    Bug("half a list is shown", "krt/reflector.py", "            self._seen[key] = value\n",
        "            self._seen[key] = value\n            self.source.set(key, value)\n"),
    Bug("a list that breaks off counts as complete", "krt/reflector.py", "        self._seen = {}\n",
        "        if self._seen:\n            self.listed()\n        self._seen = {}\n"),
    Bug("what is not in a list stays", "krt/reflector.py", "        source.replace(\n            {",
        "        source.replace(dict(source) | \n            {"),
    Bug("an object that cannot be used is gone", "krt/reflector.py", "self._seen.setdefault(key, None)", "pass"),
    # the protocol and the informer
    Bug("an answer is made of what changed", "xds_server/xds/protocol/full_state_outbox.py",
        "Update(full_set.resources, full_set.digest,",
        "Update([one for one in full_set.resources if one.name in changed], full_set.digest,"),
    Bug("a watch goes on from the end of the list, but one", "xds_server/providers/kubernetes/watch_codec.py",
        "        version = one.version or version\n",
        "        version = str(int(one.version or version) + 1)\n"),
)  # fmt: skip


def verdict(directory: Path) -> str:
    """What the simulation says of a copy; "" if it finds nothing."""
    command = [sys.executable, "-m", "tests.simulation", "--brief", f"--count={SEEDS}"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(directory)}
    run = subprocess.Popen(
        command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = run.communicate(timeout=180)
    except subprocess.TimeoutExpired:
        return "a run that does not end"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)  # its workers would outlive it
    if not run.returncode:
        return ""
    lines = output.splitlines()
    return next((line for line in lines if line.startswith("seed ")), lines[-1] if lines else "a crash")


if __name__ == "__main__":
    sys.exit(main(BUGS, COPIED, verdict, sys.argv[1:]))
