"""What the result of a run can be used for, in one line: what people open a report for.

Every diagnosis says what it means for the result (`Impact`), which is another matter than how loud it is. The largest
impact among what is open decides. Worded with what is known: usable is earned, by enough evaluations of a score or a
loss that has moved and is worth something (`how_evaluated`). That is the one place where a run is called healthy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import NamedTuple

from analysis.columns.captions import earned
from analysis.columns.family import WEAK_PROXY, Family
from analysis.columns.kinds import kind_of
from analysis.columns.names import same_quantity, taken_apart, words
from analysis.columns.vocabulary import ACCURACY, SECONDS, SUCCESS
from analysis.facts import Facts, checkpoints
from analysis.model import ENDED, Finding, MetricSummary, Outcome, RunInfo, Severity, Usable
from analysis.report import trials
from analysis.scan.carried_over import one_measure
from analysis.scan.counting import counted
from analysis.scan.diagnosis import Diagnosis
from analysis.scan.impact import ROBOTS, Evaluated, Impact, Result
from analysis.scan.judges import NORMALISED, TASK_ERRORS, WORTH

# They begin near the floor of their loss, of which half is never gone.
_FINE_TUNED = (Family.SFT, Family.PREFERENCE, Family.VLA)
LONGEST = 20  # characters: it stands in a headline
DONE = 0.98  # of planned steps
ENOUGH_EVALS = 3
SCATTER_KNOWN = 5  # evaluations, before which nobody knows what one scatters by
STANDS = 0.05  # of the first loss of training: by less it has hardly come down
FAR = 0.2  # of the first evaluation: no level of those since is as good
UP_AGAIN = 1.25  # times the lowest level of a loss
HALF = 0.5  # of the first loss: above it most of what there is to learn may be still to come
BACKED = 0.5  # of what an evaluation gained: earned in training, too
SELDOM = 0.5  # of all tries succeed: whether fewer are enough, only people know
SUCCEEDS = SUCCESS - {"winrate"} | {"solve", "solved"}
FEWEST_TO_TURN = 10  # evaluations, of which the last tenth is more than one
FEWEST_TASKS = 3  # of a suite: two columns with a number are two settings of one


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
    doubtful = _bad_news(metrics, family) if calm or stands else first is not None and usable != "yes"
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
        said = _calm(metrics, info, family)
        # What stands aside for the score is still about which checkpoint to take.
        chosen = any(not f.over and f.suppressed_by is None and _chooses(f, diagnoses) for f in findings)
        return "可用，ckpt 按评估选" if said == "可用" and chosen else said
    own = diagnoses[first.finding.id].use(first)
    return counted(_SAY[worst](first) if own is None else own, info.unit)


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
    return "yes" if harmless and evaluated is Evaluated.ENOUGH and _kept(metrics, family) else "unknown"


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
    judge = _judge(metrics, family)
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
        aside &= _bettered(metrics, family) and not diagnoses[f.id].outlasts_score(f)
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


def how_evaluated(metrics: Sequence[MetricSummary], family: Family) -> Evaluated:
    """A score decides where there is one, then the eval loss; the return of an agent is its evaluation."""
    judge = _judge(metrics, family)
    if judge is None:
        return Evaluated.UNREAD if any(_measures(m) for m in metrics) else Evaluated.NEVER
    if judge.points < 2:
        return Evaluated.ONCE
    rate = judge.direction == "max" and judge.group == "eval" and judge.best is not None and 0 <= judge.best <= 1
    if judge.points < ENOUGH_EVALS or (judge.points < SCATTER_KNOWN and _fell_at_last(judge)):
        return Evaluated.FEW
    if (rate and (judge.best_level or 0.0) < WORTH) or _wrong(judge) or _below_random(judge):
        return Evaluated.POOR
    if any(_undone(m) for m in _tasks(metrics, judge)):
        return Evaluated.IN_PART
    if _without_gain(judge) or _more_called_positive(judge, metrics):
        return _beside_training(judge, metrics, family)
    if _score_stands(judge, metrics):
        return Evaluated.SCORE_STANDS
    if _seldom(judge):
        return Evaluated.SELDOM
    if judge.group != "eval":
        return Evaluated.IN_TRAINING if judge.outcome in {"better", None} else Evaluated.UNEARNED
    if family is Family.RL and judge.late and not rate:
        return Evaluated.LATE
    by_loss = judge.direction == "min" and judge.role != "eval_score" and not task_error(judge)
    if by_loss and family not in _FINE_TUNED and _unfinished_fall(judge):
        return Evaluated.UNFINISHED
    return Evaluated.BY_PROXY if by_loss and family in WEAK_PROXY else Evaluated.ENOUGH


def _measures(metric: MetricSummary) -> bool:
    """Something of an evaluation, other than how long it took."""
    return metric.group == "eval" and not metric.constant and SECONDS.isdisjoint(words(metric.key))


APART = 0.2  # of all samples
_REWARDED = (Family.RL, Family.UNKNOWN)  # where a column is called so, and nothing says that it is no agent's


def _judge(metrics: Sequence[MetricSummary], family: Family) -> MetricSummary | None:
    """What the result is judged by; None where nothing was evaluated that has a better direction."""
    known = [m for m in metrics if m.last is not None]
    held = {m.role: m for m in known if m.role is not None}
    scores = [held[r] for r in ("eval_score", *(("reward",) if family in _REWARDED else ())) if r in held]
    evaluated = [m for m in known if m.group == "eval" and m.direction in {"min", "max"}]
    judges = scores or [m for m in evaluated if task_error(m)] or evaluated
    return next((m for m in judges if m.role is not None), judges[0] if judges else None)


def _tasks(metrics: Sequence[MetricSummary], judge: MetricSummary) -> list[MetricSummary]:
    """Rates of success of several tasks, of which the judge's is one: their names differ by a number alone."""
    if not SUCCESS & taken_apart(judge.key).stems:
        return []
    beside = [m for m in metrics if m.group == judge.group and _unnumbered(m.key) == _unnumbered(judge.key)]
    return beside if len(beside) >= FEWEST_TASKS else []


