"""The options of a scan. Loaded only when there are any: argparse takes as long to import as Python takes to start."""

import argparse
from typing import NoReturn

from expflow_hooks.core.errors import UsageError

FORMATS = ("text", "json", "sarif", "github")
STAGES = ("pre-commit", "pre-merge-commit", "pre-push", "manual")


class Options(argparse.Namespace):
    """What was asked for."""

    paths: list[str]
    staged: bool
    push: bool
    rev: str | None
    all_history: bool
    stage: str | None
    format: str
    output: str | None
    verbose: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; `{self.prog} --help` shows what is right")


def parse(arguments: list[str], program: str) -> Options | None:
    """Return the options; None if help was asked for and given. Raise `UsageError` for what is no option."""
    parser = _Parser(prog=program, allow_abbrev=False, description="Find what gives a PIN away: its hash, in any file.")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (with --push: remote name and URL)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--staged", action="store_true", help="the index: what is staged, or all of it if nothing is")
    what.add_argument(
        "--push", action="store_true", help="what a push adds; its refs on standard input, as git gives them"
    )
    what.add_argument("--rev", metavar="RANGE", help="every object of a range, such as main..HEAD")
    what.add_argument("--all-history", action="store_true", help="every object of every ref")
    parser.add_argument("--stage", choices=STAGES, help="the git hook that runs this")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--output", metavar="FILE", help="write the findings to a file")
    parser.add_argument("-v", "--verbose", action="store_true", help="say how much was read")
    try:
        options = parser.parse_args(arguments, namespace=Options())
    except SystemExit:  # --help
        return None
    options.push = options.push or (options.stage == "pre-push" and not _says_what(options))
    if options.paths and _says_what(options) and not options.push:
        raise UsageError("paths are scanned as files; they do not go with --staged, --rev or --all-history")
    return options


def _says_what(options: Options) -> bool:
    return bool(options.staged or options.push or options.rev is not None or options.all_history)
