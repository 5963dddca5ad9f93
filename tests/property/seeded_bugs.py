"""Seeds bugs into copies of krt, one at a time, and runs its tests: every one must die.

    python -m tests.property.seeded_bugs [WORD ...]     # only those whose name contains a word

Exits with 1 if a bug survives, or if the code that it was to change is not there any more.
"""

import sys
from pathlib import Path

from tests.support.seeding import Bug, failing_suites, main

COPIED = ("krt", "tests/__init__.py", "tests/conftest.py", "tests/unit/__init__.py", "tests/unit/krt", "tests/property",
          "docs/krt", "pyproject.toml")  # fmt: skip
SUITES = {"unit": ["tests/unit/krt"], "property": ["tests/property/test_krt_oracle.py"]}


BUGS = (
    # reads
    Bug("get is not remembered", "krt/collection.py", "self._reads.append((of, key, None))\n            return value", "return value"),
    Bug("lookup is not remembered", "krt/collection.py", "self._reads.append((index, at, None))", "pass"),
    Bug("fetch is not remembered", "krt/collection.py", "self._reads.append((of, ALL, None))\n            return", "return"),
    Bug("lookup_all watches the wrong place", "krt/collection.py", "(index, smallest, None)", "(index, next(iter(places)), None)"),
    Bug("lookup_within watches one place", "krt/collection.py", "for at in places)", "for at in places[:1])"),
    Bug("old reads are not dropped", "krt/transform.py", "remove_reader(reader, old)", "pass"),
    Bug("reads of a removed input stay", "krt/transform.py", "self._replace_reads(key, [])", "pass"),
    Bug("a projection never changes", "krt/reads.py", "if self._read() != self.value:", "if False:"),
    Bug("a projection hides the whole value", "krt/reads.py", "if projection is None or reader", "if reader"),
    Bug("the second projection is lost", "krt/reads.py", "self._next is not None and self._next.changed()", "False"),
    Bug("the sorted values are stale", "krt/keyed_node.py", "        self._sorted_cache = None\n", ""),
    # order
    Bug("rank order is broken", "krt/scheduler.py", "heapq.heappop(self._queue)", "self._queue.pop()"),
    Bug("a node is queued twice", "krt/scheduler.py", "if not node._queued:", "if True:"),
    Bug("a later collection may be read", "krt/read_tracker.py", "or of.rank >= self._node.rank", ""),
    # values
    Bug("equal values are not cut off", "krt/keyed_node.py",
        "if old is new or (old is not None and new is not None and old == new):", "if old is new:"),
    Bug("what cannot be compared is no change", "krt/keyed_node.py",
        'self.graph._failure_reports.add(f"equality of the values of {self.name!r}", key, error)', "return"),
    Bug("the old value is that of the last write", "krt/keyed_node.py",
        "start = self._old_values.setdefault(key, old)", "start = self._old_values[key] = old"),
    Bug("a net no-op is a change", "krt/keyed_node.py", "            del self._old_values[key]  # back", "            pass  # back"),
    Bug("children are not told", "krt/keyed_node.py", "child._input_changed(self, changed)", "pass"),
    # sync
    Bug("a parked key is forgotten", "krt/keyed_node.py", "                reader[0]._wake(reader[1], self)\n", "                pass\n"),
    Bug("a parked key does not hold up the sync", "krt/transform.py", "return not self._parked and self._parents[0].synced", "return self._parents[0].synced"),
    Bug("a key stays parked", "krt/transform.py", "self._parked.pop(key)._parked_readers", "self._parked[key]._parked_readers"),
    Bug("unknown is read as empty", "krt/read_tracker.py", "if not of.synced or (", "if ("),
    Bug("a key that waits is read as absent", "krt/read_tracker.py", "or (of._has_unknown_keys and not of._is_known(at))", ""),
    Bug("who read a key that waits now goes on", "krt/keyed_node.py", "                    if not self._is_known(at):\n                        wake_all_readers", "                    if False:\n                        wake_all_readers"),
    Bug("who looked where a key that waits may be goes on", "krt/keyed_node.py", "wake_all_readers(readers, index)", "pass"),
    Bug("a merge takes what may not be the first's", "krt/merge.py", "if self._members_have_unknown_keys and self._is_undecided(key):", "if False:"),
    Bug("a group is less than it may be", "krt/group.py", "        if self._parents[0]._has_unknown_keys:\n            self._undecided", "        if False:\n            self._undecided"),
    Bug("what is derived knows more than what it is made of", "krt/transform.py", "bool(self._parked) or self._parents[0]._has_unknown_keys", "bool(self._parked)"),
    Bug("a member that has not synced lacks nothing", "krt/merge.py", "member._has_unknown_keys or not member.synced for member in members", "member._has_unknown_keys for member in members"),
    Bug("a collection never tells that it synced", "krt/keyed_node.py", "            self.graph._enqueue(child)\n", "            pass\n"),
    Bug("an aborted mark of being synced stands", "krt/source.py", "self._old_values = {}\n        self._sync_at_commit = False",
        "self._old_values = {}"),
    # transactions
    Bug("an abort does not undo", "krt/transaction.py", "source._undo_transaction()", "pass"),
    Bug("a nested abort does not undo", "krt/transaction.py", "source._restore(key, saved)", "pass"),
    Bug("an inner transaction is not part of the outer one's undo", "krt/transaction.py", "self.savepoints[-1].setdefault(entry, saved)", "pass"),
    Bug("the epoch counts everything", "krt/transaction.py", "if not changed and not scheduler._newly_synced:\n            return", ""),
    Bug("a subscriber's write is not held", "krt/transaction.py", "if self._delivery.caller is not None:\n            self._delivery.hold",
        "if False:\n            self._delivery.hold"),
    Bug("replay shows what is not committed", "krt/keyed_node.py", "if not self._old_values:\n            return", "if True:\n            return"),
    # indexes
    Bug("an index keeps what moved away", "krt/buckets.py", "                del bucket[key]\n", "                bucket.get(key)\n"),
    Bug("an index is never sorted", "krt/buckets.py", "if at in self._unsorted:", "if False:"),
    Bug("a reader of the old place sleeps on", "krt/buckets.py", "touched.update(dict.fromkeys(old_places.get(key, ())))", "pass"),
    Bug("a reader of the new place sleeps on", "krt/buckets.py", "touched.update(dict.fromkeys(self._places_of.get(key, ())))", "pass"),
    Bug("a group is not told", "krt/buckets.py", "group._wake_all(touched, self)", "pass"),
    # flat_map, merge, flatten
    Bug("the first to come owns an output key", "krt/flat_map.py", "sort_keys(self._contested[name])", "list(self._contested[name])"),
    Bug("an output key is not handed over", "krt/flat_map.py", "(self._owners[name],) = claimants", "claimants"),
    Bug("a claim stays denied", "krt/flat_map.py", "            reasons.pop(name, None)\n", "            reasons.get(name, None)\n"),
    Bug("the last of a merge wins", "krt/merge.py", "next(self._member_values(key), None)", "next(reversed([*self._member_values(key)]), None)"),
    Bug("a member that left is not looked at", "krt/merge.py", "held=False)\n        self._dirty.update(dict.fromkeys(member._values, self._container))", "held=False)"),
    Bug("members are in the order of coming", "krt/merge.py", "for name in sort_keys(names) if len(names) > 1 else names:", "for name in names:"),
    # failures
    Bug("a failed key loses its output", "krt/transform.py", "        result = KEEP_OUTPUT\n        try:", "        result = None\n        try:"),
    Bug("a kept key loses its output", "krt/transform.py", "            return KEEP_OUTPUT\n        try:\n            return self._checked_output(keep", "            return None\n        try:\n            return self._checked_output(keep"),
    Bug("a failure is never over", "krt/transform.py", "        self._failures.pop(key, None)\n        self._kept", "        self._kept"),
    # views and closing
    Bug("a view changes with the second change", "krt/overlay.py", "self.old.setdefault(key, value)", "self.old[key] = value"),
    Bug("a view shows an open transaction", "krt/view.py", "(self._overlay.old, self._collection._old_values)", "(self._overlay.old,)"),
    Bug("a closed collection is still woken", "krt/transform.py", "            remove_reader((self, key), reads)", "            pass"),
    Bug("a closed collection is still a child", "krt/derived.py", "parent._children.pop(self, None)", "pass"),
)  # fmt: skip


def killers(directory: Path) -> str:
    """Which suites fail in a copy, or ""."""
    return failing_suites(directory, SUITES)


if __name__ == "__main__":
    sys.exit(main(BUGS, COPIED, killers, sys.argv[1:]))