def _unnumbered(key: str) -> str:
    return re.sub(r"\d+", "#", key)


def _undone(task: MetricSummary) -> bool:
    """It has never been done more than now and then, or no more: the others say nothing about it."""
    return (
        task.best_level is None or task.kept is False or task.best_level < WORTH * (1 if task.best_level <= 1 else 100)
    )


def _wrong(judge: MetricSummary) -> bool:
    """An error rate of words or characters at which hardly anything is right."""
    level = judge.best_level
    if level is None or not {"wer", "cer"} & set(words(judge.key)):
        return False
    return level >= 1 - WORTH if level <= 2 else level >= 100 * (1 - WORTH)  # a share, or per cent


def _seldom(judge: MetricSummary) -> bool:
    """A rate of success at which it fails more often than not; against an opponent of its own kind half is much."""
    level = judge.best_level
    unit = 1 if judge.best is None or judge.best <= 1 else 100
    return bool(SUCCEEDS & taken_apart(judge.key).stems) and level is not None and level < SELDOM * unit


def _below_random(judge: MetricSummary) -> bool:
    """A score that is normalised so that acting at random has 0."""
    return judge.direction == "max" and NORMALISED in words(judge.key) and (judge.best_level or 0.0) < 0


def task_error(metric: MetricSummary) -> bool:
    """An error rate of the task itself, no loss."""
    return bool(TASK_ERRORS & set(words(metric.key)))


def _without_gain(judge: MetricSummary) -> bool:
    """It was never better than at its first evaluation, by more than it scatters: what training did is not in it."""
    if judge.group != "eval":  # of training its outcome tells: the first record is one batch, which may be a lucky one
        return False
    if judge.constant or (judge.best is not None and judge.best == judge.first):
        return True
    # One that only its company shows to be an evaluation (`analysis.columns.evaluated`) is not trusted on sight.
    unsaid = kind_of(judge.key).group != "eval"
    return judge.gained is False and (unsaid or judge.points >= SCATTER_KNOWN)


def _beside_training(judge: MetricSummary, metrics: Sequence[MetricSummary], family: Family) -> Evaluated:
    """What the loss of training says of evaluations that gained nothing. Swings as wide as they are tell by themselves,
    and of an agent or of two networks no loss does."""
    if _best_at_first(judge):
        return Evaluated.WORSE
    loss = next((m for m in metrics if m.role == "loss" and m.group == "train"), None)
    if loss is None or not loss.first or loss.best is None or family in _LOSS_SAYS_LITTLE or _swings(judge):
        return Evaluated.NO_GAIN
    fell, rose = (loss.first - loss.best) / abs(loss.first), ((loss.last or 0.0) - loss.first) / abs(loss.first)
    if fell < STANDS:
        moved = rose > STANDS or judge.outcome == "worse" or not judge.kept
        return Evaluated.NO_GAIN if moved else Evaluated.UNMOVED
    beside = next((m for m in metrics if m.role == "eval_loss" and m.group == "eval" and m is not judge), None)
    if beside is not None and beside.gained and judge.direction == "max":
        return Evaluated.SCORE_LEVEL
    down = loss.outcome == "better" or (loss.outcome is None and bool(loss.gained))
    return Evaluated.TRAIN_ONLY if down and loss.kept else Evaluated.NO_GAIN


