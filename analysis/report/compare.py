"""compare(runs): two to five runs side by side: their metrics at the same step and at best, their configs, a verdict.

The verdict rests on one metric, the first that all of them have in `DECIDING`: what was evaluated before what was
trained on.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.columns.family import WEAK_PROXY
from analysis.columns.profile import GENERIC, Profile
from analysis.facts.config_diff import Change, untold
from analysis.model import Finding, Report, Run, Severity
from analysis.peers import NO_LOSS
from analysis.report.comparison import LETTERS, OF_FITTING, Compared, Comparison, Metric, Verdict
from analysis.report.outcomes import outcomes
from analysis.report.shared_metrics import DECIDING, SharedMetrics, spaced_from_chinese
from analysis.report.sides import Side, changes_from_first, differences, is_repetition
from analysis.scan.reading import Reading

MOST_METRICS = 8
EARLY = 0.3  # of the longest run: a lead at less is an early one


def compare(runs: Sequence[tuple[Run, Report]], profile: Profile = GENERIC) -> Comparison:
    """Two to five runs with their reports. Peers that a run brings along tell how far seeds scatter. Pure."""
    sides = [
        Side(letter, run, report, Reading.of(run, profile))
        for letter, (run, report) in zip(LETTERS, runs, strict=False)
    ]
    changes = changes_from_first(sides)
    known = sum(bool(s.run.config) for s in sides)  # beside a run without one any config differs in everything
    found = SharedMetrics(sides, changes)
    metrics = found.metrics()
    notes = [*found.notes, *_notes(sides, changes, metrics)]
    first = sides[0]
    return Comparison(
        runs=tuple(Compared(s.letter, s.report, _broken(s.report), s.commit) for s in sides),
        metrics=tuple(metrics[:MOST_METRICS]),
        differences=differences(sides, changes) if known > 1 else (),
        untold=max(untold(first.facts, other.facts) for other in sides[1:]) if known > 1 else 0,
        configured=known == len(sides),
        verdict=_verdict(sides, changes, metrics, found.obstacle),
        outcomes=outcomes([(s.run, s.report, s.facts) for s in sides]),
        notes=tuple(dict.fromkeys(notes)),
    )


def _verdict(
    sides: Sequence[Side], changes: Sequence[tuple[Change, ...]], metrics: Sequence[Metric], obstacle: str
) -> Verdict:
    if obstacle:
        return Verdict("incomparable", reason=obstacle)
    no_loss = any(s.reading.family in NO_LOSS for s in sides)
    judges = [m for role in DECIDING for m in metrics if m.role == role and not (no_loss and role in OF_FITTING)]
    judge = next((m for m in judges if m.ranking is not None), None)
    first = judges[0] if judges else None
    if judge is None or judge.ranking is None:
        return Verdict("unknown", first, _why_unknown(first))
    evaluated = any(m.group == "eval" and m.direction in {"min", "max"} for s in sides for m in s.report.metrics)
    if judge.role in OF_FITTING and evaluated:
        return Verdict("fitting", judge)
    firsts = sides[0]
    if all(is_repetition(firsts.facts, s.facts, (firsts.commit, s.commit)) for s in sides[1:]):
        return Verdict("repeated", judge)
    if not judge.ranking.decided:
        return Verdict("even", judge)
    return Verdict("better" if len(judge.ranking.leaders) == 1 else "leaders", judge)


def _why_unknown(first: Metric | None) -> str:
    if first is None:
        return "没有共同的、能判断好坏的指标"
    if first.step is None:
        return f"没有都跑到的步数可比{spaced_from_chinese(first.name)}"
    return f"{first.name} 记录太少" if any(r.error is None for r in first.reached) else f"{first.name} 口径不同"


def _broken(report: Report) -> Finding | None:
    grave = (f for f in report.open_findings() if f.severity is Severity.CRITICAL and not f.over)
    return next(grave, None)


def _notes(sides: Sequence[Side], changes: Sequence[tuple[Change, ...]], metrics: Sequence[Metric]) -> list[str]:
    """What the reader should keep in mind."""
    notes = []
    keys = {s.report.run.step_key for s in sides}
    if len(keys) > 1:
        notes.append("步数来自不同的列：" + " / ".join(f"{s.letter} {s.report.run.step_key}" for s in sides))
    if not all(s.run.config for s in sides):
        without = "、".join(s.letter for s in sides if not s.run.config)
        notes.append(f"{without} 没有记录配置，不知道数据集、任务是否相同")
    batches = [s.facts.whole_batch for s in sides]
    known = [b for b in batches if b is not None]
    if len(known) == len(sides) and len(set(known)) > 1:
        named = " / ".join(f"{s.letter} {b:g}" for s, b in zip(sides, known, strict=True))
        notes.append(f"batch 不同（{named}）：同一步看过的样本数不同")
    at = [s.report.run.at or 0 for s in sides]
    if min(at) < EARLY * max(at) and any(m.step is not None for m in metrics):
        shortest = sides[at.index(min(at))]
        notes.append(f"{shortest.letter} 才到第 {min(at)} {shortest.report.run.unit}，比的是早期，不代表最后")
    judge = next((m for role in DECIDING for m in metrics if m.role == role and m.ranking is not None), None)
    if judge is not None and judge.role == "eval_loss" and any(s.reading.family in WEAK_PROXY for s in sides):
        notes.append(f"{judge.name} 只是参考，ckpt 的效果仍要实测")
    return notes
