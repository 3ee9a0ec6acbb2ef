"""What is said of a run in which nothing was found: healthy only where evaluations bear it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.columns.captions import earned
from analysis.columns.family import Family
from analysis.columns.names import same_quantity, words
from analysis.model import ENDED, MetricSummary, Outcome, RunInfo
from analysis.report.merit import LOSS_SAYS_LITTLE, how_evaluated, judge_of, kept, swings
from analysis.scan.impact import ROBOTS, Evaluated

DONE = 0.98  # of planned steps
UP_AGAIN = 1.25  # times the lowest level of a loss
FEWEST_TO_TURN = 10  # evaluations, of which the last tenth is more than one
APART = 0.2  # of all samples


def calm_title(metrics: Sequence[MetricSummary], family: Family) -> str:
    """The first line of a run in which nothing was found: healthy only where evaluations bear it out."""
    evaluated = how_evaluated(metrics, family)
    if (said := _unlearnt(metrics, family)) is not None:
        return said
    if evaluated is Evaluated.NO_GAIN and swings(judge_of(metrics, family)):
        return "无异常，评估大起大落"
    if evaluated in _TOLD_CALMLY:
        return f"无异常，{_TOLD_CALMLY[evaluated]}"
    if not kept(metrics, family):
        return "无异常，效果已回落"
    return "无异常，泛化差距大" if _apart(metrics, family) else "正常"


def _apart(metrics: Sequence[MetricSummary], family: Family) -> bool:
    """Of a share of all samples training gets far more right than its evaluation, if not for as long as a finding
    takes."""
    judge = judge_of(metrics, family)
    if judge is None or judge.last is None or judge.role != "eval_score" or judge.direction != "max":
        return False
    same = (m for m in metrics if m.group == "train" and same_quantity(m.key, judge.key))
    own = next((m for m in same if m.last is not None and m.points >= judge.points), None)
    if own is None or own.last is None or max(own.best or 0.0, judge.best or 0.0) > 1:
        return False
    return own.last - judge.last > APART


def bad_news(metrics: Sequence[MetricSummary], family: Family) -> bool:
    """Whether what is said of it is none that anybody would be glad of."""
    evaluated = how_evaluated(metrics, family)
    poor = evaluated in {Evaluated.POOR, Evaluated.SELDOM, Evaluated.IN_PART, Evaluated.SCORE_STANDS} | _NO_GAINS
    return poor or _unlearnt(metrics, family) is not None or _fallen_back(evaluated, metrics, family)


def _fallen_back(evaluated: Evaluated, metrics: Sequence[MetricSummary], family: Family) -> bool:
    return evaluated in {Evaluated.BY_PROXY, Evaluated.ENOUGH} and not kept(metrics, family)


_NO_GAINS = {Evaluated.NO_GAIN, Evaluated.WORSE, Evaluated.TRAIN_ONLY, Evaluated.UNMOVED, Evaluated.SCORE_LEVEL}


def _unlearnt(metrics: Sequence[MetricSummary], family: Family) -> str | None:
    """What of a run without evaluations, or with evaluations alone that got worse, never came to be; None: it did, or
    nobody knows."""
    judge = judge_of(metrics, family)
    if judge is not None and judge.group == "eval":
        known = judge.points >= FEWEST_TO_TURN and judge.gained is False
        return "评估反而变差" if known and judge.outcome == "worse" else None
    told = next((m for role in ("reward", "loss") for m in metrics if m.role == role and m.group == "train"), None)
    if told is None:
        told = _score_of_game(metrics)
    if told is None or told.outcome is None or told.nonfinite:
        return None
    if told.role == "loss" and family in LOSS_SAYS_LITTLE:
        return None
    turned = told.course is not None and told.course.best is not None
    turned &= told.kept is False or (told.role == "loss" and _up_again(told))
    if told.outcome == "better" and not turned:
        return None
    name, said = ("loss", _LOSS) if told.role == "loss" else (_called(told), _EARNED)
    return f"训练 {name} {said[told.outcome]}"


def _score_of_game(metrics: Sequence[MetricSummary]) -> MetricSummary | None:
    """Points, where an agent's log has nothing else that it is paid: `avg_score`."""
    named = (m for m in metrics if m.group == "train" and m.direction == "max" and "score" in words(m.key))
    return next(named, None)


def _called(metric: MetricSummary) -> str:
    return earned(metric.key) if metric.role == "reward" else metric.caption


