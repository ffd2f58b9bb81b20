"""`expflow-hooks doctor`: what is active here, what is missing, and the command that repairs it."""

from __future__ import annotations

import click

from expflow_hooks.core.errors import FAILED, OK
from expflow_hooks.render.options import output_options
from expflow_hooks.render.output import emit


@click.command("doctor", epilog="Example: expflow-hooks doctor")
@output_options
def command(form: str, output: str | None) -> int:
    """Show what is active, what is missing, and the command that repairs it. Exits 0 if nothing is missing, else 1."""
    from expflow_hooks.setup import checks, repository
    from expflow_hooks.setup.text import render_checks

    seen = checks.look(repository.find())
    emit(render_checks(seen, form), output)
    return FAILED if any(check.state == checks.MISSING for check in seen) else OK
