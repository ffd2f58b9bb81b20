"""`expflow-hooks uninstall`: plain git as it was."""

from __future__ import annotations

import click

from expflow_hooks.core.errors import OK
from expflow_hooks.render.output import emit


@click.command("uninstall", epilog="Example: expflow-hooks uninstall")
def command() -> int:
    """Remove the hooks from plain git; what stood there before is put back as it was, byte for byte."""
    from expflow_hooks.setup import githooks, repository
    from expflow_hooks.setup.text import render_done

    emit(render_done(githooks.uninstall(repository.find())))
    return OK
