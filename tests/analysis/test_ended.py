"""A run that has ended is its own plan: what waits for a part of it is told at its last row, and no sooner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Episode, Floats, Run, Severity
from tests.analysis.scanning import rows

RETURN = "rollout/ep_rew_mean"
ENDS, GOES_ON = "finished", "running"


def agent(x: Floats, state: str = "finished", **more: Floats) -> Run:
    return Run("r", "r", rows({RETURN: x, **more}, every=100), state, {"algo": "dqn"})


def told(run: Run, id_: str) -> list[Episode]:
    return [e for e in analyze(run).episodes if e.id == id_ and e.open and e.severity >= Severity.WARNING]


def flat(seed: int, n: int = 300, level: float = 110.0, scatter: float = 20.0) -> Floats:
    return level + scatter * np.random.default_rng(seed).standard_normal(n)


def humped(seed: int, n: int = 500, top: float = 300.0, end: float = 120.0) -> Floats:
    """Learns for two fifths, then loses most of it for good."""
    course = np.interp(np.arange(n) / n, [0, 0.4, 0.5, 0.7, 1], [20, top, top, end, end])
    return np.asarray(course + 0.1 * top * np.random.default_rng(seed).standard_normal(n))


@pytest.mark.parametrize("seed", range(4))
def test_a_return_that_never_rose_is_a_note_while_nobody_knows_how_early_it_is(seed: int) -> None:
    assert not told(agent(flat(seed), GOES_ON), "no-learning")

    (e,) = told(agent(flat(seed), ENDS), "no-learning")
    assert e.last.row == 299
    assert e.onset_row == 0


@pytest.mark.parametrize("state", ["killed", "crashed", "failed"])
def test_what_was_stopped_or_broke_off_was_meant_to_be_longer(state: str) -> None:
    assert not told(agent(flat(0), state), "no-learning")


def test_a_file_that_says_nothing_of_its_run_is_over_where_it_ends() -> None:
    assert told(agent(flat(0), "unknown"), "no-learning")


@pytest.mark.parametrize("seed", range(4))
def test_most_of_a_return_lost_for_good_is_told_at_the_end(seed: int) -> None:
    (e,) = told(agent(humped(seed), ENDS), "eval-regress")
    assert 200 <= e.onset_row <= 400


@pytest.mark.parametrize("seed", range(4))
def test_an_agent_that_ends_as_high_as_it_ever_was_is_calm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    climbs = np.interp(np.arange(500) / 500, [0, 0.5, 1], [20, 280, 300]) + 30 * rng.standard_normal(500)
    dips = climbs - np.where((np.arange(500) > 240) & (np.arange(500) < 280), 200, 0)

    for x in (climbs, dips):
        assert not [e for e in analyze(agent(x, ENDS)).episodes if e.open and e.severity >= Severity.WARNING]


def test_a_late_start_that_is_under_way_at_the_end_is_no_failure() -> None:
    x = np.concatenate([np.full(40, -84.0), np.linspace(-84, -60, 12)]) + 0.3 * np.random.default_rng(
        1
    ).standard_normal(52)

    assert not told(agent(x, ENDS), "no-learning")


def test_what_was_a_note_gets_worse_and_keeps_its_onset() -> None:
    before = [e for e in analyze(agent(flat(2), GOES_ON)).episodes if e.id == "no-learning"]
    (after,) = [e for e in analyze(agent(flat(2), ENDS)).episodes if e.id == "no-learning"]

    assert [e.severity for e in before] == [Severity.INFO]
    assert [t.kind for t in after.transitions] == ["raised", "worsened"]
    assert after.transitions[:1] == before[0].transitions[:1]


def test_the_card_of_one_that_goes_on_and_comes_to_an_end_later_differs_in_nothing_before_its_last_row() -> None:
    ended, going = analyze(agent(humped(0), ENDS)), analyze(agent(humped(0), GOES_ON))
    last = len(humped(0)) - 1

    def before(e: Episode) -> Episode | None:
        kept = tuple(t for t in e.transitions if t.row < last)
        return replace(e, transitions=kept) if kept else None

    assert [b for e in ended.episodes if (b := before(e))] == [b for e in going.episodes if (b := before(e))]


def test_the_next_stage_of_a_curriculum_is_another_measure() -> None:
    stage = np.repeat([1.0, 2.0, 3.0], 100)
    x = flat(0) - 30 * stage

    assert not told(agent(x, ENDS, curriculum_stage=stage), "no-learning")


def test_the_very_same_return_in_every_episode_is_critical_at_the_end() -> None:
    (e,) = told(agent(np.full(400, -10.0), ENDS), "no-learning")

    assert e.severity is Severity.CRITICAL
    assert told(agent(flat(1, n=80), ENDS), "no-learning")[0].severity is Severity.WARNING


@pytest.mark.parametrize("seed", range(3))
def test_what_is_nearly_back_at_the_end_is_as_grave_as_it_is_then(seed: int) -> None:
    course = np.interp(np.arange(4_000) / 4_000, [0, 0.6, 0.7, 0.75, 0.85, 1], [1, 11.5, 11.5, 8.5, 8.5, 10.4])
    x = course + 0.3 * np.random.default_rng(seed).standard_normal(4_000)

    assert not told(agent(x, ENDS), "eval-regress")


@pytest.mark.parametrize("seed", range(4))
def test_games_that_are_won_less_often_have_fallen_however_much_single_ones_differ(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wins = np.interp(np.arange(2_000) / 2_000, [0, 0.2, 0.5, 0.501, 1], [0.4, 0.9, 0.9, 0.35, 0.35])
    x = np.where(rng.random(2_000) < wins, rng.uniform(5, 15, 2_000), rng.uniform(-15, -5, 2_000))

    assert told(agent(x, ENDS), "eval-regress")
