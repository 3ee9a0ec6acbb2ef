"""Real runs with labels set by hand: healthy ones stay silent, sick ones are told."""

from __future__ import annotations

import csv

import pytest

from analysis import episodes
from analysis.model import Severity
from tests.analysis.samples import REAL_CURVES, ROOT, read

with (ROOT / "tests" / "data" / "index.csv").open(encoding="utf-8") as _f:
    LABELS = {row["id"]: row for row in csv.DictReader(_f)}

# What the hand wrote -> the diagnoses that answer for it.
ANSWERS = {
    "overfitting": {"overfit", "eval-regress"},
    "nan_inf": {"nan-inf"},
    "diverged": {"divergence", "loss-jump", "overfit", "eval-regress", "nan-inf", "grad-explode"},
    "loss_spike_recovered": {"loss-spike", "loss-jump", "divergence"},
    "loss_spike_not_recovered": {"loss-jump", "divergence", "loss-spike", "overfit"},
    "grad_norm_spike": {"grad-spike", "grad-explode"},
    "no_learning": {"no-learning"},
    "oscillation": {"oscillation", "eval-regress"},  # a return that has fallen is told before it is known to come back
    "plateau": {"plateau", "converged", "no-learning", "best-checkpoint-old", "lr-flat-stall"},
    "metric_collapse_zero": {
        "overfit",
        "metric-dead",
    },  # learnt by heart: eval, or the very same 0.0000 again and again
    "lr_artefact_healthy": set(),  # the hand noted what is healthy: nothing to tell
}
# Labels of sure runs that are not told, and why. One that becomes told must leave this list.
UNMET: dict[tuple[str, str], str] = {}


def loud(path) -> dict[str, int]:  # type: ignore[no-untyped-def]
    """Diagnoses that were ever news above info, and the step at which."""
    out: dict[str, int] = {}
    for e in episodes(read(path)).episodes:
        for t in e.transitions:
            if t.kind in {"raised", "worsened", "released"} and t.severity > Severity.INFO:
                out.setdefault(e.id, t.step)
    return out


def labelled(answer: str, *, sure: bool = False) -> list:  # type: ignore[type-arg]
    """`sure`: only those of which the reader of the plots was (one run where an alert is expected is not)."""
    chosen = [p for p in REAL_CURVES if LABELS[p.stem]["alert_expected"] == answer]
    return [pytest.param(p, id=p.stem) for p in chosen if not sure or LABELS[p.stem]["confidence"] == "sure"]


@pytest.mark.parametrize("path", labelled("no"))
def test_a_healthy_run_watched_from_its_first_row_stays_silent(path) -> None:  # type: ignore[no-untyped-def]
    assert loud(path) == {}


def test_there_are_nineteen_of_them() -> None:
    assert len(labelled("no")) == 19


@pytest.mark.parametrize("path", labelled("yes", sure=True))
def test_a_sick_run_is_told_for_what_it_has(path) -> None:  # type: ignore[no-untyped-def]
    """Of each label we answer for: raised (info counts) inside its range or soon after it (a fifth of the run)."""
    label = LABELS[path.stem]
    run = read(path)
    found = {(e.id, t.step) for e in episodes(run).episodes for t in e.transitions if t.kind in {"raised", "worsened"}}
    later = 0.2 * float(run.history.step.max())
    missed = []
    for part in label["evidence"].split(";"):
        kind, where = part.split("@")
        first, last = (float(x) for x in where[where.index("[") + 1 : -1].split("-"))
        answers = ANSWERS[kind]
        if answers and not any(i in answers and first * 0.9 - 50 <= s <= last + later for i, s in found):
            missed.append(part)

    assert missed == [part for run_, part in UNMET if run_ == path.stem]
