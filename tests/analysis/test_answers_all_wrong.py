"""A policy that answers, of which the script prints little: its loss, a KL, and how many of its answers were right."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.columns.family import Family
from analysis.diagnoses.answers import NoSpread
from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.post_training import PolicyCollapse
from analysis.model import Floats, Severity
from analysis.scan.reading import Reading
from tests.analysis.curves import history, run
from tests.analysis.scanning import found, rows, worst

N = 160
RNG = np.random.default_rng(5)
KL = 0.1 * np.abs(RNG.standard_normal(N)) + 0.05
FINE = 0.2 * RNG.standard_normal(N)


def zeros(share: float, loss: Floats = FINE) -> Floats:
    return np.where(np.random.default_rng(1).random(N) < share, -0.0, loss)


def test_a_loss_of_exactly_0_is_that_of_groups_without_spread() -> None:
    (episode,) = found(NoSpread(), rows({"grpo_loss": zeros(0.88), "kl": KL}))

    assert worst([episode]) is Severity.WARNING
    assert "组内 reward 无差异" in episode.last.words.title


@pytest.mark.parametrize(("share", "advice"), [(0.03, "判分"), (0.97, "更难的题"), (0.5, "全对还是全错")])
def test_what_to_do_about_them_goes_by_what_is_right(share: float, advice: str) -> None:
    (episode,) = found(NoSpread(), rows({"grpo_loss": zeros(0.88), "kl": KL, "acc": right(before=share, by=0.005)}))

    assert advice in episode.last.words.advice


@pytest.mark.parametrize(
    "loss",
    [zeros(0.4), zeros(0.9, np.round(FINE, 4)), zeros(0.9, 1e-4 * FINE), np.round(1e-4 * FINE, 4)],
    ids=["some of them", "rounded", "of a term of KL alone", "one update a batch"],
)
def test_a_loss_that_may_be_0_otherwise_says_nothing(loss: Floats) -> None:
    assert not found(NoSpread(), rows({"grpo_loss": loss, "kl": KL}))


def right(*last: float, before: float = 0.95, by: float = 0.02) -> Floats:
    """Of fifty answers each, every tenth record; NaN between."""
    shares = [*(before + by * RNG.standard_normal(N // 10 - len(last))), *last]
    return np.asarray([x for share in shares for x in [*[np.nan] * 9, share]])


def test_a_policy_that_answers_nearly_all_wrong_has_collapsed() -> None:
    (episode,) = found(PolicyCollapse(), rows({"grpo_loss": FINE, "kl": KL, "acc": right(0.57, 0.0)}))

    assert worst([episode]) is Severity.CRITICAL
    assert "几乎全答错" in episode.last.words.title


@pytest.mark.parametrize("last", [(0.9, 0.5), (0.95, 0.0), (0.6, 0.55)], ids=["half", "one short window", "worse"])
def test_a_bad_batch_is_no_collapse(last: tuple[float, float]) -> None:
    assert not found(PolicyCollapse(), rows({"grpo_loss": FINE, "kl": KL, "acc": right(*last)}))


def test_where_nearly_all_is_right_a_reward_has_nothing_to_gain() -> None:
    stands = {"grpo_loss": FINE, "kl": KL, "reward": 1.2 + 0.1 * RNG.standard_normal(N)}

    assert found(NoLearning(), rows(stands), planned=10 * N)
    assert found(NoLearning(), rows(stands | {"acc": right(before=0.4)}), planned=10 * N)
    assert not found(NoLearning(), rows(stands | {"acc": right()}), planned=10 * N)


def test_what_earns_and_weighs_what_it_does_is_an_agent() -> None:
    agent = {"Loss": FINE, "Rewards/Avg": FINE, "Advantages/Avg": FINE, "Returns/std": KL}

    reading = Reading.of(run(history(agent)))

    assert reading.family is Family.RL
    assert reading.roles.role("Returns/std") is None
