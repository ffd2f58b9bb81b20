"""A callback for the Hugging Face Trainer: `Trainer(..., callbacks=[ExpflowCallback("bert-seed1")])`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import TrainerCallback

from expflow_hooks.callbacks.base import TrackedRun
from expflow_hooks.operations.tracking import Run


class ExpflowCallback(TrainerCallback):
    """Tracks a training: its arguments at the start, the last logs at the end, `arch_params` and `epochs` counted.

    `run` is an experiment's id, or a Run of a `with track(...)` around the Trainer; `rename` maps logged names to
    metrics, such as {"eval_loss": "val_mse"}; further arguments are those of `track`. The Trainer tells nobody of an
    exception: without a `with` around it, a run that fails is recorded at the end of the interpreter.
    """

    def __init__(self, run: str | Run, *, rename: Mapping[str, str] | None = None, **fields: Any) -> None:
        self._tracked = TrackedRun(run, rename, fields)
        self._logged: dict[str, Any] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the run."""
        if state.is_world_process_zero:
            names = ("learning_rate", "num_train_epochs", "per_device_train_batch_size", "weight_decay", "seed")
            self._tracked.start({name: getattr(args, name) for name in names})

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any) -> None:
        """Keep the last value of everything that is logged, evaluations too."""
        self._logged.update(logs or {})

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Report, and end the run as completed."""
        if state.is_world_process_zero:
            counted = {"epochs": state.epoch} if state.epoch is not None else {}
            if model is not None:
                counted["arch_params"] = sum(one.numel() for one in model.parameters() if one.requires_grad)
            self._tracked.report({**counted, **self._logged})
            self._tracked.finish()
