"""What the chart shows: up to four panels, what is broken first, then loss and eval.

Pure; bot.render.charts draws them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from analysis.figures import num, spaced
from analysis.model import STEP, Finding, MetricSummary, Report, Severity, StepUnit
from analysis.scan import evidence
from bot.render.key_figures import is_setting, key_figures
from bot.render.plain import short

MOST = 4
# What the line says that marks a level (analysis.scan.evidence.LEVELS).
_LEVELS = {
    "normal": "经验上 ≥{}",
    "limit": "阈值 {}",
    "usual": "平时 {}",
    "before": "此前 {}",
    "level_before": "此前 {}",
}
_FIRST = ("loss", "eval_score", "eval_loss")
_FIRST_OF_AN_AGENT = ("reward", "eval_score", "ref_kl", "answer_length")  # whose loss says little
# When nothing is broken: what a reader looks at, in this order. (Overlapping roles name the same thing once.)
_USUAL = ("loss", "eval_score", "eval_loss", "component", "grad_norm", "kl", "lr")


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line: where the metric should be, or used to be."""

    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot. Steps are `_step`; words count them in `unit`."""

    metrics: tuple[MetricSummary, ...]
    finding: Finding | None = None
    kind: Literal["lines", "stack"] = "lines"
    level: Level | None = None
    best: tuple[int, float] | None = None  # of metrics[0]
    peak: tuple[int, float] | None = None  # of metrics[0]: the spike that a finding means
    saved: tuple[int, ...] = ()  # steps of the checkpoints that a finding names
    unit: StepUnit = STEP

    @property
    def title(self) -> str:
        """Chinese, without the keys."""
        if self.kind == "stack":
            return "每步耗时构成"
        beside = "训练 " if any(m.group == "eval" for m in self.metrics) else ""
        named = (
            (beside if m.group == "train" and not label(m).startswith("训练") else "") + label(m) for m in self.metrics
        )
        return spaced(" 与 ".join(dict.fromkeys(named)))


def panels(report: Report, most: int = MOST) -> tuple[Panel, ...]:
    """At most `most`, none for a run without a number."""
    chosen: list[Panel] = []
    for panel in _wanted(report):
        shown = {m.key for p in chosen for m in p.metrics}
        if len(chosen) < most and panel.metrics and panel.metrics[0].key not in shown:
            chosen.append(replace(panel, unit=report.run.unit))
    return tuple(chosen)


def chart_alt(report: Report) -> str:
    """The chart in words, for those who cannot see it: `OT π 总和（第 50 步起，经验上 ≥0.1）；…`. Empty without one."""
    figures = {m.key for m in key_figures(report).standings}  # beside it, with the best of each
    return "；".join(_words(panel, best=panel.metrics[0].key not in figures) for panel in panels(report))


def label(metric: MetricSummary) -> str:
    """As sentences call it; of a metric of which nothing is known its key, cut."""
    return short(metric.caption if metric.named else metric.key, 40)


def _words(panel: Panel, *, best: bool) -> str:
    marks: list[str] = []
    if panel.finding is not None and panel.best is None and panel.finding.onset_at is not None:
        marks.append(f"第 {panel.finding.onset_at} {panel.unit}起")
    if panel.level is not None:
        marks.append(panel.level.words)
    if panel.best is not None and best:
        marks.append(f"最优 {num(panel.best[1])}，第 {panel.metrics[0].best_at} {panel.unit}")
    return panel.title + (f"（{'，'.join(marks)}）" if marks else "")


def _wanted(report: Report) -> Iterator[Panel]:
    by_key = {m.key: m for m in report.metrics if m.last is not None}
    open_ = [f for f in report.open_findings() if f.panel != "none"]
    yield from _of(by_key, (f for f in open_ if f.severity >= Severity.WARNING))
    by_role = {m.role: m for m in by_key.values() if m.role is not None and not m.constant}
    for role in _FIRST_OF_AN_AGENT if "reward" in by_role else _FIRST:
        if role in by_role:
            yield _plain(by_role[role])
    yield from (_plain(m) for m in key_figures(report).all if m.role is None and m.points and not m.constant)
    yield from _of(by_key, (f for f in open_ if f.severity < Severity.WARNING))
    for role in _USUAL:
        if role in by_role:
            yield _plain(by_role[role])
    if not by_role.keys() & {*_USUAL, *_FIRST_OF_AN_AGENT}:  # names nobody knows: show what moves
        moving = (m for m in by_key.values() if not m.constant and m.group != "system")
        yield from (_plain(m) for m in moving if not is_setting(m))


def _of(by_key: dict[str, MetricSummary], findings: Iterable[Finding]) -> Iterator[Panel]:
    for f in findings:
        metrics = tuple(by_key[key] for key in f.metrics if key in by_key)
        if not metrics:
            continue
        if f.panel == "stack" and len(metrics) == 2:
            yield Panel(metrics, f, "stack")
            continue
        beside = metrics[1:2] or tuple(by_key[key] for key in f.twins[:1] if key in by_key)
        metrics = (metrics[0], *(m for m in beside if _comparable(metrics[0], m)))
        told = f.words.evidence
        peak, saved = evidence.peak(told), evidence.checkpoints(told)
        yield Panel(metrics, f, level=_level(f), best=_best(metrics[0]), peak=peak, saved=saved)


def _plain(metric: MetricSummary) -> Panel:
    return Panel((metric,), best=_best(metric) if metric.group == "eval" else None)


def _best(metric: MetricSummary) -> tuple[int, float] | None:
    if metric.group != "eval" or metric.best is None or metric.best_step is None:
        return None
    return metric.best_step, metric.best


def _level(finding: Finding) -> Level | None:
    found = evidence.level(finding.words.evidence)
    return Level(found[1], _LEVELS[found[0]].format(num(found[1]))) if found is not None else None


def _comparable(a: MetricSummary, b: MetricSummary) -> bool:
    """Whether two metrics can share an axis: the same unit in different data, not merely two numbers."""
    pairs = [(x, y) for x, y in ((a.first, b.first), (a.last, b.last)) if x is not None and y is not None]
    return bool(pairs) and all(x * y > 0 and 1 / 30 < x / y < 30 for x, y in pairs)