def _more_called_positive(judge: MetricSummary, metrics: Sequence[MetricSummary]) -> bool:
    """An F1 has risen, and neither what is right of all nor what is right of the positive ones: recall was bought."""
    if not {"f1", "recall"} & taken_apart(judge.key).stems:
        return False

    def stands(stems: AbstractSet[str]) -> bool:
        found = [m for m in metrics if m.group == judge.group and stems & taken_apart(m.key).stems]
        return bool(found) and all(m.gained is False and m.points >= ENOUGH_EVALS for m in found)

    return stands(ACCURACY) and stands({"precision"})


def _best_at_first(judge: MetricSummary) -> bool:
    """It was best before anything was learnt, and no level since has come near that."""
    first, level = judge.first, judge.best_level
    if first is None or level is None or judge.best != first:
        return False
    lower = level - first if judge.direction == "min" else first - level
    return judge.kept is False or lower > FAR * abs(first)


def _score_stands(judge: MetricSummary, metrics: Sequence[MetricSummary]) -> bool:
    """What is right of the same evaluations was never more than at first, and is less than half: a loss that comes down
    from far above guessing says nothing yet."""
    if judge.direction != "min":
        return False
    rates = [m for m in metrics if m.group == "eval" and m.direction == "max" and ACCURACY & taken_apart(m.key).stems]
    known = [m for m in rates if m.points >= ENOUGH_EVALS and m.first is not None and m.first == m.best]
    return bool(known) and len(known) == len(rates) and all((m.first or 0.0) < HALF for m in known)


def _fell_at_last(judge: MetricSummary) -> bool:
    """Its last evaluation is not half as good as its best: of so few nobody knows which of them is the rule."""
    if judge.direction != "max" or judge.best is None or judge.last is None:
        return False
    return 0 <= judge.last < HALF * judge.best


def _unfinished_fall(judge: MetricSummary) -> bool:
    """Most of a loss is still there, and it has not come to rest: no level of it is worth something by itself."""
    first, level = judge.first, judge.best_level
    return bool(judge.moving) and first is not None and level is not None and level > HALF * first > 0


def _kept(metrics: Sequence[MetricSummary], family: Family) -> bool:
    """Whether what it is judged by still has most of what had been gained."""
    judge = _judge(metrics, family)
    return judge is not None and judge.kept is True


def _bettered(metrics: Sequence[MetricSummary], family: Family) -> bool:
    """Whether what it is judged by has ever been better than it was at first, by more than it scatters: where it has
    not, and another checkpoint is to be taken, there is none."""
    judge = _judge(metrics, family)
    return judge is None or judge.gained is not False


def _of_best(result: Result, metrics: Sequence[MetricSummary], family: Family) -> Evaluated:
    """How much there is to believe that another checkpoint is any better."""
    if not _bettered(metrics, family):
        return Evaluated.NO_GAIN
    lost = result.of_eval and result.finding.severity is Severity.CRITICAL
    return Evaluated.UNBACKED if lost and not _backed(metrics, family) else result.evaluated


def _backed(metrics: Sequence[MetricSummary], family: Family) -> bool:
    """Whether what the evaluations of an agent had gained was earned in training, too: the best of a few episodes tells
    little by itself, be it luck or an agent that stands still and so does not fall."""
    judge = _judge(metrics, family)
    earned = next((m for m in metrics if m.role == "reward"), None)
    if judge is None or earned is None or judge.group != "eval" or not one_measure(earned.key, judge.key):
        return True
    if judge.best_level is None or judge.first is None or earned.best is None or earned.first is None:
        return True
    return earned.best - earned.first >= BACKED * (judge.best_level - judge.first)


def calm_title(metrics: Sequence[MetricSummary], family: Family) -> str:
    """The first line of a run in which nothing was found: healthy only where evaluations bear it out."""
    evaluated = how_evaluated(metrics, family)
    if (unlearnt := _unlearnt(metrics, family)) is not None:
        return unlearnt
    if evaluated is Evaluated.NO_GAIN and _swings(_judge(metrics, family)):
        return "无异常，评估大起大落"
    if evaluated in _TOLD_CALMLY:
        return f"无异常，{_TOLD_CALMLY[evaluated]}"
    if not _kept(metrics, family):
        return "无异常，效果已回落"
    return "无异常，泛化差距大" if _apart(metrics, family) else "正常"


def _apart(metrics: Sequence[MetricSummary], family: Family) -> bool:
    """Of a share of all samples training gets far more right than its evaluation, if not for as long as a finding
    takes."""
    judge = _judge(metrics, family)
    if judge is None or judge.last is None or judge.role != "eval_score" or judge.direction != "max":
        return False
    same = (m for m in metrics if m.group == "train" and same_quantity(m.key, judge.key))
    own = next((m for m in same if m.last is not None and m.points >= judge.points), None)
    if own is None or own.last is None or max(own.best or 0.0, judge.best or 0.0) > 1:
        return False
    return own.last - judge.last > APART


