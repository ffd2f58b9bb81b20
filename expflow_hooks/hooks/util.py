"""How every hook but the scan begins and ends: options in, lines out, the last line of a failure, never a traceback."""

import os
import sys

from expflow_hooks.core.errors import OK, UNREADABLE, VERDICTS, ExpflowError
from expflow_hooks.git.repository import Git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from expflow_hooks.scan.options import Options

    Work = Callable[["Options | None", Git], int]
    """What a hook does: takes the options (None where none were given) and git, returns the exit code."""


def run(work: "Work", argv: "list[str] | None", program: str, does: str) -> int:
    """Run a hook and return its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        options = None
        if arguments:
            from expflow_hooks.scan.options import parse

            options = parse(arguments)
            if options.help:
                say(f"usage: {program} [--stage STAGE | --staged | --push [REMOTE [URL]] | --rev RANGE]\n\n{does}")
                return OK
        code = work(options, Git())
    except ExpflowError as error:
        say(str(error))
        code = error.exit_code
    except KeyboardInterrupt:
        say("interrupted")
        code = UNREADABLE
    except Exception as error:
        if os.environ.get("EXPFLOW_DEBUG"):
            raise
        say(f"{program} broke off ({type(error).__name__}: {error})")
        code = UNREADABLE
    if code:
        say(f"{VERDICTS[code]} (exit {code})")
    return code


def say(text: str) -> None:
    """Write `expflow: ` and the text, each line made harmless for a terminal."""
    if not (text.isascii() and text.isprintable()):
        from expflow_hooks.render.escape import terminal

        text = "\n".join(terminal(line) for line in text.split("\n"))
    try:
        os.write(1, f"expflow: {text}\n".encode("utf-8", "backslashreplace"))
    except OSError:  # nobody reads it: the exit code still says it
        return
