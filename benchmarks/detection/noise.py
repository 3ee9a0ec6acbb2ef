"""How logged values scatter: with memory, in bursts, in steps of the last digit. All multiply (add in the log)."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats

Rng = np.random.Generator


def ar2(rng: Rng, n: int, sigma: float) -> Floats:
    """Damped swings: the healthy noise that looks most like an oscillation."""
    damping, angle = rng.uniform(0.3, 0.6), rng.uniform(0.2, 1.2)
    a, b = 2 * damping * np.cos(angle), -(damping**2)
    x = np.zeros(n + 50)
    for i, shock in enumerate(rng.standard_normal(n + 48), start=2):
        x[i] = a * x[i - 1] + b * x[i - 2] + shock
    return _scaled(x[50:], sigma)


def fractional(rng: Rng, n: int, sigma: float) -> Floats:
    """1/f noise: slow wandering that any single correlation length underestimates."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.arange(len(spectrum)) / n
    f[0] = f[1] if n > 1 else 1.0
    return _scaled(np.fft.irfft(spectrum * f ** -rng.uniform(0.1, 0.3), n), sigma)


def bursts(rng: Rng, n: int, sigma: float) -> Floats:
    """Laplace noise whose width switches between two regimes, each some twenty points long.

    Cut at 3.2 sigma: what lies beyond is a spike to any reader, and would need a label.
    """
    wide = np.cumsum(rng.random(n) < 0.05) % 2 == 1
    x = rng.laplace(0, sigma / np.sqrt(2), n) * np.where(wide, 1.8, 0.8)
    return np.asarray(np.clip(x, -3.2 * sigma, 3.2 * sigma))


def scatter(rng: Rng, n: int, sigma: float) -> Floats:
    """A factor per point, by one of the models."""
    return np.asarray(np.exp((ar2, fractional, bursts)[rng.integers(3)](rng, n, sigma)))


def quantised(x: Floats, digits: int) -> Floats:
    """As a logger with a fixed number of decimals writes it: `digits` significant ones at the median."""
    finite = np.abs(x[np.isfinite(x) & (x != 0)])
    decimals = digits - 1 - int(np.floor(np.log10(np.median(finite)))) if len(finite) else digits
    return np.asarray(np.round(x, decimals))


def _scaled(x: Floats, sigma: float) -> Floats:
    return np.asarray((x - x.mean()) / (x.std() or 1.0) * sigma)
