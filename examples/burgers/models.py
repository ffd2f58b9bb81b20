"""Four surrogates of one step of the equation, in numpy: each is fitted to pairs (state, next state) and then stepped.

All see a point through its neighbours and predict its change, so that they hold for every place alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

REACH = 4  # neighbours to each side


def patches(u: np.ndarray) -> np.ndarray:
    """Return each point with its neighbours; shape (..., points, 2 * REACH + 1)."""
    return np.stack([np.roll(u, shift, axis=-1) for shift in range(REACH, -REACH - 1, -1)], axis=-1)


class Regression:
    """A linear map of features of a patch, by ridge regression: one solve and no epochs."""

    epochs = 1

    def __init__(self, features: Callable[[np.ndarray], np.ndarray], ridge: float) -> None:
        self._features, self._ridge = features, ridge

    def fit(self, before: np.ndarray, after: np.ndarray) -> None:
        """Solve for the weights."""
        x = self._features(patches(before)).reshape(before.size, -1)
        y = (after - before).reshape(-1)
        self.weights = np.linalg.solve(x.T @ x + self._ridge * np.eye(x.shape[1]), x.T @ y)

    def step(self, u: np.ndarray) -> np.ndarray:
        """Return the next state."""
        return u + self._features(patches(u)) @ self.weights

    @property
    def parameters(self) -> int:
        """Return how many numbers were fitted."""
        return int(self.weights.size)


class Perceptron:
    """One hidden layer of tanh, trained with Adam on batches of patches."""

    def __init__(self, seed: int, width: int, epochs: int, rate: float = 3e-3) -> None:
        self._draw, self.epochs, self._rate = np.random.default_rng(seed), epochs, rate
        inputs = 2 * REACH + 1
        self._p = [
            self._draw.normal(0, inputs**-0.5, (inputs, width)),
            np.zeros(width),
            self._draw.normal(0, width**-0.5, width) / 10,
            np.zeros(1),
        ]

    def fit(self, before: np.ndarray, after: np.ndarray, batch: int = 1024) -> None:
        """Train; the change is scaled to unit size."""
        x = patches(before).reshape(-1, 2 * REACH + 1)
        y = (after - before).reshape(-1)
        self._scale = float(y.std())
        first, second, count = [0.0] * 4, [0.0] * 4, 0
        for epoch in range(self.epochs):
            rate = self._rate * 0.5 * (1 + np.cos(np.pi * epoch / self.epochs))
            order = self._draw.permutation(len(x))
            for start in range(0, len(x), batch):
                some, count = order[start : start + batch], count + 1
                for i, slope in enumerate(self._slopes(x[some], y[some] / self._scale)):
                    first[i] = 0.9 * first[i] + 0.1 * slope
                    second[i] = 0.999 * second[i] + 0.001 * slope**2
                    mean, spread = first[i] / (1 - 0.9**count), second[i] / (1 - 0.999**count)
                    self._p[i] = self._p[i] - rate * mean / (np.sqrt(spread) + 1e-8)

    def _slopes(self, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        w, b, v, c = self._p
        hidden = np.tanh(x @ w + b)
        error = 2 * (hidden @ v + c - y) / len(y)
        back = np.outer(error, v) * (1 - hidden**2)
        return [x.T @ back, back.sum(0), hidden.T @ error, np.array([error.sum()])]

    def step(self, u: np.ndarray) -> np.ndarray:
        """Return the next state."""
        w, b, v, c = self._p
        return u + self._scale * (np.tanh(patches(u) @ w + b) @ v + c)

    @property
    def parameters(self) -> int:
        """Return how many numbers were fitted."""
        return sum(part.size for part in self._p)


def _products(patch: np.ndarray) -> np.ndarray:
    first, second = np.triu_indices(patch.shape[-1])
    return np.concatenate([patch, patch[..., first] * patch[..., second]], axis=-1)


def _random(seed: int, count: int = 150) -> Callable[[np.ndarray], np.ndarray]:
    draw = np.random.default_rng(seed)
    w, b = draw.normal(0, 0.4, (2 * REACH + 1, count)), draw.uniform(-1, 1, count)
    return lambda patch: np.concatenate([patch, np.tanh(patch @ w + b)], axis=-1)


MODELS: dict[str, Callable[[int], Any]] = {
    "linear": lambda seed: Regression(lambda patch: patch, 1e-4),
    "quadratic": lambda seed: Regression(_products, 1e-2),
    "random": lambda seed: Regression(_random(seed), 1e-3),
    "mlp": lambda seed: Perceptron(seed, width=32, epochs=12),
}
"""A model's name -> how it is made from a seed."""
