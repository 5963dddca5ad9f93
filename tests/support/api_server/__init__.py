"""An API server whose faults are to order, and the real one behind the same verbs: the same scenarios run on both."""
