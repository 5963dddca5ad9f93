"""What a client rejected, and the search for the one that is at fault: what was beside it is not left to suffer.

A client rejects a response, not a resource. All that was in it and that the client had not is *suspected*, and tried again
by halves, until each culprit was alone in a response: n suspects of which one is at fault cost at most 2 log n more
responses. What the client names, or nobody has accepted yet, is tried last, since it most likely is the culprit: so all
others are there in the next response but one. A culprit stays *refused*. It is tried again, alone, when it changes, and
when its time has come: after 30 s, and then after twice as long each time, up to 10 minutes. What the client rejected it for
may have gone: a port that was taken, say.
"""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from xds_server.model.resource import Resource

FIRST_RETRY: Final = 30.0
"""Seconds until a culprit is tried again for the first time."""
MAX_RETRY: Final = 600.0
"""Seconds between two tries at most."""

_MAX_LOOK: Final = 1 << 14
"""How much of a rejection's text is searched for names."""

Contents = Mapping[str, Resource | None]
"""What is tried, by name; None for a removal."""


class TrialGroup(msgspec.Struct, gc=False):
    """Contents that are to be tried together."""

    contents: dict[str, Resource | None]
    sibling: bool = False
    """Whether a culprit is in here if none is in the group before it."""


class RejectedContent(msgspec.Struct, gc=False):
    """A content that the client is not sent, or not yet."""

    content: Resource | None
    message: str
    """Why, in the words of who rejected it."""
    own: bool = True
    """Whether the client itself rejected it; else another did, and it has yet to be tried here."""
    delay: float = FIRST_RETRY
    due_at: float | None = None
    """When it is tried again, on the clock of `tick`; None if that was not asked yet."""


class Quarantine:
    """The suspects and the refused of one type on one stream. A name is among the suspects, or refused, or neither."""

    __slots__ = ("_groups", "had", "message", "refused", "trying", "turn", "unarmed")

    def __init__(self) -> None:
        self._groups: list[TrialGroup] = []  # The next one first.
        self.refused: dict[str, RejectedContent] = {}
        self.trying: TrialGroup | None = None
        """What the response in flight tries, and nothing else is in it but for a full state."""
        self.turn = False
        """Whether it is a group's turn to be sent, and not that of what changed meanwhile."""
        self.message = ""
        """Of the last rejection."""
        self.had: set[str] = set()
        """Names of which the client had another content when it rejected one, and so has that still."""
        self.unarmed = False
        """Whether something is refused since `tick` was called."""

    def __bool__(self) -> bool:
        return bool(self._groups or self.refused or self.trying)

    def __contains__(self, name: str) -> bool:
        return name in self.refused or self.suspected(name)

    @property
    def pending(self) -> bool:
        """Whether there is something to try."""
        return bool(self._groups)

    @property
    def searching(self) -> bool:
        """Whether it is not known yet of all that was rejected what was at fault."""
        return bool(self._groups or self.trying)

    @property
    def suspects(self) -> Collection[str]:
        """Names of what was rejected, perhaps for another's fault."""
        groups = [*self._groups, *([self.trying] if self.trying is not None else [])]
        return [name for group in groups for name in group.contents]

    def suspected(self, name: str) -> bool:
        """Whether that name is among the suspects."""
        return (self.trying is not None and name in self.trying.contents) or any(
            name in group.contents for group in self._groups
        )

    def take(self) -> Contents:
        """What is to be tried next, in one response."""
        self.trying = self._groups.pop(0)
        return self.trying.contents

    def suspect(self, contents: Contents, likely: Collection[str], message: str) -> Contents:
        """Notes that the client rejected *contents*, sent in one response; returns what is a culprit for sure.

        Of what is a suspect already there is nothing in there.
        """
        self.message = message
        return self._bad(dict(contents), likely)

    def rejected(self, likely: Collection[str], message: str) -> Contents:
        """Notes that the client rejected what was tried; returns what is a culprit for sure."""
        self.message = message
        group, self.trying = self.trying, None
        if self._groups:
            self._groups[0].sibling = False  # It may have one, too.
        return self._bad(group.contents, likely) if group is not None else {}

    def accepted(self) -> Contents:
        """Notes that the client accepted what was tried; returns what is a culprit for sure."""
        self.trying = None
        if self._groups and self._groups[0].sibling:
            return self._bad(self._groups.pop(0).contents, ())
        return {}

    def abandoned(self) -> None:
        """Notes that there was no answer: it is tried again."""
        if self.trying is not None:
            self._groups.insert(0, self.trying)
            self.trying = None

    def aside(self, name: str, content: Resource, message: str) -> None:
        """Has a content tried alone, when it is its turn: others have rejected it."""
        self.message = self.message or message
        self._groups.append(TrialGroup({name: content}))

    def refuse(self, name: str, refusal: RejectedContent) -> None:
        """Notes that the client is not sent that; for longer, if it was tried before."""
        before = self.refused.get(name)
        if before is not None and refusal.own:
            refusal.delay = min(before.delay * 2, MAX_RETRY) if before.own else FIRST_RETRY
        self.refused[name] = refusal
        self.unarmed = True

    def forget(self, name: str) -> bool:
        """Notes that there is another content of that name, or none; returns whether it was in here."""
        self.had.discard(name)
        was = self.refused.pop(name, None) is not None
        for group in [*self._groups, *([self.trying] if self.trying is not None else [])]:
            if name in group.contents:
                was = True
                del group.contents[name]
                for other in self._groups:  # It may have been the culprit.
                    other.sibling = False
        self._groups = [group for group in self._groups if group.contents]
        return was

    def tick(self, now: float) -> float | None:
        """Has tried again what is due; returns when to ask next, None for not before something is refused.

        *now*: seconds on any clock. One search at a time.
        """
        self.unarmed = False
        for name, refusal in self.refused.items():
            if refusal.due_at is None:
                refusal.due_at = now + refusal.delay
            if now >= refusal.due_at and not self.searching:
                refusal.due_at = now + refusal.delay
                self._groups.append(TrialGroup({name: refusal.content}))
        soonest = min((refusal.due_at for refusal in self.refused.values() if refusal.due_at is not None), default=None)
        return soonest if soonest is None or soonest > now else now + FIRST_RETRY

    def _bad(self, contents: dict[str, Resource | None], likely: Collection[str]) -> Contents:
        """There is a culprit among *contents*: it is that one, or it is searched."""
        if len(contents) <= 1:
            return contents
        last = [name for name in contents if name in likely]
        if not last or len(last) == len(contents):
            last = list(contents)[len(contents) // 2 :]
        second = {name: contents[name] for name in last}
        first = {name: content for name, content in contents.items() if name not in second}
        self._groups[:0] = [TrialGroup(first), TrialGroup(second, sibling=True)]
        return {}


def mentions(message: str, name: str) -> bool:
    """Whether the beginning of *message* has *name* as a word of its own."""
    at = message.find(name, 0, _MAX_LOOK) if name else -1
    while at >= 0:
        end = at + len(name)
        if not _in_name(message[at - 1 : at]) and not _in_name(message[end : end + 1]):
            return True
        at = message.find(name, at + 1, _MAX_LOOK)
    return False


def _in_name(character: str) -> bool:
    return character.isalnum() or character in {"-", "_", "/", "|"}
