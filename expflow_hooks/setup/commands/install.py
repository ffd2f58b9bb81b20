"""`expflow-hooks install`: the hooks in plain git, without a framework."""

from __future__ import annotations

import click

from expflow_hooks.core.errors import FAILED, OK
from expflow_hooks.render.output import emit, warn


@click.command("install", epilog="Example: expflow-hooks install --hook pre-push")
@click.option(
    "--hook",
    "hooks",
    type=click.Choice(["pre-commit", "pre-push"]),
    multiple=True,
    help="Only this one; pre-commit brings pre-merge-commit along. Default: all.",
)
@click.option("--shared-hooks", "shared", is_flag=True, help="Also where core.hooksPath leads out of the repository.")
def command(hooks: tuple[str, ...], shared: bool) -> int:
    """Install the hooks in plain git, which shows them every ref of a push.

    A hook of your own that stands there runs first, with the same input and arguments. For a framework's hook, what to
    add to its configuration is printed instead, and the exit code is 1 unless it runs them already.
    """
    from expflow_hooks.setup import frameworks, githooks, repository
    from expflow_hooks.setup.active import covered
    from expflow_hooks.setup.origin import origin
    from expflow_hooks.setup.text import render_configuration, render_done

    found = repository.find()
    done = githooks.install(found, hooks, shared=shared)
    emit(render_done(done))
    lacking = [hook for hook in done if hook.what == "framework" and not covered(found, hook.stage).active]
    for framework in dict.fromkeys(hook.whose for hook in lacking):
        emit("\n" + render_configuration(framework, frameworks.configuration(framework, origin())))
    if not lacking:
        return OK
    warn(f"not active: {', '.join(hook.stage for hook in lacking)}; add the configuration above")
    return FAILED
