"""What a client rejected, and the search for the resource at fault, so that the others in the response are not left out.

A client rejects a response, not a resource. All resources in it that were new to the client become *suspects*, and are tried
again by halves, until each culprit was alone in a response: n suspects with one culprit cost at most 2 log n more responses.
The resources that the client names in its message, or else those that no client has accepted yet, are most likely at fault,
and are tried last: so all others are accepted two responses later.

A culprit is *rejected*: the client is not sent it any more. It is tried again, alone, when it changes, and otherwise after
30 s, then after twice as long each time, up to 10 minutes, since the reason may have gone: a port that was taken, say.
"""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from xds_server.model.resource import Resource

FIRST_RETRY: Final = 30.0
"""Seconds until a culprit is tried again for the first time."""
MAX_RETRY: Final = 600.0
"""The most seconds between two tries."""

_MAX_SEARCHED: Final = 1 << 14
"""How many characters of a client's message are searched for names."""

Contents = Mapping[str, Resource | None]
"""Contents to try, by name; None for a removal."""


class TrialGroup(msgspec.Struct, gc=False):
    """Contents that are tried together, in one response."""

    contents: dict[str, Resource | None]
    has_culprit_if_first_is_good: bool = False
    """Whether this is the second half of a group with a culprit: if the client accepts the first half, it is in here."""


class RejectedContent(msgspec.Struct, gc=False):
    """A content that the client is not sent, or not yet."""

    content: Resource | None
    message: str
    """The words of the client that rejected it."""
    own: bool = True
    """Whether this client rejected it; otherwise another one did, and this client has yet to try it."""
    delay: float = FIRST_RETRY
    due_at: float | None = None
    """When it is tried again, on the clock of `start_retries`; None until that is called."""


