"""What `init`, `install` and `doctor` say: hook files, what to add for a framework, checks, differences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from expflow_hooks.render.escape import terminal

if TYPE_CHECKING:
    from expflow_hooks.setup.frameworks import Configuration
    from expflow_hooks.setup.githooks import Done

_SAYS = {
    "installed": "installed",
    "unchanged": "installed already",
    "framework": "left to {whose}",
    "restored": "removed; {whose} is back as it was",
    "removed": "removed",
    "absent": "nothing of ours was there",
}


def render_done(done: Iterable[Done]) -> str:
    """Return a line for each hook file: what became of it."""
    return "".join(f"{hook.stage}: {_says(hook)} ({terminal(hook.path)})\n" for hook in done)


def _says(hook: Done) -> str:
    if hook.what == "installed" and hook.whose:
        return f"installed; {hook.whose} runs before it"
    return _SAYS[hook.what].format(whose=hook.whose)


def render_configuration(framework: str, add: Configuration) -> str:
    """Return what to add so that a framework runs our hooks."""
    text = "".join(f"  {line}\n" if line else "\n" for line in add.text.splitlines())
    return f"{framework} runs the hooks of this repository. Add to {add.file}, then run `{add.command}`:\n\n{text}\n"
