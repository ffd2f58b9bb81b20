"""Claim: ranking 100,000 experiments from a file takes at most 1.5x DuckDB, a million at most 2.5x and under 1 GB."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from registry_data import registry
from util import measure, table

GATES = ["--gate", "pde_mean:lt:18.09", "--gate", "train_time_min:lt:60"]
QUERY = ["compare-scores", "--sort-by", "pde_mean", *GATES, "--top", "20"]
REFERENCE = "DuckDB, the same query"
BUDGETS = {100_000: (1.5, 9), 1_000_000: (2.5, 3)}  # experiments -> ratio, rounds
MOST_MEMORY = 1000  # MB


def main() -> int:
    """Measure both sizes, each as whole processes of one Python."""
    held = [compare(experiments, *budget) for experiments, budget in BUDGETS.items()]
    return 0 if all(held) else 1


def compare(experiments: int, ratio: float, rounds: int) -> bool:
    """Print the table of one size and the memory of both; return whether the budgets hold."""
    file, peaks = registry(experiments), dict[str, float]()
    ours = f"expflow-hooks, {experiments:,} experiments"
    duckdb = [sys.executable, str(Path(__file__).with_name("rank_in_duckdb.py")), str(file)]
    candidates = {
        REFERENCE: process(REFERENCE, duckdb, peaks),
        ours: process(ours, [sys.executable, "-m", "expflow_hooks", *QUERY, "--source", str(file)], peaks),
    }
    held = table(f"Last state, two gates and rank: {size(file)}", measure(candidates, rounds), REFERENCE, {ours: ratio})
    print("\nMemory: " + ", ".join(f"{name} {peak:.0f} MB" for name, peak in peaks.items()))
    return held and peaks[ours] < MOST_MEMORY


def size(file: Path) -> str:
    """Return a file's lines and megabytes, in words."""
    with open(file, "rb") as lines:
        return f"{sum(1 for _ in lines):,} lines, {file.stat().st_size / 1e6:,.0f} MB"


def process(name: str, words: list[str], peaks: dict[str, float]) -> Callable[[], None]:
    """Return a function that runs a command to its end and notes its largest resident memory, in MB."""
    unit = 1e6 if sys.platform == "darwin" else 1e3  # ru_maxrss is in bytes there, in KiB on Linux

    def run() -> None:
        started = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            raise SystemExit(f"{name} ended with {started.returncode}")
        peaks[name] = max(peaks.get(name, 0), usage.ru_maxrss / unit)

    return run


if __name__ == "__main__":
    raise SystemExit(main())
