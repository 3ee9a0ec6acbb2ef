"""Laws that every diagnosis obeys, whatever the history. See architecture: episodes are one causal scan."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import analyze, episodes
from analysis.diagnoses import ALL
from analysis.diagnoses.custom import Threshold
from analysis.diagnoses.divergence import Divergence
from analysis.diagnoses.gradient_spikes import GradSpike
from analysis.diagnoses.gradients import GradExplode
from analysis.diagnoses.loss_jump import LossJump
from analysis.diagnoses.loss_spikes import LossSpike
from analysis.history import append
from analysis.model import Column, Episode, History, Run, Severity
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.episodes import scan
from analysis.scan.pieces import Sizes
from analysis.scan.reading import Reading
from analysis.scan.track import Track
from analysis.scan.view import View
from benchmarks import silence
from tests.analysis.cases import descent, ramp
from tests.analysis.curves import CONFIG, histories, history, run
from tests.analysis.frameworks import FRAMEWORKS, Framework
from tests.analysis.samples import REAL_CURVES, SAMPLE, read
from tests.analysis.test_cases import CASES

THRESHOLDS = (
    Threshold("pi-floor", "train/ot_ot_pi_sum", 1e-6, "below", 5, Severity.CRITICAL),
    Threshold("loss", "train/loss", 2.0, "above", 2),
)
EVERYTHING = (*ALL, *THRESHOLDS)
facts = st.sampled_from([{}, {"planned_steps": 800, "config": CONFIG}, {"config": CONFIG}, {"planned_steps": 3000}])


def upto(whole: Sequence[Episode], n: int) -> tuple[Episode, ...]:
    """What a full scan had decided when n rows were there."""
    return tuple(e.upto(n) for e in whole if e.raised_row < n)


def scanned(r: Run) -> tuple[Episode, ...]:
    return episodes(r, EVERYTHING).episodes


def prefix(r: Run, n: int) -> Run:
    return dataclasses.replace(r, history=r.history.head(n))


@given(histories(), facts, st.data())
def test_what_was_decided_after_n_rows_stays_decided(
    h: History, given_facts: dict[str, Any], data: st.DataObject
) -> None:
    """scan(rows[:n]) == the full scan, cut at n: no hindsight, nothing forgotten."""
    r = run(h, **given_facts)
    n = data.draw(st.integers(0, len(h)))

    assert scanned(prefix(r, n)) == upto(scanned(r), n)


SHORT = Sizes(first=40, later=12, early=8, between=8, recent=16)  # so that a short history is one of many pieces
CAUSAL = tuple(d for d in EVERYTHING if isinstance(d, CausalDiagnosis))


@given(histories(), facts, st.data())
def test_a_scan_goes_on_where_an_earlier_one_ended(
    h: History, given_facts: dict[str, Any], data: st.DataObject
) -> None:
    """The prefix law in pieces; and what is known of the rows before changes nothing."""
    n = data.draw(st.integers(0, len(h)))
    r = run(h, **given_facts)

    first = scan(Reading.of(prefix(r, n)), CAUSAL, sizes=SHORT)
    whole = scan(Reading.of(r), CAUSAL, sizes=SHORT)
    further = scan(Reading.of(r), CAUSAL, first.before, sizes=SHORT)

    assert first.episodes == upto(whole.episodes, n)
    assert (further.episodes, further.now) == (whole.episodes, whole.now)
    assert further.not_applicable == whole.not_applicable
    assert (first.before is None) == (n < SHORT.first)


def test_what_is_known_of_another_run_is_passed_over() -> None:
    loss = np.linspace(3, 1, 100)
    one, other = (run(history({"train/loss": loss + k})) for k in (0, 1))
    before = scan(Reading.of(one), CAUSAL, sizes=SHORT).before

    assert before is not None
    assert before.holds(Reading.of(one), CAUSAL)
    assert before.holds(Reading.of(dataclasses.replace(one, history=append(one.history, other.history))), CAUSAL)
    # appended to the same beginning once more: not the same rows
    again = append(one.history, one.history)
    assert not before.holds(Reading.of(dataclasses.replace(one, history=again)), CAUSAL)
    assert not before.holds(Reading.of(other), CAUSAL)
    assert not before.holds(Reading.of(dataclasses.replace(one, config={"lr": 1})), CAUSAL)
    assert not before.holds(Reading.of(one), CAUSAL[1:])
    assert not before.holds(Reading.of(prefix(one, 50)), CAUSAL)


@pytest.mark.parametrize("rows", [1_000, 3_000])
def test_what_new_rows_cost_does_not_grow_with_the_run(rows: int) -> None:
    """Points that are looked at, and that are held on to."""
    looked = []

    class Counts(Threshold):
        def tracks(self, view: View) -> Iterator[Track]:
            looked.append(sum(len(c.rows) for c in view.history.columns.values()))
            return iter(super().tracks(view))

    rules = (Counts("loss", "train/loss", 2.0, "above", 2),)
    r = run(history({"train/loss": np.linspace(3, 1, rows), "train/lr": np.full(rows, 1e-4)}))
    before = scan(Reading.of(prefix(r, rows - 5)), rules, sizes=SHORT).before
    looked.clear()
    scan(Reading.of(r), rules, before, sizes=SHORT)

    assert 0 < sum(looked) <= 2 * 2 * (SHORT.later + SHORT.early + SHORT.between + SHORT.recent)


@pytest.mark.parametrize("path", [SAMPLE, *REAL_CURVES], ids=lambda p: p.stem)
def test_the_prefix_law_on_real_curves(path: Path) -> None:
    r = read(path)
    whole = scanned(r)
    for n in np.unique(np.linspace(1, len(r.history), 8, endpoint=False).astype(int)).tolist():
        assert scanned(prefix(r, n)) == upto(whole, n)


def test_the_prefix_law_row_by_row_on_a_resumed_collapse() -> None:
    """Every prefix of a stretch of the sample that was resumed from step 12,000 and collapsed again."""
    r = read(SAMPLE)
    h = r.history
    again = np.concatenate([np.arange(900), np.arange(700, len(h))])
    columns = {}
    for key, c in h.columns.items():
        dense = np.full(len(h), np.nan)
        dense[c.rows] = c.values
        values = dense[again]
        rows = np.flatnonzero(~np.isnan(values))
        columns[key] = Column(rows, values[rows])
    stamp = h.timestamp[again].copy()
    stamp[900:] += 7200
    resumed = dataclasses.replace(r, history=History(h.step[again], stamp, h.runtime[again], columns))
    whole = scanned(resumed)
    for n in range(880, 940):
        assert scanned(prefix(resumed, n)) == upto(whole, n)


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda f: f.name)
@pytest.mark.parametrize("late", [0, 1])
def test_the_prefix_law_where_half_of_the_columns_come_late(framework: Framework, late: int) -> None:
    """Roles and the family of a run are told by its columns as they come: what was seated before stays seated.

    Every column goes wrong early, up or down, so that there is something decided when the other half comes.
    """
    n, columns = 160, {}
    for i, key in enumerate(sorted(framework.columns)):
        columns[key] = ramp(descent(n, seed=i), (1e-4, 30.0)[i // 2 % 2], over=20, at=40)
        columns[key][: 130 * (i % 2 == late)] = np.nan
    r = run(history(columns))

    whole = scanned(r)
    for k in (30, 70, 100, 129, 131, 150):
        assert scanned(prefix(r, k)) == upto(whole, k)


@given(histories(), facts)
def test_never_raises_and_never_changes_its_input(h: History, given_facts: dict[str, Any]) -> None:
    before = {k: (c.rows.copy(), c.values.copy()) for k, c in h.columns.items()}
    report = analyze(run(h, state="running", observed_at=1.8e9, heartbeat_at=1.79e9, **given_facts), EVERYTHING)

    assert all(
        np.array_equal(c.values, before[k][1], equal_nan=True) and np.array_equal(c.rows, before[k][0])
        for k, c in h.columns.items()
    )
    for f in report.findings:  # "NaN" may be said of what was logged; Python's "nan" never
        assert "nan" not in f.words.title + f.words.message + f.words.advice


@given(histories(), facts, st.randoms(use_true_random=False))
def test_column_order_does_not_matter(h: History, given_facts: dict[str, Any], random: Random) -> None:
    keys = list(h.columns)
    random.shuffle(keys)
    shuffled = dataclasses.replace(h, columns={k: h.columns[k] for k in keys})

    assert scanned(run(shuffled, **given_facts)) == scanned(run(h, **given_facts))


@given(histories(), facts, st.integers(0, 2**32 - 1))
def test_extra_columns_change_no_other_episode(h: History, given_facts: dict[str, Any], seed: int) -> None:
    """Columns without a role may add findings about themselves and nothing else."""
    rng = np.random.default_rng(seed)
    extra = {
        "zz/unrelated": Column(np.arange(len(h)), rng.random(len(h))),
        "aa/custom_thing": Column(np.arange(len(h)), np.round(rng.random(len(h)))),
    }
    more = dataclasses.replace(h, columns={**extra, **h.columns}) if len(h) else h
    kept = tuple(e for e in scanned(run(more, **given_facts)) if not set(e.metrics) & extra.keys())

    assert kept == scanned(run(h, **given_facts))


@given(histories(), facts)
def test_episodes_have_a_well_formed_life(h: History, given_facts: dict[str, Any]) -> None:
    """Raised first and once; rows ascend; nothing after it cleared; onset not after the raise; severity known."""
    for e in scanned(run(h, **given_facts)):
        kinds = [t.kind for t in e.transitions]
        rows = [t.row for t in e.transitions]

        assert kinds[0] == "raised"
        assert kinds.count("raised") == 1
        assert kinds.count("cleared") <= 1
        assert "cleared" not in kinds[:-1]
        assert rows == sorted(rows)
        assert e.onset_row <= e.raised_row
        assert all(t.severity > Severity.OK for t in e.transitions)
        for t in e.transitions:  # kept in a database that refuses what is no JSON
            json.dumps(dict(t.words.evidence), allow_nan=False)


def test_nothing_is_over_at_a_level_that_its_own_opening_would_call_bad() -> None:
    """Every fault of the table of cases that is over by the end, of every diagnosis that says what it judged."""
    over = Counter[str]()
    for _, _, columns, case_facts, _ in CASES:
        r = run(history(columns), **{"config": {}, "planned_steps": None} | case_facts)
        reading = Reading.of(r)
        view = View.whole(reading)
        for diagnosis in (d for d in ALL if isinstance(d, CausalDiagnosis)):
            tracks = {t.metrics[0]: t for t in diagnosis.tracks(view) if t.recovery is not None and t.firing.any()}
            for e in scan(reading, (diagnosis,)).episodes if tracks else ():
                t = tracks.get(e.metrics[0])
                if t is None or t.recovery is None or e.last.kind != "cleared":
                    continue
                raised, cleared = (int(np.searchsorted(t.rows, row)) for row in (e.raised_row, e.last.row))
                over[e.id] += 1

                assert not t.firing[cleared], e.id
                assert t.recovery.level[cleared] < t.recovery.level[raised], e.id
    assert len(over) >= 12, over  # or nothing has been tried


@given(histories(), facts)
def test_a_verdict_is_as_severe_as_the_worst_folded_or_not(h: History, given_facts: dict[str, Any]) -> None:
    report = analyze(run(h, **given_facts), EVERYTHING)
    open_ = [e for e in report.episodes if e.last.kind != "cleared"]

    assert report.severity == max((t.severity for e in open_ for t in e.transitions), default=Severity.OK)


def test_stationary_noise_is_silent() -> None:
    """Of a hundred runs in which nothing happens, whatever their noise, hardly one is told anything above info.

    A slow wave of the length of the run is a rise or a fall to any reader: `benchmarks.silence` has the figures.
    """
    told = {seed: {id_ for id_, _ in silence.loud(seed, silence.causal())} for seed in range(100)}
    speakers = Counter(id_ for ids in told.values() for id_ in ids)

    assert sum(not ids for ids in told.values()) >= 90, speakers
    assert max(speakers.values(), default=0) <= 4, speakers


GRADIENTS = (GradSpike(), GradExplode())
LOSSES = (Divergence(), LossJump(), LossSpike())


@pytest.mark.parametrize("factor", [2.0**-9, 2.0**9])
@pytest.mark.parametrize("path", REAL_CURVES, ids=lambda p: p.stem)
def test_what_lives_in_ratios_does_not_depend_on_its_unit(path: Path, factor: float) -> None:
    """Norms of the gradient; and losses of a policy that imitates, which are errors."""
    r = dataclasses.replace(read(path), config={"policy": {"type": "act"}})
    kinds = Reading.of(r).roles.kinds
    scaled = {
        k: Column(c.rows, c.values * factor) if kinds[k].name in {"grad_norm", "loss", "l1", "eval_loss"} else c
        for k, c in r.history.columns.items()
    }
    other = dataclasses.replace(r, history=dataclasses.replace(r.history, columns=scaled))

    assert lives(other, GRADIENTS) == lives(r, GRADIENTS)
    assert lives(other, LOSSES) == lives(r, LOSSES)


def lives(r: Run, diagnoses: Sequence[CausalDiagnosis]) -> list[tuple[str, int, tuple[tuple[str, int, Severity], ...]]]:
    return [
        (e.id, e.onset_row, tuple((t.kind, t.row, t.severity) for t in e.transitions))
        for e in episodes(r, diagnoses).episodes
    ]


def test_the_loss_is_not_folded_under_its_gradient_norm() -> None:
    """Of one fault the loss is what people look for, though the norm has it first."""
    index = np.arange(200)
    columns = {
        "train/loss": Column(index, np.where(index >= 100, np.nan, 1.0 + 0.01 * np.sin(index))),
        "train/grad_norm": Column(index, np.where(index >= 90, np.inf, 1.0 + 0.1 * np.cos(index))),
    }
    report = analyze(run(dataclasses.replace(history({"a": np.zeros(len(index))}), columns=columns)))
    told = {f.metrics[0]: f.suppressed_by for f in report.findings if f.id == "nan-inf"}

    assert told == {"train/loss": None, "train/grad_norm": None}
