"""The hook `expflow-policy`: checks `expflow.yaml` before it is committed."""

import os

from expflow_hooks.core.errors import OK
from expflow_hooks.git.repository import Git
from expflow_hooks.hooks.change import INDEX, touched
from expflow_hooks.hooks.changes import changes
from expflow_hooks.hooks.util import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.git.hook_options import Options
    from expflow_hooks.git.pushed import Push

_FILE = "expflow.yaml"


def main(argv: "list[str] | None" = None) -> int:
    """Check the policy that is about to be committed or pushed, or the files that are named."""
    return run(check, argv, "expflow-policy", "Check expflow.yaml, the policy; or the files that are named.")


def check(options: "Options", git: Git, push: "Push | None") -> int:
    """Check the policy of each change, or the files that are named."""
    if options.paths and not options.push:
        from expflow_hooks.core.policy.load import read_policy

        for path in options.paths:
            read_policy(path)
        return OK
    for change in changes(git, options, os.environ, push):
        text = git.file(change.after, _FILE) if _FILE in touched(git, change) else None
        if text is not None:
            from expflow_hooks.core.policy.load import parse_policy

            where = _FILE if change.after == INDEX else f"{change.after[:12]}:{_FILE}"
            parse_policy(text.decode("utf-8", "surrogateescape"), where)
    return OK


if __name__ == "__main__":
    raise SystemExit(main())
