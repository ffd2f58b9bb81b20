"""One scan from arguments to exit code: what `expflow-pin-hash` and `expflow-hooks scan` both run.

Findings go to standard output or a file, everything else to standard error.
"""

import os
import sys

from expflow_hooks.core.errors import FAILED, UNREADABLE, VERDICTS, ExpflowError, worst
from expflow_hooks.scan import ScanReport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from expflow_hooks.git.hook_options import Options
    from expflow_hooks.git.pushed import Push
    from expflow_hooks.git.repository import Git

    Way = Callable[[Options, Git, ScanReport], None]


def main(argv: "list[str] | None" = None, program: str = "expflow-hooks scan") -> int:
    """Scan, print the findings, and return the exit code.

    Without arguments: what the stage is about, as the environment of pre-commit or prek tells; else what is staged.
    """
    arguments = sys.argv[1:] if argv is None else argv
    report = ScanReport()
    options = None
    try:
        if arguments and not any(argument.startswith("-") for argument in arguments):
            from expflow_hooks.scan import files

            files.scan(arguments, report)
            return end(report)
        from expflow_hooks.git.hook_options import help_text, parse

        options = parse(arguments)
        if options.help:
            sys.stdout.write(help_text(program))
            return 0
        from expflow_hooks.git.repository import Git

        scan(options, Git(remember=True), None, report)
    except KeyboardInterrupt:
        report.problems.append("interrupted")
    except Exception as error:
        return end(report, options, error)
    return end(report, options)


def check(options: "Options", git: "Git", push: "Push | None") -> int:
    """Scan as one of a hook's checks; the hook reports the verdict."""
    report = ScanReport()
    try:
        scan(options, git, push, report)
    except Exception as error:
        return end(report, options, error, verdict=False)
    return end(report, options, verdict=False)


def scan(options: "Options", git: "Git", push: "Push | None", report: ScanReport) -> None:
    """Scan what the options select; else what the stage's environment selects."""
    from expflow_hooks.git.hook_options import asked_range, is_push

    if options.paths and not options.push:
        from expflow_hooks.scan import files

        files.scan(options.paths, report)
    elif push or is_push(options, os.environ):
        from expflow_hooks.git.pushed import read_push
        from expflow_hooks.scan import pushes

        pushes.scan_push(git, push or read_push(git, options, os.environ), report)
    elif options.all_history:
        from expflow_hooks.scan import pushes

        everything = pushes.everything(git)
        _fetch_missing(git, everything.revisions)
        pushes.scan(git, everything, None, report)
    elif revisions := asked_range(options, os.environ):
        from expflow_hooks.scan import pushes

        pushes.scan(git, pushes.between(git, revisions), None, report)
    else:
        from expflow_hooks.scan import objects

        objects.scan_index(git, report)


def _fetch_missing(git: "Git", revisions: "list[str]") -> None:
    """Have what a partial clone lacks, and say so: it may take a while."""
    from expflow_hooks.git.partial_clone import fetch_missing

    fetched = fetch_missing(git, revisions)
    if fetched:
        os.write(2, f"expflow: this clone is partial; {fetched} objects were fetched to be scanned\n".encode())


def end(
    report: ScanReport, options: "Options | None" = None, error: "Exception | None" = None, *, verdict: bool = True
) -> int:
    """Print what was found, then what went wrong, and return the exit code; nothing is loaded for a quiet pass."""
    talks = options is not None and options.talks
    if not (report.findings or report.problems or error or talks):
        return 0
    codes = [FAILED] * bool(report.findings) + [UNREADABLE] * bool(report.problems)
    problems = list(report.problems)
    if error:
        ours = isinstance(error, ExpflowError)
        codes.append(error.exit_code if isinstance(error, ExpflowError) else UNREADABLE)
        # A fault of ours or of the machine's: still one line, and never a pass.
        problems.append(str(error) if ours else f"the scan broke off ({type(error).__name__})")
    if report.findings or (talks and not error):
        try:
            _write(report, options)
        except OSError as broken:
            codes.append(UNREADABLE)
            problems.append(f"{broken.filename or 'standard output'}: {broken.strerror}")
    code = worst(codes)
    _say(code if verdict else 0, [*problems, *report.notes], options, report)
    return code


def _write(report: ScanReport, options: "Options | None") -> None:
    from expflow_hooks.render import findings

    text = findings.FORMATS[options.format if options else "text"](report.findings, _printable(report.problems))
    if options and options.output:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(text)
        return
    if sys.stdout is None:
        raise OSError(9, "closed")
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def _say(code: int, notes: "list[str]", options: "Options | None", report: ScanReport) -> None:
    lines = [f"expflow: {note}" for note in _printable(notes)]
    if options and options.verbose:
        lines.append(f"expflow: read {report.items} objects or files, {report.bytes} bytes")
    if code:
        lines.append(f"expflow: {VERDICTS[code]} (exit {code})")
    for line in lines:
        try:
            os.write(2, f"{line}\n".encode("utf-8", "backslashreplace"))
        except OSError:  # nobody reads it: the exit code still says it
            return


def _printable(texts: "list[str]") -> "list[str]":
    if not texts:
        return []
    from expflow_hooks.scan.findings import printable

    return [printable(text) for text in texts]
