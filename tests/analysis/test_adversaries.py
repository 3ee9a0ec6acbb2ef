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


def least_squares(seed: int, n: int = N, rms: float = 0.03) -> tuple[Floats, Floats]:
    """D and G by least squares where D's answers are near 1 and 0, off by `rms` and a little to either side."""
    rng = np.random.default_rng(seed)
    made = rms * (0.3 * rng.standard_normal(n) + 0.3 * rng.standard_normal(n))
    spread = (rms * np.exp(0.4 * rng.standard_normal(n))) ** 2
    return (made**2 + spread) / 2, (made - 1) ** 2 + spread


def pair_of(d: Floats, g: Floats, beside: dict[str, Floats] | None = None, domain: str = "") -> list[Episode]:
    names = (f"D_{domain}", f"G_{domain}") if domain else ("loss_D", "loss_G")
    return found(GanCollapse(), rows({names[0]: d, names[1]: g, **(beside or {})}, every=1))


def from_balance(after: Floats, before: Floats, at: int) -> Floats:
    return np.where(np.arange(len(after)) < at, before[: len(after)], after)


SMOOTHED = 0.325  # what one-sided labels of 0.9 cost a discriminator that is always right
WINS: dict[str, list[tuple[Floats, Floats]]] = {
    "by least squares, from the start, in 40 records": [least_squares(s, 40) for s in (1, 2, 3)],
    "by least squares, after a balance": [
        (from_balance(d, 0.24 + 0 * x, 150), from_balance(g, 0.3 + noise(31, 0.02), 150))
        for d, g in [least_squares(4), least_squares(5, rms=0.1)]
    ],
    "by and by, against smoothed labels": [
        (
            SMOOTHED + 0.9 * np.exp(-np.maximum(np.arange(N) - 40, 0) / 20) * np.exp(noise(32 + i, 0.2)),
            (1.1 + 9 * (1 - np.exp(-np.maximum(np.arange(N) - 40, 0) / 20))) * np.exp(noise(35 + i, 0.25)),
        )
        for i in range(3)
    ],
    "half of the sum, over 80 epochs": [
        (
            (0.66 - 0.4 * np.clip((np.arange(80) - 30) / 10, 0, 1)) * np.exp(noise(38, 0.1)[:80]),
            (0.9 + 7 * np.clip((np.arange(80) - 30) / 10, 0, 1)) * np.exp(noise(39, 0.2)[:80]),
        )
    ],
}


@pytest.mark.parametrize("name", WINS)
def test_a_discriminator_that_is_far_ahead_though_not_at_nothing(name: str) -> None:
    for d, g in WINS[name]:
        (episode,) = pair_of(d, g)

        assert episode.severity >= Severity.WARNING
        assert episode.last.kind != "cleared"


def test_the_other_domain_is_asked_too() -> None:
    d, g = least_squares(6, 60)
    even = {"D_A": 0.2 + noise(40, 0.02)[:60], "G_A": 0.4 + noise(41, 0.05)[:60], "cycle_A": 0.8 + 0 * x[:60]}
    (episode,) = pair_of(d, g, even | {"cycle_B": 0.7 + 0 * d}, "B")

    assert (episode.metrics, episode.severity) == (("D_B", "G_B"), Severity.WARNING)


def test_one_that_was_ahead_and_is_caught_up_with_is_over() -> None:
    d, g = WINS["by and by, against smoothed labels"][0]
    again = np.arange(N) >= 250
    (episode,) = pair_of(np.where(again, 1.2 + noise(42, 0.1), d), np.where(again, 1.1 + noise(43, 0.1), g))

    assert episode.last.kind == "cleared"
    assert 250 <= episode.last.row < 265


@pytest.mark.parametrize("term", ["loss_mel", "l_g_pix", "train/recon_loss", "cycle_A"])
def test_one_that_is_taught_by_what_was_meant_gets_on_behind(term: str) -> None:
    d, g = WINS["by and by, against smoothed labels"][0]

    assert not pair_of(d, g, {term: 0.5 + 0.4 * np.exp(-3 * x)})
    assert pair_of(d, g, {"eval/lpips": 0.5 + 0.4 * np.exp(-3 * x)})


EVEN: dict[str, tuple[Floats, Floats]] = {
    "by least squares, D is ahead as it often is": (0.12 + noise(51, 0.02), 0.65 + noise(52, 0.05)),
    "by least squares, ahead by far and no more": least_squares(53, rms=0.25),
    "by hinges, right by a margin": (0.004 * np.exp(noise(54, 0.5)), 1.02 + np.abs(noise(55, 0.02))),
    "by hinges, far beyond the margin": (0.3 * np.exp(noise(56, 0.3) - x / 2), 4.0 + 12 * x + noise(57, 0.4)),
    "a critic whose scores happen to lie about 1": (1e-4 * np.exp(noise(58, 0.3)), 1.0 + noise(59, 0.2)),
    "D gets better, and G not much worse": (1.3 - 0.9 * x + noise(60, 0.05), 0.9 + 2.5 * x + noise(61, 0.2)),
    "G carries another loss, which falls": (0.5 - 0.3 * x + noise(62, 0.03), 12 - 5 * x + noise(63, 0.3)),
    "ahead for twenty records": (
        np.where(np.abs(np.arange(N) - 200) < 10, 0.4, 1.2) * np.exp(noise(64, 0.1)),
        np.where(np.abs(np.arange(N) - 200) < 10, 9.0, 1.1) * np.exp(noise(65, 0.1)),
    ),
}


@pytest.mark.parametrize(("d", "g"), EVEN.values(), ids=EVEN)
def test_pairs_that_are_even_enough(d: Floats, g: Floats) -> None:
    assert not pair_of(d, g)
