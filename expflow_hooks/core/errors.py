"""Errors that a user may meet, and the exit code of each: the one place that maps the one to the other.

Standard library only and nothing imported: the hooks load this on their hot path.
"""

OK = 0
"""The check was made and holds."""
FAILED = 1
"""A gate, a rule or a scan says no."""
USAGE = 2
"""Usage or policy error."""
UNDECIDED = 3
"""Nothing matched, so nothing could be judged."""
UNREADABLE = 4
"""A source, git or a server could not be read, or a file could not be written."""
PIN_REFUSED = 5
"""The PIN was wrong or not given."""

_PRECEDENCE = (USAGE, UNREADABLE, PIN_REFUSED, UNDECIDED, FAILED)

VERDICTS = {FAILED: "fail", USAGE: "error", UNDECIDED: "undecided", UNREADABLE: "error", PIN_REFUSED: "PIN refused"}
"""The word for each exit code in the last line of a failure, `expflow: <verdict> (exit N)`."""


def worst(codes: "list[int]") -> int:
    """Return the exit code to give when several apply: 2, 4, 5, 3, 1, then 0."""
    for code in _PRECEDENCE:
        if code in codes:
            return code
    return OK


class ExpflowError(Exception):
    """An error with one line for the user: what was wrong, where, and what a right one looks like."""

    exit_code = USAGE


class ExpflowWarning(UserWarning):
    """A warning for training code: reported, and training goes on."""


class UsageError(ExpflowError, ValueError):
    """The command line, a gate, a metric's name or a value is not of the right form."""


class PolicyError(ExpflowError):
    """`expflow.yaml` cannot be used: names file, line and path of the key."""


class TransitionError(ExpflowError):
    """An experiment cannot go from its state to the one asked for."""

    exit_code = FAILED


class UndecidedError(ExpflowError):
    """Nothing matched: there is no experiment to judge."""

    exit_code = UNDECIDED


class UnreadableError(ExpflowError):
    """A source, git or a server could not be read, or a file could not be written."""

    exit_code = UNREADABLE


class PinRefusedError(ExpflowError):
    """The PIN was wrong, not given, or its store cannot be trusted."""

    exit_code = PIN_REFUSED
