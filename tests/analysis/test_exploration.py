"""Policies that no longer explore, and the healthy run that almost looks like it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.arrays.gain import gain
from analysis.diagnoses.exploration import EntropyCollapse
from analysis.model import Episode, Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 400
x = np.arange(N) / N


def noise(seed: int, size: float = 1.0, rho: float = 0.0, n: int = N) -> Floats:
    """Normal noise of this size; neighbours correlate by `rho`, as those of a running mean do."""
    z = np.random.default_rng(seed).standard_normal(n)
    for i in range(1, n):
        z[i] = rho * z[i - 1] + np.sqrt(1 - rho**2) * z[i]
    return np.asarray(size * z)


gone = (0.03 + 0.45 * np.exp(-x * 30)) * np.exp(noise(1, 0.1))  # as in GRPO: below a tenth after a tenth of the run
learnt = 0.2 + 0.5 * (1 - np.exp(-5 * x)) + noise(2, 0.05)


def collapse(reward: Floats | None, entropy: Floats = gone, **config: Any) -> list[Episode]:
    columns = {"train/entropy": entropy} | ({} if reward is None else {"train/reward": reward})
    return found(EntropyCollapse(), rows(columns), planned=10 * N, **config)


def test_entropy_that_goes_while_the_reward_rises_is_a_note() -> None:
    (episode,) = collapse(learnt)

    assert episode.severity is Severity.INFO
    assert episode.raised_row < 0.2 * N
    assert "ent_coef" not in episode.last.words.advice


@pytest.mark.parametrize(
    "reward",
    [
        0.3 + noise(3, 0.05),
        0.3 + noise(4, 0.05, rho=0.9),
        0.5 - 0.4 * x + noise(5, 0.05),
        np.full(N, 0.3),
        None,
    ],
    ids=["stands", "stands, a running mean", "falls from the start", "constant", "not logged"],
)
def test_entropy_that_goes_for_nothing_is_a_warning(reward: Floats | None) -> None:
    (episode,) = collapse(reward)

    assert episode.transitions[0].severity is Severity.WARNING


def test_a_reward_that_is_lost_again_makes_the_note_a_warning() -> None:
    fall = np.clip((np.arange(N) - 250) / 30, 0, 1)
    (episode,) = collapse(learnt * (1 - 0.9 * fall))

    assert [(t.kind, t.severity) for t in episode.transitions] == [
        ("raised", Severity.INFO),
        ("worsened", Severity.WARNING),
    ]
    assert 250 < episode.transitions[1].row < 290


@pytest.mark.parametrize("dip", [0.06, 0.12])
def test_a_reward_that_dips_and_comes_back_does_not(dip: float) -> None:
    hole = np.exp(-(((np.arange(N) - 250) / 20) ** 2))

    assert worst(collapse(learnt - dip * hole)) is Severity.INFO


def test_few_evaluations_are_not_yet_a_return_that_stands_still() -> None:
    few = np.full(N, np.nan)
    few[::50] = 0.3  # eight of them
    enough = np.full(N, np.nan)
    enough[::20] = 0.3 + noise(6, 0.02)[::20]

    assert worst(collapse(few)) is Severity.INFO
    assert worst(collapse(enough)) is Severity.WARNING


def test_a_bonus_is_advised_only_where_there_is_one() -> None:
    def advice(**config: Any) -> str:
        (episode,) = collapse(0.3 + noise(3, 0.05), **config)
        return episode.last.words.advice

    assert "ent_coef 0.01→0.03" in advice(ent_coef=0.01)
    assert all("ent_coef" not in advice(ent_coef=c) for c in (0, 0.0, "auto", None))


def flaring(floor: float, sigma: float) -> Floats:
    """Gone by a third, and from then on of any size between nothing and a fifth of what there was."""
    fall = np.interp(np.arange(N), [0, N // 10, N // 3], np.log([0.6, 0.5, floor]))
    return np.asarray(np.minimum(np.exp(fall + sigma * noise(11, 1.0)), 0.69))


def test_entropy_that_flares_up_among_its_lows_has_not_recovered() -> None:
    (episode,) = collapse(0.3 + noise(3, 0.05), entropy=flaring(0.01, 1.6))

    assert episode.open
    half = np.where(x < 0.6, flaring(0.01, 0.3), 0.5)  # explores again
    assert not collapse(0.3 + noise(3, 0.05), entropy=half)[-1].open


def test_entropy_that_scatters_by_its_own_size_is_not_told_by_three_low_records() -> None:
    assert not collapse(0.3 + noise(3, 0.05), entropy=0.25 * np.exp(1.2 * noise(12, 1.0)))


def test_entropy_of_a_continuous_policy_has_no_share() -> None:
    assert not collapse(0.3 + noise(3, 0.05), entropy=-2.0 - 6 * x + noise(7, 0.05))
    (episode,) = collapse(0.3 + noise(3, 0.05), entropy=2.0 - 6 * x)

    assert episode.last.kind == "raised"  # it has not come up again by going below 0


# gain


@pytest.mark.parametrize(
    ("values", "risen", "lost"),
    [
        (x + noise(1, 0.1), True, False),
        (-x + noise(1, 0.1), False, True),
        (noise(1, 0.1), False, False),
        (np.where(x < 0.7, x, 0.1) + noise(1, 0.03), False, True),
        (np.where(x < 0.7, x, 0.55) + noise(1, 0.03), True, False),
    ],
    ids=["rises", "falls", "stands", "lost", "a fifth of it lost"],
)
def test_gain(values: Floats, risen: bool, lost: bool) -> None:
    of = gain(values)

    assert (bool(of.risen[-1]), bool(of.lost[-1])) == (risen, lost)


def test_gain_looks_back_only() -> None:
    values = np.where(x < 0.5, x, 1 - x) + noise(8, 0.05)
    whole = gain(values)
    for n in (0, 1, 9, 10, 11, 39, 40, 41, 42, 150, 399):
        part = gain(values[:n])
        for name in ("start", "now", "risen", "lost"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[:n], equal_nan=name in {"start", "now"})


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_what_wanders_about_its_start_is_seldom_taken_for_progress(rho: float) -> None:
    taken = [gain(noise(seed, rho=rho)).risen[-1] for seed in range(200)]

    assert np.mean(taken) < 0.05


def at_once(reward: Floats, entropy: Floats) -> list[Episode]:
    return found(EntropyCollapse(), rows({"reward": reward, "entropy": entropy}, every=1), algo="a2c")


JAMMED = np.concatenate([[0.69, 0.3], np.full(28, 0.12)]) + noise(31, 0.01, n=30)
WORSE = np.concatenate([[-780.0], np.full(29, -2700.0)]) + noise(32, 90, n=30)


def test_entropy_that_is_gone_after_a_few_updates_with_the_return_is_told_at_once() -> None:
    (episode,) = at_once(WORSE, JAMMED)

    assert (episode.onset_row, worst([episode])) == (0, Severity.WARNING)
    assert episode.raised_row < 20


@pytest.mark.parametrize(
    ("reward", "entropy"),
    [
        (-WORSE, JAMMED),  # it is paid more
        (np.full(30, -780.0) + noise(33, 200, n=30), JAMMED),  # no worse than it began
        (WORSE, np.full(30, 0.66)),  # it still tries everything
    ],
    ids=["more", "as much", "explores"],
)
def test_one_of_the_two_alone_is_not(reward: Floats, entropy: Floats) -> None:
    assert worst(at_once(reward, entropy)) < Severity.WARNING
