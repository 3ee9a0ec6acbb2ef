"""Adversaries: which of the two has lost, and the healthy pair that almost looks like it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.adversaries import GanCollapse
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import applies, found, rows

N = 400
x = np.arange(N) / N


def noise(seed: int, size: float = 1.0) -> Floats:
    return np.asarray(size * np.random.default_rng(seed).standard_normal(N))


balanced_d, balanced_g = 0.65 * np.exp(noise(11, 0.2)), 1.5 * np.exp(noise(12, 0.2))
WGAN = {"model": "wgan-gp"}
critic = -(1.2 + 14 * np.exp(-x * 6)) + noise(13, 0.45)


def adversaries(d: Floats, g: Floats | None, key: str = "d_loss", **config: Any) -> list[Episode]:
    columns = {key: d} | ({} if g is None else {"gen_loss": g})
    return found(GanCollapse(), rows(columns), planned=10 * N, **config)


def away(factor: float, at: int = 200, over: int = 100) -> Floats:
    return np.asarray(factor ** np.clip((np.arange(N) - at) / over, 0, 1))


def test_a_critic_that_runs_away_is_told_while_it_does() -> None:
    (episode,) = adversaries(critic * away(4000), noise(14, 3.0), "critic_loss", **WGAN)

    assert (episode.severity, episode.last.words.title) == (Severity.WARNING, "判别器 loss 失控")
    assert 200 < episode.raised_row < 300
    assert 190 < episode.onset_row < 240


def test_a_critic_that_comes_back_is_over() -> None:
    (episode,) = adversaries(critic * away(4000) / away(4000, 320, 30), noise(14, 3.0), "critic_loss", **WGAN)

    assert episode.last.kind == "cleared"
    assert episode.last.words.title == "判别器 loss 已回落"


def test_a_discriminator_without_a_generator_beside_it_may_run_away() -> None:
    assert adversaries(balanced_d * away(4000), None)


CALM: dict[str, tuple[Floats, Floats]] = {
    "a critic that comes down": (critic, noise(14, 3.0)),
    "a critic that crosses zero": (np.linspace(-8, 3, N) + noise(15, 0.5), noise(14, 3.0)),
    "forty times": (critic * away(40), noise(14, 3.0)),
    "nothing yet for the first ten records, then a distance of 30": (
        np.where(np.arange(N) < 10, -0.01, -30 * np.exp(-3 * x)) + noise(16, 0.002),
        noise(14, 3.0),
    ),
    "the discriminator begins by winning and is caught up with": (
        np.where(np.arange(N) < 60, 0.002, balanced_d),
        np.where(np.arange(N) < 60, 8.0, balanced_g),
    ),
    "weak but alive": (0.05 * np.exp(noise(17, 0.3)), 4.0 * np.exp(noise(18, 0.2))),
    "the discriminator is sure, the generator of a hinge loss is not far": (
        0.005 * np.exp(noise(17, 0.3)),
        1.0 + noise(18, 0.2),
    ),
    "balance": (balanced_d, balanced_g),
}


@pytest.mark.parametrize(("d", "g"), CALM.values(), ids=CALM)
def test_adversaries_that_are_well(d: Floats, g: Floats) -> None:
    assert not adversaries(d, g, "critic_loss", **WGAN)


def test_a_discriminator_that_won_before_there_was_a_balance() -> None:
    (episode,) = adversaries(0.001 * np.exp(noise(17, 0.5)), 9.0 * np.exp(noise(18, 0.1)))

    assert episode.severity is Severity.CRITICAL
    assert 0.2 * N <= episode.raised_row < 0.2 * N + 5
    assert "一开始就是如此" in episode.last.words.message


def test_one_that_is_caught_up_with_after_all_is_over() -> None:
    late = np.arange(N) >= 200
    (episode,) = adversaries(np.where(late, balanced_d, 0.001), np.where(late, balanced_g, 9.0))

    assert episode.last.kind == "cleared"
    assert 200 <= episode.last.row < 215


def test_a_critic_is_a_discriminator_in_a_gan_alone() -> None:
    assert applies(GanCollapse(), rows({"critic_loss": critic, "gen_loss": noise(14, 3.0)}), **WGAN)
    assert not applies(GanCollapse(), rows({"critic_loss": critic, "actor_loss": critic}), algo="sac")


def test_two_bare_letters_side_by_side_are_the_losses_of_both_networks() -> None:
    """As StyleGAN's progress bar has them."""
    d = np.where(np.arange(N) < 100, 1.1, 0.001) * np.exp(noise(21, 0.3))
    g = np.where(np.arange(N) < 100, 0.9, 8.0) * np.exp(noise(22, 0.1))
    (episode,) = found(GanCollapse(), rows({"d": d, "g": g, "r1": 0.02 * np.exp(noise(23, 0.4))}))

    assert (episode.metrics, episode.severity) == (("d", "g"), Severity.CRITICAL)
    assert not applies(GanCollapse(), rows({"d": d, "loss": g}))
    assert not applies(GanCollapse(), rows({"g": g, "r1": d}))
