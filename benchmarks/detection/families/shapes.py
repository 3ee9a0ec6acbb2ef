"""How logged values scatter and how curves run."""

from __future__ import annotations

import numpy as np

from analysis.model import Floats
from benchmarks.detection.families.sheet import Rng


def noise(rng: Rng, n: int, sigma: float, rho: float = 0.2, tail: float = 6.0) -> Floats:
    """Autocorrelated, with heavier tails than normal; standard deviation `sigma`."""
    shocks = rng.standard_t(tail, n + 40) * np.sqrt((tail - 2) / tail)
    kernel = rho ** np.arange(40)
    return np.asarray(sigma * np.sqrt(1 - rho**2) * np.convolve(shocks, kernel)[40 : 40 + n])


def factor(rng: Rng, n: int, sigma: float, rho: float = 0.2, tail: float = 6.0) -> Floats:
    return np.exp(noise(rng, n, sigma, rho, tail))


def counted(rng: Rng, p: Floats, trials: int) -> Floats:
    """Successes of so many rollouts, as a share."""
    return np.asarray(rng.binomial(trials, np.clip(p, 0, 1)) / trials)


def paced(rng: Rng, n: int, seconds: float) -> Floats:
    """Seconds of n records: a few percent of jitter, now and then a checkpoint."""
    out = seconds * np.exp(0.04 * rng.standard_normal(n))
    out[rng.random(n) < 0.01] *= 2.5
    return np.asarray(out)


# how curves run


def power(x: Floats, first: float, floor: float, speed: float, exponent: float = 0.6) -> Floats:
    return np.asarray(floor + (first - floor) * (1 + speed * x) ** -exponent)


def rise(x: Floats, middle: float, width: float) -> Floats:
    return np.asarray(1 / (1 + np.exp(-(x - middle) / width)))


def saturating(x: Floats, rate: float) -> Floats:
    """From 0 towards 1, ever more slowly."""
    return np.asarray(1 - np.exp(-x * rate))


def ramp(x: Floats, begin: float, end: float) -> Floats:
    """0 before, 1 behind, straight between."""
    return np.asarray(np.clip((x - begin) / (end - begin), 0, 1))


def cosine(x: Floats, peak: float, warm: float = 0.02, low: float = 0.1) -> Floats:
    """Linear warm-up, then half a cosine to `low` x peak."""
    down = low + (1 - low) * 0.5 * (1 + np.cos(np.pi * ramp(x, warm, 1.0)))
    return np.asarray(peak * np.where(x < warm, (x + 1e-9) / warm, down))


def linear(x: Floats, peak: float, warm: float = 0.03) -> Floats:
    """As HF's default: warm-up and straight to 0."""
    return np.asarray(peak * np.where(x < warm, x / warm, 1 - ramp(x, warm, 1.0)))


def evals_of(n: int) -> int:
    return 9 if n < 100 else 15 if n < 1000 else 30
