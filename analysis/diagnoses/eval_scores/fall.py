"""The fall of an evaluation, of an error rate or of the return of training from its best so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.descent import Descent, comes_again, descent
from analysis.arrays.order_statistics import expected_max_z
from analysis.arrays.valley import turn
from analysis.diagnoses.eval_scores.doubts import Doubts
from analysis.diagnoses.eval_scores.drop import onset
from analysis.diagnoses.eval_scores.gravity import Gravity, running_median, severity_by_best
from analysis.diagnoses.eval_scores.lasting import Lasting
from analysis.diagnoses.eval_scores.levels import Levels
from analysis.diagnoses.eval_scores.unit import Unit
from analysis.diagnoses.eval_scores.words import FallWords, Said
from analysis.facts import eval_size
from analysis.model import Bools, Floats, Severity
from analysis.scan.held_out_fall import HeldOutFall, held_out_fall
from analysis.scan.judges import SAMPLERS, as_rate, measures_task, of_expert, of_returns, of_rollouts, task_error
from analysis.scan.recovery import Recovery
from analysis.scan.track import Track, track
from analysis.scan.units import PlanShare, Share, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class ScoreFalls(Levels, Gravity, Doubts, Lasting, FallWords):
    beyond_falls: Times = 1.5  # times the largest fall before the best: what comes and goes will come again
    min_expert: Share = 0.05  # of what an expert has: what never came to more has not fallen
    settled_progress: PlanShare = 0.2  # before which rollout returns swing

    def fall_track(self, view: View, points: Points, w: int, unless: Points | None) -> Track:
        unit = Unit.of(points)
        x, in_ratios, single = unit.x, unit.in_ratios, eval_noise.one_try(unit.x) & (w == self.window)
        level, best, where, start = self.levels(x, w, single)
        gain, drop = best - start, best - level
        behind = eval_size.episodes(view.facts, points.key, points.x / as_rate(points))
        if w == self.window:
            sigma = self.scatter_of_evals(
                points, x, behind, level, best, where, self.witnessed(view, points, x, level, best)
            )
            sigma = np.where(single, self.scatter_of_tries(x, level, best), sigma)
        else:
            sigma = self.scatter_of_returns(x, level, w)
        # The best of n lies this many sigmas too high. Levels of w overlap: n points give about 1.5 n / w of their own.
        windows = np.where(single, self.single_window, w)
        expected_max = expected_max_z(np.maximum(1.5 * np.arange(1, len(x) + 1) / windows, 2))
        worth = np.full(len(x), np.log(self.info_ratio)) if in_ratios else self.min_drop_of_best * np.abs(best)
        exploring = self.exploring(view, points, where)
        # From worst to best mere noise spans twice the expected maximum, give or take one sigma.
        lost = (gain > (2 * expected_max + 1) * sigma) & (
            drop > np.maximum(worth, (expected_max + self.sigmas) * sigma)
        )
        base = (
            lost & (in_ratios | (drop > self.info_share * gain)) & (np.arange(len(x)) >= self.window + w) & ~exploring
        )
        # A return of training is one noisy batch a point; where there are evals they have to have fallen, too.
        alike = np.ones(len(x), dtype=bool) if unless is None else self.evaluations_fell(view, points, unless)
        if w == self.window:
            base &= alike & (drop > self.beyond_falls * rolling.running_max(rolling.filled(drop))[where])
        else:
            # An agent that is at its best as it begins has nothing to lose yet, unless it began with learnt weights.
            alike &= (best - start[where] > self.warning_share * drop) | view.facts.pretrained
            base &= alike & view.past(points, self.settled_progress, self.rollout_window)
        wide = self.beyond_doubt * (expected_max + self.sigmas) * sigma
        firing = self.lasting(points, w, in_ratios, base, ~single & self.mostly_lost(drop, best, start[where], wide))
        firing |= self.steadily(x, where, in_ratios & (drop > worth))
        if w == self.window and not in_ratios:
            firing |= self.nothing_left(view, points, level, best, exploring, lost) & ~single
        if of_expert(points):
            firing &= best > self.min_expert * as_rate(points)
        of = self._held_out_fall(view, points, unit) if w == self.window else None
        by_order = of.fallen & ~single & ~firing & ~exploring if of is not None else np.zeros(len(x), dtype=bool)
        size = self.severity_by_ratio(drop) if in_ratios else self.severity_by_gain(drop, gain)
        if of is not None and not in_ratios:
            at_once = best - start[where] < self.info_share * drop  # it had hardly gained anything by its best
            size = np.where(firing & ~at_once, size, severity_by_best(drop, best, of.plain | firing))
        held = running_median(x) - start[where] > 0.5 * (best - start[where])
        near = self._near(best, in_ratios, firing, of)
        firing = firing | by_order
        said = Said(unit.said(best), where, gain, unit.said(level), unit.spread(sigma, level), behind, single)
        if w != self.window:
            fall, plain = self._plain_fall(view, points, x, alike)
            # The best of many short levels is luck: what only long ones tell is said by them.
            said = said.of_descent(plain | ~firing, fall)
            firing |= plain
            size = np.where(plain, np.maximum(size, self.severity_by_gain(fall.drop, fall.gain)), size)
            where = np.where(plain, fall.where, where)
            if view.facts.planned_steps is None:
                size = self.severity_while_early(size, held, firing & (drop > self.critical_share * gain))
        else:
            brief = self.brief_peak(view, points, level, start, where, firing)
            size = np.where(self.little_to_lose(view, points, best) | brief, int(Severity.INFO), size)
        return track(
            points,
            firing=firing,
            clearing=lambda: ~firing & (level > best - near) & (view.at_end(points) | ~_comes_again(points)),
            severity=size,
            onset=lambda j: _since(x, j) if by_order[j] else onset(x, int(where[j]), j),
            words=lambda m: self.words_of_fall(view, points, said, m),
            recovery=lambda: Recovery(-rolling.filled(level, -np.inf), near, final=view.at_end(points)),
        )

    def _held_out_fall(self, view: View, points: Points, unit: Unit) -> HeldOutFall | None:
        least = float(np.log(self.info_ratio)) if unit.in_ratios else None
        return None if of_rollouts(points) else held_out_fall(view, points, unit.x, least)

    def _near(self, best: Floats, in_ratios: bool, firing: Bools, of: HeldOutFall | None) -> Floats:
        """(n,) how near its best a score is back: of what was told by the order of its values, half of that."""
        back = self.clear_drop_of_best * (np.ones(len(best)) if in_ratios else np.abs(best))
        return back if of is None else np.where(firing, back, of.least / 2)

    def _plain_fall(self, view: View, points: Points, x: Floats, alike: Bools) -> tuple[Descent, Bools]:
        """A fall of a return in training that is plain is told before a wide level has come down with it."""
        fall = descent(x)
        plain = fall.fell & (fall.drop > self.min_drop_of_best * np.abs(fall.best))
        plain &= ~self.exploring(view, points, fall.where)
        plain &= (fall.drop > self.warning_share * fall.gain) & view.past(
            points, self.settled_progress, self.rollout_window
        )
        return fall, rolling.sustained(plain & alike, self.rollout_window // 10)


def _comes_again(points: Points) -> Bools:
    """(n,) a return that is back for the second or third time, and will be lost again for all that is known."""
    return comes_again(points.descent) if of_returns(points) else np.zeros(len(points), dtype=bool)


def _since(x: Floats, j: int) -> int:
    """The last evaluation of those that were as good as the best."""
    return turn(-x, int(np.argmax(x[: j + 1])), j)


def errors(view: View) -> Iterable[Points]:
    """Error rates of the task. Of a GAN or a denoiser it is the score, whatever seat it holds: no loss tells."""
    held, free = view.role("eval_loss"), task_error(view)
    if held is not None and measures_task(held.key) and (of_samples := view.is_family(held, *SAMPLERS)).any():
        yield held.where(of_samples)
        free = None if free is None else free.where(~view.is_family(free, *SAMPLERS))
    if free is not None:
        yield free