def _up_again(loss: MetricSummary) -> bool:
    """It ended so far above the level that it had reached in between that another checkpoint is to be looked for."""
    best = loss.course.best if loss.course is not None else None
    return best is not None and best > 0 and loss.course is not None and loss.course.end > UP_AGAIN * best


_LOSS: Mapping[Outcome, str] = {"better": "已回升", "same": "几乎没降", "worse": "反而升高"}
_EARNED: Mapping[Outcome, str] = {"better": "已回落", "same": "几乎没涨", "worse": "反而降低"}


def calm_use(metrics: Sequence[MetricSummary], info: RunInfo, family: Family) -> str:
    """What its result can be used for, in words."""
    evaluated = how_evaluated(metrics, family)
    if unfinished(info):
        begun = "训练中" if info.state != "unknown" else "没跑完"
        return f"{begun}，{_PENDING.get(evaluated, '效果待定')}"
    if (said := _unlearnt(metrics, family)) is not None:
        return f"{said}，{'未评估' if evaluated is Evaluated.NEVER else '还不能判断'}"
    if _fallen_back(evaluated, metrics, family):
        return "效果已回落，还不能判断"
    if evaluated is Evaluated.BY_PROXY:
        return f"评估 loss 正常，{'成功率' if family in ROBOTS else '效果'}待实测"
    if evaluated is Evaluated.IN_TRAINING:
        judge = judge_of(metrics, family)
        return f"只有训练 {earned(judge.key if judge is not None else '')}，未单独评估"
    if evaluated is Evaluated.NO_GAIN and swings(judge_of(metrics, family)):
        return "评估大起大落，还不能判断"
    return "可用" if evaluated is Evaluated.ENOUGH else UNJUDGED[evaluated]


def unfinished(info: RunInfo) -> bool:
    """Whether there is more of it to come. A file that says nothing about its run is judged by its plan."""
    if info.state == "unknown":
        return info.progress is not None and info.progress < DONE
    return info.state not in ENDED


_TOLD_CALMLY: Mapping[Evaluated, str] = {
    Evaluated.NEVER: "无评估指标",
    Evaluated.UNREAD: "没认出评估指标",
    Evaluated.ONCE: "评估太少",
    Evaluated.FEW: "评估太少",
    Evaluated.IN_PART: "部分任务没学会",
    Evaluated.POOR: "效果还很差",
    Evaluated.SELDOM: "成功率不到一半",
    Evaluated.NO_GAIN: "评估未见提升",
    Evaluated.WORSE: "评估越训越差",
    Evaluated.TRAIN_ONLY: "只有训练在变好",
    Evaluated.SCORE_LEVEL: "评估分数没涨",
    Evaluated.UNMOVED: "训练、评估都几乎没动",
    Evaluated.SCORE_STANDS: "loss 在降，准确率没动",
    Evaluated.LATE: "起步晚，还在涨",
    Evaluated.UNFINISHED: "评估 loss 还在降",
}


_PENDING: Mapping[Evaluated, str] = {
    Evaluated.NEVER: "尚未评估",
    Evaluated.UNREAD: "没认出评估指标",
    Evaluated.SCORE_STANDS: "loss 在降，准确率没动",
}
UNJUDGED: Mapping[Evaluated, str] = {
    Evaluated.NEVER: "未评估，无法判断效果",
    Evaluated.UNREAD: "没认出评估指标，无法判断效果",
    Evaluated.ONCE: "只评估过一次，还不能判断",
    Evaluated.FEW: "评估太少，还不能判断",
    Evaluated.IN_PART: "部分任务没学会，须逐个看",
    Evaluated.POOR: "效果还很差，还不能用",
    Evaluated.SELDOM: "成功率不到一半，看是否够用",
    Evaluated.NO_GAIN: "评估未见提升，还不能判断",
    Evaluated.WORSE: "评估越训越差，不如开头",
    Evaluated.TRAIN_ONLY: "只有训练在变好，评估没提升",
    Evaluated.SCORE_LEVEL: "评估分数没涨",
    Evaluated.UNMOVED: "训练、评估都几乎没动",
    Evaluated.SCORE_STANDS: "loss 在降，准确率没动",
    Evaluated.UNBACKED: "训练没跟着涨，ckpt 须实测",
    Evaluated.LATE: "起步晚、还在涨，先接着训",
    Evaluated.UNFINISHED: "loss 还在降，先接着训",
    Evaluated.BY_PROXY: "ckpt 须实测后再选",
    Evaluated.UNEARNED: "训练 return 几乎没涨，还不能判断",
    Evaluated.IN_TRAINING: "未单独评估，ckpt 须实测",
}
