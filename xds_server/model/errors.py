"""The base of all errors that a user can fix."""


class UserError(Exception):
    """A user can fix this: the command line prints the message, one line with the next step, and exits with status 2."""
