"""An agent that fits values alone logs one loss. It is that of a critic: it grows with what is earned, is 0 before it
learns, and runs away."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses import ALL
from analysis.diagnoses.critics import CriticRunaway
from analysis.facts import Facts
from analysis.model import Episode, Floats, Severity
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.episodes import scan
from analysis.scan.reading import Reading
from tests.analysis.scanning import found, rows, worst

N, SEEDS = 1_200, (0, 1, 2)
DONE = np.arange(N) / N
NAMES = (
    ("train/loss", "rollout/ep_rew_mean", "rollout/exploration_rate"),
    ("Avg_Loss", "Reward", "Epsilon"),
    ("loss", "return_mean", "epsilon"),
)


def noisy(level: Floats, share: float, seed: int) -> Floats:
    return np.asarray(level * np.exp(share * np.random.default_rng(seed).standard_normal(N)))


def columns(names: tuple[str, ...], loss: Floats, returns: Floats) -> dict[str, Floats]:
    return dict(zip(names, (loss, returns, np.maximum(0.05, 1 - 5 * DONE)), strict=True))


def grows(to: float, start: float, end: float, low: float) -> Floats:
    return np.asarray(np.exp(np.interp(DONE, [0, start, end, 1], np.log([low, low, to, to]))))


def told(columns: dict[str, Floats], *, planned: int | None = None) -> list[Episode]:
    causal = tuple(diagnosis for diagnosis in ALL if isinstance(diagnosis, CausalDiagnosis))
    return list(scan(Reading(rows(columns), Facts({}, planned)), causal).episodes)


def losses(episodes: list[Episode], loss: str) -> set[str]:
    return {e.id for e in episodes if loss in e.metrics and worst([e]) > Severity.INFO}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("scale", [0.01, 1.0, 300.0])
def test_it_runs_away_and_takes_the_return_with_it(names: tuple[str, ...], scale: float, seed: int) -> None:
    rose = np.interp(DONE, [0, 0.1, 0.3, 0.5, 1], [10, 20, 100, 12, 9])
    loss = noisy(grows(1e6, 0.3, 0.9, 0.5), 0.3, seed) * scale
    (episode,) = found(CriticRunaway(), rows(columns(names, loss, noisy(rose, 0.1, seed))))

    assert worst([episode]) is Severity.CRITICAL
    assert episode.metrics[0] == names[0]
    assert 0.25 < episode.onset_step / (10 * N) < 0.45
    assert "critic" not in episode.transitions[0].words.title, "it has none"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize(("low", "high"), [(0.0007, 0.0095), (0.5, 20.0), (10.0, 0.04)])
def test_while_the_buffer_fills_and_the_return_grows_nothing_is_wrong(
    names: tuple[str, ...], low: float, high: float, seed: int
) -> None:
    rose = np.interp(DONE, [0, 0.1, 1], [-78, -74, -60])
    loss = noisy(grows(high, 0.0, 0.3, low), 0.25, seed)

    assert not losses(told(columns(names, loss, rose + np.random.default_rng(seed).standard_normal(N))), names[0])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("names", [*NAMES, ("Loss", "Reward_Mean", "Length_Mean")])
@pytest.mark.parametrize("first", [30.0, 0.6, 0.01])
def test_exact_zeros_before_it_learns_are_no_errors(names: tuple[str, ...], first: float, seed: int) -> None:
    """A thousand records without an update of fifty thousand; then it comes down from what it begins with."""
    n = np.arange(N)
    loss = np.where(n < 400, 0.0, first * np.maximum(0.02, np.exp(-(n - 400) / 60)))
    loss = np.where((n > 400) & (n % 37 == 0), 0.0, noisy(loss, 0.3, seed))
    returns = noisy(np.interp(DONE, [0, 0.35, 1], [0.4, 0.4, 5]), 0.2, seed)

    for planned in (None, 10 * N):
        assert not losses(told(columns(names, loss, returns), planned=planned), names[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_nor_do_they_hide_that_it_runs_away(seed: int) -> None:
    loss = noisy(grows(1e6, 0.5, 0.9, 0.5), 0.3, seed) * (DONE >= 0.2)
    returns = noisy(np.interp(DONE, [0, 0.2, 0.4, 0.6, 1], [10, 10, 100, 12, 9]), 0.1, seed)

    assert worst(found(CriticRunaway(), rows(columns(NAMES[0], loss, returns)))) is Severity.CRITICAL


@pytest.mark.parametrize("seed", SEEDS)
def test_it_began_where_it_no_longer_grew_with_the_return(seed: int) -> None:
    """A return that grows a thousandfold, with its loss, and swings from then on."""
    swings = 4000 * np.where(np.sin(60 * np.pi * DONE) > 0, 1.0, 0.02)
    returns = noisy(np.where(DONE < 0.6, grows(4000, 0.2, 0.6, 0.2), swings), 0.1, seed)
    loss = noisy(np.where(DONE < 0.6, grows(3.0, 0.2, 0.6, 0.2), grows(400.0, 0.6, 0.8, 3.0)), 0.2, seed)
    episodes = found(CriticRunaway(), rows(columns(NAMES[0], loss, returns)))

    assert episodes
    assert all(e.onset_step / (10 * N) > 0.55 for e in episodes)
    for words in (t.words for e in episodes for t in e.transitions):
        now = words.evidence["return"]
        assert "掉到" not in words.message or (isinstance(now, float) and now < 2000), words.message
