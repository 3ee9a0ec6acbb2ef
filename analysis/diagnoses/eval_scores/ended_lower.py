"""A score that ended far below the best stretch that it had, for whatever reason: nothing comes that could mend it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays.ending import lower_end, never_rose
from analysis.arrays.failing import FailsAgain, fails_again
from analysis.columns.captions import in_title, titled
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import AVERAGED
from analysis.diagnoses.eval_scores.doubts import Doubts
from analysis.diagnoses.eval_scores.drop import onset
from analysis.diagnoses.eval_scores.unit import Unit
from analysis.diagnoses.eval_scores.words import FallWords, Said
from analysis.facts import checkpoints
from analysis.figures import num, pct
from analysis.model import Severity, Words
from analysis.scan.judges import of_returns
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, from_then_on, track
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class EndsLower(Doubts, FallWords):
    def at_the_end(self, view: View, points: Points, unless: Points | None, so_far: Track) -> Track:
        """What was told of a score so far; at the last record of a run that has ended, how that compares with its best
        stretch, where it is worse than what was told."""
        unit, last = Unit.of(points), view.at_end(points)
        of = lower_end(unit.x) if last.any() and not unit.in_ratios else None
        if last.any() and unless is not None and not self.evaluations_fell(view, points, unless)[-1]:
            # Evaluations outrank it, and they end where they had been: whatever it had lost is a note.
            return replace(so_far, to_rate=lambda: np.where(last, int(Severity.INFO), so_far.severity))
        if of is None:
            return self._fails_again(view, points, so_far) if last.any() else so_far
        # An agent that began with nothing and was never better has lost nothing: it has not learnt.
        earns = of_returns(points) or points.kind.role == "reward"
        n = len(points)
        if (earns and not view.facts.pretrained and never_rose(unit.x)) or self.little_to_lose(
            view, points, unit.said(np.full(n, of.best))
        )[-1]:
            return so_far
        severity = self.severity_by_gain(np.full(n, of.drop), np.full(n, of.gain))
        then = last & ~(so_far.firing & (so_far.severity >= severity))
        best, level = unit.said(np.full(n, of.best)), unit.said(np.full(n, of.level))
        where, never = np.full(n, of.where), np.zeros(n, dtype=bool)
        said = Said(best, where, np.full(n, of.gain), level, np.full(n, of.sigma), np.full(n, np.nan), never)
        near = self.clear_drop_of_best * abs(of.best)
        ended = track(
            points,
            firing=last,
            clearing=never,
            severity=severity,
            onset=lambda j: onset(unit.x, of.where, j),
            words=lambda m: self.words_of_fall(view, points, said, m),
            recovery=Recovery(-np.full(n, of.level), np.full(n, near)),
        )
        return from_then_on(then, so_far, ended)

    def _fails_again(self, view: View, points: Points, so_far: Track) -> Track:
        """Of single episodes most are as good as ever, and some fail that had not for long."""
        single = of_returns(points) and points.kind.group != "eval" and not AVERAGED & set(words(points.key))
        of = fails_again(points.x) if single else None
        last, n = view.at_end(points), len(points)
        if of is None or not view.is_family(points, Family.RL)[-1] or so_far.firing[-1]:
            return so_far
        near, never = np.full(n, of.usual), np.zeros(n, dtype=bool)
        ended = track(
            points,
            firing=last,
            clearing=never,
            severity=Severity.WARNING,
            onset=lambda j: of.since,
            words=lambda m: _failing_words(view, points, of, m),
            recovery=Recovery(np.full(n, of.share), near),
        )
        return from_then_on(last, so_far, ended)


def _failing_words(view: View, points: Points, of: FailsAgain, m: Moment) -> Words:
    step = int(points.at[of.calm])
    saved = checkpoints.near(view.facts, step, float(points.at[m.now]))
    back = f"{step} 步附近" if saved is None else f"{saved} 步"
    evidence = {"best": of.before, "best_step": step, "now": of.now, "failed": of.share, "checkpoint": saved}
    evidence |= {"since": int(points.at[of.since])}
    return Words(
        titled(in_title(points.kind), " 后期又常失败"),
        f"近 {of.last} 次记录 {pct(of.share)} 大跌，此前几乎没有；均值 {num(of.before)}→{num(of.now)}",
        f"看失败回合的回放；先用第 {back}的 ckpt",
        "很可能",
        evidence,
        checkpoints.inferred(saved),
    )
