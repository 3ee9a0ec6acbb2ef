"""Evals that stopped, scatter, or were best long ago."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.eval_process import BestCheckpointOld, EvalStale, EvalUnderpowered
from analysis.model import Floats, Severity
from tests.analysis.scanning import applies, falling, found, rows, worst

N = 400
RNG = np.random.default_rng(21)


def at(records: list[int], values: Floats | None = None) -> Floats:
    out = np.full(N, np.nan)
    out[records] = 1 / (1 + np.arange(len(records))) + 0.5 if values is None else values
    return out


def trained() -> Floats:
    return falling(N, RNG)


def test_an_eval_that_no_longer_comes_is_told_after_three_intervals() -> None:
    (episode,) = found(EvalStale(), rows({"train/loss": trained(), "eval/loss": at(list(range(9, 210, 10)))}))

    assert episode.metrics == ("eval/loss", "train/loss")
    assert episode.onset_row == 209
    assert episode.raised_row == 240
    assert episode.severity is Severity.INFO
    assert episode.open


doubling = [2, 4, 8, 12, 20, 30, 44, 62, 86, 120, 168, 236, 330]
IN_TIME = {
    "to the end": {"eval/loss": at(list(range(9, N, 10)))},
    "one was left out": {"eval/loss": at([k for k in range(9, N, 10) if k != 199])},
    "intervals that grow by design": {"eval/loss": at(doubling)},
    "loss and score take turns": {
        "eval/loss": at(list(range(9, 210, 10))),
        "eval/success_rate": at(list(range(14, N, 10))),
    },
    "four evals only": {"eval/loss": at([9, 19, 29, 39])},
}


@pytest.mark.parametrize("evals", IN_TIME.values(), ids=IN_TIME)
def test_near_misses_of_a_stale_eval(evals: dict[str, Floats]) -> None:
    assert not found(EvalStale(), rows({"train/loss": trained(), **evals}))


def test_a_stale_eval_clears_with_the_next_one() -> None:
    (episode,) = found(
        EvalStale(), rows({"train/loss": trained(), "eval/loss": at([*range(9, 210, 10), *range(300, N, 10)])})
    )

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]
    assert episode.last.row == 300


def evals(curve: Floats, scatter: float) -> Floats:
    return at(list(range(3, N, 4)), curve * np.exp(scatter * RNG.standard_normal(len(curve))))


M = len(range(3, N, 4))
flat, steep = np.full(M, 0.5), 2 * np.exp(-np.arange(M) / 4.0) + 0.01


@pytest.mark.parametrize(
    ("curve", "scatter", "raised"),
    [(flat, 0.12, True), (flat, 0.02, False), (steep[:M], 0.01, False), (0.5 * 0.8 ** np.arange(M), 0.05, False)],
    ids=["loud and flat", "quiet and flat", "steep and quiet", "loud but falling faster"],
)
def test_eval_underpowered(curve: Floats, scatter: float, raised: bool) -> None:
    episodes = found(EvalUnderpowered(), rows({"eval/loss": evals(curve, scatter)}))

    assert bool(episodes) is raised
    assert worst(episodes) <= Severity.INFO


def test_how_much_more_is_computed_from_scatter_and_change() -> None:
    (episode, *_) = found(EvalUnderpowered(), rows({"eval/loss": evals(flat, 0.12)}), eval={"n_episodes": 20})
    said = episode.last.words.evidence

    assert said["times_more"] == np.ceil((said["noise"] / max(said["recent_change"], 0.02)) ** 2)
    assert said["noise"] == pytest.approx(0.12, rel=0.5)


def turned(best: int, rise: float) -> Floats:
    x = np.linspace(1.0, 0.5, best).tolist() + np.linspace(0.5, 0.5 + rise, M - best).tolist()
    return at(list(range(3, N, 4)), np.asarray(x))


@pytest.mark.parametrize(
    ("best", "rise", "raised"),
    [(40, 0.1, True), (85, 0.1, False), (40, 0.001, False), (M - 1, 0.0, False)],
    ids=["60 % ago", "15 % ago", "as good as now", "improving"],
)
def test_best_checkpoint_old(best: int, rise: float, raised: bool) -> None:
    episodes = found(BestCheckpointOld(), rows({"eval/loss": turned(best, rise)}), planned=10 * N)

    assert bool(episodes) is raised
    assert worst(episodes) <= Severity.INFO


def test_the_saved_step_nearest_the_best_is_named() -> None:
    (episode,) = found(BestCheckpointOld(), rows({"eval/loss": turned(40, 0.1)}), planned=10 * N, save_freq=500)

    assert episode.last.words.evidence["best_step"] == 1600
    assert "1500 步" in episode.last.words.advice


def test_a_best_checkpoint_that_was_rotated_away_is_a_warning() -> None:
    h = rows({"eval/loss": turned(40, 0.1)})
    rotated = found(BestCheckpointOld(), h, planned=10 * N, save_steps=200, save_total_limit=3)
    kept = found(
        BestCheckpointOld(), h, planned=10 * N, save_steps=200, save_total_limit=3, load_best_model_at_end=True
    )

    assert worst(rotated) is Severity.WARNING
    assert worst(kept) is Severity.INFO


def test_a_new_best_clears_it() -> None:
    x = turned(40, 0.1)
    x[-40:] = np.where(np.isnan(x[-40:]), np.nan, 0.3)
    (episode,) = found(BestCheckpointOld(), rows({"eval/loss": x}), planned=10 * N)

    assert not episode.open


def test_a_score_is_judged_upwards() -> None:
    score = at(list(range(3, N, 4)), 1 - turned(40, 0.1)[~np.isnan(turned(40, 0.1))])
    (episode,) = found(BestCheckpointOld(), rows({"eval/success_rate": score}), planned=10 * N)

    assert episode.onset_row == pytest.approx(3 + 4 * 41, abs=8)


def test_without_evals_none_of_these_applies() -> None:
    h = rows({"train/loss": trained()})

    assert not any(applies(d, h) for d in (EvalStale(), EvalUnderpowered(), BestCheckpointOld()))
