"""A callback for Keras: `model.fit(..., callbacks=[ExpflowCallback("cnn-seed1")])`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras.callbacks import Callback

from expflow_hooks.callbacks.base import TrackedRun
from expflow_hooks.operations.tracking import Run


class ExpflowCallback(Callback):
    """Tracks a fit: its parameters at the start, the last epoch's logs at the end, `arch_params` and `epochs` counted.

    `run` is an experiment's id, or a Run of a `with track(...)` around the fit; `rename` maps logged names to metrics,
    such as {"val_loss": "val_mse"}; further arguments are those of `track`. Keras tells nobody of an exception: without
    a `with` around it, a run that fails is recorded at the end of the interpreter.
    """

    def __init__(self, run: str | Run, *, rename: Mapping[str, str] | None = None, **fields: Any) -> None:
        super().__init__()
        self._tracked = TrackedRun(run, rename, fields)
        self._logged: dict[str, Any] = {}
        self._epochs = 0

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Start the run."""
        self._tracked.start({name: value for name, value in (self.params or {}).items() if name != "verbose"})

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Keep the last value of everything that is logged."""
        self._epochs = epoch + 1
        self._logged.update(logs or {})

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Report, and end the run as completed."""
        counted = {"arch_params": sum(one.size for one in _arrays(self.model)), "epochs": self._epochs}
        self._tracked.report({**counted, **self._logged})
        self._tracked.finish()


def _arrays(model: Any) -> list[Any]:
    return [weight.numpy() if hasattr(weight, "numpy") else weight for weight in model.trainable_weights]
