"""A target that the trend does not reach, the ones it does, and where no trend may be drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.diagnoses.configure import configure, rules
from analysis.diagnoses.target import EtaTarget, binned, blocks, sparse
from analysis.facts import Facts
from analysis.model import Episode, Floats, History, Severity
from analysis.scan.episodes import scan
from analysis.scan.reading import Reading
from tests.analysis.curves import histories
from tests.analysis.scanning import applies, cosine, found, rows, worst

N, PLANNED = 200, 4000  # half of the plan is done
STEPS = np.arange(1, N + 1) * 10
LOSS, EV, SUCC, LR = "train/loss", "eval/loss", "eval/success_rate", "train/lr"
FLAT_LR = np.full(N, 1e-4)


def law(floor: float = 0.5, noise: float = 0.03, n: int = N, every: float = 10.0, seed: int = 1) -> Floats:
    s = np.arange(1, n + 1) * every
    return np.asarray((floor + 6 * (s + 50.0) ** -0.4) * np.exp(noise * np.random.default_rng(seed).standard_normal(n)))


END = 0.5 + 6 * (PLANNED + 50.0) ** -0.4  # 0.717, where the law stands in the end


def evals(x: Floats, every: int = 5) -> Floats:
    out = np.full(len(x), np.nan)
    out[every - 1 :: every] = x[every - 1 :: every]
    return out


def told(columns: dict[str, Floats], planned: int = PLANNED, **config: Any) -> list[Episode]:
    return found(EtaTarget(), rows({LR: FLAT_LR, **columns}), planned, **config)


rising = 0.7 - 0.6 * (STEPS / 400 + 1) ** -0.8  # a success rate that levels off at 0.7
SHORT: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "a loss": ({LOSS: law()}, {"target_loss": 0.6}),
    "a nested target": ({LOSS: law()}, {"train": {"goal": {"loss": 0.6}}}),
    "an eval loss": ({LOSS: law(), EV: evals(law(noise=0.01))}, {"target_eval_loss": 0.6}),
    "by the column's name": ({EV: evals(law(noise=0.01), 2)}, {"target": {"eval/loss": 0.6}}),
    "of the validation, one metric": ({EV: evals(law(noise=0.01), 2)}, {"validation_target_value": 0.6}),
    "a success rate": (
        {SUCC: evals(rising + 0.01 * np.random.default_rng(2).standard_normal(N), 2)},
        {"target_success_rate": 0.8},
    ),
    "a metric and a value": ({EV: evals(law(noise=0.01), 2)}, {"target_metric": "eval/loss", "target_value": 0.6}),
    "level since long": ({LOSS: 1.0 + 0.02 * np.random.default_rng(2).standard_normal(N)}, {"target_loss": 0.9}),
    "a constant schedule": ({LOSS: law()}, {"target_loss": 0.6, "lr_scheduler_type": "constant_with_warmup"}),
}


@pytest.mark.parametrize(("columns", "config"), SHORT.values(), ids=SHORT)
def test_a_target_out_of_reach_is_a_note(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    episodes = told(columns, **config)

    assert worst(episodes) is Severity.INFO
    words = episodes[-1].last.words
    low, high = words.evidence["low"], words.evidence["high"]
    assert low <= words.evidence["predicted"] <= high
    assert not low <= words.evidence["target"] <= high


s_curve = 0.9 / (1 + np.exp(-(STEPS - 2200) / 300))
REACHED: dict[str, tuple[dict[str, Floats], dict[str, Any]]] = {
    "a loss that gets there": ({LOSS: law()}, {"target_loss": 0.75}),
    "reached already": ({LOSS: law()}, {"target_loss": 0.95}),
    "a cosine is stated": ({LOSS: law()}, {"target_loss": 0.6, "lr_scheduler_type": "cosine"}),
    "stable, then down": ({LOSS: law()}, {"target_loss": 0.6, "scheduler": "wsd"}),
    "lr falls": ({LOSS: law(), LR: cosine(2 * N)[:N]}, {"target_loss": 0.6}),
    "louder than any interval": ({LOSS: law(noise=0.25)}, {"target_loss": 0.6}),
    "the foot of an S": (
        {SUCC: evals(s_curve + 0.01 * np.random.default_rng(2).standard_normal(N), 2)},
        {"target_success_rate": 0.8},
    ),
    "too few evals": ({EV: evals(law(noise=0.01), 15)}, {"target_eval_loss": 0.6}),
    "of the validation, two metrics": (
        {EV: evals(law(noise=0.01), 2), SUCC: evals(rising, 2)},
        {"validation_target_value": 0.6},
    ),
    "a target of another metric": (
        {LOSS: law()},
        {"target_eval_loss": 0.6, "target_kl": 0.01, "target_update_interval": 1},
    ),
}


@pytest.mark.parametrize(("columns", "config"), REACHED.values(), ids=REACHED)
def test_what_is_within_reach_or_cannot_be_known_is_not(columns: dict[str, Floats], config: dict[str, Any]) -> None:
    assert not told(columns, **config)


def test_it_applies_only_where_target_plan_and_lr_are_known() -> None:
    h = rows({LOSS: law(), LR: FLAT_LR})

    assert not applies(EtaTarget(), h, max_steps=PLANNED)
    assert not applies(EtaTarget(), h, target_loss=0.6)
    assert not applies(EtaTarget(), rows({LOSS: law()}), target_loss=0.6, max_steps=PLANNED)
    assert applies(EtaTarget(), h, target_loss=0.6, max_steps=PLANNED)


def test_a_target_may_be_set_with_the_thresholds_and_outranks_the_config() -> None:
    diagnoses = configure({"eta-target": {"loss": 0.6}})
    (mine,) = [d for d in diagnoses if d.id == "eta-target"]
    assert isinstance(mine, EtaTarget)
    (listed,) = [r for r in rules(diagnoses) if r["id"] == "eta-target"]

    assert listed["thresholds"]["loss"] == {"value": 0.6, "unit": "原单位", "from": "config"}
    assert found(mine, rows({LOSS: law(), LR: FLAT_LR}), PLANNED, target_loss=0.9)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Of 60 runs that reach exactly 0.717, the middle 80 % of what is predicted at half of the plan should hold it."""
    inside = 0
    for seed in range(60):
        y = law(noise=0.03, seed=seed)
        fit = EtaTarget()._fit(STEPS[80:].astype(np.float64), y[80:], float(PLANNED), seed)
        assert fit is not None
        inside += fit[2] <= END <= fit[3]

    assert 36 <= inside <= 60


