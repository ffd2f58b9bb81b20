"""What a hook of plain git runs: the hook that stood there before, then ours for the stage, in one process.

Git's standard input (a push's refs) and arguments go to each of them. `expflow-hooks install` writes the hook files.
"""

import os
import sys

from expflow_hooks.core.errors import UNREADABLE, VERDICTS
from expflow_hooks.git.hook_files import SAVED

_OF_FRAMEWORKS = ("PRE_COMMIT", "PREK_")


def main(argv: "list[str] | None" = None) -> int:
    """Run the hooks of a stage: takes the stage, the hook file and git's arguments; returns the exit code."""
    stage, hook_file, *arguments = sys.argv[1:] if argv is None else argv
    # Git itself runs this: what a framework left in the environment is of another hook.
    for name in [name for name in os.environ if name.startswith(_OF_FRAMEWORKS)]:
        del os.environ[name]
    given = _given() if stage == "pre-push" else None
    earlier = _run_earlier(os.path.join(os.path.dirname(hook_file), stage + SAVED), arguments, given)
    ours = _run_ours(stage, arguments, given if given or _is_run_by_git() else None)
    return earlier or ours


def _given() -> bytes:
    """Return what git wrote about the push."""
    return b"" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()


def _is_run_by_git() -> bool:
    """Return whether it is git that wrote nothing: a script in between may have read what it wrote."""
    parent = os.getppid()
    try:
        with open(f"/proc/{parent}/comm") as file:
            name = file.read()
    except OSError:
        import subprocess

        if os.name == "nt":  # git's own shell stands in between
            return True
        name = subprocess.run(["ps", "-o", "comm=", "-p", str(parent)], capture_output=True, text=True).stdout
    return os.path.basename(name.strip()).startswith("git")


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


def _run_ours(stage: str, arguments: "list[str]", given: "bytes | None") -> int:
    try:
        from expflow_hooks.hooks import expflow

        return expflow.main(["--stage", stage, *arguments], given)
    except Exception as error:  # a broken environment of ours: one line, and never a pass
        if os.environ.get("EXPFLOW_DEBUG"):
            raise
        _say(f"the hooks broke off ({type(error).__name__}); `expflow-hooks doctor` says more")
        _say(f"{VERDICTS[UNREADABLE]} (exit {UNREADABLE})")
        return UNREADABLE


def _say(text: str) -> None:
    os.write(2, f"expflow: {text}\n".encode("utf-8", "backslashreplace"))


if __name__ == "__main__":
    raise SystemExit(main())
