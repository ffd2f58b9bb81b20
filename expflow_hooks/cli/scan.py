"""`expflow-hooks scan`: the scan of the hook `expflow-pin-hash`, asked for by hand."""

from __future__ import annotations

import click


@click.command(
    "scan",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Find what gives a PIN away: its hash, the key that holds it, or the PIN itself."""
    from expflow_hooks.scan.command import main

    return main(list(arguments), "expflow-hooks scan")
