"""Processes that append to one registry, for tests and `benchmarks/reliability.py`.

As a program: `appending.py REGISTRY NAME COUNT` appends COUNT records and prints each one's id once it is acknowledged;
`--expflow-pde` does it as that package does, on the registry of HOME.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path


def main(argv: list[str]) -> None:
    """Append as asked for, acknowledging each record on standard output."""
    path, name, count, *rest = argv
    append = _theirs() if rest == ["--expflow-pde"] else _ours(path)
    for number in range(int(count)):
        experiment_id = f"{name}-{number}"
        append({"experiment_id": experiment_id, "status": "completed", "metrics": {"pde_mean": number + 0.5}})
        os.write(1, f"{experiment_id}\n".encode())


def _ours(path: str):
    from expflow_hooks.core.registry.writer import Writer

    return Writer(path).append


def _theirs():
    from expflow_pde.dispatcher import _save_to_registry

    return _save_to_registry


def start(path: Path, name: str, count: int, *options: str, home: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a process that appends."""
    command = [sys.executable, __file__, str(path), name, str(count), *options]
    env = {**os.environ, **({"HOME": str(home)} if home else {})}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=env)


def killed(path: Path, kills: int, note: int = 0, seed: int = 0) -> list[str]:
    """Start appending and kill it with SIGKILL at a random moment, so many times; return the ids acknowledged.

    Each process is killed within its first few appends, so that the kills meet every step of one; `note` is the most
    bytes of text that a record carries, so that lines can be long enough to be torn.
    """
    draw = random.Random(seed)
    acknowledged: list[str] = []
    for kill in range(kills):
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ours)
            _append_for_ever(path, f"p{kill}", theirs, draw.randrange(note + 1))
        os.close(theirs)
        time.sleep(draw.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with open(ours, "rb") as told:
            acknowledged += told.read().decode().split()
    return acknowledged


def _append_for_ever(path: Path, name: str, told: int, note: int) -> None:
    append = _ours(str(path))
    number = 0
    while True:
        record = {"experiment_id": f"{name}-{number}", "metrics": {"pde_mean": 1.5}, "note": "x" * note}
        append(record)
        os.write(told, f"{name}-{number}\n".encode())
        number += 1


def together(path: Path, ours: int, theirs: int, each: int) -> Iterator[str]:
    """Append from many processes at once, `theirs` of them as expflow-pde does; yield the ids acknowledged."""
    home = path.parent.parent
    started = [start(path, f"ours{number}", each) for number in range(ours)]
    started += [start(path, f"theirs{number}", each, "--expflow-pde", home=home) for number in range(theirs)]
    for process in started:
        out, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"an appending process ended with {process.returncode}")
        yield from out.decode().split()


def read_all(path: Path) -> tuple[list[str], int]:
    """Return the ids in a registry, in order, and the number of lines that are no JSON object with an id."""
    ids, bad = [], 0
    for line in path.read_bytes().split(b"\n")[:-1]:
        try:
            ids.append(json.loads(line)["experiment_id"])
        except (ValueError, KeyError, TypeError):
            bad += 1
    return ids, bad


if __name__ == "__main__":
    main(sys.argv[1:])
