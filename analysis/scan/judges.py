"""What a model is chosen by besides its loss: a score, or an error rate of the task itself."""

from __future__ import annotations

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.columns.family import Family
from analysis.columns.names import taken_apart, words
from analysis.columns.vocabulary import DECIBELS, RETURNS, TRAIN, word_set
from analysis.facts.eval_size import episodes
from analysis.model import Bools, Floats, Ints
from analysis.scan.eval_samples import samples
from analysis.scan.view import Points, View

# What is measured by running the policy; it decides over an offline loss.
OF_ROLLOUTS = word_set("success solve solved winrate win reward rewards rew return returns pass score")
# Errors of the task itself, lower is better; others (ppl, rmse) say again what an eval loss says.
TASK_ERRORS = {"wer", "cer", "ter", "fid", "kid", "fvd"}
# Judged by what they draw: their losses stand still, or play against each other, while that gets better or worse.
SAMPLERS = (Family.GAN, Family.DIFFUSION)
# Read off the very outputs that the loss is of: an accuracy stands still while a model grows overconfident.
OF_OUTPUTS = {"acc", "accuracy", "accuracies", "f1", "top", "prec", "auc", "auroc", "precision", "recall", "mcc"}
HELD = 0.03  # of its best: a score that stands lower by less, or by less than it scatters, has not fallen
BLIND = 0.15  # of its best: a fall by this much chooses another checkpoint, one that scatters by more cannot show it
VISIBLE = 3.0  # times its scatter: a climb by more is seen all the same
CLIMBING = 0.01  # of its best: what one of the outputs must have gained since the loss turned to speak against it
NORMALISED = "normalized"  # between what acting at random comes to and an expert
WORTH = 0.1  # of a rate: at less than one in ten nothing works yet
ROUNDED = 3.0  # times the last digit that is written: a finer step is rounding, a coarser one a sample
PAIRED = 0.7  # of a standard error is that of a gain: the same samples each time, most of them answered alike
ALIKE = 4  # evaluations, of one and the same number
SINCE = 5  # evals since its best after which it climbs no more
IN_A_ROW, SURELY = 2, 2.0  # evaluations, each of them a new best; standard errors that they have gained in all
FEW = 10  # with fewer evals only the newest can show that it climbs

# What a checkpoint is chosen by where no score is logged.
GOALS: tuple[tuple[tuple[Family, ...], str], ...] = (
    ((Family.IMITATION, Family.VLA), "成功率"),
    ((Family.DIFFUSION,), "采样效果或成功率"),
    ((Family.SFT, Family.PREFERENCE), "下游评测"),
    ((Family.SUPERVISED, Family.PRETRAINING), "评估集"),
)


def goal_at(view: View, points: Points, j: int) -> str:
    """What a sentence says that counts, at point j."""
    return next((goal for families, goal in GOALS if view.is_family(points, *families)[j]), "实际效果")


def of_rollouts(score: Points) -> bool:
    bag = set(words(score.key))
    return bool(bag & OF_ROLLOUTS) and not bag & {"f1", "bleu", "rouge", "dice", "precision", "recall"}


def of_outputs(score: Points) -> bool:
    stems = taken_apart(score.key).stems  # with `acc1` also "acc"
    return bool(stems & OF_OUTPUTS) and not stems & (TASK_ERRORS | {"map", "average"})


def of_returns(score: Points) -> bool:
    """It is what an agent earns: without bounds, from a level of its own."""
    return bool(set(words(score.key)) & RETURNS)


def is_share_of_codes(points: Points) -> bool:
    """A perplexity of a codebook that begins below 1, as none can, is divided by the number of its codes."""
    return points.kind.name == "codebook_perplexity" and len(points) > 0 and 0 <= points.x[0] < 1


def as_rate(points: Points) -> Floats:
    """(n,) by what each value is divided to be a share: 100 for per cent, as name or values show, and of D4RL."""
    return eval_noise.as_rate(points.x, percent=points.kind.unit == "%" or "d4" in words(points.key))


