"""Who does an operation: the system's user, git's identity, the host. Each can be set at will, so none is a proof."""

from __future__ import annotations

import os


def who() -> dict[str, str]:
    """Return the history's fields on who did something: `by`, `host`, and `git` where git has an identity."""
    git = _git_identity()
    return {"by": user(), **({"git": git} if git else {}), "host": _host()}


def user() -> str:
    """Return the name of the system's user that this process runs as, or the number of one without a name."""
    try:
        import pwd
    except ImportError:
        return _windows_user()
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"


def _windows_user() -> str:
    try:
        return os.getlogin()
    except OSError:  # a service has no login
        return os.environ.get("USERNAME") or "unknown"


def _git_identity() -> str:
    """Return git's `name <email>`, as in a commit made here, or an empty string."""
    from expflow_hooks.core.errors import UnreadableError
    from expflow_hooks.git.repository import Git

    try:
        said = Git().line("var", "GIT_COMMITTER_IDENT")
    except UnreadableError:  # no git, or one that knows no name
        return ""
    return said.rpartition(">")[0].strip() + ">" if ">" in said else ""


def _host() -> str:
    import platform

    return platform.node() or "unknown"
