"""What the result of a run can be used for, in one line: what people open a report for.

Every diagnosis has a place here: what it means for the *result*, which is another matter than how loud it is. The worst
place among what is open decides. Worded with what is known: a run that nobody evaluated is never called usable.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analysis.columns.family import WEAK_PROXY, Family
from analysis.facts import Facts, checkpoints
from analysis.model import Finding, MetricSummary, RunInfo, Severity

LONGEST = 20  # characters: it stands in a headline
DONE = 0.98  # of planned steps
ROBOTS = (Family.IMITATION, Family.VLA)  # judged by rollouts


class Known(enum.Enum):
    """How much evaluation there is to judge by."""

    NOTHING = enum.auto()
    LITTLE = enum.auto()  # evaluated once
    WORSE = enum.auto()  # no evaluation was better than the first
    PROXY = enum.auto()  # an offline loss, in a family where success may go its own way
    JUDGED = enum.auto()


class Place(enum.IntEnum):
    """What a fault means for the result. The worst decides."""

    NONE = 0  # it says nothing about the result
    SLOW = 1  # it has cost time, nothing else
    CHOOSE = 2  # the result stands; which checkpoint is the question
    DOUBT = 3  # what it would be judged by cannot be believed yet
    PART = 4  # it works without the part that failed
    FROZEN = 5  # from the onset on nothing was learnt any more
    UNTIL = 6  # what was saved before the onset is untouched
    NOTHING = 7  # there is no result


PLACES: Mapping[str, Place] = {
    "no-learning": Place.NOTHING,
    "run-crashed": Place.UNTIL,
    "nan-inf": Place.UNTIL,
    "divergence": Place.UNTIL,
    "loss-jump": Place.UNTIL,
    "grad-explode": Place.UNTIL,
    "gan-collapse": Place.UNTIL,
    "kl-explode": Place.UNTIL,
    "grad-vanish": Place.FROZEN,
    "lr-zero": Place.FROZEN,
    "ot-mass-collapse": Place.PART,
    "ot-underflow": Place.PART,
    "ot-loss-dead": Place.PART,
    "kl-collapse": Place.PART,
    "ot-solver-inconsistent": Place.DOUBT,
    "ot-cost-unnormalised": Place.DOUBT,
    "ot-plan-degenerate": Place.DOUBT,
    "lr-anomaly": Place.DOUBT,
    "eval-leak": Place.DOUBT,
    "stalled-logging": Place.DOUBT,
    "eval-regress": Place.CHOOSE,
    "overfit": Place.CHOOSE,
    "oscillation": Place.CHOOSE,
    "entropy-collapse": Place.CHOOSE,
    "ppo-kl-blowup": Place.CHOOSE,
    "value-not-learning": Place.CHOOSE,
    "resume-seam": Place.CHOOSE,
    "best-checkpoint-old": Place.CHOOSE,
    "data-bound": Place.SLOW,
    "throughput-drop": Place.SLOW,
    "amp-overflow": Place.SLOW,  # skipped steps: the same result takes more of them
    "mem-growth": Place.NONE,  # a risk to the run, not to what it has
    "loss-spike": Place.NONE,
    "grad-spike": Place.NONE,
    "grad-clip-saturated": Place.NONE,
    "metric-dead": Place.NONE,
}


@dataclass(frozen=True, slots=True)
class _Case:
    """What the sentences are made of."""

    finding: Finding
    info: RunInfo
    facts: Facts
    family: Family
    known: Known
    running: bool
    of_eval: bool  # the finding is about an eval metric


def use(
    findings: Sequence[Finding], info: RunInfo, metrics: Sequence[MetricSummary], facts: Facts, family: Family
) -> str:
    """At most 20 characters; empty without data. `findings` as in a report: worst first. `family`: as far as it is known
    by the last row, from config or columns."""
    if not info.rows:
        return ""
    known, running = how_known(metrics, family), unfinished(info)
    groups = {m.key: m.group for m in metrics}
    cases = [
        _Case(f, info, facts, family, known, running, groups.get(f.metrics[0]) == "eval" if f.metrics else False)
        for f in findings
        if f.suppressed_by is None and not f.over and f.severity > Severity.INFO
    ]
    placed = sorted(((place(c), i) for i, c in enumerate(cases)), key=lambda x: (-x[0], x[1]))
    if placed and placed[0][0] is not Place.NONE:
        worst, i = placed[0]
        return _SAY[worst](cases[i])
    return _calm(known, info, family)


def how_known(metrics: Sequence[MetricSummary], family: Family) -> Known:
    """A score decides where there is one, then the eval loss; the return of an agent is its evaluation."""
    held = {m.role: m for m in metrics if m.role is not None and m.last is not None}
    scores = [held[r] for r in ("eval_score", *(("reward",) if family is Family.RL else ())) if r in held]
    judges = scores or [
        m for m in metrics if m.group == "eval" and m.direction in {"min", "max"} and m.last is not None
    ]
    if not judges:
        return Known.NOTHING
    first = next((m for m in judges if m.role is not None), judges[0])
    if first.points < 2:
        return Known.LITTLE
    if first.best is not None and first.best == first.first:
        return Known.WORSE
    return Known.PROXY if not scores and family in WEAK_PROXY else Known.JUDGED


def unfinished(info: RunInfo) -> bool:
    """Whether there is more of it to come. A file that says nothing about its run is judged by its plan."""
    if info.state == "unknown":
        return info.progress is not None and info.progress < DONE
    return info.state not in {"finished", "failed", "crashed", "killed"}


def place(case: _Case) -> Place:
    """The place of a finding: of its id, except where the metric or the severity says otherwise."""
    f = case.finding
    if case.of_eval and f.id in {"nan-inf", "metric-dead"}:
        return Place.DOUBT
    if f.id == "nan-inf" and f.severity < Severity.CRITICAL:  # a lone Inf norm with a finite loss
        return Place.NONE
    return PLACES.get(f.id, Place.NONE)  # custom thresholds are their owner's business


def _calm(known: Known, info: RunInfo, family: Family) -> str:
    if unfinished(info):
        begun = "训练中" if info.state != "unknown" else "没跑完"
        return f"{begun}，尚未评估" if known is Known.NOTHING else f"{begun}，效果待定"
    if known is Known.PROXY:
        return f"可用，{'成功率' if family in ROBOTS else '效果'}待实测"
    return _UNJUDGED.get(known, "可用")


_UNJUDGED: Mapping[Known, str] = {
    Known.NOTHING: "未评估，无法判断效果",
    Known.LITTLE: "只评估过一次，还不能判断",
    Known.WORSE: "评估未见提升，还不能判断",
}


def _evaluated(case: _Case) -> bool:
    return case.known not in _UNJUDGED


def _effect(case: _Case) -> str:
    return "未评估" if case.known is Known.NOTHING else "效果未知"


def _nothing(case: _Case) -> str:
    return "目前不能用（还没学到东西）" if case.running else "不能用（没学到东西）"


def _until(case: _Case) -> str:
    at, now = case.finding.onset_at, case.info.at
    if at is None or now is None:
        return "还不能判断"
    if case.finding.id == "run-crashed":
        return "没跑完，已存的 ckpt 可用" if _evaluated(case) else f"没跑完，{_effect(case)}"
    if at <= (case.info.first_step or 0) or at <= 0:
        return "不能用（一开始就出问题）"
    if checkpoints.saving(case.facts) is not None:
        saved = checkpoints.before(case.facts, at, now)
        if saved is None:
            return "不能用（此前没存 ckpt）"
        return f"{saved} 步的 ckpt 可用" if _evaluated(case) else f"{saved} 步的权重完好，{_effect(case)}"
    return f"{at} 步前的 ckpt 可用" if _evaluated(case) else f"{at} 步前的权重完好，{_effect(case)}"


def _frozen(case: _Case) -> str:
    at = case.finding.onset_at
    return "还不能判断" if at is None else f"等于停在 {at} 步的结果"


def _part(case: _Case) -> str:
    f = case.finding
    if f.id == "kl-collapse":
        return "只能当没有隐变量的基线"
    if f.words.evidence.get("was_healthy") and f.onset_at is not None:
        return f"{f.onset_at} 步后等于没开 OT"
    return "只能当纯 BC 基线" if case.family in ROBOTS else "只能当不带 OT 的基线"


def _doubt(case: _Case) -> str:
    return {
        "lr-anomaly": "先核对 lr，再拿来对比",
        "eval-leak": "评估存疑，还不能判断",
        "nan-inf": "评估有异常，还不能判断",
        "metric-dead": "评估没在变，还不能判断",
        "stalled-logging": "日志停更，还不能判断",
    }.get(case.finding.id, "OT 是否起作用还不能判断")


def _choose(case: _Case) -> str:
    if case.known in _UNJUDGED:
        return _UNJUDGED[case.known]
    step = case.finding.words.evidence.get("best_step")
    if case.finding.id == "eval-regress" and isinstance(step, int):
        return f"{step} 步附近的 ckpt 可用"
    if case.finding.id == "overfit" and isinstance(step, int) and case.known is not Known.PROXY:
        return f"{step} 步附近的 ckpt 可用"
    if case.finding.id == "entropy-collapse":
        return "可用，继续训恐难再提升" if not case.running else "现有策略可用，恐难再提升"
    return "ckpt 须实测后再选" if case.known is Known.PROXY else "可用，ckpt 按评估选"


def _slow(case: _Case) -> str:
    if case.running:
        return "训练中，只是慢"
    if case.known is Known.NOTHING:
        return "只是慢；未评估，效果未知"
    return "结果可用，只是慢" if _evaluated(case) else "只是慢；效果还不能判断"


_SAY: Mapping[Place, Callable[[_Case], str]] = {
    Place.SLOW: _slow,
    Place.CHOOSE: _choose,
    Place.DOUBT: _doubt,
    Place.PART: _part,
    Place.FROZEN: _frozen,
    Place.UNTIL: _until,
    Place.NOTHING: _nothing,
}
