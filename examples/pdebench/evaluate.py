"""One surrogate, scored with four batch sizes by a mean over batches that divides by one batch too few.

PDEBench's reducer adds up the batches' errors and divides by the index of the last batch, which begins at 0: by one
batch too few. Of 24 samples in two batches the error is then twice what it is in truth, in batches of one sample it is
24/23 of it. A score says how it was made, so that no list holds two of them.
"""

from __future__ import annotations

import argparse

import numpy as np

from expflow_hooks import definition_of, record

SAMPLES = 24
POINTS = 64
BATCHES = (1, 3, 6, 12)


def batch_errors(predicted: np.ndarray, true: np.ndarray, batch_size: int) -> list[float]:
    """Return the normalised root mean squared error of each batch."""
    return [
        float(np.sqrt(np.mean((predicted[i : i + batch_size] - true[i : i + batch_size]) ** 2) / np.mean(true**2)))
        for i in range(0, len(true), batch_size)
    ]


def reduced(errors: list[float]) -> float:
    """Return the mean as the reducer has it: the sum over the index of the last batch."""
    last = len(errors) - 1
    return sum(errors) / last if last else float("inf")  # all samples in one batch: nothing to divide by


def samples(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a surrogate's predictions and the true states: waves, moved a little too far, with a seed's noise."""
    draw = np.random.default_rng(seed)
    x = np.arange(POINTS) / POINTS
    phase = draw.uniform(0, 1, (SAMPLES, 1))
    true = np.sin(2 * np.pi * (x + phase))
    return np.sin(2 * np.pi * (x + phase + 0.01)) + draw.normal(0, 0.01, true.shape), true


def main() -> None:
    """Score three seeds with each batch size, and record each score with its definition."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--without-definition", action="store_true", help="what happens where no record says")
    plain = parser.parse_args().without_definition
    for batch_size in BATCHES:
        for seed in (1, 2, 3):
            made = definition_of(evaluator=[reduced, batch_errors], batch_size=batch_size, samples=SAMPLES)
            error = reduced(batch_errors(*samples(seed), batch_size))
            record(
                f"fno-b{batch_size}-s{seed}",
                metrics={"val_nrmse": error},
                params={"net": "fno", "batch_size": batch_size, "seed": seed},
                **({} if plain else {"definition": {"val_nrmse": made}}),
            )
            print(f"fno-b{batch_size}-s{seed}: val_nrmse {error:.4f}")


if __name__ == "__main__":
    main()
