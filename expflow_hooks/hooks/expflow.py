"""The hook `expflow`: all four checks of a stage in one process, which starts once and asks git once."""

import os
import sys

from expflow_hooks.core.errors import OK, worst
from expflow_hooks.git.hook_files import HOOKS
from expflow_hooks.git.hook_options import parse
from expflow_hooks.git.repository import Git
from expflow_hooks.hooks.util import guarded, push_of, show_help, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.git.hook_options import Options
    from expflow_hooks.git.pushed import Push

_BY_NAMES = ("policy", "registry", "audit")
_DOES = "Run expflow-pin-hash, expflow-policy, expflow-registry and expflow-audit, as far as they belong to the stage."


def main(argv: "list[str] | None" = None, given: "bytes | None" = None) -> int:
    """Run the checks of a stage; `given` is what git wrote to a push's hook, where that has been read already."""
    arguments = sys.argv[1:] if argv is None else argv
    return verdict(guarded("expflow", lambda: _run(arguments, given)))


def _run(arguments: "list[str]", given: "bytes | None") -> int:
    options, git = parse(arguments), Git(remember=True)
    if options.help:
        return show_help("expflow-all", _DOES)
    push = push_of(git, options, given)
    return worst([_check(name, options, git, push) for name in HOOKS[_stage(options.stage, push is not None)]])


def _check(name: str, options: "Options", git: Git, push: "Push | None") -> int:
    """Run one check, whatever becomes of the others."""

    def work() -> int:
        if name in _BY_NAMES and not _may_concern(options, git, push):
            return OK
        module = __import__(f"expflow_hooks.hooks.{name}", fromlist=["check"])  # 0.4 ms less than importlib
        return int(module.check(options, git, push))

    return guarded(f"expflow-{name.replace('_', '-')}", work)


def _may_concern(options: "Options", git: Git, push: "Push | None") -> bool:
    """Return whether the checks of policy and registry may apply; at a commit, by names."""
    from expflow_hooks.hooks.change import Commit, touched
    from expflow_hooks.hooks.changes import changes
    from expflow_hooks.hooks.tracked_names import may_matter

    if push:
        return True
    (change,) = changes(git, options, os.environ, push)
    return not isinstance(change, Commit) or may_matter(touched(git, change))


def _stage(named: str, push: bool) -> str:
    """Return the stage whose checks run: at a commit all of them, unless it is a merge commit's hook."""
    stage = named or os.environ.get("PREK_HOOK_STAGE", "")
    if push:
        return "pre-push"
    return stage if stage == "pre-merge-commit" else "pre-commit"


if __name__ == "__main__":
    raise SystemExit(main())
