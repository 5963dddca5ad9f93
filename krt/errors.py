"""The errors of this package.

KrtError
├── RankError               a transform read a collection that was created after its own, or of another graph
├── UntrackedReadError      a transform read a collection directly, so krt would miss changes of it
├── ContextExpiredError     a context was used outside its run
├── WriteError              a write in a transform or of None; a new or closed collection, or a view, in a transaction
├── ClosedError             a closed collection was used
├── KeyTypeError            a key that is not hashable, or that is mutable
├── OutputTypeError         a function returned the wrong type, such as a coroutine, or a string instead of a list
├── DuplicateNameError      two collections of a graph, or two indexes of a collection, share a name
├── DuplicateKeyError       two inputs of a `flat_map` return the same output key
├── LivelockError           subscribers kept writing in response to each other's writes
├── TransformError          a transform or an index function raised; see `Graph(on_failure=...)`
└── SubscriberError         a subscriber raised; reported after all subscribers were called

`KeepPrevious` is not an error: a transform raises it to keep its last output.
"""


class KrtError(Exception):
    """The base class of all errors of this package."""


class RankError(KrtError):
    """A collection may use only collections of its own graph that were created before it."""


class UntrackedReadError(KrtError):
    """A transform read a collection directly instead of through its context."""


class ContextExpiredError(KrtError):
    """A context was used outside its run."""


class WriteError(KrtError):
    """A transform wrote; or None was written; or a collection or a view was created, or one closed, in a transaction."""


class ClosedError(KrtError):
    """A closed collection was read in a transform, written, indexed, derived from or subscribed to."""


class KeyTypeError(KrtError, TypeError):
    """A key is not hashable, or could change while it is in use."""


class OutputTypeError(KrtError, TypeError):
    """A transform or an index function returned a value of the wrong type."""


class DuplicateNameError(KrtError):
    """A collection of the graph, or an index of the collection, has this name already."""


class DuplicateKeyError(KrtError):
    """Two inputs of a `flat_map` return the same output key. The input whose own key sorts first provides its value."""


class LivelockError(KrtError):
    """Subscribers kept writing in response to each other's writes. The graph dropped the writes that were left."""


class TransformError(KrtError):
    """A transform or an index function raised; its error is the cause. The graph has settled and is consistent."""


class SubscriberError(KrtError):
    """A subscriber raised; its error is the cause. All other subscribers were called, and the graph is consistent."""


class KeepPrevious(Exception):  # noqa: N818 - an outcome, not an error
    """Raised by a transform to keep its last output. A change of what the transform read runs it again.

    *reason* is for explanations. *default* is the output if there is no last one.
    """

    def __init__(self, reason: str = "", *, default: object = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.default = default


class ParkRun(BaseException):
    """Ends the run of a transform that read something unknown. Internal: users never see it.

    Not an `Exception`, so that `except Exception` in a transform does not catch it.
    """
