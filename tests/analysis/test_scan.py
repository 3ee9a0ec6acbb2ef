"""Episodes through resumes, late rows, causes that come and go, and custom thresholds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analysis import analyze, episodes
from analysis.diagnoses import ALL
from analysis.diagnoses.configure import ConfigurationError, configure, rules
from analysis.diagnoses.custom import Threshold
from analysis.diagnoses.gradient_spikes import GradSpike
from analysis.diagnoses.renamed import RENAMED
from analysis.model import Column, Episode, History, Severity
from analysis.scan.resume import stretches
from tests.analysis.cases import descent, put, spiky, steady, times
from tests.analysis.curves import history, run

LOSS = "train/loss"


def joined(parts: list[tuple[np.ndarray, dict[str, np.ndarray]]]) -> History:
    """Stretches of (steps, columns) logged one after the other."""
    step = np.concatenate([s for s, _ in parts])
    columns = {k: np.concatenate([c[k] for _, c in parts]) for k in parts[0][1]}
    return history(columns, step)


def of(h: History, id_: str, **facts: object) -> list[Episode]:
    return [e for e in episodes(run(h, **facts)).episodes if e.id == id_]


def test_a_resume_that_goes_back_before_the_onset_clears_as_rewound() -> None:
    broken = put(descent(200), np.inf, 150)
    h = joined([(np.arange(1, 201) * 10, {LOSS: broken}), (np.arange(100, 260) * 10, {LOSS: descent(260)[100:]})])
    (e,) = of(h, "nan-inf")

    assert (e.last.kind, e.last.reason, e.last.row) == ("cleared", "rewound", 200)


def test_a_resume_from_after_the_onset_leaves_it_open() -> None:
    broken = put(descent(200), np.inf, 50)
    h = joined([(np.arange(1, 201) * 10, {LOSS: broken}), (np.arange(150, 180) * 10, {LOSS: np.full(30, np.inf)})])
    (e,) = of(h, "nan-inf")

    assert e.open


def test_after_a_resume_baselines_start_from_the_points_below_it() -> None:
    """The loss had jumped; resumed from before the jump it is healthy again, and a new jump is a new episode."""
    x = times(descent(260), 3, 200)
    again = times(descent(400)[150:], 3, 150)
    h = joined([(np.arange(1, 261) * 10, {LOSS: x}), (np.arange(151, 401) * 10, {LOSS: again})])
    first, second = of(h, "loss-jump")

    assert (first.last.reason, second.open) == ("rewound", True)
    assert second.onset_step == pytest.approx(3010, abs=40)


@pytest.mark.parametrize("late", [1, 2, 3])
def test_a_row_that_comes_a_little_late_is_no_resume(late: int) -> None:
    step = np.arange(1, 101) * 10
    step[[60, 60 + late]] = step[[60 + late, 60]]
    h = history({LOSS: descent(100)}, step)

    assert len(stretches(h, frozenset({LOSS}))) == 1


def test_evals_that_arrive_after_later_train_rows_are_no_resume() -> None:
    n = 100
    train, evals = np.full(2 * n, np.nan), np.full(2 * n, np.nan)
    train[:n], evals[n:] = descent(n), descent(n)
    h = history({LOSS: train, "eval/loss": evals}, np.concatenate([np.arange(n) * 10, np.arange(n) * 10]))

    assert len(stretches(h, frozenset({LOSS, "eval/loss"}))) == 1


def test_a_consequence_is_folded_and_let_out_when_its_cause_is_over() -> None:
    """nan-inf takes in what comes after it, for as long as it is open."""
    loss = put(descent(), np.inf, 100, 102)
    h = history({LOSS: loss, "train/grad_norm": times(steady(), 40, 110, 111)})
    (spike,) = of(h, "grad-spike")
    kinds = [(t.kind, t.by) for t in spike.transitions]

    assert kinds[:2] == [("raised", None), ("suppressed", "nan-inf")]
    assert ("released", None) in kinds


def test_an_effect_raised_before_its_cause_keeps_its_raise() -> None:
    x = spiky(descent(), 150, 6, 1)
    x[156:] *= np.exp(np.linspace(0, 3, len(x) - 156))
    h = history({LOSS: x})
    (spike,) = of(h, "loss-spike")[:1]

    assert spike.transitions[0].kind == "raised"
    assert spike.transitions[0].row == 150


def test_onset_is_dated_back_and_kept() -> None:
    h = history({LOSS: times(descent(), 2.2)})
    (jump,) = of(h, "loss-jump")

    assert jump.onset_step == pytest.approx(1510, abs=20)
    assert jump.transitions[0].row > jump.onset_row


def test_an_empty_history_and_one_without_roles() -> None:
    empty = analyze(run(history({LOSS: np.zeros(0)}, np.zeros(0))))
    strange = analyze(run(history({"foo": steady(), "bar": steady(seed=3)})))

    assert (empty.title, empty.severity) == ("还没有数据", Severity.OK)
    assert strange.findings == ()
    assert "ot-mass-collapse" in strange.not_applicable
    assert strange.title == "无异常，无评估指标"


# custom thresholds


def crossing(t: Threshold, x: np.ndarray) -> list[tuple[str, int]]:
    h = history({t.metric: x})
    return [(tr.kind, tr.row) for e in episodes(run(h), (t,)).episodes for tr in e.transitions]


def test_a_threshold_needs_its_points_and_clears_after_twice_as_many_beyond_a_margin() -> None:
    t = Threshold("x", "m", 1.0, "above", 3)
    x = np.array([0.5, 2, 2, 0.5, 2, 2, 2, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7])

    assert crossing(t, x) == [("raised", 6), ("cleared", 18)]


def test_below_and_nan() -> None:
    t = Threshold("floor", "m", 1e-6, "below", 2, Severity.CRITICAL)
    h = history({"m": np.ones(6)})
    column = Column(h.columns["m"].rows, np.array([1.0, 1.0, np.nan, np.nan, 1e-9, 1.0]))
    (e,) = episodes(run(dataclasses.replace(h, columns={"m": column})), (t,)).episodes

    assert (e.id, e.onset_step, e.transitions[0].row, e.severity) == ("threshold:floor", 30, 3, Severity.CRITICAL)


# configuration


def test_configure_changes_fields_switches_off_and_adds_thresholds() -> None:
    got = configure({"grad-spike": {"ratio": 8}, "plateau": {"off": True}}, [Threshold("x", "m", 1.0, "above")])
    spike = next(d for d in got if d.id == "grad-spike")

    assert isinstance(spike, GradSpike) and spike.ratio == 8.0
    assert "plateau" not in {d.id for d in got}
    assert got[-1].id == "threshold:x"


def test_every_mistake_is_named_with_its_path_and_the_nearest_name() -> None:
    with pytest.raises(ConfigurationError) as error:
        configure({"grad-spke": {}, "overfit": {"rize": 1}, "loss-spike": {"warning_count": 0, "ratio": "big"}})

    mistakes = dict(error.value.mistakes)
    assert set(mistakes) == {
        "diagnoses.grad-spke",
        "diagnoses.overfit.rize",
        "diagnoses.loss-spike.warning_count",
        "diagnoses.loss-spike.ratio",
    }
    assert "grad-spike" in mistakes["diagnoses.grad-spke"]
    assert "rise" in mistakes["diagnoses.overfit.rize"]


@pytest.mark.parametrize("id_", RENAMED)
def test_an_old_name_of_a_threshold_is_refused_with_the_new_one(id_: str) -> None:
    fields = {f.name for d in ALL if d.id == id_ for f in dataclasses.fields(d)}  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError) as error:
        configure({id_: dict.fromkeys(RENAMED[id_], 1)})

    assert set(RENAMED[id_].values()) <= fields
    assert fields.isdisjoint(RENAMED[id_])
    assert set(error.value.mistakes) == {
        (f"diagnoses.{id_}.{old}", f"已改名为 {new}") for old, new in RENAMED[id_].items()
    }


def test_rules_say_where_each_threshold_came_from() -> None:
    table = {r["id"]: r for r in rules(configure({"grad-spike": {"ratio": 8}}))}

    assert len(table) == len(ALL)
    assert table["grad-spike"]["thresholds"]["ratio"] == {"value": 8.0, "unit": "倍", "from": "config"}
    assert table["grad-spike"]["thresholds"]["sigmas"]["from"] == "default"
