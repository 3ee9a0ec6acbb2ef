"""An eval loss that has turned while training still improves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.valley import FEWEST, Valley, directness, straightness, turn, valley
from analysis.columns.family import WEAK_PROXY, Family
from analysis.columns.names import same_quantity
from analysis.diagnoses.overfit.words import Said, by_heart_words, lowest_single, words
from analysis.model import Bools, Finding, Floats, Ints, Severity
from analysis.scan import evidence
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.handful import handful
from analysis.scan.impact import Evaluated, Impact, Result
from analysis.scan.judges import (
    SAMPLERS,
    as_rate,
    bettered,
    holds,
    judges,
    measures_task,
    of_outputs,
    outranks,
)
from analysis.scan.partners import between, train_partner
from analysis.scan.recovery import Recovery
from analysis.scan.text_by_heart import RECORDS, text_by_heart
from analysis.scan.track import Track, from_then_on, track
from analysis.scan.units import Count, Evals, Ln, Nats, Share, Sigmas, Times
from analysis.scan.view import Points, View

IN_NATS = (Family.SFT, Family.PRETRAINING, Family.PREFERENCE)  # their loss is a cross-entropy


NOISE_EVALS = 60  # evals that say by how much single ones stray from training


@dataclass(frozen=True, eq=False)
class _Evidence:
    """What training says, (n,) each: it has fallen on since eval was lowest; it has come down at all, in more than
    noise; it stands clearly higher than then."""

    learns: Bools
    learnt: Bools
    worse: Bools
    level: Bools  # it stands where eval does
    by_heart: Bools  # nearly all of it has gone since then


@dataclass(frozen=True)
class Overfit(CausalDiagnosis):
    """The eval loss has turned and rises while training still improves.

    Offline loss is a weak proxy of success (imitation, VLA, SFT): never critical, and where a score of the task exists
    it decides. Training that is seen to go on falling is half of the evidence: without it (none logged, or as noisy as
    it is level) eval has to rise by more errors.
    """

    id = "overfit"
    title = "过拟合"
    severity = Severity.WARNING
    meaning = "评估 loss 触底回升，训练 loss 却没变差：再训下去多半只是记住训练集。"
    clears = "评估 loss 回到最低处附近并稳住，或又创新低"
    mistaken_for = "模仿学习、VLA、SFT 里评估 loss 回升而成功率还在涨，很常见"
    impact = Impact.CHOOSE_CHECKPOINT
    explained_by = ("divergence", "at-chance", "gan-collapse", "success-zero")
    wastes_time = True

    min_rise: Share = 0.03  # relative, smoothed, against a floor that is smoothed as wide
    rise: Share = 0.04  # the least of one that is not as certain as a slow one
    warning_rise: Share = 0.05
    waited_evals: Evals = 3  # above the floor: as many as early stopping waits for, and so long
    waiting_rise: Share = 0.08  # less of a rise is a note
    slow_sigmas: Sigmas = 4.0  # more of them, and less of a rise will do: the reference run rose by 3.5 % in 300 evals
    steady_sigmas: Sigmas = 5.0  # standard errors by which a line through all evals since the floor rises
    slow: Share = 0.33  # of all evals, for which it has stood above its floor by then
    sure_of_wrong: Share = (
        0.5  # of the lowest, above it: where a score stands still, it grows ever surer of the same errors
    )
    no_gap: Ln = 0.1  # at most, of eval above training: none
    held_fall: Ln = 0.1  # at most, of eval below its first: nothing that was learnt holds for other samples, and
    by_heart: Ln = 1.5  # of training since then: what it learnt are its own
    held_evals: Evals = 24  # since the floor: a long one, not a pass or two
    share_of_fall: Share = 0.1  # of a loss that may be negative: of what it had fallen by
    sigmas: Sigmas = 1.5  # standard errors beyond chance, of few evals
    late_sigmas: Sigmas = 3.0  # of many: more evals, more chances to stray
    few_evals: Evals = 12
    many_evals: Evals = 60
    settled_evals: Evals = 8  # after a leap down: what was frozen is trained, and nobody knows yet what one scatters by
    sinking_evals: Evals = 3  # each below the one before: a bump that passes is told no more than a fall
    blind_sigmas: Sigmas = 1.5  # more of them where training is not seen to fall
    # since the eval loss was lowest; in training logs of public runs that overfit 0.1 to 4. One that rose by as much is
    # another fault
    train_fall: Ln = 0.1
    straightness: Share = 0.5  # of its way went down; public runs that overfit: above 0.65, noise of 20 records: below
    early_straightness: Share = 0.3  # more of it where three evals are all there is, none more from twelve on
    # of the way of an eval loss to its floor, and from there, where no training is logged: no less says it
    straightness_alone: Share = 0.8
    # of what it had fallen by, it has risen again: so much lost says by itself that it had been learnt, and
    lost_alone: Share = 0.5
    learnt_sigmas: Sigmas = 6.0  # of one evaluation, by which it must have fallen: bumps at a floor make no way crooked
    # units of the last logged digit: a rise of fewer (0.0012 to 0.0013) may be rounding
    min_resolution_steps: Times = 3.0
    a_picture: Count = 4  # samples, or objects of a detector: what one does is of that one, and no rule
    min_nats: Nats = 0.02  # of a cross-entropy: by less no answer changes (0.02 to 0.035 is 70 %)

    def use(self, result: Result) -> str | None:
        step = evidence.best_step(result.finding.words.evidence)
        # An offline loss that is a weak proxy of success chooses no checkpoint.
        return f"{step} 步附近的 ckpt 可用" if result.evaluated is Evaluated.ENOUGH and step is not None else None

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        return Impact.IN_DOUBT if self.outlasts_score(finding) else self.impact

    def outlasts_score(self, finding: Finding) -> bool:
        rise = evidence.number(finding.words.evidence, "rise")
        return rise is not None and rise > self.sure_of_wrong and finding.words.evidence.get("score") == "stands"

    def tracks(self, view: View) -> Iterable[Track]:
        if (trained := view.role("loss")) is not None and trained.kind.group == "train":
            yield self._by_heart(view, trained)
        points = view.role("eval_loss")
        if points is None:
            return
        first = self._track(view, points)
        yield first
        for other in self._beside(view, points):
            second = self._track(view, other)
            told = rolling.take_or(first.firing, view.latest(other, points), False)
            yield replace(second, firing=second.firing & ~told)

    def _by_heart(self, view: View, points: Points) -> Track:
        known = text_by_heart(view, points)
        return track(
            points,
            firing=known,
            clearing=lambda: ~known,
            severity=Severity.WARNING,
            onset=lambda j: j - RECORDS + 1,
            words=lambda m: by_heart_words(view, points, m),
        )

    def _beside(self, view: View, points: Points) -> list[Points]:
        """The same loss on a second held-out set: valid and test."""
        known = int(points.rows[min(2, len(points) - 1)]) if len(points) else 0
        keys = [k for k in view.keys(points.kind.name) if k != points.key and same_quantity(k, points.key)]
        keys = [k for k in keys if int(view.history.columns[k].rows[0]) <= known]
        return [view.column(min(keys))] if keys else []

    def _track(self, view: View, points: Points) -> Track:
        """A loss that comes to be negative, as one with a Dice term, is judged in its own unit from there on."""
        signed, ever = bool((points.x[:3] < 0).any()), bool((points.x < 0).any())
        if signed or not ever:
            return self._in_one_unit(view, points, signed)
        before, since = (self._in_one_unit(view, points, unit) for unit in (False, True))
        return from_then_on(points.after_first_negative, before, since)

    def _in_one_unit(self, view: View, points: Points, signed: bool) -> Track:
        x = points.x if signed else points.log
        # What a rise is measured by: itself, or how far it has fallen where a ratio means nothing.
        fell = (
            np.maximum(np.abs(x[:1]) * 1e-3, rolling.running_max(x) - rolling.running_min(x))
            if signed
            else np.ones(len(x))
        )
        least = self.share_of_fall * fell if signed else np.full(len(x), np.log1p(self.min_rise))
        v = valley(x, least, 0.02 * fell)
        train = train_partner(view, points)
        training = cache(lambda: self._training(view, points, train, v, x))
        said = cache(lambda: Said(train, v, outranks(view, points, v.where), signed, self.train_fall))
        n = np.arange(len(x)) + 1
        errors = np.interp(np.log(n), np.log([self.few_evals, self.many_evals]), [self.sigmas, self.late_sigmas])
        certain = (v.errors > errors + self.slow_sigmas) & (n - 1 - v.where > self.slow * n)
        low, now = (v.floor, v.level) if signed else (np.exp(v.floor), np.exp(v.level))
        firing = (v.errors > errors) & (signed | certain | (v.rise > np.log1p(self.rise)))
        # However much one eval scatters: all that came since the floor go up, while training goes down.
        alike = eval_noise.autocorrelation_time(x)
        line = eval_noise.drift(x, v.where, v.sigma, self.few_evals, alike)
        steady = (line > self.steady_sigmas) & (v.level - v.floor > self.warning_rise * fell)
        if (firing | steady).any():
            steady &= training().learns
            firing |= steady
            certain |= steady
            firing &= steady | (v.errors > errors + np.where(training().learns, 0.0, self.blind_sigmas))
            firing &= ~training().worse
            firing &= self._same_lr(view, points, v, training().learns) & (signed | ~_unsettled(x, self.settled_evals))
            firing &= ~self._sinks(x)
            firing &= (n > FEWEST) | view.is_family(points, *IN_NATS)  # the same texts each time, which scatter little
            if measures_task(points.key):  # eval-regress says so: what draws has no loss that tells
                firing &= ~view.is_family(points, *SAMPLERS)
            with np.errstate(invalid="ignore"):
                firing &= (now - low > self.min_resolution_steps * eval_noise.resolution(points.x)) | (n <= 3)

        def rated() -> Ints:
            enough = signed | certain | (v.rise > np.log1p(self.warning_rise))
            enough &= signed | (n - 1 - v.where >= self.waited_evals) | (v.rise > np.log1p(self.waiting_rise))
            with np.errstate(invalid="ignore"):
                small = (view.is_family(points, *IN_NATS) | _of_classes(view, points)) & (now - low < self.min_nats)
            # By half of a lowest that it had come down to, for certain: then it does not matter whether training is
            # seen to fall in its noise.
            by_far = certain & (v.rise > np.log1p(self.sure_of_wrong)) & (train is not None) & (not signed)
            by_far &= rolling.running_min(points.x) < CAME_DOWN * points.x[:1]
            warns = enough & (training().learnt | by_far) & ~small & ~said().outranked & ~self._sinks(x)
            # Nothing is known by heart that costs as little on other samples; one made harder stands above both times.
            warns &= signed | ~training().level | (v.rise > np.log1p(self.sure_of_wrong))
            warns &= ~(handful(view, points) <= self.a_picture)
            # What is right stands where it was best: until the loss is half as much again, another checkpoint may be
            # a little surer and no more right.
            little = np.maximum(v.rise, v.level - v.floor) < np.log1p(self.sure_of_wrong)
            warns &= ~(little & _learnt_and_held(view, points) & (not signed))
            grave = warns & training().by_heart & self._nothing_held(view, points, train, v, x) & (not signed)
            return np.select([grave, warns], [Severity.CRITICAL, Severity.WARNING], Severity.INFO).astype(np.int64)

        # Over where it stands as low as before it turned, or lower: not only at a floor that has sunk meanwhile.
        back = v.level
        return track(
            points,
            firing=firing,
            clearing=lambda: np.ones(len(x), dtype=bool) if signed else np.isfinite(back) | points.after_first_negative,
            severity=rated,
            metrics=(train.key,) if train is not None else (),
            onset=lambda j: turn(x, lowest_single(x, int(v.where[j])), j),
            words=lambda m: words(view, points, said(), m),
            recovery=lambda: Recovery(np.where(np.isfinite(back), back, np.inf), least / 2, span=3),
        )

    def _training(self, view: View, points: Points, train: Points | None, v: Valley, x: Floats) -> _Evidence:
        """What training says of it. Where none is logged eval alone has to show that it learnt and then unlearnt."""
        alone = self._learnt_alone(x, v)
        if train is None or not len(train):
            nothing = np.zeros(len(points), dtype=bool)
            return _Evidence(nothing, alone, nothing, nothing, nothing)
        at = view.latest(points, train)
        told = rolling.take_or(rolling.running_max(train.x) > rolling.running_min(train.x), at, False, least=2)
        steps = np.minimum(np.arange(len(points)), at)
        course = between(view, points, train, train.log)
        fell, direct = self._fallen(course, v)
        w = self.few_evals
        gap = rolling.rolling_median(x, w) - rolling.rolling_median(course, w)
        strays = eval_noise.scatter(x - rolling.filled(course), NOISE_EVALS) * np.sqrt(np.pi / 2 / w)
        with np.errstate(invalid="ignore"):
            level = (gap < self.no_gap + self.late_sigmas * strays) & (np.arange(len(x)) - v.where >= w)
        if (train.x < 0).any():  # in ln as long as there is one, then in shares of all that it has moved by
            moved = rolling.running_max(train.x) - rolling.running_min(train.x)
            plain, straightly = self._fallen(between(view, points, train, train.x), v)
            below = rolling.take_or(train.after_first_negative, at, False)
            share = plain / np.maximum(rolling.take_or(moved, at, np.inf), 1e-12)
            fell, direct = np.where(below, share, fell), np.where(below, straightly, direct)
        straight = told & (direct > self._direct(steps))
        learns = np.asarray((fell > self.train_fall) & straight)
        learnt = np.where(told, learns | straight & (steps >= self.few_evals), alone)
        return _Evidence(
            learns,
            learnt,
            np.asarray(fell < -self.train_fall),
            np.asarray(level),
            np.asarray(fell > self.by_heart) & learns,
        )

    def _nothing_held(self, view: View, points: Points, train: Points | None, v: Valley, x: Floats) -> Bools:
        """(n,) eval was never much better than at first, and stands far above that. The first one was no better than
        training up to it: where a pass teaches what holds for others, too, the model at its end is."""
        if train is None or not len(points):
            return np.zeros(len(points), dtype=bool)
        score = view.role("eval_score")
        alone = np.ones(len(x), dtype=bool) if score is None else view.latest(points, score) < 0
        before = train.recent(int(points.rows[0]), len(train))
        unlike = bool(len(before)) and points.x[0] >= rolling.median(before)
        stands = (x[:1] - v.floor < self.held_fall) & (v.level - x[:1] > np.log1p(self.sure_of_wrong))
        long = np.arange(len(x)) - v.where >= self.held_evals
        # Of these a loss is not what counts, or half of it is never gone.
        counts = ~view.is_family(points, *WEAK_PROXY, *IN_NATS, Family.GAN, Family.RL)
        return np.asarray(alone & unlike & stands & long & counts)

    def _fallen(self, now: Floats, v: Valley) -> tuple[Floats, Floats]:
        """(n,) each: by how much training has fallen since eval was lowest, and how straight it has come down."""
        first = now[np.minimum(np.argmax(np.isfinite(now)), len(now) - 1)]  # where none was known yet at the floor
        known = np.where(np.isfinite(now), now, first)
        return known[v.where] - now, directness(known)

    def _learnt_alone(self, x: Floats, v: Valley) -> Bools:
        since = np.arange(len(x)) - v.where
        down, up = directness(x)[v.where], straightness(x, v.where)
        fell = x[:1] - v.floor
        learnt = (fell > self.learnt_sigmas * v.sigma) & (v.level - v.floor > self.lost_alone * fell)
        straight = (up > self.straightness_alone) & ((down > self.straightness_alone) | learnt)
        return np.asarray(straight & (since >= self.few_evals // 2) & (v.where >= 2))

    def _direct(self, steps: Ints) -> Floats:
        """How straight so many steps must have gone: noise of three often goes straight by chance."""
        return self.straightness + self.early_straightness * np.clip(1 - steps / 12, 0.0, 1.0)

    def _same_lr(self, view: View, points: Points, v: Valley, learns: Bools) -> Bools:
        """A loss is higher while lr is: after a warm restart it is not comparable until lr is back down, unless that of
        training fell all the while; and a cut that lowers it is no rise."""
        lr = view.role("lr")
        if lr is None or not len(lr):
            return np.ones(len(points), dtype=bool)
        now = rolling.take_or(lr.x, view.latest(points, lr), np.nan)
        # A cut since the floor answers to the rise: as long as eval stands lower than before it, it works.
        cut = now < 0.6 * rolling.before(now)
        before = rolling.carried(np.where(cut, rolling.before(points.x), np.nan))
        index = np.arange(len(points))
        last = np.maximum.accumulate(np.where(cut, index, -1)) if len(index) else index
        works = (last > v.where) & (points.x < before)
        return np.asarray((learns | ~(now > 1.2 * now[v.where])) & ~works)

    def _sinks(self, x: Floats) -> Bools:
        """(n,) it is on its way down again, evaluation after evaluation."""
        return rolling.sustained(np.diff(x, prepend=np.inf) < 0, self.sinking_evals)


def _of_classes(view: View, points: Points) -> Bools:
    """(n,) what is right is counted beside it: it is a cross-entropy, of which each wrong answer costs at least ln 2.
    What is less than that is a mean over something else."""
    out = np.zeros(len(points), dtype=bool)
    for score in (s for s in judges(view) if of_outputs(s) and len(s)):
        wrong = 1 - rolling.take_or(score.x / as_rate(score), view.latest(points, score), np.nan)
        with np.errstate(invalid="ignore"):
            out |= points.x >= MEAN_COST * np.log(2) * wrong
    return out


def _learnt_and_held(view: View, points: Points) -> Bools:
    """(n,) what is right of the same evaluations has become more since the first of them, and has not fallen since."""
    out = np.zeros(len(points), dtype=bool)
    for score in (s for s in judges(view) if of_outputs(s) and len(s) >= FEW_SCORES):
        stands = holds(score) & bettered(score)
        out |= rolling.take_or(stands, view.latest(points, score), False)
    return out


FEW_SCORES = 5
CAME_DOWN = 0.98  # of its first evaluation
MEAN_COST = 0.5  # of ln 2 a wrong one: of several labels each is one of two


STOOD, LEAP, STRAYED = 4, 1.0, 0.25  # evaluations at one level; ln that it leaps down by; of which they strayed by less


def _unsettled(x: Floats, evals: int) -> Bools:
    """(n,) less than so many evaluations after a loss (ln) has leapt down from a level that it had kept."""
    out = np.zeros(len(x), dtype=bool)
    down = -np.diff(x, prepend=x[:1])
    for j in np.flatnonzero((down > LEAP) & (np.arange(len(x)) >= STOOD)).tolist():
        if np.ptp(x[j - STOOD : j]) < STRAYED * down[j]:
            out[j : j + evals] = True
    return out
