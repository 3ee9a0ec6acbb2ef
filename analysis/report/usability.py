"""What the result of a run can be used for, in one line: what people open a report for.

Every diagnosis says what it means for the result (`Impact`), which is another matter than how loud it is. The largest
impact among what is open decides. Worded with what is known: usable is earned, by enough evaluations of a score or a
loss that has moved and is worth something (`analysis.report.merit`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from analysis.columns.family import Family
from analysis.facts import Facts, checkpoints
from analysis.model import Finding, MetricSummary, RunInfo, Severity, Usable
from analysis.report import trials
from analysis.report.calm import UNJUDGED, bad_news, calm_use, unfinished
from analysis.report.merit import backed, bettered, how_evaluated, judge_of, kept, task_error
from analysis.scan.counting import counted
from analysis.scan.diagnosis import Diagnosis
from analysis.scan.impact import Evaluated, Impact, Result

LONGEST = 20  # characters: it stands in a headline
# What became of the weights afterwards, a trial of an earlier checkpoint does not tell.
_BEYOND_TRIALS = frozenset({Impact.PART_MISSING, Impact.USABLE_BEFORE_ONSET, Impact.UNUSABLE})


class Verdict(NamedTuple):
    """What a result can be used for.

    use       in words, at most 20 characters; empty without data
    usable    in one: yes on positive evidence only; no where a fault has made it so, or hardly anything works
    doubtful  what the words say is no good news
    """

    use: str
    usable: Usable
    doubtful: bool


def verdict(
    findings: Sequence[Finding],
    info: RunInfo,
    metrics: Sequence[MetricSummary],
    facts: Facts,
    family: Family,
    diagnoses: Mapping[str, Diagnosis],
) -> Verdict:
    """The one place that decides: the headline calls the result usable where the word is yes, and nowhere else.

    `findings` as in a report: worst first. `family`: as far as it is known by the last row, from config or columns.
    `diagnoses`: by id, of every finding.
    """
    worst, first = _worst(findings, info, metrics, facts, family, diagnoses)
    usable = _usable(worst, first, info, metrics, family)
    if first is not None:
        first = replace(first, usable=usable == "yes")
    use = _use(findings, worst, first, info, metrics, family, diagnoses)
    calm = first is None and not info.trials and not unfinished(info)
    stands = first is None and not info.trials and how_evaluated(metrics, family) is Evaluated.SCORE_STANDS
    doubtful = bad_news(metrics, family) if calm or stands else first is not None and usable != "yes"
    return Verdict(use, usable, doubtful)


def _use(
    findings: Sequence[Finding],
    worst: Impact,
    first: Result | None,
    info: RunInfo,
    metrics: Sequence[MetricSummary],
    family: Family,
    diagnoses: Mapping[str, Diagnosis],
) -> str:
    if not info.rows:
        return ""
    if info.trials and worst not in _BEYOND_TRIALS:
        return trials.rate(info.trials[-1])
    if first is None:
        said = calm_use(metrics, info, family)
        # What stands aside for the score is still about which checkpoint to take.
        chosen = any(not f.over and f.suppressed_by is None and _chooses(f, diagnoses) for f in findings)
        if said != "可用":
            return said
        return "可用，ckpt 按评估选" if chosen else counted(_usable_at(judge_of(metrics, family)), info.unit)
    own = diagnoses[first.finding.id].use(first)
    return counted(_SAY[worst](first) if own is None else own, info.unit)


def _usable_at(judge: MetricSummary | None) -> str:
    """Where the last evaluations are noticeably worse than the best, which one to take."""
    known = judge is not None and judge.worse and judge.best_at is not None
    return f"可用，取第 {judge.best_at} 步附近" if known and judge is not None else "可用"


def _chooses(finding: Finding, diagnoses: Mapping[str, Diagnosis]) -> bool:
    impact = diagnoses[finding.id].impact_of(finding, of_eval=True)
    return finding.severity >= Severity.WARNING and impact is Impact.CHOOSE_CHECKPOINT


def _usable(
    worst: Impact, first: Result | None, info: RunInfo, metrics: Sequence[MetricSummary], family: Family
) -> Usable:
    if worst is Impact.UNUSABLE or (
        worst is Impact.USABLE_BEFORE_ONSET and first is not None and first.finding.severity is Severity.CRITICAL
    ):
        return "no"
    if info.trials:
        return trials.usable(info.trials[-1])
    if unfinished(info):
        return "unknown"
    evaluated = how_evaluated(metrics, family)
    if worst <= Impact.CHOOSE_CHECKPOINT and evaluated is Evaluated.POOR:
        return "no"
    harmless = worst in {Impact.NONE, Impact.SLOWER}
    harmless |= worst is Impact.CHOOSE_CHECKPOINT and first is not None and first.judged
    return "yes" if harmless and evaluated is Evaluated.ENOUGH and kept(metrics, family) else "unknown"


def _worst(
    findings: Sequence[Finding],
    info: RunInfo,
    metrics: Sequence[MetricSummary],
    facts: Facts,
    family: Family,
    diagnoses: Mapping[str, Diagnosis],
) -> tuple[Impact, Result | None]:
    """The largest impact among what is open, and the first finding that has it."""
    evaluated, running = how_evaluated(metrics, family), unfinished(info)
    groups = {m.key: m.group for m in metrics}
    judge = judge_of(metrics, family)
    best_at = None if judge is None or judge.group != "eval" else judge.best_at
    results = []
    for f in findings:
        # What is folded into its cause counts where it is about the very metric that the result is judged by, unless
        # the cause says that this cannot be believed.
        of_judge = judge is not None and f.metrics[:1] == (judge.key,)
        causes = [o for o in findings if o.id == f.suppressed_by and o.metrics[:1] == f.metrics[:1]]
        if causes and diagnoses[f.id].denies_gain:  # what it had lost again it had gained
            continue
        doubted = any(diagnoses[o.id].impact_of(o, of_eval=True) is Impact.IN_DOUBT for o in causes)
        if f.over or (f.suppressed_by is not None and (not of_judge or doubted)):
            continue
        if f.severity <= Severity.INFO and not diagnoses[f.id].doubts_as_note:
            continue
        of_eval = bool(f.metrics) and groups.get(f.metrics[0]) == "eval"
        # What a score decides, an evaluation beside it does not put in doubt: a NaN of the eval loss, say.
        scored = judge is not None and (judge.direction == "max" or task_error(judge))
        aside = of_eval and scored and judge is not None and f.metrics[0] != judge.key
        aside &= bettered(metrics, family) and not diagnoses[f.id].outlasts_score(f)
        if not (aside and evaluated is Evaluated.ENOUGH and f.severity < Severity.CRITICAL):
            results.append(Result(f, info, facts, family, evaluated, running, of_eval, best_at))
    impacts = [diagnoses[r.finding.id].impact_of(r.finding, of_eval=r.of_eval) for r in results]
    if evaluated is Evaluated.ENOUGH:
        results = [
            replace(r, evaluated=_of_best(r, metrics, family)) if impact is Impact.CHOOSE_CHECKPOINT else r
            for r, impact in zip(results, impacts, strict=True)
        ]
    worst = max(impacts, default=Impact.NONE)
    of_it = [r for r, impact in zip(results, impacts, strict=True) if impact is worst and worst is not Impact.NONE]
    if worst is Impact.USABLE_BEFORE_ONSET:  # before the first of them
        of_it.sort(key=lambda r: -1 if r.finding.onset_at is None else r.finding.onset_at)
    return worst, of_it[0] if of_it else None


def _of_best(result: Result, metrics: Sequence[MetricSummary], family: Family) -> Evaluated:
    """How much there is to believe that another checkpoint is any better."""
    if not bettered(metrics, family):
        return Evaluated.NO_GAIN
    lost = result.of_eval and result.finding.severity is Severity.CRITICAL
    return Evaluated.UNBACKED if lost and not backed(metrics, family) else result.evaluated


def _slower(result: Result) -> str:
    if result.running:
        return "训练中，只是慢"
    if result.evaluated is Evaluated.NEVER:
        return "只是慢；未评估，效果未知"
    if result.evaluated is Evaluated.POOR:
        return UNJUDGED[Evaluated.POOR]
    return "结果可用，只是慢" if result.usable else "只是慢；效果还不能判断"


def _choose_checkpoint(result: Result) -> str:
    if result.usable:
        return "可用，ckpt 按评估选"
    if result.running and result.evaluated is Evaluated.POOR:
        return "训练中，效果还很差"
    if not result.judged:
        return UNJUDGED[result.evaluated]
    return "训练中，ckpt 按评估选" if result.running else "效果已回落，ckpt 按评估选"


def _undecided(result: Result) -> str:
    return "还不能判断"


def _frozen_at_onset(result: Result) -> str:
    at = result.finding.onset_at
    if result.finding.onset_step is not None and result.finding.onset_step <= (result.info.first_step or 0):
        return "不能用（从未更新）"
    return _undecided(result) if at is None else f"等于停在 {at} 步的结果"


def _usable_before_onset(result: Result) -> str:
    at, now = result.finding.onset_at, result.info.at
    if at is None or now is None:
        return _undecided(result)
    if at <= (result.info.first_step or 0) or at <= 0:
        return "不能用（一开始就出问题）"
    best = result.best_at if result.judged else None
    if best is not None and best > at:  # it went on getting better
        return f"ckpt 按评估选第 {best} 步"
    if checkpoints.saving(result.facts) is not None:
        saved = checkpoints.before(result.facts, at, now)
        if saved is None and result.best_at is not None and result.best_at > at:  # the least that it has lost
            return f"评估最好在第 {result.best_at} 步"
        if saved is None:
            return "不能用（此前没存 ckpt）"
        return f"{saved} 步的 ckpt 可用" if result.judged else f"{saved} 步前未受影响，{result.effect}"
    if best is not None and best < at:
        return f"{best} 步附近的 ckpt 可用"
    return f"{at} 步前的 ckpt 可用" if result.judged else f"{at} 步前未受影响，{result.effect}"


def _unusable(result: Result) -> str:
    return "目前不能用（还没学到东西）" if result.running else "不能用（没学到东西）"


_SAY: Mapping[Impact, Callable[[Result], str]] = {
    Impact.SLOWER: _slower,
    Impact.CHOOSE_CHECKPOINT: _choose_checkpoint,
    Impact.IN_DOUBT: _undecided,  # what is in doubt, or missing, says the diagnosis itself
    Impact.PART_MISSING: _undecided,
    Impact.FROZEN_AT_ONSET: _frozen_at_onset,
    Impact.USABLE_BEFORE_ONSET: _usable_before_onset,
    Impact.UNUSABLE: _unusable,
}
