"""Writes the runs with trackio itself: `TRACKIO_DIR=DIR python write_trackio.py`. It has no states."""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))

import trackio
from runs import COMMIT, PARAMS, PROJECT, RUNS, SEG_TOTAL

for name, (_, curve) in RUNS.items():
    trackio.init(project=PROJECT, name=name, config={**PARAMS, "commit": COMMIT})
    for step, value in enumerate(curve or [None]):
        more = {"seg_total": SEG_TOTAL} if step == len(curve or [None]) - 1 else {}
        trackio.log({**more, **({} if value is None else {"pde_mean": value})}, step=step)
    trackio.finish()
