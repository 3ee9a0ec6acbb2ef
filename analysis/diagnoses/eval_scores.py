"""What a run is for: success, returns, accuracy, error rates of the task itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.descent import Descent, comes_again, descent, fell_in_a_step, for_good
from analysis.arrays.order_statistics import expected_max_z
from analysis.arrays.valley import turn
from analysis.columns.captions import of_score, of_tries, titled
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import OF_A_RETURN, RETURNS
from analysis.facts import checkpoints, eval_size
from analysis.figures import num, pct, times
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan import evidence
from analysis.scan.carried_over import carried_over
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.held_out_fall import HeldOutFall, held_out_fall
from analysis.scan.impact import Evaluated, Impact, Result
from analysis.scan.judges import (
    SAMPLERS,
    as_rate,
    in_decibels,
    lower_is_better,
    measures_task,
    of_expert,
    of_returns,
    of_rollouts,
    task_error,
)
from analysis.scan.random_play import acts_at_random, before_learning
from analysis.scan.recovery import Recovery
from analysis.scan.scheduled_changes import near_scheduled_change
from analysis.scan.track import Moment, Track, from_then_on, track
from analysis.scan.training_score import BATCHES, TrainingScore, training_score
from analysis.scan.units import Evals, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import answering

OF_A_MEAN = OF_A_RETURN | {"moving"}
LN_OF_DECIBEL = float(np.log(10)) / 10  # of an error


@dataclass(frozen=True, eq=False)
class _Said:
    """What its sentences are made of, (n,) each: the best level so far and where, the level, its scatter,
    rollouts per eval; whether each evaluation is a single one.
    """

    best: Floats
    where: Ints
    level: Floats
    sigma: Floats
    behind: Floats
    single: Bools


def _own(view: View, points: Points) -> TrainingScore | None:
    """The column as what training gets right of its own batches, where it is that."""
    own = training_score(view)
    return own if own is not None and own.points.key == points.key else None


def _earned(view: View) -> Points | None:
    """The return of training by a name that says too little to judge it as the task's: a mean of some kind."""
    kinds, first = view.roles.kinds, view.history.columns
    keys = [
        k
        for k in view.keys("score")
        if kinds[k].group == "train" and RETURNS & set(words(k)) and set(words(k)) <= OF_A_MEAN
    ]
    return view.column(min(keys, key=lambda k: (int(first[k].rows[0]), k))) if keys else None


