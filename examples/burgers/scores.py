"""What a surrogate is worth: its rollouts from held-out initial conditions against the true solutions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from equation import INTERVAL, OUTPUTS, POINTS, derivative, initial_conditions, residual, solve

Step = Callable[[np.ndarray], np.ndarray]
HELD_OUT = 16  # initial conditions that no run trains on
_SEED = 20260  # of the held-out ones; the runs' own seeds are small


def score(step: Step, sub_step: int) -> dict[str, float]:
    """Return the standard metrics of a stepping function that needs `sub_step` steps from one output to the next."""
    with np.errstate(all="ignore"):  # a surrogate that diverges gives NaN, which no report accepts
        return _score(step, sub_step)


def _score(step: Step, sub_step: int) -> dict[str, float]:
    start = initial_conditions(HELD_OUT, _SEED)
    true = solve(start, OUTPUTS, INTERVAL)
    found = rollout(step, start, sub_step)
    error, truth = (found - true)[1:], true[1:]
    third = OUTPUTS // 3
    segments = [100 * max(0.0, 1 - _nrmse(error[i : i + third], truth[i : i + third])) for i in (0, third, 2 * third)]
    left = residual(found, INTERVAL)
    parts = [_rms(part) for part in np.array_split(left, 3)]
    bands = _bands(error)
    slope = derivative(error)
    return {
        "seg_total": sum(segments) / 3,
        **{f"seg{i}": value for i, value in enumerate(segments, 1)},
        "val_mse": float(np.mean(error**2)),
        "val_relmse": _nrmse(error, truth) ** 2,
        "val_lprel": float(np.linalg.norm(error) / np.linalg.norm(truth)),
        "val_h1rel": float(np.sqrt((error**2 + slope**2).sum() / (truth**2 + derivative(truth) ** 2).sum())),
        "val_rmse": _rms(error),
        "val_nrmse": _nrmse(error, truth),
        "val_max_err": float(np.abs(error).max()),
        "val_csv_err": _rms(error.mean(axis=-1)),
        "val_fourier_low": bands[0],
        "val_fourier_mid": bands[1],
        "val_fourier_high": bands[2],
        "pde_mean": sum(parts) / 3,
        **{f"pde_seg{i}": value for i, value in enumerate(parts, 1)},
    }


def rollout(step: Step, start: np.ndarray, sub_step: int) -> np.ndarray:
    """Return the states at every output time."""
    found = [start]
    for _ in range(OUTPUTS):
        state = found[-1]
        for _ in range(sub_step):
            state = step(state)
        found.append(state)
    return np.stack(found)


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _nrmse(error: np.ndarray, truth: np.ndarray) -> float:
    return _rms(error) / _rms(truth)


def _bands(error: np.ndarray) -> list[float]:
    amplitudes = np.abs(np.fft.rfft(error)) / POINTS
    return [_rms(band) for band in (amplitudes[..., :5], amplitudes[..., 5:13], amplitudes[..., 13:])]
