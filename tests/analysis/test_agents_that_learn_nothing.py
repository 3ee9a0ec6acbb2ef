"""Agents whose curves look calm while nothing is learnt: evaluations that never follow, actions that stay alike, values
that no return bears out; and the healthy runs that look almost like them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.diagnoses.critics import CriticRunaway
from analysis.diagnoses.eval_scores import EvalRegress
from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.loss import NanInf
from analysis.diagnoses.policies import PpoKlBlowup, ValueNotLearning
from analysis.diagnoses.train_vs_eval import GenGap
from analysis.facts import Facts
from analysis.model import Episode, Floats, Severity
from analysis.scan.episodes import scan
from analysis.scan.reading import Reading
from tests.analysis.scanning import found, rows, worst

N = 120
t = np.arange(N) / N
ROLLOUTS, EVALS, VARIANCE, ENTROPY = "rollout/ep_rew_mean", "eval/mean_reward", "train/explained_variance", "entropy"


def noise(sigma: float, seed: int = 0, n: int = N) -> Floats:
    return np.asarray(sigma * np.random.default_rng(seed).standard_normal(n))


def few(x: Floats) -> Floats:
    """Logged with every so manieth row, the last one among them."""
    out = np.full(N, np.nan)
    every = N // len(x)
    out[every - 1 :: every] = x
    return out


# Fewer evaluations than make a level

RISES = -170 + 2_000 * (1 - np.exp(-5 * t)) + noise(5)


def gaps(evals: list[float], train: Floats = RISES) -> list[Episode]:
    columns = {ROLLOUTS: train, EVALS: few(np.array(evals, dtype=np.float64))}
    return [e for e in found(GenGap(), rows(columns), 10 * N, algo="SAC") if e.open]


@pytest.mark.parametrize(
    "evals",
    [
        [-250, -120, -90, -180, -260, -240, -210, -290],  # without the statistics of its observations
        [-160, -150, -171, -166, -158, -163],  # of another environment
        [12, 8, 15, 9, 11, 14, 10, 13],
    ],
)
def test_a_few_evaluations_of_which_not_one_comes_near(evals: list[float]) -> None:
    (e,) = gaps(evals)

    assert e.last.words.evidence["carried_over"] < 0.3


def test_next_to_nothing_that_gets_no_better_is_a_warning() -> None:
    assert gaps([-250, -120, -90, -180, -260, -240, -210, -290])[0].severity is Severity.WARNING
    assert gaps([-260, -240, -210, -190, -150, -120, -60, 20])[0].severity is Severity.INFO  # it still climbs


@pytest.mark.parametrize(
    "evals",
    [
        [300, 900, 1_300, 1_500, 1_650, 1_700, 1_790, 1_800],
        [-150, -120, 200, 900, 1_400, 1_700, 1_750, 1_810],  # later, and all of it
        [1_500, 300, 1_700, 500, 1_650, 900],  # of an episode each
        [-250, -120, -90, -180],  # four: too few to say so
    ],
)
def test_a_few_evaluations_that_follow_are_no_gap(evals: list[float]) -> None:
    assert not gaps(evals)


def test_a_few_evaluations_have_nothing_to_follow_where_training_gains_nothing() -> None:
    assert not gaps([-250, -120, -90, -180, -260, -240, -210, -290], -170 + noise(5))


# A value function that knows nothing, without a plan


def explained(x: Floats, returns: Floats | None = None) -> list[Episode]:
    returns = noise(0.1, 1) if returns is None else returns
    return found(ValueNotLearning(), rows({ROLLOUTS: returns, VARIANCE: x}))


def test_what_has_explained_nothing_so_far_is_a_note_before_it_is_a_warning() -> None:
    (e,) = explained(noise(0.03))

    assert [x.severity for x in e.transitions] == [Severity.INFO, Severity.WARNING]
    assert e.onset_row < 5


def test_as_long_as_the_return_rises_without_it_it_stays_one() -> None:
    (e,) = explained(noise(0.03), t + noise(0.03, 1))
    assert [x.severity for x in e.transitions] == [Severity.INFO]

    (e,) = explained(noise(0.03), 2 * np.minimum(t, 0.9 - t) + noise(0.03, 1))
    assert e.severity is Severity.WARNING, "it has fallen"


def test_what_explained_something_at_first_is_no_note() -> None:
    x = np.where(np.arange(N) < 30, 0.6, 0.0) + noise(0.02)

    assert all(e.transitions[0].severity is Severity.WARNING for e in explained(x))


def test_a_value_function_that_takes_thirty_records_is_none() -> None:
    assert not explained(np.minimum(0.9, 0.02 * np.maximum(np.arange(N) - 30, 0)) + noise(0.03))


def critic(variance: Floats, error: Floats) -> list[Episode]:
    return found(
        ValueNotLearning(), rows({ROLLOUTS: -1_780 + noise(20, n=15), VARIANCE: variance, "train/value_loss": error})
    )


TINY, FALLS = 1e-6 * np.exp(noise(1, n=15)), np.exp(-np.arange(15) / 4)


def test_returns_that_nobody_scaled_are_told_by_a_dozen_records() -> None:
    (e,) = critic(TINY, 4.3e5 * np.exp(noise(0.05, n=15)))

    assert (e.raised_row, e.onset_row, e.severity) == (9, 0, Severity.WARNING)


@pytest.mark.parametrize(
    ("variance", "error"),
    [
        (TINY, 5e3 * np.exp(noise(0.1, n=15))),  # as Pendulum begins
        (TINY, 4.3e5 * FALLS),  # it comes down
        (0.3 * (1 - FALLS), 4.3e5 * np.exp(noise(0.05, n=15))),  # it explains something
    ],
)
def test_a_dozen_records_of_a_critic_that_learns_are_none(variance: Floats, error: Floats) -> None:
    assert not critic(variance, error)


# Losses of exactly 0


def losses(columns: dict[str, Floats], n: int, planned: int | None = None, **config: Any) -> list[Episode]:
    told = found(
        NoLearning(), rows({"Train/mean_reward": noise(1, 5, n), **columns}), planned, **({"algo": "ppo"} | config)
    )
    return [e for e in told if len(e.metrics) > 1]


NAMES = [
    ("Loss/value_function", "Loss/surrogate"),
    ("losses/policy_loss", "losses/value_loss"),
    ("actor_loss", "critic_loss"),
]


@pytest.mark.parametrize("names", NAMES)
def test_an_agent_all_of_whose_losses_are_nothing_makes_no_update(names: tuple[str, str]) -> None:
    nothing = dict.fromkeys(names, np.zeros(600))

    (e,) = losses(nothing, 600)
    assert (e.severity, e.raised_row, e.onset_row) == (Severity.WARNING, 499, 0)
    assert losses(nothing, 600, 8_000)[0].raised_row == 99, "a tenth of the plan is over"


@pytest.mark.parametrize("names", NAMES)
def test_one_that_is_not_or_a_buffer_that_is_filled_first_says_otherwise(names: tuple[str, str]) -> None:
    nothing, some = np.zeros(600), 0.01 * np.abs(noise(1, 6, 600))
    later = np.where(np.arange(600) < 300, 0.0, some)

    assert not losses({names[0]: nothing, names[1]: some}, 600)  # values of nothing, or one pass over a batch
    assert not losses(dict.fromkeys(names, later), 600)
    assert not losses({names[0]: nothing}, 600)


# A critic whose values do not go with what is earned


def correlated(x: Floats, returns: Floats, key: str = "q_correlation", **config: Any) -> list[Episode]:
    columns = {"eval/return": returns, "critic_loss": 4 / (1 + t) + noise(0.05, 3), key: x}
    return found(ValueNotLearning(), rows(columns), 10 * N, **({"algo": "SAC"} | config))


@pytest.mark.parametrize(
    "key", ["q_correlation", "critic/q_return_corr", "diagnostics/value_spearman", "Q_vs_MC_pearson", "train/vf_corr"]
)
@pytest.mark.parametrize("level", [-0.3, 0.0])
def test_values_that_do_not_go_with_the_returns(level: float, key: str) -> None:
    (e,) = correlated(level * np.minimum(1, 5 * t) + noise(0.07, 1), -0.8 + 0.1 * t + noise(0.1, 2), key)

    assert e.severity is Severity.WARNING
    assert e.open


def test_without_a_plan_values_that_go_the_other_way_are_told_sooner() -> None:
    def after(level: float) -> int:
        x = level + noise(0.07, 1)
        (e,) = found(
            ValueNotLearning(),
            rows({"eval/return": noise(0.1, 2), "critic_loss": 2 - t, "q_correlation": x}),
            algo="SAC",
        )
        return e.raised_row

    assert after(-0.3) < 60 < after(0.0)


def test_values_that_do_are_none_nor_those_of_an_agent_that_has_learnt() -> None:
    flat, climbs = noise(0.1, 2), 100 * np.minimum(1, 4 * t) + noise(2, 2)

    assert not correlated(0.6 * np.minimum(1, 5 * t) + noise(0.07, 1), flat)
    assert not correlated(noise(0.07, 1), climbs), "all returns are alike at a ceiling"
    assert not correlated(noise(0.07, 1), flat, "q1_q2_correlation")
    assert not correlated(noise(0.07, 1), flat, "eval/spearman")


# Actions that stay alike


def uniform(x: Floats, **config: Any) -> list[Episode]:
    return found(NoLearning(), rows({"episode_reward": np.zeros(N), ENTROPY: x}), algo="a2c", **config)


@pytest.mark.parametrize("actions", [2, 4, 7, 18])
def test_an_entropy_that_never_leaves_its_most(actions: int) -> None:
    told = [e for e in uniform(np.log(actions) * (1 - np.abs(noise(1e-4)))) if e.metrics[0] == ENTROPY]

    assert [e.last.words.evidence["actions"] for e in told] == [actions]
    assert worst(told) is Severity.INFO


@pytest.mark.parametrize(
    "entropy",
    [
        np.log(7) * np.exp(-2 * t),
        np.log(7) * (1 - 0.02 * t),  # slowly
        np.where(t < 0.2, np.log(4), np.log(4) - 0.5 * (t - 0.2)),  # after a while
        np.full(N, 2.31),  # of no number of actions
        1.42 * 3 + noise(0.01),  # of a Gaussian
    ],
)
def test_an_entropy_that_leaves_it_or_never_was_there_is_none(entropy: Floats) -> None:
    assert not [e for e in uniform(entropy) if e.metrics[0] == ENTROPY]


# Values that no return bears out


def believed(values: Floats, returns: Floats, critic: Floats | None = None, **more: Floats) -> list[Episode]:
    critic = np.full(N, 1e3) if critic is None else critic
    columns = {ROLLOUTS: returns, "train/actor_loss": -values, "train/critic_loss": critic} | more
    return found(CriticRunaway(), rows(columns), 10 * N, algo="DDPG")


BAD = -7_000 + noise(200, 3)
AWAY = 9e4 * (1 - np.exp(-np.arange(N) / 4)) + 1


@pytest.mark.parametrize("returns", [BAD, BAD / 10 - 300, np.full(N, -200.0)])
def test_good_values_where_every_return_was_bad(returns: Floats) -> None:
    (e,) = believed(AWAY, returns)

    assert e.severity is Severity.WARNING
    assert e.raised_row < 20


def test_values_beyond_any_return_are_told_where_returns_do_not_rise() -> None:
    assert believed(-AWAY, BAD)
    assert not believed(-0.5 * AWAY, BAD)  # large, and not impossible


def test_values_that_grow_with_the_returns_or_are_no_values_are_none() -> None:
    climbs = 3_000 * (1 - np.exp(-3 * t)) + noise(30)
    assert not believed(np.maximum(climbs / 10, 1), climbs)
    assert not believed(np.minimum(40 * np.arange(N) / 20, 40.0) + 0.1, -50 + noise(1))  # the bonus of a goal
    assert not believed(noise(0.01), np.full(N, -0.005))  # a surrogate
    assert not believed(AWAY, BAD, **{"train/ent_coef": np.full(N, 0.2)})  # a soft actor is paid for its entropy


@pytest.mark.parametrize("beside", ["adv_weight", "train/advantage_mean", "cql_loss", "train/bc_loss"])
def test_the_loss_of_an_actor_that_imitates_is_no_value(beside: str) -> None:
    """The cross entropy of its actions, weighted by what each is worth."""
    likelihood, returns = 3.5 + 6 * np.exp(-np.arange(N) / 30) + noise(0.1), 0.012 + noise(0.003)

    assert not believed(-likelihood, returns, np.full(N, 2.0), **{beside: np.full(N, 0.75)})


# Neither a KL nor an entropy


def reported(kl: int, entropy: int) -> Severity:
    """NaN in so many records, the last ones."""
    columns = {"approx_kl": 0.01 + noise(0.001), ENTROPY: 2 - t, ROLLOUTS: t}
    history = rows(columns)
    for key, n in (("approx_kl", kl), (ENTROPY, entropy)):
        history.columns[key].values[N - n :] = np.nan
    return worst(found(NanInf(), history, algo="ppo"))


def test_a_policy_that_is_none_is_no_mean_over_nothing() -> None:
    assert reported(2, 2) is Severity.WARNING
    assert reported(3, 0) is Severity.INFO
    assert reported(0, 3) is Severity.INFO
    assert reported(1, 1) is Severity.INFO
    assert reported(0, 4) is Severity.WARNING


# Learnt weights that have gained nothing by half of the plan


def rewarded(reward: Floats) -> list[Episode]:
    return found(
        NoLearning(), rows({"reward": reward, "kl_ref": noise(1e-3, 2)}), 10 * N, algo="grpo", num_generations=8
    )


@pytest.mark.parametrize("sigma", [0.05, 0.3, 0.6])
def test_the_reward_of_answers_that_stands_is_noted_halfway(sigma: float) -> None:
    (e,) = rewarded(-1.8 + noise(sigma))

    assert e.severity is Severity.INFO
    assert N / 2 < e.raised_row < 0.6 * N


def test_one_that_rises_slowly_is_not() -> None:
    assert not rewarded(-1.8 + 0.6 * t + noise(0.2))


def test_an_agent_that_began_from_nothing_may_find_its_first_reward_late() -> None:
    assert not found(NoLearning(), rows({ROLLOUTS: np.maximum(0, t - 0.55) + noise(0.05)}), 10 * N, algo="ppo")


# One update that undoes many


def undone(reward: Floats, kl: float = 0.43, at: int = 80, **config: Any) -> list[Episode]:
    updates = 0.008 * np.exp(noise(0.4, 5))
    updates[at] = kl
    columns = {ROLLOUTS: reward, "train/approx_kl": updates}
    return found(PpoKlBlowup(), rows(columns), 10 * N, algo="PPO", **config)


SOLVED = -20 + 8 * (1 - np.exp(-8 * t)) + noise(0.05, 6)
BACK = np.where(np.arange(N) >= 80, -5 * np.exp(-(np.arange(N) - 80.0) / 3), 0.0)


@pytest.mark.parametrize("later", [0, 1, 2])
def test_one_update_that_costs_most_of_a_return_is_told_at_once_and_over_when_it_is_back(later: int) -> None:
    (e,) = undone(SOLVED + np.roll(BACK, later))

    assert (e.onset_row, e.raised_row) == (80, 80 + later)
    assert not e.open


def test_it_stays_open_while_the_return_is_gone() -> None:
    (e,) = undone(SOLVED - 6 * (np.arange(N) >= 80))

    assert e.open


def test_one_that_costs_nothing_or_little_is_none() -> None:
    assert not undone(SOLVED)
    assert not undone(SOLVED + 0.3 * BACK)
    assert not undone(SOLVED + BACK, kl=0.05)  # no larger than others are now and then
    assert not undone(SOLVED + np.roll(BACK, 10))  # later, so of something else
    assert not undone(-20 + noise(2, 7) + 0.4 * BACK)  # within what single records scatter by
    assert not undone(SOLVED + BACK, target_kl=0.1)  # as large as it is meant to be


# A return that is on its way back


def test_a_return_that_is_as_good_as_ever_is_not_said_to_have_fallen() -> None:
    returns = np.concatenate([np.linspace(0, 100, 200), np.full(200, 40.0), np.full(40, 99.0)]) + noise(2, 8, 440)
    result = scan(Reading(rows({ROLLOUTS: returns}), Facts({"algo": "ppo"}, 4_700)), (EvalRegress(),))
    back = scan(Reading(rows({ROLLOUTS: returns[:400]}), Facts({"algo": "ppo"}, 4_700)), (EvalRegress(),))

    assert ["正在恢复" in w.title for w in result.now.values()] == [True]
    assert ["回退" in w.title for w in back.now.values()] == [True]


def test_updates_that_were_too_large_are_told_by_how_large_they_were() -> None:
    updates = 0.008 * np.exp(noise(0.2, 9))
    updates[80:] = 0.09
    updates[-8:] = 0.0
    columns = {ROLLOUTS: -20 + noise(0.3, 7), "train/approx_kl": updates}
    result = scan(Reading(rows(columns), Facts({"algo": "ppo"}, 10 * N)), (PpoKlBlowup(),))
    (words,) = result.now.values()

    assert words.title == "策略更新曾过大"
    assert "曾到 0.09，" in words.message and words.message.endswith("现 0")


@pytest.mark.parametrize(
    ("returns", "kl", "severity"),
    [
        (SOLVED, 0.06, Severity.INFO),  # four times the usual target, and it learns as it should
        (SOLVED, 0.6, Severity.WARNING),  # forty times
        (-20 + noise(0.3, 7), 0.06, Severity.WARNING),  # nothing is learnt
        (SOLVED - 6 * (np.arange(N) >= 80), 0.06, Severity.WARNING),  # and lost again
    ],
)
def test_large_updates_are_a_note_while_the_return_thrives(returns: Floats, kl: float, severity: Severity) -> None:
    updates = kl * np.exp(noise(0.2, 9))
    (e,) = found(PpoKlBlowup(), rows({ROLLOUTS: returns, "train/approx_kl": updates}), 10 * N, algo="PPO")

    assert e.severity == severity


def test_a_target_that_is_stated_is_meant() -> None:
    updates = 0.06 * np.exp(noise(0.2, 9))
    columns = rows({ROLLOUTS: SOLVED, "train/approx_kl": updates})
    (e,) = found(PpoKlBlowup(), columns, 10 * N, algo="PPO", target_kl=0.01)

    assert e.severity == Severity.WARNING
