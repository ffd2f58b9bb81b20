"""The options of hooks and scans, and what they and the environment select for scanning.

Read by hand: importing argparse takes as long as Python takes to start.
"""

from expflow_hooks.core.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FORMATS = ("text", "json", "sarif", "github")
STAGES = ("pre-commit", "pre-merge-commit", "pre-push", "manual")
_WHAT = ("staged", "push", "rev", "all_history")
_FLAGS = {
    "--staged": "staged",
    "--push": "push",
    "--all-history": "all_history",
    "-v": "verbose",
    "--verbose": "verbose",
    "-h": "help",
    "--help": "help",
}
_VALUES = {"--rev": "rev", "--stage": "stage", "--format": "format", "--output": "output"}
_CHOICES = {"--stage": STAGES, "--format": FORMATS}

HELP = """\
usage: {program} [PATH... | --staged | --push [REMOTE [URL]] | --rev RANGE | --all-history]

Find what gives a PIN away: its hash, the key that holds it, or the PIN itself.

  PATH...           files, and all that is below folders
  --staged          the index: what is staged, or all of it if nothing is (the default)
  --push            what a push adds; its refs on standard input, as git gives them to a pre-push hook
  --rev RANGE       every object of a range, such as main..HEAD
  --all-history     every object of every ref
  --stage STAGE     the git hook that runs this: {stages}
  --format FORMAT   {formats}
  --output FILE     write the findings to a file
  -v, --verbose     say how much was read

Example: {program} --rev main..HEAD

Exit codes: 0 nothing found, 1 something found, 2 wrong usage, 4 something could not be read.
"""

HOOK_HELP = """\
usage: {program} [--staged | --push [REMOTE [URL]] | --rev RANGE]

{does}

  --staged          what is about to be committed (the default)
  --push            what a push adds; its refs on standard input, as git gives them to a pre-push hook
  --rev RANGE       what a range changes, such as main..HEAD
  --stage STAGE     the git hook that runs this: {stages}

Example: {program} --rev main..HEAD

Exit codes: 0 holds, 1 says no, 2 wrong usage or policy, 4 something could not be read.
"""


class Options:
    """What was asked for."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.staged = self.push = self.all_history = self.verbose = self.help = False
        self.rev = self.stage = self.output = ""
        self.format = "text"

    @property
    def talks(self) -> bool:
        """Return whether there is something to write even if nothing was found."""
        return self.verbose or bool(self.output) or self.format != "text"


def parse(arguments: "list[str]") -> Options:
    """Return the options; raise `UsageError` for what is none."""
    options = Options()
    left = list(arguments)
    while left:
        argument = left.pop(0)
        name, equals, value = argument.partition("=")
        if argument == "--":
            options.paths += left
            break
        if argument in _FLAGS:
            setattr(options, _FLAGS[argument], True)
        elif name in _VALUES:
            if not equals and not left:
                raise UsageError(f"{name} needs a value; `--help` shows what is right")
            setattr(options, _VALUES[name], _checked(name, value if equals else left.pop(0)))
        elif argument.startswith("-") and argument != "-":
            raise UsageError(f"{argument} is no option; `--help` shows what there is")
        else:
            options.paths.append(argument)
    return _consistent(options)


def is_push(options: "Options | None", environment: "Mapping[str, str]") -> bool:
    """Return whether a push is examined: by the options, else by the framework that runs us."""
    if options and (options.push or options.stage or options.staged or options.rev or options.all_history):
        return options.push
    stage = environment.get("PREK_HOOK_STAGE")
    return stage == "pre-push" if stage else bool(environment.get("PRE_COMMIT_REMOTE_NAME"))


def asked_range(options: "Options | None", environment: "Mapping[str, str]") -> str:
    """Return the range that is looked at: the options', else the framework's outside a push; nothing where neither."""
    if options and (options.rev or options.staged or options.push or options.stage or options.all_history):
        return options.rev
    since, until = environment.get("PRE_COMMIT_FROM_REF"), environment.get("PRE_COMMIT_TO_REF")
    return f"{since}..{until}" if since and until else ""


def _checked(name: str, value: str) -> str:
    choices = _CHOICES.get(name, ())
    if not value or (choices and value not in choices):
        right = f"one of {', '.join(choices)}" if choices else "a value that is not empty"
        raise UsageError(f"{name} {value}: right is {right}")
    return value


def _consistent(options: Options) -> Options:
    what = [name for name in _WHAT if getattr(options, name)]
    if len(what) > 1:
        raise UsageError(f"--{what[0]} and --{what[1]} are two scans; give one of them".replace("_", "-"))
    if not what and options.stage == "pre-push":
        options.push = True
    if options.paths and what and not options.push:
        raise UsageError(f"paths are scanned as files; they do not go with --{what[0]}".replace("_", "-"))
    return options


def help_text(program: str) -> str:
    """Return what `--help` of a scan prints."""
    return HELP.format(program=program, stages=", ".join(STAGES), formats=", ".join(FORMATS))


def hook_help(program: str, does: str) -> str:
    """Return what `--help` of another hook prints."""
    return HOOK_HELP.format(program=program, does=does, stages=", ".join(STAGES))
