"""Which changes a hook is about: from the stage, the framework's environment and git's own lines."""

from expflow_hooks.core.errors import UsageError
from expflow_hooks.git.hook_options import asked_range
from expflow_hooks.git.repository import Git
from expflow_hooks.hooks.change import Commit, ProposedChange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from expflow_hooks.git.hook_options import Options
    from expflow_hooks.git.pushed import Push


def changes(
    git: Git, options: "Options | None", environment: "Mapping[str, str]", push: "Push | None"
) -> "list[ProposedChange]":
    """Return the changes to judge: one at a commit or for a range, one a branch at a push."""
    if push:
        from expflow_hooks.hooks.pushed_change import pushed_changes

        return pushed_changes(git, push)
    revisions = asked_range(options, environment)
    return [_range(git, revisions) if revisions else Commit(git)]


def _range(git: Git, revisions: str) -> ProposedChange:
    since, dots, until = revisions.partition("..")
    if not dots or revisions.startswith("-"):
        raise UsageError(f"--rev {revisions}: a range names both ends, such as main..HEAD")
    until = until.lstrip(".") or "HEAD"
    tip = git.resolve(until)[0]
    return ProposedChange([git.resolve(since or "HEAD")[0]], tip, git.branch())
