"""The standard metrics: one registry of names with group, direction, unit and threshold.

A policy adds to the standard metrics and maps other people's names to them; it never takes one away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.values import ABSENT, NoValue, unwrapped, value_status
from expflow_hooks.core.suggest import did_you_mean


class Metric(NamedTuple):
    """One metric: its group, its direction, and where it has them, its unit, threshold and the name it is read from."""

    name: str
    group: str
    higher_is_better: bool
    unit: str
    description: str
    threshold: float | None = None
    source: str | None = None  # the name under which experiments report it, where that differs
    aggregate: str | None = None  # last, min or max: which of the values over a training counts, where a source has all
    splits: tuple[str, ...] = ()  # the metrics that it sums up: where one of them does not count, it does not either

    def entry(self) -> Mapping[str, Any]:
        """Return the read-only mapping that `STANDARD_METRICS` holds; `threshold` only where one exists."""
        entry = {
            "type": "scalar",
            "group": self.group,
            "higher_is_better": self.higher_is_better,
            "unit": self.unit,
            "description": self.description,
        }
        if self.threshold is not None:
            entry["threshold"] = self.threshold
        return MappingProxyType(entry)


# Names, groups, directions and the two thresholds (18.09 and 60 minutes) are the competition's own.
_STANDARD = (
    Metric("seg_total", "Score", True, "points", "Total segment score, the competition's primary metric"),
    Metric("seg1", "Score", True, "points", "Score of segment 1"),
    Metric("seg2", "Score", True, "points", "Score of segment 2"),
    Metric("seg3", "Score", True, "points", "Score of segment 3"),
    Metric("val_mse", "Loss", False, "", "Mean squared error on the validation set"),
    Metric("val_relmse", "Loss", False, "", "Mean squared error relative to the target's mean square"),
    Metric("val_lprel", "Loss", False, "", "Relative Lp error, |u - v|_p / |v|_p"),
    Metric("val_h1rel", "Loss", False, "", "Relative H1 (Sobolev) error, values and first derivatives"),
    Metric("val_rmse", "Error", False, "", "Root mean squared error"),
    Metric("val_nrmse", "Error", False, "", "Root mean squared error over the target's root mean square"),
    Metric("val_max_err", "Error", False, "", "Largest absolute error at any point"),
    Metric("val_bd_err", "Error", False, "", "Root mean squared error on the boundary"),
    Metric("val_csv_err", "Error", False, "", "Root mean squared error of conserved quantities"),
    Metric("val_fourier_low", "Fourier", False, "", "Root mean squared error in the low spatial frequencies"),
    Metric("val_fourier_mid", "Fourier", False, "", "Root mean squared error in the middle spatial frequencies"),
    Metric("val_fourier_high", "Fourier", False, "", "Root mean squared error in the high spatial frequencies"),
    Metric("pde_mean", "PDE", False, "", "Mean residual of the PDE over the segments, the competition's gate", 18.09),
    Metric("pde_seg1", "PDE", False, "", "Residual of the PDE on segment 1"),
    Metric("pde_seg2", "PDE", False, "", "Residual of the PDE on segment 2"),
    Metric("pde_seg3", "PDE", False, "", "Residual of the PDE on segment 3"),
    Metric("train_time_min", "Time", False, "min", "Wall-clock time of the training", 60),
    Metric("arch_params", "Model", False, "parameters", "Number of trainable parameters"),
    Metric("epochs", "Training", False, "epochs", "Epochs trained"),
)

STANDARD_METRICS: Mapping[str, Mapping[str, Any]] = MappingProxyType({m.name: m.entry() for m in _STANDARD})
"""Every standard metric by name: type, group, higher_is_better, unit, description, threshold. Read-only."""


class Metrics:
    """The metrics that a policy knows: the standard ones and its own, by name."""

    def __init__(self, extra: Iterable[Metric] = (), trust_zero: Iterable[str] = ()) -> None:
        self._by_name = {m.name: m for m in (*_STANDARD, *extra)}
        self.trust_zero = frozenset(trust_zero)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __iter__(self) -> Any:
        return iter(self._by_name.values())

    def get(self, name: str) -> Metric | None:
        """Return the metric of that name, or None."""
        return self._by_name.get(name)

    def source(self, name: str) -> str:
        """Return the name under which experiments report the metric: the policy's `from`, else its own."""
        metric = self._by_name.get(name)
        return metric.source if metric and metric.source else name

    def value(self, reported: Mapping[str, Any] | None, name: str) -> Any:
        """Return an experiment's value of a metric: as it reported it, but nothing where one of its splits is none."""
        found = (reported or {}).get(self.source(name), ABSENT)
        metric = self._by_name.get(name)
        for split in metric.splits if metric else ():
            status = value_status((reported or {}).get(self.source(split), ABSENT))
            if status is not None and value_status(found) is None:
                return NoValue(f"incomplete: {split} is {status}")
        return found

    def sources(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names under which experiments report these metrics and their splits, each once."""
        known = [(name, self._by_name.get(name)) for name in names]
        return tuple(dict.fromkeys(self.source(one) for name, m in known for one in (name, *(m.splits if m else ()))))

    def require(self, name: str) -> Metric:
        """Return the metric of that name; raise UsageError with the nearest names if there is none."""
        metric = self._by_name.get(name)
        if metric is None:
            raise UsageError(unknown_metric(name, self._by_name))
        return metric


def unknown_metric(name: str, known: Iterable[str]) -> str:
    """Return the error line for a metric that nobody knows, with the nearest names."""
    hint = did_you_mean(name, known)
    return f"unknown metric {name[:80]!r}{hint or '; `expflow-hooks metrics list` shows the known ones'}"


def check_standard(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the values of standard metrics as floats; raise ValueError for an unknown name or what does not count."""
    return _checked(metrics, STANDARD_METRICS)


def check_metrics(metrics: Mapping[str, Any], known: Metrics) -> dict[str, float]:
    """Return the values of metrics that a policy knows, under their names or those that they are read from."""
    return _checked(metrics, dict.fromkeys(name for metric in known for name in (metric.name, metric.source) if name))


def _checked(metrics: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, float]:
    checked: dict[str, float] = {}
    for name, value in metrics.items():
        if name not in known:
            raise ValueError(unknown_metric(name, known))
        value = unwrapped(value)
        status = value_status(value)
        if status is not None:
            raise ValueError(f"{name} is {status}: a metric is a finite number, such as {name}=12.5")
        checked[name] = float(value)
    return checked
