"""A callback for Hydra: `hydra.callbacks.expflow._target_: expflow_hooks.callbacks.hydra.ExpflowCallback`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from expflow_hooks.callbacks.base import TrackedRun


class ExpflowCallback(Callback):
    """Tracks a job: its configuration at the start; what it returns, {metric: number}, at the end.

    `experiment_id` names the run from `{job}` (the job's name), `{num}` (its number in a sweep), `{overrides}` and
    `{config}` fields such as `{config[seed]}`; `rename` maps returned names to metrics; further arguments are those of
    `track`.
    """

    def __init__(
        self, experiment_id: str = "{job}-{overrides}", *, rename: Mapping[str, str] | None = None, **fields: Any
    ) -> None:
        self._name, self._rename, self._fields = experiment_id, rename, fields
        self._tracked: TrackedRun | None = None

    def on_job_start(self, config: DictConfig, **_: Any) -> None:
        """Start the run, of the folder that Hydra was started in."""
        own = config.hydra
        settings = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
        params = OmegaConf.to_container(settings, resolve=True)
        name = self._name.format(
            job=own.job.name,
            num=OmegaConf.select(own, "job.num") if not OmegaConf.is_missing(own.job, "num") else 0,
            overrides=own.job.override_dirname or "default",
            config=params,
        )
        self._tracked = TrackedRun(name, self._rename, {"folder": own.runtime.cwd, **self._fields})
        self._tracked.start({str(key): value for key, value in params.items()} if isinstance(params, dict) else {})

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: Any) -> None:
        """Report what the job returned, and end the run as completed or failed."""
        if self._tracked is None:
            return
        if job_return.status == JobStatus.FAILED:
            self._tracked.finish(job_return._return_value)
            return
        returned = job_return.return_value
        if isinstance(returned, Mapping):
            self._tracked.report(returned)
        self._tracked.finish()
