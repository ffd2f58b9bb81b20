"""Places of a PIN's hash outside its store: every `config.yaml` and `.env` from here up to the repository's root."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from expflow_hooks.core.files import folders_up
from expflow_hooks.core.pin.places import config_value, env_file_value
from expflow_hooks.core.pin.store import Stored, as_digest


class FileKind(NamedTuple):
    """A kind of file that may hold the hash: its name, and how its value is read."""

    name: str
    value: Callable[[str], str | None]


KINDS = (FileKind(".env", env_file_value), FileKind("config.yaml", config_value))


def files_with_a_hash(start: str = ".") -> Iterator[str]:
    """Yield the path of every file in which the key has a value."""
    for folder in folders_up(start):
        for kind in KINDS:
            path = os.path.join(folder, kind.name)
            if kind.value(path) is not None:
                yield path


def stored_in(path: str) -> Stored:
    """Return the hash that a file holds; None as hash where what it holds is none."""
    value = next(kind.value for kind in KINDS if kind.name == os.path.basename(path))(path)
    return Stored(path, as_digest(value or ""))
