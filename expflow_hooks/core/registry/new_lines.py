"""What new lines of a registry say: whose they are, and which of them cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from expflow_hooks.core.registry.append_only import Growth, new_lines
from expflow_hooks.core.registry.codec import decode_experiment
from expflow_hooks.core.registry.reader import Unreadable, why_unreadable
from expflow_hooks.core.registry.stored import Files


class NewLines(NamedTuple):
    """The ids of the experiments that new lines are of, and those lines that cannot be read."""

    ids: set[str]
    unreadable: list[Unreadable]


def read_new(files: Files, growth: Growth, is_new: Callable[[tuple[str, int]], bool] | None = None) -> NewLines:
    """Read the new lines; with `is_new`, those for which it holds too."""
    found = NewLines(set(), [])
    for file, number, line in new_lines(files, growth):
        if not line.strip() or (is_new and not is_new((file, number))):
            continue
        try:
            found.ids.add(decode_experiment(line).experiment_id)
        except ValueError as error:
            found.unreadable.append(Unreadable(number, why_unreadable(line, error), file))
    return found
