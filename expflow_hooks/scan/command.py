"""One scan from arguments to exit code: what `expflow-pin-hash` and `expflow-hooks scan` both run."""

import os
import sys

from expflow_hooks.scan import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.scan.options import Options
    from expflow_hooks.scan.pushes import Allow


def main(argv: "list[str] | None" = None, program: str = "expflow-hooks scan", allow: "Allow | None" = None) -> int:
    """Scan, print the findings, and return the exit code; `allow` returns the historic blobs that are excused.

    Without arguments: what the stage is about, as the environment of pre-commit or prek tells; else what is staged.
    """
    arguments = sys.argv[1:] if argv is None else argv
    report = Report()
    options = None
    try:
        if any(argument.startswith("-") for argument in arguments):
            from expflow_hooks.scan.options import help_text, parse

            options = parse(arguments)
            if options.help:
                sys.stdout.write(help_text(program))
                return 0
        _scan(options, arguments, allow, report)
    except KeyboardInterrupt:
        report.problems.append("interrupted")
    except Exception as error:
        return _refuse(error, options, report)
    return _tell(options, report)


def _scan(options: "Options | None", arguments: "list[str]", allow: "Allow | None", report: Report) -> None:
    """Look at files if there are paths, else at the index or at history."""
    if options is None and arguments:
        from expflow_hooks.scan import files

        files.scan(arguments, report)
        return
    from expflow_hooks.scan import ways

    ways.scan(options, os.environ, allow, report)


def _tell(options: "Options | None", report: Report) -> int:
    """Print findings and problems, and return the exit code; nothing is loaded for a quiet pass."""
    if not (report.findings or report.problems or (options and options.talks)):
        return 0
    from expflow_hooks.scan import outcome

    return outcome.tell(options, report)


def _refuse(error: Exception, options: "Options | None", report: Report) -> int:
    from expflow_hooks.scan import outcome

    return outcome.refuse(error, options, report)
