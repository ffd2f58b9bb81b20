"""The lines of some experiments among a registry's files, without decoding those of the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from expflow_hooks.core.registry.codec import decode_experiment, decode_ids, decode_record
from expflow_hooks.core.registry.history import HistoryLine
from expflow_hooks.core.registry.location import is_folder
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.stored import Files, Stored, line_blocks, whole_lines

Histories = dict[str, list[HistoryLine]]

_MOST_TEXTS = 16


def histories(path: str, files: Files, ids: Collection[str]) -> Histories:
    """Return the lines of several experiments, oldest first; those that have none are left out.

    Only where the lines of one stand in two files of a folder is the order of all lines needed.
    """
    found: Histories = {}
    wanted = frozenset(ids)
    for file in sorted(files) if wanted else ():
        for name, number, record in _lines_of(files[file], wanted):
            found.setdefault(name, []).append(HistoryLine(number, record, file if is_folder(path) else ""))
    spread = [name for name, lines in found.items() if len({line.file for line in lines}) > 1]
    return found | Registry(path, held=files).histories(spread)


def ids_with(files: Files, texts: Collection[str]) -> set[str] | None:
    """Return the ids of the experiments that have a line with one of these texts, in any case.

    Those of some others too; None where there are too many texts for that.
    """
    if len(texts) > _MOST_TEXTS:
        return None
    needles = [text.lower().encode() for text in texts] + [b"\\u"]  # JSON may spell any character so
    found: set[str] = set()
    for file in files.values():
        for text in whole_lines(file):
            lower = text.lower()
            if any(needle in lower for needle in needles):
                lines = text.split(b"\n")
                found |= {_id_of(line) for line in lines if any(needle in line.lower() for needle in needles)}
    return found - {""}


def _lines_of(stored: Stored, wanted: frozenset[str]) -> Iterator[tuple[str, int, dict[str, object]]]:
    """Yield id, number and record of the lines of experiments in one file."""
    number = 0
    for lines in line_blocks(stored):
        names = decode_ids(lines)
        if names is None or not wanted.isdisjoint(names):
            for place, line in enumerate(lines, start=number + 1):
                if (name := _id_of(line)) in wanted:
                    yield name, place, decode_record(line)
        number += len(lines)


def _id_of(line: bytes) -> str:
    """Return the id of a line's experiment, nothing where the line cannot be read."""
    try:
        return decode_experiment(line).experiment_id
    except ValueError:
        return ""
