"""KL that runs away, terms that dominate, sums that do not add up."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.loss_terms import ComponentDominates, LossDecompositionMismatch
from analysis.diagnoses.posterior import KlExplode
from analysis.model import Floats, Severity
from tests.analysis.scanning import applies, falling, found, rows, worst

N = 400
K = 220


def noise(seed: int, size: float = 0.08, n: int = N) -> Floats:
    return np.asarray(np.exp(size * np.random.default_rng(seed).standard_normal(n)))


def kl(level: float = 0.3, factor: float = 1.0, length: int = 40) -> Floats:
    """Falls to its level and, from record K on, climbs by `factor` within `length` records."""
    x = level * (1 + 3 * np.exp(-np.arange(N) / 15)) * noise(1)
    return np.asarray(x * np.exp(np.clip((np.arange(N) - K) / length, 0, 1) * np.log(factor)))


def settled(seed: int = 2, level: float = 0.5) -> Floats:
    return level * (1 + 4 * np.exp(-np.arange(N) / 20)) * noise(seed, 0.05)


def test_a_posterior_that_runs_away_is_raised_during_the_climb() -> None:
    (episode,) = found(KlExplode(), rows({"train/kld_loss": kl(factor=60), "train/l1_loss": settled()}), planned=10 * N)

    assert K < episode.raised_row <= K + 40
    assert abs(episode.onset_row - K) <= 10
    assert episode.severity is Severity.WARNING


annealed = np.clip(np.arange(N) / 200, 0, 1)
TAME: dict[str, tuple[dict[str, Floats], dict[str, float]]] = {
    "steady": ({"train/kld_loss": kl()}, {}),
    "five times": ({"train/kld_loss": kl(factor=5)}, {}),
    "from nothing to little": ({"train/kld_loss": kl(level=1e-4, factor=100)}, {}),
    "the weight is still being annealed": (
        {"train/kld_loss": 0.002 + 0.4 * annealed * noise(1), "train/beta": annealed},
        {},
    ),
    "a latent put to use at the start": ({"train/kld_loss": 8 * (1 - np.exp(-np.arange(N) / 10)) * noise(1)}, {}),
    "from next to nothing to a latent that is put to use": ({"train/kld_loss": kl(level=4e-3, factor=40)}, {}),
    "noisy": ({"train/kld_loss": 0.3 * noise(4, 0.6)}, {}),
}


@pytest.mark.parametrize(("columns", "config"), TAME.values(), ids=TAME)
def test_kl_that_rises_by_design_is_no_fault(columns: dict[str, Floats], config: dict[str, float]) -> None:
    assert not found(KlExplode(), rows(columns), planned=10 * N, **config)


def test_a_rise_the_loss_pays_for_is_a_note() -> None:
    better = settled() * np.where(np.arange(N) < K, 1.0, np.exp(-(np.arange(N) - K) / 30))
    episodes = found(KlExplode(), rows({"train/kld_loss": kl(factor=60), "train/recon_loss": better}), planned=10 * N)

    assert episodes
    assert worst(episodes) is Severity.INFO


def test_a_policy_is_judged_by_its_target_alone() -> None:
    away = {"objective/kl": np.linspace(0.01, 20, N) * noise(1), "rollout/reward": np.linspace(0, 1, N)}

    assert not found(KlExplode(), rows(away), planned=10 * N)
    (episode,) = found(KlExplode(), rows(away), planned=10 * N, kl_target=6.0)
    assert 200 < episode.raised_row < 280
    assert episode.severity is Severity.WARNING
    assert not found(KlExplode(), rows(away), planned=10 * N, kl_target=12.0)


def act(l1: Floats, latent: Floats, total: Floats | None = None) -> dict[str, Floats]:
    return {
        "train/loss": l1 + 10 * latent if total is None else total,
        "train/l1_loss": l1,
        "train/kld_loss": latent,
    }


@pytest.mark.parametrize(
    ("share", "raised"), [(0.98, True), (0.93, False), (0.999999, False)], ids=["98 %", "93 %", "the other is dead"]
)
def test_component_dominates(share: float, raised: bool) -> None:
    l1 = settled()
    columns = act(l1, l1 * (1 - share) / share / 10 * noise(5, 0.02))
    episodes = found(ComponentDominates(), rows(columns), planned=10 * N, policy={"kl_weight": 10.0})

    assert bool(episodes) is raised
    assert worst(episodes) <= Severity.INFO


def test_a_share_is_named_with_its_term() -> None:
    l1 = settled()
    (episode,) = found(ComponentDominates(), rows(act(l1, 2 * l1)), planned=10 * N, kl_weight=10.0)

    assert episode.last.words.message.startswith("kld_loss（权重 10）占加权总 loss 的 95%")


def test_without_a_stated_weight_there_is_nothing_to_add_up() -> None:
    h = rows(act(settled(), kl() / 100))

    assert not applies(ComponentDominates(), h)
    assert not applies(LossDecompositionMismatch(), h)
    assert applies(LossDecompositionMismatch(), h, kl_weight=10.0)


def test_a_missing_term_or_another_weight_is_told() -> None:
    l1, latent = settled(), kl() / 100
    hidden = act(l1, latent, l1 + 10 * latent + 0.15)
    other = act(l1, 5 * latent)
    (a,) = found(LossDecompositionMismatch(), rows(hidden), planned=10 * N, kl_weight=10.0)
    (b,) = found(LossDecompositionMismatch(), rows(other), planned=10 * N, kl_weight=1.0)

    assert a.severity is b.severity is Severity.INFO
    assert a.last.words.evidence["off"] == pytest.approx(0.15 / 0.68, rel=0.1)


def window_means(x: Floats, last: int) -> Floats:
    """What LeRobot logs as total: the mean of the batches since the last record; `x` holds one value per batch."""
    return np.asarray(x.reshape(-1, last).mean(axis=1))


def lagging(x: Floats, memory: float) -> Floats:
    out = np.empty(len(x))
    level = 3 * x[0]
    for i, v in enumerate(x):
        level += (v - level) / memory
        out[i] = level
    return out


def test_a_mean_since_the_last_record_against_the_last_batch_is_no_mismatch() -> None:
    rng = np.random.default_rng(9)
    batches = falling(50 * N, rng, noise=0.4)
    latent = 0.01 * np.ones(N)
    columns = act(batches[49::50], latent, window_means(batches + 0.1, 50))

    assert not found(LossDecompositionMismatch(), rows(columns, every=50), planned=50 * N, kl_weight=10.0)


def test_a_total_that_lags_behind_a_falling_loss_is_no_mismatch() -> None:
    l1, latent = settled(), 0.001 * noise(3)
    columns = act(l1, latent, lagging(l1 + 10 * latent, 60.0))

    assert not found(LossDecompositionMismatch(), rows(columns), planned=10 * N, kl_weight=10.0)


def test_six_per_cent_are_within_what_logs_differ_by() -> None:
    l1, latent = settled(), kl() / 100
    columns = act(l1, latent, 1.06 * (l1 + 10 * latent))

    assert not found(LossDecompositionMismatch(), rows(columns), planned=10 * N, kl_weight=10.0)


def drifting(reward: Floats, **kl_of: float) -> list[Severity]:
    """What is said of a KL to the reference that grows steadily from 0.02, and of what that pays."""
    n, r = 240, np.random.default_rng(5)
    to = kl_of.get("to", 0.2)
    grown = np.exp(np.linspace(np.log(0.02), np.log(to), n) + 0.25 * r.standard_normal(n))
    paid = np.full(n, np.nan)
    paid[24::25] = reward[:9]
    columns = {"grpo_loss": 0.1 * r.standard_normal(n), "kl": grown, "acc": paid}
    return [e.severity for e in found(KlExplode(), rows(columns), planned=10_000)]


def test_a_policy_that_leaves_its_reference_for_nothing_is_a_note() -> None:
    at_random = np.array([0.56, 0.62, 0.71, 0.56, 0.45, 0.55, 0.49, 0.53, 0.55])

    assert drifting(at_random) == [Severity.INFO]
    assert not drifting(at_random, to=0.05)  # it has come to its place
    assert not drifting(np.linspace(0.4, 0.8, 9))  # it pays
    assert not drifting(np.full(9, np.nan))  # nobody knows what comes of it