class Quarantine:
    """The suspects and the rejected contents of one type on one stream. A name is a suspect, or rejected, or neither."""

    __slots__ = ("_groups", "known_to_client", "message", "rejected", "retry_unscheduled", "trial", "trial_turn")

    def __init__(self) -> None:
        self._groups: list[TrialGroup] = []  # The next one first.
        self.rejected: dict[str, RejectedContent] = {}
        self.trial: TrialGroup | None = None
        """The group in the response in flight, which holds nothing else unless it is a full state."""
        self.trial_turn = False
        """Whether the next response is for a group, and not for other changes."""
        self.message = ""
        """The words of the last rejection."""
        self.known_to_client: set[str] = set()
        """Names of which the client had an older content when it rejected a newer one, and so has the older one still."""
        self.retry_unscheduled = False
        """Whether a content was rejected since `start_retries` was called."""

    def __bool__(self) -> bool:
        return bool(self._groups or self.rejected or self.trial)

    def __contains__(self, name: str) -> bool:
        return name in self.rejected or self.is_suspect(name)

    @property
    def has_trials(self) -> bool:
        """Whether there is a group to try."""
        return bool(self._groups)

    @property
    def searching(self) -> bool:
        """Whether some culprit is not known yet."""
        return bool(self._groups or self.trial)

    @property
    def suspects(self) -> Collection[str]:
        """Names that were rejected, perhaps for the fault of another."""
        groups = [*self._groups, *([self.trial] if self.trial is not None else [])]
        return [name for group in groups for name in group.contents]

    def is_suspect(self, name: str) -> bool:
        """Whether that name is among the suspects."""
        return (self.trial is not None and name in self.trial.contents) or any(
            name in group.contents for group in self._groups
        )

    def next_trial(self) -> Contents:
        """The contents of the next response. One of the three `trial_*` methods must follow before the next call."""
        self.trial = self._groups.pop(0)
        return self.trial.contents

    def suspect(self, contents: Contents, likely: Collection[str], message: str) -> Contents:
        """Records that the client rejected *contents*, sent in one response; returns those that are certainly at fault.

        *likely*: names that are most likely at fault. None of the contents may be a suspect already.
        """
        self.message = message
        return self._bisect(dict(contents), likely)

    def trial_rejected(self, likely: Collection[str], message: str) -> Contents:
        """Records that the client rejected the trial; returns the contents that are certainly at fault."""
        self.message = message
        group, self.trial = self.trial, None
        if self._groups:
            self._groups[0].has_culprit_if_first_is_good = False  # It may have one all the same.
        return self._bisect(group.contents, likely) if group is not None else {}

    def trial_accepted(self) -> Contents:
        """Records that the client accepted the trial; returns the contents that are certainly at fault."""
        self.trial = None
        if self._groups and self._groups[0].has_culprit_if_first_is_good:
            return self._bisect(self._groups.pop(0).contents, ())
        return {}

    def trial_forgotten(self) -> None:
        """Records that nobody waits for an answer to the trial any more: it is tried again."""
        if self.trial is not None:
            self._groups.insert(0, self.trial)
            self.trial = None

    def try_alone(self, name: str, content: Resource, message: str) -> None:
        """Adds a content that other clients rejected as a group of its own, after all other groups."""
        self.message = self.message or message
        self._groups.append(TrialGroup({name: content}))

    def add_rejected(self, name: str, rejected: RejectedContent) -> None:
        """Records that the client is not sent that content; for twice as long, if it was rejected before."""
        before = self.rejected.get(name)
        if before is not None and rejected.own:
            rejected.delay = min(before.delay * 2, MAX_RETRY) if before.own else FIRST_RETRY
        self.rejected[name] = rejected
        self.retry_unscheduled = True

    def forget(self, name: str) -> bool:
        """Removes a name, since its content changed or was removed; returns whether the name was in here."""
        self.known_to_client.discard(name)
        found = self.rejected.pop(name, None) is not None
        for group in [*self._groups, *([self.trial] if self.trial is not None else [])]:
            if name in group.contents:
                found = True
                del group.contents[name]
                for other in self._groups:  # The name may have been the culprit.
                    other.has_culprit_if_first_is_good = False
        self._groups = [group for group in self._groups if group.contents]
        return found

    def start_retries(self, now: float) -> float | None:
        """Makes a group of each rejected content whose time has come, one search at a time.

        *now*: seconds on any clock. Returns when to call again; None: not before the next content is rejected.
        """
        self.retry_unscheduled = False
        for name, rejected in self.rejected.items():
            if rejected.due_at is None:
                rejected.due_at = now + rejected.delay
            if now >= rejected.due_at and not self.searching:
                rejected.due_at = now + rejected.delay
                self._groups.append(TrialGroup({name: rejected.content}))
        times = (rejected.due_at for rejected in self.rejected.values() if rejected.due_at is not None)
        next_at = min(times, default=None)
        return next_at if next_at is None or next_at > now else now + FIRST_RETRY

    def _bisect(self, contents: dict[str, Resource | None], likely: Collection[str]) -> Contents:
        """Returns *contents* if it is one, which is the culprit; otherwise makes two groups of it, the *likely* ones last."""
        if len(contents) <= 1:
            return contents
        chosen = frozenset(likely)
        last = [name for name in contents if name in chosen]
        if not last or len(last) == len(contents):
            last = list(contents)[len(contents) // 2 :]
        second = {name: contents[name] for name in last}
        first = {name: content for name, content in contents.items() if name not in second}
        self._groups[:0] = [TrialGroup(first), TrialGroup(second, has_culprit_if_first_is_good=True)]
        return {}


def mentions(message: str, name: str) -> bool:
    """Whether the first 16,384 characters of *message* contain *name* as a whole word."""
    at = message.find(name, 0, _MAX_SEARCHED) if name else -1
    while at >= 0:
        end = at + len(name)
        if not _in_name(message[at - 1 : at]) and not _in_name(message[end : end + 1]):
            return True
        at = message.find(name, at + 1, _MAX_SEARCHED)
    return False


def _in_name(character: str) -> bool:
    return character.isalnum() or character in {"-", "_", "/", "|"}
