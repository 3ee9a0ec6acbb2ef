"""What evaluations say of a result: positive evidence, without which no run is called healthy or usable.

A score decides where there is one, then the loss of evaluation; the return of an agent is its evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from analysis.columns.family import WEAK_PROXY, Family
from analysis.columns.kinds import kind_of
from analysis.columns.names import taken_apart, words
from analysis.columns.vocabulary import ACCURACY, SECONDS, SUCCESS
from analysis.model import MetricSummary
from analysis.scan.carried_over import one_measure
from analysis.scan.impact import Evaluated
from analysis.scan.judges import NORMALISED, TASK_ERRORS, WORTH

# They begin near the floor of their loss, of which half is never gone.
_FINE_TUNED = (Family.SFT, Family.PREFERENCE, Family.VLA)
ENOUGH_EVALS = 3
SCATTER_KNOWN = 5  # evaluations, before which nobody knows what one scatters by
BEND_TELLS = 8  # evaluations, before which a climb that bends may be taken for scatter
STANDS = 0.05  # of the first loss of training: by less it has hardly come down
NOTICED = 1e-4  # of the first evaluation: by less no loss is better for anything
FAR = 0.2  # of the first evaluation: no level of those since is as good
HALF = 0.5  # of the first loss: above it most of what there is to learn may be still to come
BACKED = 0.5  # of what an evaluation gained: earned in training, too
SELDOM = 0.5  # of all tries succeed: whether fewer are enough, only people know
SUCCEEDS = SUCCESS - {"winrate"} | {"solve", "solved"}
OVERLAPS, OVERLAP = frozenset({"dice", "jaccard", "iou", "miou"}), 0.2  # of two areas: less is hardly found at all
FEWEST_TASKS = 3  # of a suite: two columns with a number are two settings of one
# Of these a loss need not fall: a critic's grows with the returns, and two networks hold each other's up.
LOSS_SAYS_LITTLE = (Family.RL, Family.GAN)


def how_evaluated(metrics: Sequence[MetricSummary], family: Family) -> Evaluated:
    """A score decides where there is one, then the eval loss; the return of an agent is its evaluation."""
    judge = judge_of(metrics, family)
    if judge is None:
        return Evaluated.UNREAD if any(_measures(m) for m in metrics) else Evaluated.NEVER
    if judge.points < 2:
        return Evaluated.ONCE
    rate = judge.direction == "max" and judge.group == "eval" and judge.best is not None and 0 <= judge.best <= 1
    if judge.points < ENOUGH_EVALS or (judge.points < SCATTER_KNOWN and _fell_at_last(judge)):
        return Evaluated.FEW
    least = OVERLAP if OVERLAPS & taken_apart(judge.key).stems else WORTH
    if (rate and (judge.best_level or 0.0) < least) or _wrong(judge) or _below_random(judge):
        return Evaluated.POOR
    if any(_undone(m) for m in _tasks(metrics, judge)):
        return Evaluated.IN_PART
    if _without_gain(judge) and _may_have_gained(judge):
        return Evaluated.FEW
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


_REWARDED = (Family.RL, Family.UNKNOWN)  # where a column is called so, and nothing says that it is no agent's


def judge_of(metrics: Sequence[MetricSummary], family: Family) -> MetricSummary | None:
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
    by_loss = judge.direction == "min" and None not in (judge.first, judge.best_level)
    if by_loss and 0 <= (judge.first or 0.0) - (judge.best_level or 0.0) < NOTICED * abs(judge.first or 0.0):
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
    if loss is None or not loss.first or loss.best is None or family in LOSS_SAYS_LITTLE or swings(judge):
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
        known = [m for m in found if m.points >= ENOUGH_EVALS and not _may_have_gained(m)]
        return bool(found) and len(known) == len(found) and all(m.gained is False for m in known)

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


def _may_have_gained(judge: MetricSummary) -> bool:
    """The last of few evaluations is the best: whether that is a gain they cannot tell, and neither that it is none."""
    return judge.points < BEND_TELLS and judge.last is not None and judge.last == judge.best != judge.first


def _unfinished_fall(judge: MetricSummary) -> bool:
    """Most of a loss is still there, and it has not come to rest: no level of it is worth something by itself."""
    first, level = judge.first, judge.best_level
    return bool(judge.moving) and first is not None and level is not None and level > HALF * first > 0


def kept(metrics: Sequence[MetricSummary], family: Family) -> bool:
    """Whether what it is judged by still has most of what had been gained."""
    judge = judge_of(metrics, family)
    return judge is not None and judge.kept is True


def bettered(metrics: Sequence[MetricSummary], family: Family) -> bool:
    """Whether what it is judged by has ever been better than it was at first, by more than it scatters: where it has
    not, and another checkpoint is to be taken, there is none."""
    judge = judge_of(metrics, family)
    return judge is None or judge.gained is not False


def backed(metrics: Sequence[MetricSummary], family: Family) -> bool:
    """Whether what the evaluations of an agent had gained was earned in training, too: the best of a few episodes tells
    little by itself, be it luck or an agent that stands still and so does not fall."""
    judge = judge_of(metrics, family)
    earned = next((m for m in metrics if m.role == "reward"), None)
    if judge is None or earned is None or judge.group != "eval" or not one_measure(earned.key, judge.key):
        return True
    if judge.best_level is None or judge.first is None or earned.best is None or earned.first is None:
        return True
    return earned.best - earned.first >= BACKED * (judge.best_level - judge.first)


def swings(judge: MetricSummary | None) -> bool:
    """A loss has come down to less than half: where that is no gain, it is since everything scatters by more."""
    if judge is None or judge.direction != "min" or judge.first is None or judge.best is None:
        return False
    return 0 < judge.best < HALF * judge.first