def test_a_target_that_will_just_be_reached_is_seldom_called_out_of_reach() -> None:
    """Each of some twenty looks asks again, so more than the tenth of one look; one beyond the interval always is."""
    called = {END: 0, 0.62: 0}
    for target in called:
        for seed in range(20):
            h = rows({LOSS: law(n=390, seed=seed), LR: np.full(390, 1e-4)})
            called[target] += bool(found(EtaTarget(), h, PLANNED, target_loss=target))

    assert called[END] <= 7
    assert called[0.62] == 20


def test_it_clears_when_the_run_comes_within_reach() -> None:
    y = 1.0 + 0.01 * np.random.default_rng(4).standard_normal(N)
    y[160:] = 1.0 - 0.5 * (1 - np.exp(-np.arange(N - 160) / 10.0))
    (episode,) = told({LOSS: y}, target_loss=0.9)

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]


def test_what_was_said_of_a_prefix_is_said_of_the_whole() -> None:
    h = rows({LOSS: law(), LR: FLAT_LR})
    facts = Facts({"target_loss": 0.6}, PLANNED)
    whole = scan(Reading(h, facts), (EtaTarget(),)).episodes
    assert whole
    for n in range(60, N, 7):
        part: History = h.head(n)
        assert scan(Reading(part, facts), (EtaTarget(),)).episodes == tuple(
            e.upto(n) for e in whole if e.raised_row < n
        )


@given(histories(), st.sampled_from([1e-3, 1.0, 100.0]), st.data())
def test_the_same_on_nasty_histories(h: History, target: float, data: st.DataObject) -> None:
    """Resumes, late rows, zeros, negative values: asked early, so that it has something to say."""
    eager = (
        EtaTarget(
            loss=target,
            eval_loss=target,
            eval_score=target,
            min_points=20,
            min_evals=8,
            min_progress=0.0,
            max_noise=9.0,
        ),
    )
    facts = Facts({"scheduler": "constant"}, 3000)
    n = data.draw(st.integers(0, len(h)))
    whole = scan(Reading(h, facts), eager).episodes

    assert scan(Reading(h.head(n), facts), eager).episodes == tuple(e.upto(n) for e in whole if e.raised_row < n)


def test_blocks_are_drawn_from_the_residuals_and_the_same_again() -> None:
    rest = np.arange(40.0)
    drawn = blocks(rest, 50, 7)

    assert drawn.shape == (50, 40)
    assert set(np.unique(drawn)) <= set(rest.tolist())
    assert np.array_equal(drawn, blocks(rest, 50, 7))
    assert not np.array_equal(drawn, blocks(rest, 50, 8))


def test_ten_times_the_points_are_few_more_fits_and_none_is_longer() -> None:
    """The fits are 16 to 32 in every doubling, each over as many medians as before."""
    few, many = np.count_nonzero(sparse(20_000)), np.count_nonzero(sparse(200_000))
    steps = np.arange(200_000.0)
    medians = binned(steps, steps, EtaTarget().bins)[0]

    assert 3 * 16 <= many - few <= 4 * 32
    assert len(medians) <= EtaTarget().bins
