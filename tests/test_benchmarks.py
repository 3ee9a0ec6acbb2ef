"""The benchmarks measure what they say: few seeds, nothing timed."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import Run, analyze
from analysis.diagnoses import ALL
from analysis.model import Column, History
from benchmarks import speed
from benchmarks.detection import __main__ as command
from benchmarks.detection import curves, external, own, scores
from benchmarks.detection.cases import Case, Label, Outcome, alarms, judge
from benchmarks.detection.faults import FAULTS
from benchmarks.detection.generator import kind_of, make_case
from benchmarks.detection.healthy import HEALTHY
from benchmarks.detection.naming import STYLES
from bot.sources.files import read as files

DATA = Path(__file__).parent / "data"
START, SECOND = np.float64(1.7e9), np.float64(1.0)


def loss_with_nan_at(row: int, n: int = 60) -> Run:
    x = 1 / np.arange(1.0, n + 1)
    x[row:] = np.nan
    rows = np.arange(n)
    return Run("r", "r", History(rows, START + SECOND * rows, SECOND * rows, {"train/loss": Column(rows, x)}))


# the generator


def test_every_family_is_a_diagnosis_and_comes_once_a_round() -> None:
    assert FAULTS.keys() <= {d.id for d in ALL}
    assert sorted(kind_of(s) for s in range(40) if kind_of(s) in FAULTS) == sorted(FAULTS)


def test_every_kind_of_healthy_run_comes_within_two_hundred_seeds() -> None:
    assert {kind_of(s) for s in range(200)} == FAULTS.keys() | HEALTHY.keys()


def test_a_seed_is_a_run() -> None:
    one, same, other = make_case(4), make_case(4), make_case(44)

    assert one.labels == same.labels
    assert all(
        np.array_equal(a.values, b.values, equal_nan=True)
        for a, b in zip(one.run.history.columns.values(), same.run.history.columns.values(), strict=True)
    )
    assert len(one.run.history) != len(other.run.history)


@pytest.mark.parametrize("kind", [*FAULTS, *HEALTHY])
def test_a_case_is_a_history_with_its_label_inside(kind: str) -> None:
    case = make_case(7, kind)
    h = case.run.history

    assert (np.diff(h.timestamp) >= 0).all()
    assert all((np.diff(c.rows) > 0).all() for c in h.columns.values())
    assert len(case.labels) == (kind in FAULTS)
    for label in case.labels:
        assert 0 <= label.onset_row <= label.last_row < len(h)
        assert label.metric in h.columns or kind == "stalled-logging"


def test_names_of_a_style_are_different_columns() -> None:
    for style, names in STYLES.items():
        assert len(set(names.values())) == len(names), style


# judging


@pytest.mark.parametrize(
    ("onset", "last", "hit", "false"),
    [
        (40, 45, True, False),
        (40, 40, True, False),
        (41, 45, False, True),
        (30, 39, False, False),
    ],
    ids=["in time", "at once", "before the fault", "too late"],
)
def test_an_alarm_counts_at_the_row_at_which_it_was_raised(onset: int, last: int, hit: bool, false: bool) -> None:
    label = Label("nan-inf", "train/loss", onset, last)
    outcome = judge(Case(0, "nan-inf", loss_with_nan_at(40), (label,), frozenset()))

    assert ("nan-inf" in outcome.hits, "nan-inf" in outcome.false) == (hit, false)


@pytest.mark.parametrize(("fair", "false"), [(set(), True), ({"nan-inf"}, False)])
def test_an_alarm_without_a_label_is_false_unless_it_is_fair(fair: set[str], false: bool) -> None:
    outcome = judge(Case(0, "plain", loss_with_nan_at(40), (), frozenset(fair)))

    assert ("nan-inf" in outcome.false) is false


@pytest.mark.parametrize("seed", [0, 1, 3, 9, 12, 17])
def test_what_a_whole_scan_stamps_is_what_a_watcher_saw_then(seed: int) -> None:
    """The score rests on the prefix law; here it is, on the scored runs themselves."""
    case = make_case(seed)
    (label,) = case.labels
    rows = label.last_row + 1
    seen = {(a.family, a.metric, a.row) for a in alarms(analyze(case.run.head(rows)).episodes)}

    assert seen == {(a.family, a.metric, a.row) for a in alarms(analyze(case.run).episodes) if a.row < rows}


# scores


def outcome(labels: tuple[str, ...], hits: dict[str, int], *false: str) -> Outcome:
    return Outcome(0, "x", labels, hits, dict.fromkeys(false, ""))


def test_the_table() -> None:
    result = scores.score(
        [
            outcome(("a",), {"a": 4}),
            outcome(("a",), {}, "b"),
            outcome(("b",), {"b": 10}),
            outcome((), {}, "b"),
            outcome((), {}),
        ]
    )
    a, b = result.rows

    assert (a.n, a.tp, a.fp, a.precision, a.recall) == (2, 1, 0, 1.0, 0.5)
    assert (b.n, b.tp, b.fp, b.recall) == (1, 1, 2, 1.0)
    assert b.precision == pytest.approx(1 / 3)
    assert result.macro_f1 == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert (result.per_clean_run, result.delay) == (0.5, 7)
    assert "| a | 2 | 1 | 0 | 1.00 | 0.50 | 0.67 | 4 |" in list(scores.table(result))


def test_the_product_on_one_round(capsys: pytest.CaptureFixture[str]) -> None:
    """A guard, not the figure: docs/detection.md has that, over many rounds."""
    outcomes = own.judged(range(40), jobs=1)
    result = scores.score(outcomes)

    assert sum(r.tp for r in result.rows) >= 23
    assert result.false_on_clean <= 2


def test_the_command_prints_table_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["--seeds", "0-2"])

    assert "| nan-inf | 1 | 1 | 0 |" in capsys.readouterr().out


def test_each_error_is_told_with_its_seed() -> None:
    lines = list(command.errors([outcome(("a",), {}, "b"), outcome((), {})]))

    assert [" ".join(line.split()) for line in lines] == ["seed 0 x (fault) missed a false b"]


# other generators, real curves


def test_a_wide_frame_keeps_missing_and_logged_nan_apart() -> None:
    frame = pd.DataFrame(
        {"_step": [0, 1, 2, 3], "_timestamp": 0.0, "_runtime": 0.0, "loss": [1.0, np.nan, np.nan, 2.0]}
    )
    frame.attrs["nonfinite"] = {"loss": [2]}
    run = external.run_of(frame, {"state": "running", "config": {}, "total_steps": 9, "now": 1.0})

    assert run.history.columns["loss"].rows.tolist() == [0, 2, 3]
    assert run.planned_steps == 9


def test_another_generator_and_scorer_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "detect_gen.py").write_text(
        "import numpy as np, pandas as pd\n"
        "def make_case(seed, hard=False):\n"
        "    n = 60\n"
        "    seconds = np.arange(n) * 1.0\n"
        "    df = pd.DataFrame({'_step': range(n), '_timestamp': seconds, '_runtime': seconds, 'loss': 1.0})\n"
        "    df.loc[30:, 'loss'] = np.nan\n"
        "    df.attrs['nonfinite'] = {'loss': list(range(30, n))}\n"
        "    return df, {'state': 'running', 'config': {}, 'total_steps': n, 'now': float(n), 'hard': hard}\n"
    )
    (tmp_path / "detect_bench.py").write_text(
        "def score(detector, seeds, make, n_prefix, jobs, quiet):\n"
        "    runs = []\n"
        "    for seed in seeds:\n"
        "        found = [d['step'] for d in detector(*make(seed)) if d['id'] == 'nan-inf']\n"
        "        runs.append(dict(seed=seed, kind='k', labels=['nan-inf'], hits={'nan-inf': found[0]}, false=['x']))\n"
        "    rows = {'nan-inf': dict(n=2, tp=2, fp=0, delay=found[0]), 'idle': dict(n=0, tp=0, fp=0, delay=0)}\n"
        "    return dict(summary=dict(median_delay_points=found[0]), families=rows, runs=runs)\n"
    )
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    result, outcomes = external.judged(tmp_path, range(2), hard=True, jobs=1, prefixes=2)

    assert [r.family for r in result.rows] == ["nan-inf"]
    assert outcomes[0].hits == {"nan-inf": 30}
    assert list(outcomes[0].false) == ["x"]


@pytest.mark.parametrize(
    ("id_", "told", "loud"),
    [
        ("algoperf-generalized_adam-ogbg-45", True, True),
        ("algoperf-baseline-ogbg-24-v06", None, False),
    ],
)
def test_a_real_curve_is_judged_by_its_label(id_: str, told: bool | None, loud: bool) -> None:
    with (DATA / "index.csv").open(encoding="utf-8") as file:
        entry = next(row for row in csv.DictReader(file) if row["id"] == id_)
    curve = curves.judge(entry, files.read(DATA / entry["file"]))

    assert all((mark.told is not None) is told for mark in curve.marks)
    assert bool(curve.loud) is loud


# speed


def test_the_long_run_is_as_long_and_wide_as_it_says() -> None:
    run = speed.long_run(3000)

    assert (len(run.history), len(run.history.columns)) == (3000, 20)
    assert {e.id for e in analyze(run).episodes} >= {"grad-spike", "throughput-drop"}


def test_times_are_told_per_row_and_against_the_smallest() -> None:
    first = speed.Timing(1000, 0, 0, 1.0, 2.0, 1.0, 1.0, 0.5)
    second = speed.Timing(2000, 0, 0, 2.0, 8.0, 2.0, 2.0, 1.0)
    head, _, _, line = speed.table([first, second])

    assert [cell.strip() for cell in line.split("|")[1:10]] == [
        "2,000",
        "2.00 s",
        "1000",
        "1.00",
        "2.0",
        "8.00 s",
        "4000",
        "2.00",
        "8.0",
    ]
    assert line.count("|") == head.count("|")


def test_at_every_size_everything_is_measured_and_agrees() -> None:
    timing = speed.measure(3000)

    assert timing.rows == 3000
    assert min(timing.analyze_s, timing.replay_s, timing.chart_s, timing.read_s, timing.floor_s) > 0


def test_an_analysis_costs_little_more_than_one_robust_pass() -> None:
    """Of a run long enough for that to be about cells; the bars themselves are for a quiet machine."""
    bar = speed.measure_bar((20_000, 20))

    assert bar.analyze_s < 4 * bar.floor_s
    assert bar.memory < 4 * bar.history


def test_every_bar_is_told_with_what_it_may_be() -> None:
    head, _, *lines = speed.bars([speed.Bar(rows, columns, 2.0, 1.0, 30, 10) for rows, columns, _, _ in speed.BARS])

    assert [line.count("|") for line in lines] == [head.count("|")] * len(speed.BARS)
    assert lines[-1] == "| 100,000 x 50 | 2000 ms | 2.00 | 1.0 | 3.0 | 2.0 |"
