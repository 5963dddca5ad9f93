"""What can go wrong, as a tree.

KrtError
├── RankError               a transform read a collection that was created after its own
├── UntrackedReadError      a transform read a collection directly, so a change of it would go unnoticed
├── WriteError              a write where none may be: in a transform, in a subscriber, into another graph's transaction
├── DuplicateNameError      two collections of a graph, or two indexes of a collection, share a name
├── DuplicateKeyError       two inputs of a `flat_map` claim one output key
├── ContextExpiredError     a context was used after its transform had returned
└── TransformError          a transform raised; only with `Graph(on_failure="raise")`

`KeepPrevious` is no error: a transform raises it to say that its last output shall stay.
"""


class KrtError(Exception):
    """Base of all errors of this package."""


class RankError(KrtError):
    """A transform read a collection that was created after its own."""


class UntrackedReadError(KrtError):
    """A transform read a collection directly instead of through its context."""


class WriteError(KrtError):
    """A source was written where that is not allowed."""


class DuplicateNameError(KrtError):
    """A name is taken."""


class DuplicateKeyError(KrtError):
    """Two inputs of a `flat_map` claim one output key; the first keeps it."""


class ContextExpiredError(KrtError):
    """A context was used after its transform had returned."""


class TransformError(KrtError):
    """A transform raised. The cause is chained; the graph has settled and is in order."""


class KeepPrevious(Exception):  # noqa: N818 - an outcome, not an error
    """Raised by a transform: its last output stays as it is, and what it read is remembered."""


class Parked(BaseException):
    """Ends a transform that read a collection which has not synced. Internal; never seen by users.

    Not an `Exception`, so that `except Exception` in a transform cannot swallow it.
    """

    def __init__(self, awaited: object) -> None:
        super().__init__()
        self.awaited = awaited
