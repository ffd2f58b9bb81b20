"""Claim: a first append, `run show` and a second ranking cost what is new, whatever the registry holds already.

Sizes are experiments of two lines each; those above 100,000 need a minute each. `--write` draws docs/img/flat.svg.
"""

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from registry_data import DATA, registry
from util import ROOT, command, measure, table, workspace

from expflow_hooks.core.policy.load import load_policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.operations.indexing import update
from expflow_hooks.sources.writing import open_writer

SIZES = [10, 1_000, 100_000, 1_000_000]
GATES = ["pde_mean:lt:18.09", "train_time_min:lt:60"]
RANK = ["compare-scores", "--sort-by", "pde_mean", "--gate", GATES[0], "--gate", GATES[1], "--top", "20"]
CACHE = {"XDG_CACHE_HOME": str(DATA / "cache")}
RECORD = """
import sys, expflow_hooks
expflow_hooks.record("new-" + sys.argv[2], metrics={"pde_mean": 20.5}, registry=sys.argv[1])
"""
PROCESSES, EACH = 16, 50
_made = [0]


def main() -> int:
    """Print the three tables of sizes and the one of processes; return 1 where a first append is over its budget."""
    os.environ.update(CACHE)
    sizes = [size for size in SIZES if size <= int(os.environ.get("EXPFLOW_BENCH_MOST", SIZES[-1]))]
    files = {size: prepared(size) for size in sizes}
    tables = {
        "First record of a process": {f"{size:,} experiments": first_record(file) for size, file in files.items()},
        "run show ID": {
            f"{size:,} experiments": ours("run", "show", an_id(file), file=file) for size, file in files.items()
        },
        "Second ranking, 100 new lines": {
            f"{size:,} experiments": ours(*RANK, file=file) for size, file in files.items()
        },
    }
    held, found = True, {}
    for title, candidates in tables.items():
        found[title] = measure(candidates, 5)
        budget = dict.fromkeys(list(candidates)[1:], 1.3) if title.startswith("First") else {}
        held = table(f"{title}, whole process", found[title], f"{sizes[0]:,} experiments", budget) and held
    together()
    if "--write" in sys.argv:
        rows = {title: list(row.values()) for title, row in found.items()}
        (ROOT / "docs/img/flat.svg").write_text(drawing(sizes, rows))
    return 0 if held else 1


def prepared(size: int) -> Path:
    """Return a registry of so many experiments with its index, and 100 lines that came after it."""
    file = registry(size)
    query = make_query(load_policy(), Selection(), sort_by="pde_mean", gates=GATES, top=20)
    update(str(file), query)
    with open(file, "a") as opened:
        for number in range(100 if size > 1000 else 0):
            record = {"experiment_id": f"later-{os.getpid()}-{number}", "metrics": {"pde_mean": 30.5}}
            opened.write(json.dumps(record) + "\n")
    return file


def an_id(file: Path) -> str:
    """Return the id of a registry's second line."""
    with open(file) as opened:
        return str([json.loads(opened.readline()) for _ in range(2)][1]["experiment_id"])


def first_record(file: Path) -> Callable[[], None]:
    """Return a function that records a new experiment in a process of its own."""

    def run() -> None:
        _made[0] += 1
        command(sys.executable, "-c", RECORD, file, f"{os.getpid()}-{_made[0]}", env=CACHE)()

    return run


def ours(*words: str, file: Path) -> Callable[[], None]:
    """Return a function that runs a command of ours on a registry."""
    return command(sys.executable, "-m", "expflow_hooks", *words, "--source", file, env=CACHE)


def together() -> None:
    """Print how many appends a second sixteen processes make at once, each of them on the disk before the next."""
    print(f"\nAppends of {PROCESSES} processes at once\n")
    print("| what | a second | time beside a locked append |\n|---|---:|---:|")
    rates = {}
    with workspace() as folder:
        for name in ("locked append, fsync", "SQLite, WAL, FULL", "record"):
            words = [sys.executable, __file__, "--append", name, str(folder / name)]
            started = [subprocess.Popen(words) for _ in range(PROCESSES)]
            codes = [process.wait() for process in started]
            if any(codes):
                raise SystemExit(f"{name}: a process ended with {max(codes)}")
            starts = [float(path.read_text()) for path in folder.glob(f"{name}.*.seconds")]
            rates[name] = PROCESSES * EACH / max(starts)
            share = rates["locked append, fsync"] / rates[name]
            print(f"| {name} | {rates[name]:,.0f} | {share:.2f}x |")


def append(name: str, path: str) -> None:
    """Append some records in the way that is named, and write down the seconds it took."""
    line = json.dumps({"experiment_id": "x", "metrics": {"pde_mean": 1.5}, "pad": "x" * 300}).encode() + b"\n"
    begin = time.perf_counter()
    if name.startswith("locked"):
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for _ in range(EACH):
            fcntl.flock(fd, fcntl.LOCK_EX)
            os.write(fd, line)
            os.fsync(fd)
            fcntl.flock(fd, fcntl.LOCK_UN)
    elif name.startswith("SQLite"):
        database = sqlite3.connect(path, timeout=60, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE IF NOT EXISTS lines (line BLOB)")
        for _ in range(EACH):
            database.execute("INSERT INTO lines VALUES (?)", (line,))
    else:
        writer = open_writer(path + ".jsonl")
        for number in range(EACH):
            writer.append({**json.loads(line), "experiment_id": f"x-{os.getpid()}-{number}"})
    Path(f"{path}.{os.getpid()}.seconds").write_text(str(time.perf_counter() - begin))


def drawing(sizes: list[int], rows: dict[str, list[float]]) -> str:
    """Return the figure: seconds over lines, a flat line each."""
    most = max(max(row) for row in rows.values()) * 1.2
    width, height, left, bottom = 640, 260, 60, 220
    step = (width - left - 20) / max(len(sizes) - 1, 1)
    look = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {look}>']
    parts.append("<title>Seconds of a first record, run show and a second ranking, by the experiments there</title>")
    for place, size in enumerate(sizes):
        parts.append(f'<text x="{left + place * step:.0f}" y="240" text-anchor="middle">{size:,}</text>')
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * 190
        parts.append(f'<text x="{left - 8}" y="{y + 4:.0f}" text-anchor="end">{share * most:.2f} s</text>')
        parts.append(f'<line x1="{left}" y1="{y:.0f}" x2="{width - 20}" y2="{y:.0f}" stroke="#ccc"/>')
    for (title, row), colour in zip(rows.items(), ("#0969da", "#1a7f37", "#bf3989"), strict=True):
        points = [(left + place * step, bottom - seconds / most * 190) for place, seconds in enumerate(row)]
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{left + 6}" y="{points[0][1] - 6:.0f}" fill="{colour}">{title}</text>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    if "--append" in sys.argv:
        append(*sys.argv[2:4])
    else:
        raise SystemExit(main())