def counted_std(view: View, score: Points) -> Floats:
    """(n,) standard deviation of a rate that was counted over so many tries, as far as these are known; else 0."""
    unit = as_rate(score)
    tries = np.where(eval_noise.one_try(score.x), 1.0, episodes(view.facts, score.key, score.x / unit))
    p = np.clip(np.cumsum(score.x / unit) / np.arange(1, len(score) + 1), 0.0, 1.0)
    return np.asarray(unit * rolling.filled(np.sqrt(p * (1 - p) / tries)))


def in_decibels(points: Points) -> bool:
    """It is the logarithm of an error: PSNR, SI-SDR."""
    return bool(taken_apart(points.key).bag & DECIBELS) and points.kind.direction == "max"


def of_expert(points: Points) -> bool:
    """It is normalised so that an expert has 1, or 100."""
    return NORMALISED in words(points.key)


def measures_task(key: str) -> bool:
    """An error rate of the task itself, by its name: `wer`, `fid50k_full`."""
    return bool(taken_apart(key).stems & TASK_ERRORS)


def task_error(view: View) -> Points | None:
    """The first error rate that no other diagnosis watches: one that holds the seat of the eval loss
    is told as overfit."""
    keys = [k for k in view.roles.kinds if measures_task(k) and TRAIN.isdisjoint(words(k))]
    free = [k for k in keys if view.roles.role(k) is None]
    if not free:
        return None
    return view.column(min(free, key=lambda k: (int(view.history.columns[k].rows[0]), k)))


def judges(view: View) -> list[Points]:
    """What a model is chosen by besides its loss, what decides first: rollouts, measures of the task,
    then those of outputs."""
    found = [points for points in (view.role("eval_score"), task_error(view)) if points is not None]
    return sorted(found, key=lambda p: (not of_rollouts(p), of_outputs(p)))


def judge_at(view: View, row: int) -> Points | None:
    """The one that decides among those measured by a row; one that has been the same number all along chooses none."""
    return next((p for p in judges(view) if len(p) and int(p.rows[0]) <= row and not _same(p, row)), None)


def _same(score: Points, row: int) -> bool:
    known = score.x[: int(np.searchsorted(score.rows, row, side="right"))]
    return len(known) >= ALIKE and bool((known == known[0]).all())


def lower_is_better(points: Points) -> bool:
    return points.kind.direction == "min" or measures_task(points.key)


def outranks(view: View, points: Points, since: Ints) -> Bools:
    """(n,) a score says at a point that the model is not getting worse, whatever its loss does.

    A measure of the task does so while it has not fallen, however few times it was taken; one of the outputs only
    while it still climbs. `since` (n,): the point at which the loss turned.
    """
    out = np.zeros(len(points), dtype=bool)
    for score in reversed(judges(view)):
        at = view.latest(points, score)
        if of_outputs(score):
            low = np.minimum(since, rolling.index_of_running_min(points.x))
            says = _climbs(score, at, since, low, samples(view, score))
        else:
            says = rolling.take_or(holds(score), at, False)
        out = np.where(at >= 0, says, out)
    return out


def holds(score: Points) -> Bools:
    """(n,) it stands where it has been at best, as far as it scatters; after a few that has to be worth something."""
    x = -score.x if lower_is_better(score) else score.x
    smooth = rolling.rolling_median(x, 3)
    best = rolling.running_max(smooth)
    moved = rolling.running_max(x) > rolling.running_min(x)
    a_rate = (rolling.running_min(score.x) >= 0) & (rolling.running_max(score.x) <= 1) & (not lower_is_better(score))
    index = np.arange(len(x))
    fresh = index - rolling.index_of_running_min(-smooth) < SINCE
    worth = (index < SINCE) | moved & (fresh | ~(a_rate & (best < WORTH)))
    spread = _spread(x)
    # Of so few samples that a fall would be lost in its scatter: that it has not fallen says nothing, unless it climbs.
    tells = fresh | (spread < BLIND * np.abs(best)) | (best - smooth[:1] > VISIBLE * spread)
    tells |= of_rollouts(score) | lower_is_better(score)
    return np.asarray(worth & tells & (smooth > best - np.maximum(spread, HELD * np.abs(best))))


