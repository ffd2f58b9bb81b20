"""Writes the runs with Optuna itself: `python write_optuna.py FILE`."""

from __future__ import annotations

import math
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))

import optuna
from runs import COMMIT, PARAMS, PROJECT, RUNS, SEG_TOTAL

optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(study_name=PROJECT, storage=f"sqlite:///{sys.argv[1]}")
study.set_metric_names(["pde_mean"])
states = {"failed": optuna.trial.TrialState.FAIL, "stopped": optuna.trial.TrialState.PRUNED}
for name, (state, curve) in RUNS.items():
    trial = study.ask()
    for key, value in PARAMS.items():
        trial.suggest_categorical(key, [value])
    trial.set_user_attr("commit", COMMIT)
    trial.set_user_attr("name", name)
    trial.set_user_attr("seg_total", SEG_TOTAL)
    for step, value in enumerate(curve):
        trial.report(value, step)
    if state in states:
        study.tell(trial, state=states[state])
    elif state == "completed" and curve:
        study.tell(trial, curve[-1])
    elif state == "completed":
        study.tell(trial, math.nan, skip_if_finished=False)
