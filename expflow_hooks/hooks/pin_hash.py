"""The hook `expflow-pin-hash`: blocks the hashes of PINs, at commit and at push."""

from expflow_hooks.scan import command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.git.hook_options import Options
    from expflow_hooks.git.pushed import Push
    from expflow_hooks.git.repository import Git


def main(argv: "list[str] | None" = None) -> int:
    """Scan what the stage, the framework's environment or the arguments select, and return the exit code."""
    return command.main(argv, "expflow-pin-hash")


def check(options: "Options", git: "Git", push: "Push | None") -> int:
    """Scan what a stage is about, as one of several checks."""
    return command.check(options, git, push)


if __name__ == "__main__":
    raise SystemExit(main())
