"""How every hook but the scan begins and ends: options in, lines out, the last line of a failure, never a traceback."""

import os
import sys

from expflow_hooks.core.errors import OK, UNREADABLE, VERDICTS, ExpflowError
from expflow_hooks.git.hook_options import is_push, parse
from expflow_hooks.git.repository import Git

HASH_LENGTH = 64
"""Digits of a PIN's hash, which nothing that is shorter can hold."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from expflow_hooks.git.hook_options import Options
    from expflow_hooks.git.pushed import Push

    Work = Callable[[Options, Git, Push | None], int]
    """What a hook does: takes the options, git, and the push if it is about one; returns the exit code."""


_said: "set[str]" = set()
"""What this hook has said: two checks that see the same say it once."""


def run(work: "Work", argv: "list[str] | None", program: str, does: str) -> int:
    """Run a hook and return its exit code."""
    arguments = sys.argv[1:] if argv is None else argv

    def begin() -> int:
        options = parse(arguments)
        if options.help:
            return show_help(program, does)
        git = Git(remember=True)
        return work(options, git, push_of(git, options))

    return verdict(guarded(program, begin))


def show_help(program: str, does: str) -> int:
    """Write the help of a hook, and return the exit code."""
    from expflow_hooks.git.hook_options import hook_help

    os.write(1, hook_help(program, does).encode())
    return OK


def guarded(program: str, work: "Callable[[], int]") -> int:
    """Run a part of a hook; print what interrupted it in one line, and return the exit code."""
    try:
        return work()
    except ExpflowError as error:
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        say("interrupted")
        return UNREADABLE
    except Exception as error:
        if os.environ.get("EXPFLOW_DEBUG"):
            raise
        say(f"{program} broke off ({type(error).__name__}: {error})")
        return UNREADABLE


def verdict(code: int) -> int:
    """Say what comes of it, where that is not a pass, and return the exit code; nothing is said after it."""
    if code:
        say(f"{VERDICTS[code]} (exit {code})")
    _said.clear()
    return code


def push_of(git: Git, options: "Options", given: "bytes | None" = None) -> "Push | None":
    """Return the push that is looked at, or None at another stage; `given` is what git wrote, if it is read already."""
    if not is_push(options, os.environ):
        return None
    from expflow_hooks.git.pushed import read_push

    return read_push(git, options, os.environ, given)


def say(text: str) -> None:
    """Write `expflow: ` and the text, each line made harmless for a terminal; once, whoever says it."""
    if text in _said:
        return
    _said.add(text)
    if len(text) >= HASH_LENGTH or not (text.isascii() and text.isprintable()):
        from expflow_hooks.render.escape import terminal

        text = "\n".join(terminal(line) for line in text.split("\n"))
    try:
        os.write(1, f"expflow: {text}\n".encode("utf-8", "backslashreplace"))
    except OSError:  # nobody reads it: the exit code still says it
        return