def unfinished(info: RunInfo) -> bool:
    """Whether there is more of it to come. A file that says nothing about its run is judged by its plan."""
    if info.state == "unknown":
        return info.progress is not None and info.progress < DONE
    return info.state not in ENDED


def _swings(judge: MetricSummary | None) -> bool:
    """A loss has come down to less than half: where that is no gain, it is since everything scatters by more."""
    if judge is None or judge.direction != "min" or judge.first is None or judge.best is None:
        return False
    return 0 < judge.best < HALF * judge.first


def _bad_news(metrics: Sequence[MetricSummary], family: Family) -> bool:
    evaluated = how_evaluated(metrics, family)
    poor = evaluated in {Evaluated.POOR, Evaluated.SELDOM, Evaluated.IN_PART, Evaluated.SCORE_STANDS} | _NO_GAINS
    return poor or _unlearnt(metrics, family) is not None or _fallen_back(evaluated, metrics, family)


def _fallen_back(evaluated: Evaluated, metrics: Sequence[MetricSummary], family: Family) -> bool:
    return evaluated in {Evaluated.BY_PROXY, Evaluated.ENOUGH} and not _kept(metrics, family)


_NO_GAINS = {Evaluated.NO_GAIN, Evaluated.WORSE, Evaluated.TRAIN_ONLY, Evaluated.UNMOVED, Evaluated.SCORE_LEVEL}
# Of these a loss need not fall: a critic's grows with the returns, and two networks hold each other's up.
_LOSS_SAYS_LITTLE = (Family.RL, Family.GAN)


def _unlearnt(metrics: Sequence[MetricSummary], family: Family) -> str | None:
    """What of a run without evaluations, or with evaluations alone that got worse, never came to be; None: it did, or
    nobody knows."""
    judge = _judge(metrics, family)
    if judge is not None and judge.group == "eval":
        known = judge.points >= FEWEST_TO_TURN and judge.gained is False
        return "评估反而变差" if known and judge.outcome == "worse" else None
    told = next((m for role in ("reward", "loss") for m in metrics if m.role == role and m.group == "train"), None)
    if told is None:
        told = _score_of_game(metrics)
    if told is None or told.outcome is None or told.nonfinite:
        return None
    if told.role == "loss" and family in _LOSS_SAYS_LITTLE:
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


def _calm(metrics: Sequence[MetricSummary], info: RunInfo, family: Family) -> str:
    evaluated = how_evaluated(metrics, family)
    if unfinished(info):
        begun = "训练中" if info.state != "unknown" else "没跑完"
        return f"{begun}，{_PENDING.get(evaluated, '效果待定')}"
    if (unlearnt := _unlearnt(metrics, family)) is not None:
        return f"{unlearnt}，{'未评估' if evaluated is Evaluated.NEVER else '还不能判断'}"
    if _fallen_back(evaluated, metrics, family):
        return "效果已回落，还不能判断"
    if evaluated is Evaluated.BY_PROXY:
        return f"评估 loss 正常，{'成功率' if family in ROBOTS else '效果'}待实测"
    if evaluated is Evaluated.IN_TRAINING:
        judge = _judge(metrics, family)
        return f"只有训练 {earned(judge.key if judge is not None else '')}，未单独评估"
    if evaluated is Evaluated.NO_GAIN and _swings(_judge(metrics, family)):
        return "评估大起大落，还不能判断"
    return "可用" if evaluated is Evaluated.ENOUGH else _UNJUDGED[evaluated]


# What became of the weights afterwards, a trial of an earlier checkpoint does not tell.
_BEYOND_TRIALS = frozenset({Impact.PART_MISSING, Impact.USABLE_BEFORE_ONSET, Impact.UNUSABLE})
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
_UNJUDGED: Mapping[Evaluated, str] = {
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


def _slower(result: Result) -> str:
    if result.running:
        return "训练中，只是慢"
    if result.evaluated is Evaluated.NEVER:
        return "只是慢；未评估，效果未知"
    if result.evaluated is Evaluated.POOR:
        return _UNJUDGED[Evaluated.POOR]
    return "结果可用，只是慢" if result.usable else "只是慢；效果还不能判断"


def _choose_checkpoint(result: Result) -> str:
    if result.usable:
        return "可用，ckpt 按评估选"
    if result.running and result.evaluated is Evaluated.POOR:
        return "训练中，效果还很差"
    if not result.judged:
        return _UNJUDGED[result.evaluated]
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
