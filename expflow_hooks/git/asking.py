"""The one way to ask git, and the three answers that it has: yes, no, and could not look.

Only raw objects and plumbing commands are asked for, so no configuration, attribute, filter or text conversion changes
what is seen.
"""

import os

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git.spawn import Scratch, stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    _Question = tuple[bytes, tuple[str, ...]]
    """What git reads, and the command."""

_NO = {"rev-parse": 1, "symbolic-ref": 1, "merge-base": 1, "config": 1, "check-ignore": 1}
"""Command -> the exit code that git documents as "no" (rev-parse and symbolic-ref: with --quiet)."""
_UNSET = (
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_EXTERNAL_DIFF",
)
_SET = {
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace would show other contents than a push sends
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "LC_ALL": "C",  # error messages are matched and shown
}
CUT = "git: its answer ends too early"
"""What is said of output that breaks off although git said nothing of it."""
_MOST_REMEMBERED = 1 << 20
"""Bytes of the longest answer that is remembered."""


class FailedError(UnreadableError):
    """Git failed: the reason in one line, and whether that is git's way to answer no."""

    def __init__(self, reason: str, code: int, silent: bool) -> None:
        super().__init__(reason)
        self.code = code
        self.silent = silent

    def again(self) -> "FailedError":
        """Return the same error, not raised yet."""
        return FailedError(str(self), self.code, self.silent)


class Asking:
    """Git in one repository: the one that holds `folder`, or the current folder.

    With `remember`, a question that was answered is not asked again: for a process that looks once, as a hook does.
    """

    def __init__(
        self,
        folder: str = "",
        environment: "Mapping[str, str] | None" = None,
        settings: "Iterable[str]" = (),
        *,
        remember: bool = False,
    ) -> None:
        options = [option for setting in settings for option in ("-c", setting)]
        self._command = ["git", *(["-C", folder] if folder else []), *options]
        kept = {key: value for key, value in os.environ.items() if key not in _UNSET}
        self._environment = {**kept, **_SET, **(environment or {})}
        self._answers: dict[_Question, bytes | FailedError] | None = {} if remember else None

    def ask(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Return what git prints; raise `UnreadableError` with git's own reason if it fails."""
        return b"".join(self._stream(stdin, list(arguments)))

    def try_ask(self, *arguments: str) -> "bytes | None":
        """Return git's output, or None if the answer is no; raise `UnreadableError` if git could not look.

        No is the exit code that git documents for the command, with not a word about it.
        """
        try:
            return self.ask(*arguments)
        except FailedError as error:
            if error.silent and error.code == _NO[arguments[0]]:
                return None
            raise

    def ask_away(self, *arguments: str, seconds: float) -> bytes:
        """Return what git prints for a question to another repository; it may take so long, and asks nobody."""
        from expflow_hooks.git.spawn import run_bounded

        with Scratch() as answer, Scratch() as complaints:
            code = run_bounded([*self._command, *arguments], self._environment, answer, complaints, seconds)
            if code is None:
                raise UnreadableError(f"no answer within {seconds:g} seconds")
            if code:
                raise FailedError(_reason(complaints.text()), code, False)
            return answer.whole()

    def write_together(self, questions: "list[tuple[list[str], int]]") -> None:
        """Ask several questions at the same time, and have git write each answer into a file."""
        from expflow_hooks.git.spawn import write_together

        commands = [[*self._command, *arguments] for arguments, _ in questions]
        for complaints in write_together(commands, self._environment, [file for _, file in questions]):
            raise UnreadableError(_reason(complaints))

    def forget(self) -> None:
        """Ask everything anew from here on."""
        if self._answers:
            self._answers.clear()

    def line(self, *arguments: str) -> str:
        """Return the one line that git prints."""
        return _line(self.ask(*arguments))

    def try_line(self, *arguments: str) -> str:
        """Return git's one line of output, or an empty string if the answer is no."""
        answer = self.try_ask(*arguments)
        return "" if answer is None else _line(answer)

    def lines(self, *arguments: str, stdin: bytes = b"") -> "list[bytes]":
        """Return the lines that git prints."""
        answer = self.ask(*arguments, stdin=stdin)
        if answer and not answer.endswith(b"\n"):
            raise UnreadableError(CUT)
        return answer.split(b"\n")[:-1]

    def records(self, *command: str, stdin: bytes = b"") -> "Iterator[bytes]":
        """Yield the NUL-terminated records that git prints."""
        rest = b""
        for chunk in self._stream(stdin, list(command)):
            *whole, rest = (rest + chunk).split(b"\0")
            yield from whole
        if rest:
            raise UnreadableError(CUT)

    def _stream(self, stdin: bytes, *commands: "list[str]") -> "Iterator[bytes]":
        """Yield the output of a pipeline of git commands, or what is remembered of one command's."""
        if self._answers is None or len(commands) > 1:
            return self._run(stdin, *commands)
        return self._remembered(self._answers, stdin, commands[0])

    def _remembered(
        self, answers: "dict[_Question, bytes | FailedError]", stdin: bytes, command: "list[str]"
    ) -> "Iterator[bytes]":
        question = (stdin, tuple(command))
        answer = answers.get(question)
        if isinstance(answer, FailedError):
            raise answer.again()
        if answer is not None:
            yield answer
            return
        kept: list[bytes] = []
        size = 0
        try:
            for chunk in self._run(stdin, command):
                size += len(chunk)
                kept = [*kept, chunk] if size <= _MOST_REMEMBERED else []
                yield chunk
        except FailedError as error:
            answers[question] = error.again()  # without the traceback, which would keep what its frames hold
            raise
        if size <= _MOST_REMEMBERED:
            answers[question] = b"".join(kept)

    def _run(self, stdin: bytes, *commands: "list[str]") -> "Iterator[bytes]":
        printed = False
        with Scratch(stdin) as given, Scratch() as complaints:
            parts = stream([self._command + command for command in commands], self._environment, given, complaints)
            try:
                while True:
                    chunk = next(parts)
                    printed = True
                    yield chunk
            except StopIteration as end:
                codes = end.value
            finally:
                parts.close()
            if any(codes):
                text = complaints.text()
                raise FailedError(_reason(text), next(filter(None, codes)), not (text or printed))


def _line(answer: bytes) -> str:
    if not answer.endswith(b"\n"):
        raise UnreadableError(CUT)
    return os.fsdecode(answer[:-1])


def _reason(complaints: str) -> str:
    """Return the line of git's error output with the reason, without git's prefix."""
    lines = complaints.splitlines() or ["failed without a reason"]
    for prefix in ("fatal: ", "error: "):
        for line in lines:
            if line.startswith(prefix):
                return f"git: {line.removeprefix(prefix)}"
    return f"git: {lines[0]}"
