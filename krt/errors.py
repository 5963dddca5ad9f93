"""What can go wrong, as a tree.

KrtError
├── RankError               a transform read, or a collection was derived from, what was created after it
├── UntrackedReadError      a transform read a collection directly, so a change of it would go unnoticed
├── ContextExpiredError     a context was used outside the run that it was made for
├── WriteError              a write, or a new collection, where none may be: in a transform, in a transaction
├── ClosedError             a closed collection was read in a transform, written, or derived from
├── KeyTypeError            a key that is not hashable, or that could change
├── OutputTypeError         a function returned what it may not: a coroutine, a text for a list, no mapping
├── DuplicateNameError      two collections of a graph, or two indexes of a collection, share a name
├── DuplicateKeyError       two inputs of a `flat_map` make one output key
├── LivelockError           subscribers kept answering each other's writes
├── TransformError          a transform or an index function failed; reported as `Graph(on_failure=...)` says
└── SubscriberError         a subscriber raised; reported once everybody has been called

`KeepPrevious` is no error: a transform raises it to say that its last output shall stay.
"""


class KrtError(Exception):
    """Base of all errors of this package."""


class RankError(KrtError):
    """A collection was read, or derived from, by one that was created before it."""


class UntrackedReadError(KrtError):
    """A transform read a collection directly instead of through its context."""


class ContextExpiredError(KrtError):
    """A context was used outside its run."""


class WriteError(KrtError):
    """A source was written, or a collection made, where that is not allowed."""


class ClosedError(KrtError):
    """A collection was used after it had been closed."""


class KeyTypeError(KrtError, TypeError):
    """A key that is not hashable, or that could change while it is in use."""


class OutputTypeError(KrtError, TypeError):
    """A transform or an index function returned a thing of the wrong kind."""


class DuplicateNameError(KrtError):
    """A name is taken."""


class DuplicateKeyError(KrtError):
    """Two inputs of a `flat_map` make one output key; the input whose key sorts first has it."""


class LivelockError(KrtError):
    """Subscribers kept writing in answer to each other's writes. What they still wanted to write is dropped."""


class TransformError(KrtError):
    """A transform or an index function failed. The cause is chained; the graph has settled and is in order."""


class SubscriberError(KrtError):
    """A subscriber raised. The cause is chained; all others were called, and the graph is in order."""


class KeepPrevious(Exception):  # noqa: N818 - an outcome, not an error
    """Raised by a transform: its last output stays as it is, and what it read is remembered.

    *default* is the output if there is none yet.
    """

    def __init__(self, reason: str = "", *, default: object = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.default = default


class Parked(BaseException):
    """Ends a transform that read a collection which has not synced. Internal; never seen by users.

    Not an `Exception`, so that `except Exception` in a transform cannot swallow it.
    """
