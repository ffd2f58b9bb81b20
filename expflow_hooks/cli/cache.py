"""`expflow-hooks cache`: the indexes of registries, which are safe to remove at any time."""

from __future__ import annotations

import click

from expflow_hooks.cli.lazy import CommandGroup
from expflow_hooks.core.errors import OK, UnreadableError
from expflow_hooks.core.registry.index import cache
from expflow_hooks.core.wording import counted
from expflow_hooks.render.output import emit


@click.group(cls=CommandGroup, name="cache", epilog="Example: expflow-hooks cache clear")
def command() -> None:
    """The indexes of registries in the user's cache folder."""


@command.command("clear", epilog="Example: expflow-hooks cache clear")
def clear() -> int:
    """Remove the indexes. The next reads take longer, and make them anew."""
    try:
        size, count = cache.kept().size, cache.clear()
    except OSError as error:
        raise UnreadableError(f"cannot remove {error.filename}: {error.strerror or error}") from None
    emit(f"{counted(count, 'index file')} removed from {cache.folder()} ({size / 1e6:.1f} MB)\n")
    return OK
