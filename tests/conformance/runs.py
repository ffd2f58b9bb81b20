"""The runs that each tracker's own library writes, and what every source must give of them.

Plain Python of no package: the libraries' own interpreters run it.
"""

from __future__ import annotations

PROJECT = "PDE/Bench 100%"
COMMIT = "a" * 40
PARAMS = {"seed": "1", "lr": "0.1"}
NAN, INF = float("nan"), float("inf")

# name -> how the training ended, the curve of pde_mean by step
RUNS: dict[str, tuple[str, list[float]]] = {
    "plain": ("completed", [30.0, 15.0]),
    "edge": ("completed", [30.0, 18.09]),
    "rising": ("completed", [2.0, 16.0]),
    "nan": ("completed", [30.0, NAN]),
    "inf": ("completed", [30.0, INF]),
    "ninf": ("completed", [30.0, -INF]),
    "zero": ("completed", [30.0, 0.0]),
    "missing": ("completed", []),
    "failed": ("failed", [3.0]),
    "killed": ("stopped", [3.0]),
    "running": ("running", [3.0]),
}
SEG_TOTAL = 50.0  # of every run, at step 1

# what ranking by pde_mean under `pde_mean:lt:18.09` gives: those that rank, then value status or state of the others
RANKED = ["zero", "plain", "rising"]
BELOW = {
    "edge": "ok",
    "nan": "nan",
    "inf": "inf",
    "ninf": "-inf",
    "missing": "missing",
    "failed": "failed",
    "killed": "stopped",
    "running": "running",
}
