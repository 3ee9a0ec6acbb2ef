"""Real runs, labelled by hand: a folder with `index.csv` and the histories it names.

A label is a stretch of steps of one column (`overfitting@eval/loss[10079-59269]`). It is told when one of the answering
families was raised inside it or soon after (a fifth of the run: labels are read off plots). A run of which no alert is
expected should never have said anything above info.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis import Run, Severity, analyze
from analysis.model import Transition
from bot.sources.files import read as files

# What the hand wrote -> the families that answer for it.
ANSWERS: Mapping[str, frozenset[str]] = {
    "overfitting": frozenset({"overfit", "eval-regress"}),
    "nan_inf": frozenset({"nan-inf"}),
    "diverged": frozenset({"divergence", "loss-jump", "overfit", "eval-regress", "nan-inf", "grad-explode"}),
    "loss_spike_recovered": frozenset({"loss-spike", "loss-jump", "divergence"}),
    "loss_spike_not_recovered": frozenset({"loss-jump", "divergence", "loss-spike", "overfit"}),
    "grad_norm_spike": frozenset({"grad-spike", "grad-explode"}),
    "oscillation": frozenset({"oscillation", "eval-regress"}),
    "plateau": frozenset({"plateau", "no-learning", "best-checkpoint-old", "lr-flat-stall"}),
    "no_learning": frozenset({"no-learning", "plateau"}),
    "step_time_stall": frozenset({"throughput-drop", "resume-seam", "data-bound"}),
    "metric_collapse_zero": frozenset({"metric-dead", "overfit", "eval-regress"}),
}
SLACK = 0.2


@dataclass(frozen=True, slots=True)
class Mark:
    """One label of one run. `told`: (family, severity, step) of the first answer in time."""

    kind: str
    first: float
    last: float
    told: tuple[str, str, int] | None


@dataclass(frozen=True, slots=True)
class Curve:
    id: str
    expected: str  # an alert: yes, no, optional
    sure: bool
    marks: tuple[Mark, ...]
    loud: tuple[tuple[str, str, int], ...]  # (family, worst severity, first step) of all that was ever above info


def judge(entry: Mapping[str, str], run: Run) -> Curve:
    news = [
        (e.id, t) for e in analyze(run).episodes for t in e.transitions if t.kind in {"raised", "worsened", "released"}
    ]
    later = SLACK * float(run.history.step.max())
    marks = tuple(_mark(part, news, later) for part in entry["evidence"].split(";") if part)
    loud: dict[str, tuple[int, Severity]] = {}
    for family, t in news:
        if t.severity > Severity.INFO:
            step, worst = loud.get(family, (t.step, t.severity))
            loud[family] = (step, max(worst, t.severity))
    said = tuple((family, worst.word, step) for family, (step, worst) in loud.items())
    return Curve(entry["id"], entry["alert_expected"], entry["confidence"] == "sure", marks, said)


def _mark(part: str, news: list[tuple[str, Transition]], later: float) -> Mark:
    kind, where = part.split("@")
    first, last = (float(x) for x in where[where.rindex("[") + 1 : -1].split("-"))
    early = 0.1 * first + 50  # a hand is not that exact
    told = next(
        (
            (family, t.severity.word, t.step)
            for family, t in news
            if family in ANSWERS.get(kind, ()) and first - early <= t.step <= last + later
        ),
        None,
    )
    return Mark(kind, first, last, told)


def curves(folder: Path) -> Iterator[Curve]:
    with (folder / "index.csv").open(encoding="utf-8") as file:
        for entry in csv.DictReader(file):
            yield judge(entry, files.read(folder / entry["file"]))


def report(folder: Path) -> Iterator[str]:
    seen = list(curves(folder))
    told: dict[str, list[bool]] = defaultdict(list)
    for curve in seen:
        for mark in curve.marks:
            if curve.expected != "no" and mark.kind in ANSWERS:
                told[mark.kind].append(mark.told is not None)
    yield "| label | n | told |"
    yield "| --- | ---: | ---: |"
    yield from (f"| {kind} | {len(hits)} | {sum(hits)} |" for kind, hits in sorted(told.items()))
    calm = [c for c in seen if c.expected == "no"]
    yield ""
    yield f"no alert expected: {len(calm)} runs, {sum(not c.loud for c in calm)} silent above info"
    for curve in calm:
        yield from (f"  {curve.id}: {family} {severity} at step {step}" for family, severity, step in curve.loud)
    sick = [c for c in seen if c.expected == "yes"]
    yield f"alert expected: {len(sick)} runs, {sum(bool(c.loud) for c in sick)} with an alarm above info"
    for curve in (c for c in seen if c.expected != "no"):
        doubt = " (optional)" if curve.expected == "optional" else "" if curve.sure else " (the reader was not sure)"
        said = (
            ", ".join(f"{family} {severity} at {step}" for family, severity, step in curve.loud) or "nothing above info"
        )
        yield f"  {curve.id}{doubt}: {said}"
        for mark in curve.marks:
            if mark.kind in ANSWERS and mark.told is None:
                yield f"    not told: {mark.kind} [{mark.first:.0f}-{mark.last:.0f}]"
