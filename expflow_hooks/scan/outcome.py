"""How a scan ends: findings to standard output or a file, the rest to standard error, and the exit code."""

import os
import sys

from expflow_hooks.core.errors import SAYS_NO, UNREADABLE, VERDICTS, ExpflowError, worst
from expflow_hooks.scan import Report
from expflow_hooks.scan.findings import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.scan.options import Options


def tell(options: "Options | None", report: Report) -> int:
    """Print findings, problems and counts; return 1 for a finding, 4 for what could not be read, else 0."""
    codes = [SAYS_NO] * bool(report.findings)
    problems = [printable(problem) for problem in report.problems]
    try:
        _write(options, report)
    except OSError as error:
        problems.append(f"{printable(error.filename or 'standard output')}: {error.strerror}")
    if problems:
        codes.append(UNREADABLE)
    return _end(worst(codes), problems, options, report)


def refuse(error: Exception, options: "Options | None", report: Report) -> int:
    """Print what was found before the error, then the error on one line; return its exit code."""
    if isinstance(error, ExpflowError):
        code, reason = error.exit_code, str(error)
    else:  # a fault of ours or of the machine's: still one line, and never a pass
        code, reason = UNREADABLE, f"the scan broke off ({type(error).__name__})"
    if report.findings:
        _write(options, report)
    return _end(code, [printable(problem) for problem in [*report.problems, reason]], options, report)


def _write(options: "Options | None", report: Report) -> None:
    from expflow_hooks.render import findings

    form = options.format if options else "text"
    text = findings.FORMATS[form](report.findings, [printable(problem) for problem in report.problems])
    if options and options.output:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        sys.stdout.write(
            text.encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(sys.stdout.encoding or "utf-8")
        )
        sys.stdout.flush()


def _end(code: int, problems: "list[str]", options: "Options | None", report: Report) -> int:
    lines = [f"expflow: {problem}" for problem in problems]
    if options and options.verbose:
        lines.append(f"expflow: read {report.items} objects or files, {report.bytes} bytes")
    if code:
        lines.append(f"expflow: {VERDICTS[code]} (exit {code})")
    for line in lines:
        os.write(2, f"{line}\n".encode("utf-8", "backslashreplace"))
    return code
