"""What a hook of plain git runs: the hook that stood there before, then ours for the stage, in one process.

Git's standard input (a push's refs) and arguments go to each of them. `expflow-hooks install` writes the hook files.
"""

import io
import os
import sys

from expflow_hooks.core.errors import UNREADABLE, VERDICTS, worst
from expflow_hooks.git.hook_files import HOOKS, SAVED

_OF_FRAMEWORKS = ("PRE_COMMIT", "PREK_")


def main(argv: "list[str] | None" = None) -> int:
    """Run the hooks of a stage: takes the stage, the hook file and git's arguments; returns the exit code."""
    stage, hook_file, *arguments = sys.argv[1:] if argv is None else argv
    # Git itself runs this: what a framework left in the environment is of another hook.
    for name in [name for name in os.environ if name.startswith(_OF_FRAMEWORKS)]:
        del os.environ[name]
    given = sys.stdin.buffer.read() if stage == "pre-push" and sys.stdin is not None else None
    earlier = _run_earlier(os.path.join(os.path.dirname(hook_file), stage + SAVED), arguments, given)
    ours = worst([_run_ours(name, stage, arguments, given) for name in HOOKS[stage]])
    return earlier or ours


def _run_earlier(path: str, arguments: "list[str]", given: "bytes | None") -> int:
    """Run the hook that stood there before, if git would: if it may be executed."""
    if os.path.islink(path) and os.path.lexists(os.path.realpath(path) + SAVED):
        path = os.path.realpath(path) + SAVED  # it led to another hook, in whose place ours stands now
    if not os.access(path, os.X_OK):
        return 0
    import errno
    import subprocess

    try:
        command = ["sh", path] if os.name == "nt" else [path]
        return subprocess.run([*command, *arguments], input=given).returncode
    except OSError as error:
        if error.errno != errno.ENOEXEC:  # git, too, gives a file without a #! line to the shell
            _say(f"{path} cannot be run: {error.strerror}")
            return UNREADABLE
        return subprocess.run(["sh", path, *arguments], input=given).returncode


def _run_ours(name: str, stage: str, arguments: "list[str]", given: "bytes | None") -> int:
    if given is not None:
        sys.stdin = io.TextIOWrapper(io.BytesIO(given))
    try:
        from importlib import import_module

        code: int = import_module(f"expflow_hooks.hooks.{name}").main(["--stage", stage, *arguments])
        return code
    except Exception as error:  # a broken environment of ours: one line, and never a pass
        if os.environ.get("EXPFLOW_DEBUG"):
            raise
        _say(f"the hook {name} broke off ({type(error).__name__}); `expflow-hooks doctor` says more")
        _say(f"{VERDICTS[UNREADABLE]} (exit {UNREADABLE})")
        return UNREADABLE


def _say(text: str) -> None:
    os.write(2, f"expflow: {text}\n".encode("utf-8", "backslashreplace"))


if __name__ == "__main__":
    raise SystemExit(main())