def _half(x: Floats) -> Floats:
    """(n,) what half of all records so far exceed."""
    looked = rolling.log_spaced(len(x))
    middle = [rolling.median(x[: j + 1]) if looked[j] else np.nan for j in range(len(x))]
    return rolling.carried(np.array(middle, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class _Unit:
    """In what a score is compared, higher is better. Errors fall by decades, and what they scatter by falls with them:
    they are compared as ratios, and so are decibels, which are those of an error.

    factor  of ln per unit of what is logged, where it is a logarithm itself; 0: of an error
    """

    x: Floats
    in_ratios: bool
    factor: float

    @classmethod
    def of(cls, points: Points) -> _Unit:
        sign = -1.0 if lower_is_better(points) else 1.0
        if sign < 0 and len(points) and (points.x > 0).all():
            return cls(-np.log(points.x), True, 0.0)
        decibels = in_decibels(points)
        factor = LN_OF_DECIBEL if decibels else sign
        return cls(factor * points.x, decibels, factor)

    def said(self, x: Floats) -> Floats:
        return x / self.factor if self.factor else np.exp(-x)

    def spread(self, sigma: Floats, level: Floats) -> Floats:
        return sigma / abs(self.factor) if self.factor else sigma * np.exp(-level)


@dataclass(frozen=True)
class EvalRegress(CausalDiagnosis):
    """A score that has lost a good part of what it had gained, by far more than it scatters.

    An error rate comes down by decades at first, of which little is left to lose: it is measured by its best alone. So
    is a score in decibels, which is the logarithm of one, and any score of a held-out set that is measured on the same
    samples each time: best at its first evaluation, it had gained nothing yet and is lower all the same.
    Success counts are binomial (20 rollouts at 50 %: +-22 points). Where their number is known, two counts of three
    evals each must differ by more than that; where it is not, the scatter of the series shows it.
    """

    id = "eval-regress"
    title = "评估指标明显回退"
    severity = Severity.CRITICAL
    meaning = "成功率、return 等评估指标从最好水平明显回退，幅度超出评估本身的波动。"
    clears = "近期成绩的中位重新接近最好水平；单次冒高不算，反复掉的还要稳住一阵"
    mistaken_for = "评估样本太少、换了随机种子或环境难度，也能掉这么多"
    impact = Impact.CHOOSE_CHECKPOINT
    explained_by = ("policy-collapse",)

    info_share: Share = 0.2  # of the gain is lost: info
    warning_share: Share = 0.25  # of the gain: a warning
    critical_share: Share = 0.6  # of the gain: critical, most of it is gone
    min_drop_of_best: Share = 0.15  # of the best score: smaller falls change no decision
    info_ratio: Times = 1.1  # times the best error rate: info
    warning_ratio: Times = 1.25  # times it: a warning
    critical_ratio: Times = 2.0  # times it: critical
    steady_sigmas: Sigmas = 4.0  # standard errors by which a line through all error rates since the best rises
    sigmas: Sigmas = 3.0  # of the smoothed score, beyond what the best of so many lies too high by chance
    beyond_falls: Times = 1.5  # times the largest fall before the best: what comes and goes will come again
    beyond_doubt: Times = 2.0  # what a fall has to be beyond: so wide a one needs no more evaluations to be believed
    scatter_uncertainty: Times = 2.0  # n evals know their scatter to a share of this / n
    hold_evals: Evals = 3  # in a row
    sure_evals: Evals = 5  # after it was told, as low as then: no more tries are needed to believe it
    gone_share: Share = 0.1  # of the best return is left: nearly nothing,
    gone_evals: Evals = 5  # in so many evals in a row, and in more than it ever was before: no scatter does that
    single_window: Evals = 20  # in a level of evaluations of one rollout each
    min_expert: Share = 0.05  # of what an expert has: what never came to more has not fallen
    own_records: Records = 10  # of training, before which it has no level
    window: Evals = 3  # in a level: a median of three drops one that is off; as many are there before one is judged
    rollout_window: Records = 50  # in a level of rollout returns: one noisy batch each
    settled_progress: PlanShare = 0.2  # before which rollout returns swing
    explored_progress: PlanShare = 0.05  # before which an agent that explores has hit on what it earns, not learnt it
    least_rate: Share = 0.01  # of a rate: what never came to more worked by luck, if at all
    brief_evals: Evals = 10  # above half of the gain: fewer are a peak,
    brief_share: Share = 0.4  # if they are fewer than this of all evaluations until then
    lost_records: Records = 100  # without most of a return of training, whose plan nobody knows: two such levels,
    lost_for_good: Share = 0.67  # if they are this much of all records, twice as many as were before
    lost_share: Share = 0.25  # or this much of so many
    late_records: Records = (
        1_500  # that it has not just begun: a humanoid has its first hump, and its end, in a thousand
    )
    little_share: Share = 0.5  # of what training has gained, by the same measure, and still has
    clear_drop_of_best: Share = 0.07  # of the best score: back within this of it

    def use(self, result: Result) -> str | None:
        step = evidence.best_step(result.finding.words.evidence)
        if step is None:
            return None
        if result.evaluated is Evaluated.IN_TRAINING:
            return f"{step} 步附近 ckpt 待实测"
        return f"{step} 步附近的 ckpt 可用" if result.judged else None

    def tracks(self, view: View) -> Iterable[Track]:
        evaluation, rollouts = view.role("eval_score"), view.role("reward")
        if evaluation is not None:
            yield self._track(view, evaluation, self.window, None)
        if rollouts is not None:  # one noisy batch a point, where an eval is a mean over many; and only without evals
            halved = self._halved_track(view, rollouts, evaluation)
            by_best = self._track(view, rollouts, self.rollout_window, evaluation)
            yield from_then_on(np.logical_or.accumulate(halved.firing & ~by_best.firing), by_best, halved)
        elif (earned := _earned(view)) is not None:
            yield self._halved_track(view, earned, evaluation)
        for error in self._errors(view):
            yield self._track(view, error, self.window, None)
        if (own := training_score(view)) is not None:
            yield self._own_track(view, own)

    def _own_track(self, view: View, of: TrainingScore) -> Track:
        """What training gets right of its own batches, while nothing else is measured: it stood at one level, and has
        stood at another since, beside a loss that has risen as well."""
        points, fall = of.points, of.points.descent
        lost = fall.best - rolling.rolling_max(points.x, BATCHES)
        fell = of.fell & (lost > self.min_drop_of_best * np.abs(fall.best)) & of.alone
        fell &= (lost > self.warning_share * fall.gain) & view.burnt_in(points, self.own_records)
        if fell.any():
            changes = np.cumsum(near_scheduled_change(view, points, 1))
            fell &= of.worse_since(fall.where) & (changes == changes[fall.where])
        none = np.full(len(points), np.nan)
        near = self.clear_drop_of_best * np.abs(fall.best)
        now = np.fmin(fall.level, points.median(BATCHES))
        said = _Said(fall.best, fall.where, now, of.noise, none, np.zeros(len(points), dtype=bool))
        return track(
            points,
            firing=fell,
            clearing=lambda: ~of.alone | ~fell & (fall.level > fall.best - near),
            severity=lambda: self._size(np.fmax(fall.drop, lost), fall.gain),
            onset=lambda j: self._onset(points.x, int(fall.where[j]), j),
            words=lambda m: self._words(view, points, said, m),
            recovery=lambda: Recovery(-rolling.filled(fall.level, -np.inf), near),
        )

    def _halved_track(self, view: View, points: Points, unless: Points | None) -> Track:
        """A return of training that stands far below all that it had kept for long, however high it had begun."""
        lower, usual = for_good(points.x)
        if lower.any():
            lower &= np.ones(len(points), dtype=bool) if unless is None else self._fallen(view, points, unless)
            lower &= ~self._exploring(view, points, np.zeros(len(points), dtype=np.int64))
        level, where = points.median(self.rollout_window), np.full(len(points), np.nan)
        for j in np.flatnonzero(lower & rolling.log_spaced(len(points))).tolist():
            where[j] = np.flatnonzero(level[: j + 1] >= usual[j])[-1]
        stood = rolling.filled(rolling.carried(where)).astype(np.int64)
        near = self.clear_drop_of_best * usual
        return track(
            points,
            firing=lower,
            clearing=lambda: level > usual - near,
            severity=Severity.WARNING,
            onset=lambda j: self._onset(points.x, int(stood[j]), j),
            words=lambda m: self._halved_words(view, points, float(usual[m.now]), int(stood[m.now]), level, m),
            recovery=lambda: Recovery(-rolling.filled(level, -np.inf), rolling.filled(near)),
        )

    def _halved_words(self, view: View, points: Points, usual: float, stood: int, level: Floats, m: Moment) -> Words:
        name, now, step = of_score(points.kind), float(level[m.now]), int(points.at[stood])
        saved = checkpoints.near(view.facts, step, float(points.at[m.now]))
        back = f"{step} 步附近" if saved is None else f"{saved} 步"
        evidence = {"best": usual, "best_step": step, "now": now, "since": int(points.at[m.onset]), "checkpoint": saved}
        if m.over:
            return Words(titled(name, " 已回到原来的水平"), f"现 {num(now)}，此前 {num(usual)}", "", "确定", evidence)
        return Words(
            titled(name, " 明显回退"),
            f"此前一直在 {num(usual)} 上下，第 {step} 步后降到 {num(now)}，没有回来",
            self._advice(view, points, back, m),
            "很可能",
            evidence,
            checkpoints.inferred(saved),
        )

    def _errors(self, view: View) -> Iterable[Points]:
        """Error rates of the task. Of a GAN or a denoiser it is the score, whatever seat it holds: no loss tells."""
        held, free = view.role("eval_loss"), task_error(view)
        if held is not None and measures_task(held.key) and (of_samples := view.is_family(held, *SAMPLERS)).any():
            yield held.where(of_samples)
            free = None if free is None else free.where(~view.is_family(free, *SAMPLERS))
        if free is not None:
            yield free

    def _track(self, view: View, points: Points, w: int, unless: Points | None) -> Track:
        unit = _Unit.of(points)
        x, in_ratios, single = unit.x, unit.in_ratios, eval_noise.one_try(unit.x) & (w == self.window)
        level, best, where, start = self._levels(x, w, single)
        gain, drop = best - start, best - level
        behind = eval_size.episodes(view.facts, points.key, points.x / as_rate(points))
        if w == self.window:
            sigma = self._scatter_of_evals(
                points, x, behind, level, best, where, self._witnessed(view, points, x, level, best)
            )
            sigma = np.where(single, self._scatter_of_tries(x, level, best), sigma)
        else:
            sigma = self._scatter_of_returns(x, level, w)
        # The best of n lies this many sigmas too high. Levels of w overlap: n points give about 1.5 n / w of their own.
        windows = np.where(single, self.single_window, w)
        expected_max = expected_max_z(np.maximum(1.5 * np.arange(1, len(x) + 1) / windows, 2))
        worth = np.full(len(x), np.log(self.info_ratio)) if in_ratios else self.min_drop_of_best * np.abs(best)
        exploring = self._exploring(view, points, where)
        # From worst to best mere noise spans twice the expected maximum, give or take one sigma.
        lost = (gain > (2 * expected_max + 1) * sigma) & (
            drop > np.maximum(worth, (expected_max + self.sigmas) * sigma)
        )
        base = (
            lost & (in_ratios | (drop > self.info_share * gain)) & (np.arange(len(x)) >= self.window + w) & ~exploring
        )
        # A return of training is one noisy batch a point; where there are evals they have to have fallen, too.
        alike = np.ones(len(x), dtype=bool) if unless is None else self._fallen(view, points, unless)
        if w == self.window:
            base &= alike & (drop > self.beyond_falls * rolling.running_max(rolling.filled(drop))[where])
        else:
            # An agent that is at its best as it begins has nothing to lose yet, unless it began with learnt weights.
            alike &= (best - start[where] > self.warning_share * drop) | view.facts.pretrained
            base &= alike & view.past(points, self.settled_progress, self.rollout_window)
        wide = self.beyond_doubt * (expected_max + self.sigmas) * sigma
        firing = self._lasting(points, w, in_ratios, base, ~single & self._mostly_lost(drop, best, start[where], wide))
        firing |= self._steadily(x, where, in_ratios & (drop > worth))
        if w == self.window and not in_ratios:
            firing |= self._nothing_left(view, points, level, best, exploring, lost) & ~single
        if of_expert(points):
            firing &= best > self.min_expert * as_rate(points)
        of = self._held_out_fall(view, points, unit) if w == self.window else None
        by_order = of.fallen & ~single & ~firing & ~exploring if of is not None else np.zeros(len(x), dtype=bool)
        size = self._worse(drop) if in_ratios else self._size(drop, gain)
        if of is not None and not in_ratios:
            at_once = best - start[where] < self.info_share * drop  # it had hardly gained anything by its best
            size = np.where(firing & ~at_once, size, self._share_lost(drop, best, of.plain | firing))
        held = _half(x) - start[where] > 0.5 * (best - start[where])
        near = self._near(best, in_ratios, firing, of)
        firing = firing | by_order
        said = _Said(unit.said(best), where, unit.said(level), unit.spread(sigma, level), behind, single)
        if w != self.window:
            fall, plain = self._plain_fall(view, points, x, alike)
            firing |= plain
            size = np.where(plain, np.maximum(size, self._size(fall.drop, fall.gain)), size)
            said = _Said(fall.best, fall.where, fall.level, fall.sigma, behind, single)
            where = np.where(plain, fall.where, where)
            if view.facts.planned_steps is None:
                size = self._early(size, held, firing & (drop > self.critical_share * gain))
        else:
            little = self._little(view, points, best) | self._brief(view, points, level, start, where, firing)
            size = np.where(little, int(Severity.INFO), size)
        return track(
            points,
            firing=firing,
            clearing=lambda: ~firing & (level > best - near) & ~self._comes_again(points),
            severity=size,
            onset=lambda j: self._since(x, j) if by_order[j] else self._onset(x, int(where[j]), j),
            words=lambda m: self._words(view, points, said, m),
            recovery=lambda: Recovery(-rolling.filled(level, -np.inf), near),
        )

    def _mostly_lost(self, drop: Floats, best: Floats, start: Floats, wide: Floats) -> Bools:
        """(n,) most of the score is gone, and of what it had learnt by its best, which is more than noise."""
        learnt = best - start
        return (learnt > wide) & (drop > wide) & (drop > self.critical_share * np.maximum(learnt, np.abs(best)))

    def _lasting(self, points: Points, w: int, in_ratios: bool, base: Bools, wide: Bools) -> Bools:
        """(n,) it has lasted for as long as it takes to be believed. Of a score of the same samples each time, most of
        which is gone by far more than noise, two low ones of three are enough, whatever lies between them."""
        if w != self.window:
            return rolling.sustained(base, w)
        # An error rate is counted over a whole test set: a level of two is as sure as a level of more.
        held = rolling.sustained(base, self.hold_evals - in_ratios)
        return held if in_ratios or of_rollouts(points) else held | base & wide

    def _nothing_left(
        self, view: View, points: Points, level: Floats, best: Floats, exploring: Bools, lost: Bools
    ) -> Bools:
        if of_returns(points):
            return self._gone(points, level, best) & ~exploring
        return self._unlearnt(view, points, level) & lost

    def _unlearnt(self, view: View, points: Points, level: Floats) -> Bools:
        """(n,) all that it had gained is gone, as its loss says, too: each stands where it began, or worse, for longer
        than what comes and goes."""
        loss = view.role("eval_loss")
        if loss is None or len(loss) < self.window or len(points) < self.window:
            return np.zeros(len(points), dtype=bool)
        of_loss = loss.median(self.window, least=self.window)
        worse = of_loss > of_loss[self.window - 1] + eval_noise.scatter(loss.x)
        worse = rolling.take_or(worse, view.latest(points, loss), False)
        return rolling.sustained((level <= level[self.window - 1]) & worse, self.hold_evals)

    def _held_out_fall(self, view: View, points: Points, unit: _Unit) -> HeldOutFall | None:
        least = float(np.log(self.info_ratio)) if unit.in_ratios else None
        return None if of_rollouts(points) else held_out_fall(view, points, unit.x, least)

    def _comes_again(self, points: Points) -> Bools:
        """(n,) a return that is back for the second or third time, and will be lost again for all that is known."""
        return comes_again(points.descent) if of_returns(points) else np.zeros(len(points), dtype=bool)

    def _exploring(self, view: View, points: Points, best: Ints) -> Bools:
        """(n,) an agent has just begun, from nothing; or it does not learn yet or acts at random, or did at its best:
        a few high returns are what it has hit upon.
        """
        if view.facts.pretrained or view.facts.offline:
            return np.zeros(len(points), dtype=bool)
        by_luck = before_learning(view, points) | acts_at_random(view, points)
        early = view.progress(points) < self.explored_progress
        return np.asarray((early | by_luck | by_luck[best]) & view.is_family(points, Family.RL))

    def _near(self, best: Floats, in_ratios: bool, firing: Bools, of: HeldOutFall | None) -> Floats:
        """(n,) how near its best a score is back: of what was told by the order of its values, half of that."""
        back = self.clear_drop_of_best * (np.ones(len(best)) if in_ratios else np.abs(best))
        return back if of is None else np.where(firing, back, of.least / 2)

    def _early(self, size: Ints, held: Bools, gone: Bools) -> Ints:
        """Nobody knows how early this is: info, unless most is gone of what it had had for half of all records; or has
        been gone for longer than any hump of the beginning.
        """
        lost, n = rolling.streak(gone), np.arange(len(size)) + 1
        for_good = (lost >= self.lost_records) & (lost >= self.lost_for_good * n)
        long = for_good | (n >= self.late_records) & (lost >= self.lost_share * n)
        told = np.where(long, np.minimum(size, Severity.WARNING), Severity.INFO)
        return np.where((held | for_good) & (size == Severity.CRITICAL), size, told).astype(np.int64)

    def _plain_fall(self, view: View, points: Points, x: Floats, alike: Bools) -> tuple[Descent, Bools]:
        """A fall of a return in training that is plain is told before a wide level has come down with it."""
        fall = descent(x)
        plain = fall.fell & (fall.drop > self.min_drop_of_best * np.abs(fall.best))
        plain &= ~self._exploring(view, points, fall.where)
        plain &= (fall.drop > self.warning_share * fall.gain) & view.past(
            points, self.settled_progress, self.rollout_window
        )
        return fall, rolling.sustained(plain & alike, self.rollout_window // 10)

    def _fallen(self, view: View, points: Points, evaluation: Points) -> Bools:
        """(n,) the evals have lost a good part of what they had gained, too; or none is known, or says anything."""
        level = evaluation.median(self.window, least=self.window)
        best = rolling.running_max(level)
        lost = best - level > self.warning_share * (best - rolling.running_min(level))
        at = view.latest(points, evaluation)
        # One that has never left the least that it can be tells nothing: training has earned more.
        blank = rolling.take_or((best <= 0) & (best <= rolling.running_min(level)), at, False)
        blank &= rolling.running_max(points.x) > rolling.take_or(best, at, np.inf)
        scatter = 1.25 / np.sqrt(self.window) * eval_noise.scatter(evaluation.x)
        least = np.maximum(self.min_drop_of_best * np.abs(best), (1 + self.sigmas) * scatter)
        lost = rolling.sustained(lost & (best - level > least), self.hold_evals)
        return np.asarray((at < 0) | blank | rolling.take_or(lost, at, False))

    def _little(self, view: View, points: Points, best: Floats) -> Bools:
        """(n,) little was there to lose, no policy was: training has risen to twice what this ever had, or it is a rate
        at which nothing worked yet."""
        unit = as_rate(points)
        a_rate = (rolling.running_min(points.x) >= 0) & (rolling.running_max(points.x) <= unit)
        little = a_rate & (best < self.least_rate * unit) & ~np.asarray(lower_is_better(points))
        pair = carried_over(view, points)
        return little if pair is None else np.asarray(little | (best - pair.start < self.little_share * pair.learnt))

    def _brief(self, view: View, points: Points, level: Floats, start: Floats, where: Ints, firing: Bools) -> Bools:
        """(n,) a return stood above half of what it had gained for a few evaluations only, far fewer than all until
        then: a peak that an agent from nothing has hit upon, where no plan tells how early that is."""
        out = np.zeros(len(points), dtype=bool)
        known = view.facts.planned_steps is not None or view.facts.pretrained or view.facts.offline
        if known or not of_returns(points):
            return out
        for best in np.unique(where[firing]):
            high = level > (level[best] + start[best]) / 2
            few = (np.cumsum(high) < self.brief_evals) & (
                np.cumsum(high) < self.brief_share * (rolling.running_max(np.where(high, np.arange(len(high)), 0)) + 1)
            )
            out |= few & (where == best)
        return out & view.is_family(points, Family.RL)

    def _witnessed(self, view: View, points: Points, x: Floats, level: Floats, best: Floats) -> Bools:
        """(n,) a return has lost a good part of what it had gained: that of training says so, too, when an eval does,
        or the evals came down from one level that they had kept to another that they keep."""
        reward = view.role("reward")
        if not of_returns(points):
            return np.zeros(len(points), dtype=bool)
        stepped = fell_in_a_step(x, best, level, best - level > self.min_drop_of_best * np.abs(best))
        if reward is None:
            return stepped
        of = reward.descent
        lost = of.drop > self.warning_share * np.maximum(of.gain, np.abs(of.best))
        return stepped | rolling.take_or(np.asarray(lost), view.latest(points, reward), False)

    def _levels(self, x: Floats, w: int, single: Bools) -> tuple[Floats, Floats, Ints, Floats]:
        """(n,) each: where it stands, its best so far and where that was, its lowest. Evaluations of one rollout each,
        which succeeds or does not, have a level as a mean of many only.
        """
        level = rolling.rolling_median(x, w, least=w)
        many = rolling.rolling_mean(x, self.single_window, least=self.single_window) if single.any() else level
        of = [
            (
                y,
                rolling.running_max(y),
                rolling.index_of_running_min(-rolling.filled(y, -np.inf)),
                rolling.running_min(y),
            )
            for y in (many, level)
        ]
        y, best, where, low = (np.where(single, a, b) for a, b in zip(*of, strict=True))
        return y, best, where, low

    def _scatter_of_tries(self, x: Floats, level: Floats, best: Floats) -> Floats:
        """Of the difference of two such levels."""
        low = rolling.running_min(x)
        span = rolling.running_max(x) - low
        with np.errstate(invalid="ignore", divide="ignore"):
            p = np.clip(((best + level) / 2 - low) / span, 0.0, 1.0)
            return np.asarray(span * np.sqrt(2 * p * (1 - p) / self.single_window))

    def _gone(self, points: Points, level: Floats, best: Floats) -> Bools:
        """(n,) next to nothing is left of a return, for longer than ever since it was first there."""
        positive = rolling.running_min(points.x) >= 0
        low = (level < self.gone_share * best) & positive
        run = rolling.streak(low)
        longest = rolling.running_max(np.where(low, 0, rolling.before(run.astype(np.float64))))
        return np.asarray(low & (run >= self.gone_evals) & (run > rolling.filled(longest)))

    def _steadily(self, x: Floats, where: Ints, worse: Bools) -> Bools:
        """(n,) all evaluations since the best go one way: a fall that is plain however far the way to it bent."""
        if not np.count_nonzero(worse):
            return worse
        return worse & (eval_noise.drift(-x, where, eval_noise.scatter(x)) > self.steady_sigmas)

    def _worse(self, drop: Floats) -> Ints:
        """(n,) of Severity, by how many times (ln) an error rate stands above its best."""
        some = np.where(drop > np.log(self.warning_ratio), Severity.WARNING, Severity.INFO)
        return np.where(drop > np.log(self.critical_ratio), Severity.CRITICAL, some).astype(np.int64)

    def _size(self, drop: Floats, gain: Floats) -> Ints:
        """(n,) of Severity, by the share of the gain that is gone."""
        some = np.where(drop > self.warning_share * gain, Severity.WARNING, Severity.INFO)
        return np.where(drop > self.critical_share * gain, Severity.CRITICAL, some).astype(np.int64)

    def _share_lost(self, drop: Floats, best: Floats, plain: Bools) -> Ints:
        """(n,) of Severity, by what is left of a score that had hardly gained anything before its best."""
        some = np.where(plain, Severity.WARNING, Severity.INFO)
        return np.where(plain & (drop > np.abs(best) / 2), Severity.CRITICAL, some).astype(np.int64)

    def _scatter_of_evals(
        self, points: Points, x: Floats, behind: Floats, level: Floats, best: Floats, where: Ints, witness: Bools
    ) -> Floats:
        """Of a median of three, as it was at the best eval: the fall itself is no noise.

        Neighbours show it better the more of them there are, and a fall is but one of their steps: so those since the
        best count too. A rate that was counted over n episodes scatters by a binomial at least.
        """
        n, w = len(points), self.window
        known = np.maximum(np.arange(n) - 1, 1)  # second differences so far
        one = 1.25 / np.sqrt(w) * eval_noise.scatter(x)
        drift = eval_noise.drift_std(level, w)
        now = one * (1 + self.scatter_uncertainty / known)
        sigma = np.maximum(np.fmax(now, drift)[np.maximum(where, min(2 * w, n - 1))], one) if n else one
        # The climb to the best bends, too, which looks like scatter while evals are few; once training has fallen as
        # well, or all evals stay down, nobody needs so much of a doubt.
        sigma = np.where(witness, np.minimum(sigma, now), sigma)
        unit = as_rate(points)
        p = np.clip((best + level) / (2 * unit), 0.0, 1.0)
        counted = unit * np.sqrt(p * (1 - p) / (w * behind))
        out: Floats = np.fmax(sigma, np.where(np.abs(points.x) <= unit, counted, np.nan))
        return out

    def _scatter_of_returns(self, x: Floats, level: Floats, w: int) -> Floats:
        """How far the level wanders in w points by itself; returns are autocorrelated, so single steps say too little.
        By what points scatter alone a median of w would wander too; the larger of the two counts."""
        wander = (level - rolling.before(level, w))[2 * w - 1 :]
        sigma = 1.25 / np.sqrt(w) * rolling.noise(x, 60)
        sigma[2 * w - 1 :] = np.maximum(sigma[2 * w - 1 :], rolling.rolling_mad(wander, 60) / np.sqrt(2))
        # Neighbouring levels share most of their records: as many wanderings are known as there were whole windows.
        known = np.maximum(np.arange(len(x)) / w, 1)
        return np.asarray(sigma * (1 + self.scatter_uncertainty / known), dtype=np.float64)

    def _onset(self, x: Floats, best: int, j: int) -> int:
        return best + rolling.change_point(x[best : j + 1])

    def _since(self, x: Floats, j: int) -> int:
        """The last evaluation of those that were as good as the best."""
        return turn(-x, int(np.argmax(x[: j + 1])), j)

    def _words(self, view: View, points: Points, said: _Said, m: Moment) -> Words:
        b, now, sigma = float(said.best[m.now]), float(said.level[m.now]), float(said.sigma[m.now])
        step, when = int(points.at[said.where[m.now]]), "现"
        if (
            points.kind.group == "eval" and not said.single[m.now]
        ):  # single values, as the figures beside it: few, and each a mean of its own
            so_far = points.x[: m.now + 1]
            raw = int(np.argmin(so_far) if lower_is_better(points) else np.argmax(so_far))
            last, b, step = float(points.x[m.now]), float(points.x[raw]), int(points.at[raw])
            lone = not m.over and abs(last - b) < 0.5 * abs(now - b)  # as good as ever, among low ones
            now, when = (now, f"近 {self.window} 次") if lone else (last, "现")
        own = _own(view, points)
        name, top, place = (
            own.called if own else of_score(points.kind),
            *(("最低", "低位") if lower_is_better(points) else ("最高", "高位")),
        )
        saved = checkpoints.near(view.facts, step, float(points.at[m.now]))
        n = float(said.behind[m.now])
        evidence = {
            "best": b,
            "best_step": step,
            "now": now,
            "noise": sigma,
            "since": int(points.at[m.onset]),
            "checkpoint": saved,
            "episodes": n,
        }
        back = f"{step} 步附近" if saved is None else f"{saved} 步"
        if m.over:
            return Words(
                titled(name, f" 已回到{place}"), f"现 {num(now)}，{top} {num(b)}（第 {step} 步）", "", "确定", evidence
            )
        if points.kind.group != "eval" and b - now < self.clear_drop_of_best * abs(b):  # back, not yet for long enough
            return Words(
                titled(name, f" 正回到{place}"),
                f"现 {num(now)}，{top} {num(b)}（第 {step} 步）",
                "",
                "很可能",
                evidence,
            )
        unit = float(as_rate(points)[m.now])
        noise = f"（平时波动 ±{num(sigma, 2)}）" if sigma > 1e-6 * abs(b) else ""
        if np.isfinite(n):
            p = float(np.clip((b + now) / (2 * unit), 0, 1))
            noise = f"（每次 {n:.0f} 回合，误差约 ±{196 * np.sqrt(p * (1 - p) / n):.0f}）"
        return Words(
            titled(name, " 明显回退" if m.severity > Severity.INFO else " 已过最好点"),
            f"{top} {num(b)}（第 {step} 步），{when} {num(now)}，{self._change(points, b, now, unit)}{noise}",
            self._advice(view, points, back, m),
            "很可能",
            evidence,
            checkpoints.inferred(saved),
        )

    def _advice(self, view: View, points: Points, back: str, m: Moment) -> str:
        """A few low evaluations may be bad luck; many, or a thousand rollouts of training, are none."""
        if _own(view, points) is not None:
            return f"查该处 lr 与数据；从第 {back}的 ckpt 续训"
        if points.kind.group != "eval":
            rolled_out = "回放" if view.is_family(points, Family.RL)[m.now] else "回放或生成样本"
            what = "生成样本" if answering(view, points)[m.now] else rolled_out
            return f"先看{what}；属实则用第 {back}的 ckpt"
        if m.now - m.raised >= self.sure_evals:
            return f"用第 {back}的 ckpt，再查此后改了什么"
        return f"先加{of_tries(points.kind)}复测；属实则用第 {back}的 ckpt"

    def _change(self, points: Points, best: float, now: float, unit: float) -> str:
        if lower_is_better(points):
            return f"升到最低时的 {times(now / best)} 倍" if best > 0 else "明显变差"
        if in_decibels(points):
            return f"降 {num(best - now, 2)} dB"
        rate = points.kind.name == "eval_score" and not of_returns(points)
        share = rate and 0 <= now <= unit and 0 < best <= unit
        if share and best - now >= 0.005 * unit:
            return f"降 {100 * (best - now) / unit:.0f} 个百分点"
        if best > 0 and now == 0:
            return "已归零"
        return f"降到最高时的 {pct(now / best)}" if best > 0 and now > 0 else "明显变差"
