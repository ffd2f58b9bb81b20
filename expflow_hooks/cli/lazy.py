"""A click group whose commands are imported when they are used, and which suggests the nearest name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from expflow_hooks.core.errors import USAGE
from expflow_hooks.core.suggest import did_you_mean


class _Stub(click.Command):
    """Stands for a command in the list of commands, with its one line of help."""


class LazyGroup(click.Group):
    """Maps a command's name to the module below `expflow_hooks` that has it as `command`, and to its line of help."""

    def __init__(self, *args: Any, commands_at: Mapping[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands_at = commands_at or {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help where nothing is asked for; that is no success, so that an empty variable passes no check."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit(USAGE)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, those of the table last, in its order."""
        return [*super().list_commands(ctx), *self.commands_at]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported now unless only its line of help is wanted."""
        if cmd_name not in self.commands_at:
            return super().get_command(ctx, cmd_name)
        module, help_line = self.commands_at[cmd_name]
        if getattr(ctx, "only_help", False):
            return _Stub(cmd_name, help=help_line)
        command: click.Command = import_module(f"expflow_hooks.{module}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        ctx.only_help = True  # type: ignore[attr-defined]
        super().format_commands(ctx, formatter)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command that the arguments name; an unknown one is an error with the nearest names."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            names = self.list_commands(ctx)
            hint = did_you_mean(args[0], names) or f"; commands are {', '.join(names)}"
            raise click.UsageError(f"no command {args[0][:80]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)


class CommandGroup(LazyGroup):
    """A group of commands in one file, with the same suggestions."""