def bettered(score: Points) -> Bools:
    """(n,) its level has ever been better than its first value, by more than it scatters."""
    x = -score.x if lower_is_better(score) else score.x
    return np.asarray(rolling.running_max(rolling.rolling_median(x, 3)) - x[:1] > _spread(x))


def _spread(x: Floats) -> Floats:
    return np.maximum(1.5 * rolling.rolling_mad(np.diff(x, prepend=x[:1]), 40), 1e-9)


def _climbs(score: Points, at: Ints, since: Ints, low: Ints, tried: Floats) -> Bools:
    """`tried` (n,): of how many samples each is; NaN where unknown. `low` (n,): the single lowest of the loss."""
    x = -score.x if lower_is_better(score) else score.x
    smooth = rolling.rolling_median(x, 3)
    best = rolling.running_max(smooth)
    few = np.arange(len(x)) < FEW
    age = np.arange(len(x)) - np.where(few, rolling.index_of_running_min(-x), rolling.index_of_running_min(-smooth))
    gains = best - rolling.before(best, SINCE) > CLIMBING * np.abs(best)
    best_now = rolling.take_or(best, at, np.nan)
    # Of many samples a gain may be small and certain: it went on past the middle of the time since the loss turned.
    middle = (since + np.arange(len(at)) + 1) // 2
    error = rolling.take_or(_known_error(score, best, tried), at, np.nan)
    late = best_now - best_now[np.minimum(middle, np.arange(len(at)))] > PAIRED * error
    fresh = rolling.take_or(age < np.where(few, 1, SINCE), at, False) & (rolling.take_or(few | gains, at, False) | late)
    least = np.maximum(rolling.take_or(_spread(x), at, np.inf), CLIMBING * np.abs(best_now))
    error = np.where(np.isfinite(error), error, rolling.take_or(_sampling_error(score, best), at, np.nan))
    # Each a new best, and by more in all than luck gives: of so few no level is known that it could be told by.
    up = rolling.streak((np.diff(x, prepend=x[:1]) > 0) & (x >= rolling.running_max(x)))
    first = np.maximum(at - rolling.take_or(up, at, 0), np.maximum(at[low], 0))
    gained = rolling.take_or(x, at, np.nan) - rolling.take_or(x, first, np.nan)
    steady = rolling.take_or(few, at, False) & (at - first >= IN_A_ROW)
    with np.errstate(invalid="ignore"):
        steady &= gained > SURELY * np.fmax(least, error)
    return np.asarray(steady | fresh & (best_now - best_now[since] > np.fmax(least, error)))


def _known_error(score: Points, level: Floats, tried: Floats) -> Floats:
    """(n,) the standard error of a share of so many samples; NaN where that is unknown, and for what is no share."""
    unit = as_rate(score)
    p = np.clip(np.abs(level) / unit, 0.0, 1.0)
    of_all = np.where((rolling.running_max(score.x / unit) <= 1) & (tried > 0), tried, np.nan)
    return np.asarray(np.sqrt(p * (1 - p) / of_all) * unit)


def _sampling_error(score: Points, level: Floats) -> Floats:
    """(n,) the standard error of a share, of as many samples as the finest step so far gives away: one sample more is
    that step. NaN for what is no share, and where steps are no longer than the digits that are written."""
    share, step = score.x / as_rate(score), np.abs(np.diff(score.x, prepend=score.x[:1]))
    finest = rolling.running_min(np.where(step > 0, step, np.inf))
    counted = (finest > ROUNDED * eval_noise.resolution(score.x)) & (rolling.running_max(share) <= 1)
    p = np.clip(np.abs(level) / as_rate(score), 0.0, 1.0)
    finest = np.where(counted & np.isfinite(finest), finest / as_rate(score), np.nan)
    return np.asarray(np.sqrt(p * (1 - p) * finest) * as_rate(score))
