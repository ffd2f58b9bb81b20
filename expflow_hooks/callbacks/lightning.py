"""A callback for Lightning's Trainer: `Trainer(callbacks=[ExpflowCallback("fno-32-seed1")])`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lightning.pytorch.callbacks import Callback

from expflow_hooks.callbacks.base import TrackedRun
from expflow_hooks.operations.tracking import Run


class ExpflowCallback(Callback):
    """Tracks a fit: hyper-parameters at its start, logged metrics at its end, `arch_params` and `epochs` counted.

    `run` is an experiment's id, or a Run of a `with track(...)` around the Trainer; `rename` maps logged names to
    metrics, such as {"val/loss": "val_mse"}; further arguments are those of `track`.
    """

    def __init__(self, run: str | Run, *, rename: Mapping[str, str] | None = None, **fields: Any) -> None:
        self._tracked = TrackedRun(run, rename, fields)

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Start the run."""
        if trainer.is_global_zero:
            self._tracked.start(dict(pl_module.hparams))

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Report, and end the run as completed."""
        if trainer.is_global_zero:
            trainable = sum(one.numel() for one in pl_module.parameters() if one.requires_grad)
            counted = {"arch_params": trainable, "epochs": trainer.current_epoch}
            self._tracked.report({**counted, **trainer.callback_metrics})
            self._tracked.finish()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """End the run as failed or stopped."""
        if trainer.is_global_zero:
            self._tracked.finish(exception)
