"""Single losses far above their level: one, or one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.trailing import Trailing
from analysis.columns.captions import in_title
from analysis.columns.family import Family
from analysis.facts import Facts
from analysis.figures import num
from analysis.model import Bools, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.loss_scale import Bar, LossScale, Rise, Unit, judged_losses, loss_scale, no_level, risen
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import LOWER_LR, TIGHTER_CLIP, one_of
from analysis.scan.scheduled_changes import lifted_by_lr, loss_redefined
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Ln, Nats, Records, Share, Sigmas, Steps, Times
from analysis.scan.view import Points, View

# What one batch costs is drawn: noise levels, or a pair or two that are ranked the wrong way.
DRAWN = (Family.DIFFUSION, Family.PREFERENCE)


@dataclass(frozen=True)
class LossSpike(CausalDiagnosis):
    """A point far above its own recent level: twice it (KillLossSpike's bound), or a third of a nat, and 8 robust
    sigmas (3 would fire on every run).

    Heavy-tailed noise throws one point that far, not two in a row: for a pair less is enough. It throws many less far,
    too: points that stand out of nothing are spikes, those that lead a crowd are its tail, which stays a note. So does
    one record that is back at once, however high, and what is less than a hundredth of the loss that has been learnt.
    Where one batch costs what was drawn for it, of a denoiser or of pairs of answers, only a pair is a spike. Spikes
    that come again and again are one story.
    """

    id = "loss-spike"
    title = "loss 尖峰"
    severity = Severity.INFO
    meaning = "个别步的 loss 远高于近期水平，随后回落；单次一般无碍，反复出现要查数据和 lr。"
    clears = "连续多次记录回到尖峰前水平；反复出现的要停得比平时间隔久"
    mistaken_for = "个别超长或难样本就能拉出一次；loss 本来就重尾的任务常有大值"
    impact = Impact.NONE
    blows_up = True
    remedies = (LOWER_LR, TIGHTER_CLIP)
    explained_by = ("divergence", "loss-jump")

    ratio: Times = 2.0  # times the level
    min_nats: Nats = 0.3  # nats above the level: a cross entropy
    sigmas: Sigmas = 8.0  # of the spread before: 3 would fire on every run
    firm_ratio: Times = 1.5  # times the level: enough where it is quiet
    firm_nats: Nats = 0.2
    firm_sigmas: Sigmas = 14.0  # of the spread before
    pair_ratio: Times = 1.4  # times the level, two in a row: noise does not do that twice
    pair_nats: Nats = 0.15  # nats above the level, two in a row
    pair_sigmas: Sigmas = 4.0  # of the spread, two in a row
    window: Records = 30  # points in the level
    min_points: Records = 15  # points that make a level
    min_spread: Ln = 0.02  # ln, or nats: spread below this is not noise but rounding
    warning_rise: Times = 3.3  # such rises (10 times the level): a warning where the next record is high, too
    lone_nats: Nats = 4.0  # 55 times the perplexity, of one record alone: odd texts make one nat or three
    min_of_start: Share = 0.01  # of what the loss began with: less has cost nothing of what is learnt
    warning_count: Count = 3  # spikes within `warning_span_steps`, or `warning_span` points: a warning
    warning_span_steps: Steps = 1000  # steps
    warning_span: Records = 300  # points
    crowd_sigmas: Sigmas = 3.5  # of the spread: less high single points than twice the spikes, or it is a heavy tail
    clear_ratio: Times = 1.15  # times the level before
    clear_nats: Nats = 0.1  # nats above the level before
    quiet_points: Records = 8  # points without a spike: recovered
    quiet_spacings: Times = 2.0  # times the longest of the last distances between spikes: they have stopped
    spacings: Count = 5  # of those distances
    most_quiet: Records = 150  # in any case, where they are too far apart to be counted together

    def tracks(self, view: View) -> Iterable[Track]:
        for points in judged_losses(view):
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x = points.x
        scale = loss_scale(view, points)
        # The level before a spike stays the yardstick while it lasts: medians of 30 barely move for a few points.
        logs = Trailing(scale.log(x), self.window, self.min_spread)
        plain = Trailing(np.clip(x, -1e100, 1e100), self.window, 0.0)
        base = plain.level
        rounding = self.min_spread * np.where(scale.unit == Unit.NATS, 1.0, np.abs(base))
        rise = scale.rise(x, base)
        bars = {
            "lone": Bar(self.ratio, self.min_nats, sigmas=self.sigmas),
            "firm": Bar(self.firm_ratio, self.firm_nats, sigmas=self.firm_sigmas),
            "pair": Bar(self.pair_ratio, self.pair_nats, sigmas=self.pair_sigmas),
            "top": Bar(0.9 * self.ratio, 0.8 * self.min_nats, sigmas=self.sigmas - 2),
            "crowd": Bar(1.01, 0.01, sigmas=self.crowd_sigmas),
        }
        least = min(bar.sigmas for bar in bars.values())
        at = np.flatnonzero(rise.beyond(least, (np.full(1, self.min_spread), rolling.filled(rounding))))
        spread = logs.spread(at), np.maximum(plain.spread(at), rolling.filled(rounding[at]))
        here = rise.only(at)

        def above(name: str) -> Bools:
            out = np.zeros(len(x), dtype=bool)
            if len(at):
                out[at] = here.height(bars[name], spread) >= 1
            return out

        # What a loss of one sample does every day in ln is no spike, however far it goes in values.
        daily = np.zeros(len(x), dtype=bool)
        daily[at] = (scale.unit[at] == Unit.EITHER) & (here.up_log < self.crowd_sigmas * spread[0])
        firing = (above("lone") | above("firm")) & ~daily & ~view.is_family(points, *DRAWN)
        pairs = rolling.sustained(above("pair"), 2)
        if np.count_nonzero(pairs):
            top = above("top")
            firing |= pairs & (top | np.concatenate([[False], top[:-1]]))
        if firing.any():
            firing &= self._asked(view, points, rise) & ~scale.leaps(x, base)
        starts = rolling.begins(firing)
        often = cache(lambda: self._often(points, starts))

        def rated() -> Ints:
            # A heavy tail has many points between what is usual and what is a spike; a spike stands alone.
            crowd = rolling.begins(above("crowd")) & ~(rolling.count_of(firing, 10) > 0)
            alone = rolling.count_of(crowd, self.warning_span) <= 2 * rolling.count_of(starts, self.warning_span)
            high = rise.height(Bar(self.ratio, self.min_nats)) >= self.warning_rise
            # One odd batch throws a loss up as far as it likes; the next record tells whether the weights were hurt.
            stays = pairs & (rolling.rolling_max(high.astype(np.float64), 2) > 0)
            nats = scale.unit == Unit.NATS
            hurt = high & (stays | nats & (rise.up >= self.lone_nats))
            little = ~nats & (rise.up < self.min_of_start * abs(scale.start)) & ~high
            loud = (hurt | (often() >= self.warning_count) & ~little) & alone
            return np.where(loud, Severity.WARNING, Severity.INFO).astype(np.int64)

        return track(
            points,
            firing=firing,
            clearing=lambda: rolling.sustained(~firing, self.quiet_points) & self._stopped(starts, often()),
            severity=rated,
            words=lambda m: self._words(view.facts, points, scale, starts, m),
            recovery=lambda: Recovery(
                scale.log(points.median(5)),
                scale.allowance(base, Bar(self.clear_ratio, self.clear_nats)),
                span=self.window,
            ),
        )

    def _asked(self, view: View, points: Points, rise: Rise) -> Bools:
        """(n,) where nothing explains a spike: no beginning, no scheduled change, no lr that has just gone up."""
        asked = view.burnt_in(points) & (np.arange(len(points)) >= self.min_points)
        asked &= ~no_level(view, points)
        asked &= ~loss_redefined(view, points, 20)
        by_lr = lifted_by_lr(view, points, 20)
        return asked & (~by_lr | (rise.height(Bar(self.ratio, self.min_nats)) >= 2))

    def _often(self, points: Points, starts: Bools) -> Ints:
        """(n,) how many spikes there have been lately, by steps or by points:
        coarse logs have few points in a thousand steps.
        """
        by_steps = rolling.count_within(starts, points.at.astype(np.int64), self.warning_span_steps)
        return np.maximum(by_steps, rolling.count_of(starts, self.warning_span))

    def _stopped(self, starts: Bools, often: Ints) -> Bools:
        """(n,) no spike for much longer than they had been apart; of one or two that is not asked."""
        index = np.arange(len(starts))
        at = np.flatnonzero(starts)
        count = np.cumsum(starts)
        apart = np.full(len(starts), 0.0)
        if len(at) >= self.warning_count:
            gaps = rolling.rolling_max(np.diff(at).astype(np.float64), self.spacings)
            apart[at[self.warning_count - 1] :] = gaps[count[at[self.warning_count - 1] :] - 2]
        last = at[np.maximum(count - 1, 0)] if len(at) else index
        quiet = self.quiet_spacings * apart
        quiet = np.where(often < self.warning_count, np.minimum(quiet, self.most_quiet), quiet)
        return (count < self.warning_count) | (index - last > quiet)

    def _story(self, starts: Bools, m: Moment) -> Ints:
        """The spikes that belong together: those since it was raised, and those before that were hardly further apart
        than they are counted over."""
        at = np.flatnonzero(starts[: m.now + 1])
        apart = np.flatnonzero((np.diff(at) > self.warning_span) & (at[1:] <= m.raised))
        return at[int(apart[-1]) + 1 if len(apart) else 0 :]

    def _words(self, facts: Facts, points: Points, scale: LossScale, starts: Bools, m: Moment) -> Words:
        part = points.x[m.raised : m.now + 1]
        peak, step = float(np.max(part)), int(points.at[m.raised + int(np.argmax(part))])
        usual = rolling.median(points.x[max(0, m.raised - self.window) : m.raised])
        story = self._story(starts, m)
        n = len(story)
        if n >= self.warning_count:
            part = points.x[story[0] : m.now + 1]
            peak, step = float(np.max(part)), int(points.at[story[0] + int(np.argmax(part))])
        evidence = {"peak": peak, "usual": usual, "step": step, "recent_spikes": n}
        now = f"，现 {num(float(points.x[m.now]))}"
        if n >= self.warning_count:
            first = int(points.at[story[0]])
            return Words(
                f"{in_title(points.kind)} 反复尖峰" + ("已停止" if m.over else f" {n} 次"),
                f"第 {first} 步起 {n} 次，最高 {num(peak)}（第 {step} 步，平时 {num(usual)}）"
                + (now if m.over else ""),
                "" if m.over else "先查尖峰处的 batch" + one_of(facts, *self.remedies, lead="；仍反复再试"),
                "确定",
                evidence,
            )
        return Words(
            f"{in_title(points.kind)} 尖峰" + ("已恢复" if m.over else ""),
            f"第 {step} 步 {num(peak)}（平时 {num(usual)}{risen(scale, usual, peak, m.now)}）"
            + (f"，{m.now - m.raised} 次记录后恢复{now}" if m.over else ""),
            "再出现就核对这些 batch 与 lr"
            if m.severity < Severity.WARNING
            else "先查尖峰处的 batch" + one_of(facts, *self.remedies, lead="；反复出现再试"),
            "确定",
            evidence,
        )
