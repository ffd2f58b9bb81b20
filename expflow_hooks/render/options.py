"""`--format` and `--output`, as every listing of every command takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from expflow_hooks.render import FORMATS, PARQUET
from expflow_hooks.render.output import choose_colour

F = TypeVar("F", bound=Callable[..., Any])


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Return one decorator for several options, shown in this order."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def color_option(function: F) -> F:
    """Add `--color`."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        expose_value=False,
        is_eager=True,
        callback=lambda context, option, choice: choose_colour(choice),
        help="Colour; auto has it on a terminal, unless NO_COLOR is set.",
    )(function)


def output_options(function: F) -> F:
    """Add `--format`, `--output` and `--color`, which every listing takes."""
    return _output_options(FORMATS)(function)


def data_output_options(function: F) -> F:
    """Add the same, with Parquet among the formats."""
    return _output_options((*FORMATS, PARQUET))(function)


def _output_options(forms: Sequence[str]) -> Callable[[F], F]:
    return together(
        click.option("--format", "form", type=click.Choice(forms), default="text", show_default=True, help="The form."),
        click.option("--output", "-o", metavar="FILE", help="Write to FILE instead of standard output."),
        color_option,
    )
