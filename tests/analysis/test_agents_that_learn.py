"""What looks broken beside an agent's return, and is not while the return says otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Floats, Run, Severity
from tests.analysis.scanning import rows

SEEDS = range(3)


def told(columns: dict[str, Floats], id_: str, state: str = "finished") -> Severity:
    """How gravely it stands at the end; not at all is OK."""
    run = Run("r", "r", rows(columns, every=2048), state, {"algo": "ppo"})
    return max((e.severity for e in analyze(run).episodes if e.id == id_ and e.open), default=Severity.OK)


def course(*ys: float, n: int = 160, seed: int = 0, scatter: float = 0.04) -> Floats:
    """A return that goes from one level to the next, in equal parts; it scatters by a share of its highest."""
    along = np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(ys)), ys)
    return np.asarray(along + scatter * max(map(abs, ys)) * np.random.default_rng(seed).standard_normal(n))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("returns", "severity"),
    [((0.3, 0.9, 2.5), Severity.INFO), ((0.3, 2.4, 2.5, 2.5), Severity.WARNING), ((0.3, 0.3), Severity.WARNING)],
    ids=["rises all along", "stopped rising", "never rose"],
)
def test_a_value_function_that_explains_nothing_is_a_note_while_the_return_still_rises(
    returns: tuple[float, ...], severity: Severity, seed: int
) -> None:
    columns = {
        "rollout/ep_rew_mean": course(*returns, seed=seed),
        "train/explained_variance": 0.03 * np.random.default_rng(seed + 10).standard_normal(160),
    }
    assert told(columns, "value-not-learning") is severity


def decisive(seed: int = 0, n: int = 600) -> Floats:
    """Entropy of a policy that has made up its mind after a tenth of the run."""
    entropy = np.interp(np.arange(n) / n, [0, 0.1, 1], [0.68, 0.05, 0.05])
    return np.asarray(entropy * np.exp(0.05 * np.random.default_rng(seed + 20).standard_normal(n)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("returns", "severity"),
    [
        ((-8, 12, 30, 45, 10, 50, 60, 20, 60), Severity.OK),  # lost and won back, and so again
        ((-8, 12, 30, 45, 45, 5, 5, 5, 5), Severity.WARNING),
        ((-8, -8), Severity.WARNING),
    ],
    ids=["comes back", "is lost", "never rose"],
)
def test_a_policy_that_wins_back_what_it_lost_explores_enough(
    returns: tuple[float, ...], severity: Severity, seed: int
) -> None:
    columns = {
        "rollout/ep_rew_mean": course(*returns, n=600, seed=seed, scatter=0.02),
        "train/entropy_loss": -decisive(seed),
    }
    assert told(columns, "entropy-collapse") is severity


LEARNT = (1.2, 1.5, 2.8, 2.9)  # of a reward


def game(points: Floats, reward: Floats, name: str = "Avg_Final_Score_100") -> dict[str, Floats]:
    return {"Avg_Reward_100": reward, name: points}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("points", "reward", "severity"),
    [
        ((42, 42.5, 43, 42), LEARNT, Severity.CRITICAL),
        ((-900, -890, -880, -900), LEARNT, Severity.CRITICAL),
        ((42, 45, 70, 75), LEARNT, Severity.OK),  # they rise together
        ((42, 60, 60, 42), LEARNT, Severity.OK),  # it had learnt, and lost it again: that is another finding
        ((42, 42.5, 43, 42), (1.2, 1.2, 1.25, 1.2), Severity.OK),
    ],
)
def test_points_that_stand_while_the_reward_rises_are_told_at_the_end(
    points: tuple[float, ...], reward: tuple[float, ...], severity: Severity, seed: int
) -> None:
    columns = game(course(*points, n=400, seed=seed), course(*reward, n=400, seed=seed + 5))

    assert told(columns, "no-learning") >= severity
    assert severity or told(columns, "no-learning") < Severity.WARNING
    assert not severity or told(columns, "no-learning", "running") < Severity.WARNING


def test_points_at_their_ceiling_are_no_fault() -> None:
    full = np.minimum(course(21, 21, n=400, scatter=0.2), 21)

    assert told(game(full, course(*LEARNT, n=400)), "no-learning") < Severity.WARNING


@pytest.mark.parametrize("name", ["best_score", "Discriminator_Score", "f1_score", "score_loss"])
def test_other_scores_are_no_points(name: str) -> None:
    assert told(game(course(42, 42, n=400), course(*LEARNT, n=400), name), "no-learning") < Severity.WARNING


def losses(*missing: slice, **more: Floats) -> dict[str, Floats]:
    """Of an agent whose losses are no numbers at these records. Tracked as NaN: a cell that is absent is none."""
    loss = course(0.5, 0.2, n=60, scatter=0.05)
    for part in missing:
        loss[part] = np.inf
    return {"total_reward": course(-80, -60, n=60), "actor_loss": loss, "critic_loss": loss**2} | more


@pytest.mark.parametrize(
    ("columns", "severity"),
    [
        (losses(slice(0, 8)), Severity.INFO),  # nothing to learn from yet
        (losses(slice(0, 60)), Severity.CRITICAL),  # for ever
        (losses(slice(30, 60)), Severity.CRITICAL),  # it had been one
        (losses(slice(0, 8), slice(20, 60)), Severity.CRITICAL),
        (losses(slice(0, 8), **{"train/approx_kl": course(0.01, 0.01, n=60)}), Severity.CRITICAL),  # of no buffer
    ],
    ids=["at first", "always", "later", "at first and later", "on policy"],
)
def test_losses_that_are_none_while_a_buffer_fills(columns: dict[str, Floats], severity: Severity) -> None:
    run = Run("r", "r", rows(columns, every=1), "finished", {"algo": "ddpg"})
    found = [e for e in analyze(run).episodes if e.id == "nan-inf"]

    assert max((e.severity for e in found), default=Severity.OK) is severity
