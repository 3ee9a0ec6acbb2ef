"""The KL of a policy: thousands of nats say that nothing is left of it, however few records there are."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.posterior import KlExplode
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import found, rows, worst


def noise(n: int, seed: int, size: float = 1.0) -> Floats:
    return np.asarray(size * np.random.default_rng(seed).standard_normal(n))


def off(n: int, start: float, end: float, at: int, over: int, seed: int) -> Floats:
    """From one size to another, decade by decade, and on from there by itself."""
    way = np.clip((np.arange(n) - at) / over, 0, 1)
    later = np.maximum(np.arange(n) - at - over, 0) / 40
    return np.asarray(start * (end / start) ** way * np.exp(later + noise(n, seed, 0.1)))


def told(kl: Floats, reward: Floats, name: str = "pi_kl") -> list[Episode]:
    return found(KlExplode(), rows({name: kl, "avg_reward": reward}, 1), algo="ppo")


LOST: dict[str, tuple[str, Floats, Floats]] = {
    "within twenty of fifty epochs": ("pi_kl", off(50, 1e-4, 3e4, 3, 15, 1), 0.4 + noise(50, 2, 0.15)),
    "reward comes and goes": (
        "objective/kl",
        off(60, 0.01, 5e3, 10, 20, 3),
        np.interp(np.arange(60), [0, 20, 60], [0, 1, 0]) + noise(60, 4, 0.03),
    ),
    "late, in a long run": ("objective/kl", off(400, 8.0, 2e4, 250, 40, 5), 2.0 + noise(400, 6, 0.3)),
    "from nothing at all": ("train/kl", np.where(np.arange(80) < 5, 0, off(80, 0.1, 4e4, 10, 10, 7)), noise(80, 8)),
    "slowly": ("kl", off(300, 0.5, 1e5, 20, 250, 9), np.full(300, 0.2) + noise(300, 10, 0.05)),
}


@pytest.mark.parametrize("name", LOST)
def test_thousands_of_nats_are_critical(name: str) -> None:
    key, kl, reward = LOST[name]
    episodes = told(kl, reward, key)

    assert worst(episodes) is Severity.CRITICAL
    assert episodes[0].open


MEANT: dict[str, tuple[str, Floats, Floats]] = {
    "long answers, and they are paid for": (
        "objective/kl", 60 * np.arange(200) / 200 + np.abs(noise(200, 11)), np.arange(200) / 100 + noise(200, 12, 0.1)),
    "a sum that lay there from the start": ("kl", 3e3 * np.exp(noise(100, 13, 0.1)), 1.0 + noise(100, 14, 0.1)),
    "one that comes down": ("kl", off(200, 4e3, 20.0, 0, 50, 15) / np.exp(np.arange(200) / 40), noise(200, 16)),
    "one batch": ("pi_kl", np.where(np.arange(100) == 60, 5e4, 0.02 * np.exp(noise(100, 17, 0.3))), noise(100, 18)),
    "paid for throughout": ("pi_kl", off(120, 1e-3, 2e3, 5, 100, 19), np.arange(120) / 20 + noise(120, 20, 0.1)),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANT)
def test_a_distance_that_is_meant_or_has_always_been_is_not(name: str) -> None:
    key, kl, reward = MEANT[name]

    assert worst(told(kl, reward, key)) < Severity.CRITICAL
