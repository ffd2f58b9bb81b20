"""The one way to start other programs: pipelines whose first input and whose complaints are unnamed files.

Files, because a pipe to a child that waits for us, while we wait for it, stands still; and `os.posix_spawn`, because
importing `subprocess` costs 17 ms, more than Python's own start, and spawning git this way 2 ms with git's own time.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_PIPE = 1 << 16


class Scratch:
    """An unnamed file that is gone when it is closed."""

    def __init__(self, data: bytes = b"") -> None:
        self.fd = _unnamed()
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view) :]
        os.lseek(self.fd, 0, os.SEEK_SET)

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def whole(self) -> bytes:
        """Return all that has been written."""
        os.lseek(self.fd, 0, os.SEEK_SET)
        parts = []
        while part := os.read(self.fd, _PIPE):
            parts.append(part)
        return b"".join(parts)

    def text(self) -> str:
        """Return the first of what has been written."""
        os.lseek(self.fd, 0, os.SEEK_SET)
        return os.read(self.fd, _PIPE).decode("utf-8", "replace")


def run_bounded(
    command: "list[str]", environment: "dict[str, str]", answer: Scratch, complaints: Scratch, seconds: float
) -> "int | None":
    """Run a command that may never end and return its exit code, or None where it was ended for taking too long.

    It has a session of its own: without a terminal nothing asks for a password, and what it started ends with it.
    """
    import subprocess

    try:
        child = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=answer.fd,
            stderr=complaints.fd,
            start_new_session=True,
        )
    except OSError as error:
        raise _not_started(command, error) from None
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if child.returncode is None:
            _end(child.pid)
            child.kill()
            child.wait()


def _end(group: int) -> None:
    import signal

    if hasattr(os, "killpg"):
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:  # it has just ended
            return


def stream(
    commands: "list[list[str]]", environment: "dict[str, str]", given: Scratch, complaints: Scratch
) -> "Generator[bytes, None, list[int]]":
    """Run a pipeline that begins with `given`: yield the output of its last command, return each command's exit code.

    A command that a signal ended has a negative one.
    """
    waits = []
    source = os.dup(given.fd)
    try:
        for command in commands:
            ours, theirs = os.pipe()
            try:
                waits.append(_spawn(command, environment, source, theirs, complaints.fd))
            finally:
                os.close(theirs)
                os.close(source)
                source = ours
        while chunk := os.read(source, _PIPE):
            yield chunk
    finally:
        os.close(source)
        codes = [wait() for wait in waits]
    return codes


def write_together(commands: "list[list[str]]", environment: "dict[str, str]", files: "list[int]") -> "list[str]":
    """Run commands at the same time, each writing into its file; return what each complained of, if it failed."""
    failed = []
    with Scratch() as nothing:
        complaints = [Scratch() for _ in commands]
        waits = [
            _spawn(command, environment, nothing.fd, file, complaint.fd)
            for command, file, complaint in zip(commands, files, complaints, strict=True)
        ]
        for wait, complaint in zip(waits, complaints, strict=True):
            code = wait()
            with complaint:
                if code:
                    failed.append(complaint.text() or f"ended with {code}")
    return failed


def _spawn(
    command: "list[str]", environment: "dict[str, str]", stdin: int, stdout: int, stderr: int
) -> "Callable[[], int]":
    """Start a command; return the function that waits for it and returns its exit code."""
    try:
        if not hasattr(os, "posix_spawnp"):
            return _spawn_anywhere(command, environment, stdin, stdout, stderr)
        streams = [(os.POSIX_SPAWN_DUP2, have, want) for want, have in enumerate((stdin, stdout, stderr))]
        child = os.posix_spawnp(command[0], command, environment, file_actions=streams)
    except OSError as error:
        raise _not_started(command, error) from None
    return lambda: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _not_started(command: "list[str]", error: OSError) -> Exception:
    from expflow_hooks.core.errors import UnreadableError

    return UnreadableError(f"{command[0]} cannot be started: {error.strerror}; is it installed?")


def _spawn_anywhere(
    command: "list[str]", environment: "dict[str, str]", stdin: int, stdout: int, stderr: int
) -> "Callable[[], int]":
    import subprocess

    return subprocess.Popen(command, env=environment, stdin=stdin, stdout=stdout, stderr=stderr).wait


def _unnamed() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("expflow")
    import tempfile

    fd, path = tempfile.mkstemp()
    if os.name == "nt":
        os.close(fd)
        return os.open(path, os.O_RDWR | os.O_TEMPORARY | os.O_BINARY)  # type: ignore[attr-defined,no-any-return,unused-ignore]
    os.unlink(path)
    return fd
