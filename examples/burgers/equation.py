"""The 1-D viscous Burgers equation, u_t + u u_x = nu u_xx, periodic on [0, 1): initial and true states."""

from __future__ import annotations

import numpy as np

POINTS = 64
VISCOSITY = 0.02
INTERVAL = 0.025  # time between two outputs
OUTPUTS = 18  # after the initial condition: three segments of six
_FINE = 10  # solver steps in one surrogate step, at the finest

_WAVES = 2j * np.pi * np.fft.rfftfreq(POINTS, 1 / POINTS)
_DEALIAS = np.arange(len(_WAVES)) < POINTS // 3


def initial_conditions(count: int, seed: int) -> np.ndarray:
    """Return `count` smooth random states: four Fourier modes with random phase and falling amplitude."""
    draw = np.random.default_rng(seed)
    x = np.arange(POINTS) / POINTS
    states = draw.normal(0, 0.1, (count, 1)) * np.ones(POINTS)
    for mode in range(1, 5):
        amplitude, phase = draw.normal(0, 0.5 / mode, (count, 1)), draw.uniform(0, 2 * np.pi, (count, 1))
        states = states + amplitude * np.sin(2 * np.pi * mode * x + phase)
    return states


def solve(states: np.ndarray, steps: int, step: float) -> np.ndarray:
    """Return the solution at 0, step, ..., steps * step; shape (steps + 1, runs, points).

    Pseudo-spectral with 2/3 dealiasing; classical Runge-Kutta with the viscous term integrated exactly.
    """
    small = step / _FINE
    half = np.exp(VISCOSITY * _WAVES**2 * small / 2)
    u = np.fft.rfft(states)
    found = [states]
    for _ in range(steps):
        for _ in range(_FINE):
            a = small * _advect(u)
            b = small * _advect(half * (u + a / 2))
            c = small * _advect(half * u + b / 2)
            d = small * _advect(half**2 * u + half * c)
            u = half**2 * u + (half**2 * a + 2 * half * (b + c) + d) / 6
        found.append(np.fft.irfft(u, POINTS))
    return np.stack(found)


def _advect(u: np.ndarray) -> np.ndarray:
    return -_WAVES / 2 * _DEALIAS * np.fft.rfft(np.fft.irfft(u * _DEALIAS, POINTS) ** 2)


def derivative(u: np.ndarray) -> np.ndarray:
    """Return the derivative in space, by Fourier."""
    return np.fft.irfft(_WAVES * np.fft.rfft(u), POINTS)


def residual(u: np.ndarray, step: float) -> np.ndarray:
    """Return u_t + u u_x - nu u_xx of a trajectory at its inner times, by central differences in time."""
    inner = u[1:-1]
    slope = derivative(inner)
    return (u[2:] - u[:-2]) / (2 * step) + inner * slope - VISCOSITY * derivative(slope)
