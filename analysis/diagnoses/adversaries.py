"""Adversaries: losses whose level means little by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.portrait import left_at
from analysis.columns.names import words
from analysis.columns.vocabulary import DISCRIMINATOR, GENERATOR, word_set
from analysis.figures import num, times
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Level, PlanShare, Records, Share, Times
from analysis.scan.view import Points, View

TAUGHT_BY = word_set("cycle cyc l1 mel pix pixel percep perceptual lpips recon reconstruction")


@dataclass(frozen=True)
class GanCollapse(CausalDiagnosis):
    """One of the two has lost: the discriminator has won, or runs away.

    It has won where its loss is a fraction of what it was and the generator's has grown; the equilibrium of cross-
    entropy is ln 4 / ln 2, and balanced runs move by a third. A discriminator that won before there was a balance to
    compare with is known by the loss alone. It is far ahead, a warning, where the loss of G is several times what it
    was, half of D's is gone and it is caught up with no more; or where a G by least squares fools nobody: it stands at
    1, as near as D's loss at 0 says. It runs away where the size of its loss grows without bound, as that of a
    critic (WGAN) does without its penalty; the level of a critic and its sign mean nothing else. A note: the two have
    parted all the way, D down and G up tenth after tenth of the records, though nobody has won yet.
    """

    id = "gan-collapse"
    title = "判别器压倒生成器"
    severity = Severity.CRITICAL
    meaning = "判别器完全压过生成器，或自身 loss 失控增长：生成器得不到有效梯度。"
    clears = "d_loss 明显回升；若是 loss 失控，则幅度大幅回落"
    mistaken_for = "D 开头占优、之后被 G 追上很常见；WGAN 的 loss 大小和正负没有意义"
    impact = Impact.USABLE_BEFORE_ONSET
    wastes_time = True
    headline_as_note = True

    fallen_share: Share = 0.15  # of the early loss of D: balanced runs move by a third
    risen_ratio: Times = 1.5  # times the early loss of G
    window: Records = 8  # in the level
    early_points: Records = 20  # points after burn-in that say what balance looks like
    clear_share: Share = 0.4  # of the early loss of D
    won_d_loss: Level = 0.01  # a loss of D below this,
    won_g_loss: Level = 5.0  # and one of G above that, say both that not one sample in a hundred passes;
    won_hold: Records = 25  # for this long, and
    won_progress: PlanShare = 0.2  # after this, since D often wins at first and is caught up with
    ahead_misses: Records = 3  # of `won_hold`: one that is far ahead is caught up with for a moment now and then
    ahead_share: Share = 0.5  # of the early loss of D, while G is above `won_g_loss` and
    behind_ratio: Times = 3.0  # times the early loss of G: far ahead
    balanced_share: Share = 0.7  # of the early loss of D: above it they are even
    sure_sign: Level = 0.9  # of the mean sign of its answers; augmentation (ADA) aims at 0.6
    clear_d_loss: Level = 0.05  # a loss of D above which it has not won
    runaway_ratio: Times = 100.0  # times the largest level of the settling: healthy critics come down from it
    won_points: Records = 40  # the same where no plan is known
    parted_records: Records = 60  # of which each tenth lies below the one before, of D, and above, of G
    parted_d_loss: Level = 0.15  # of D, which is sure of most pictures by then
    # that level is taken to be this at least: a D that began by winning may well come back to ln 4
    min_usual: Level = 0.1
    growing_ratio: Times = 1.1  # over the last 20 points
    # the same of a critic, whose loss is a distance, below 0: under its penalty that shrinks once it has settled; the
    # generator's has to have grown by half as much
    distance_ratio: Times = 10.0
    distance_growing_ratio: Times = 1.5  # over the last quarter of the run: it has no end

    def tracks(self, view: View) -> Iterable[Track]:
        d, g = view.role("d_loss"), view.role("g_loss")
        if d is not None:
            told = self._track(view, d, g)
            yield told
            if g is not None and not self._taught(view, d) and not self._signs(view, d):  # which tell it better
                yield self._parting_track(view, d, g, told)
            yield from (self._track(view, *pair) for pair in self._other_pairs(view, d, g))
        elif g is not None and (halves := self._halves(view, g)) is not None:
            yield self._track(view, halves[0], g, halves[1])
        elif g is not None:  # the other is logged under a name that tells nothing: one of them can still run away
            yield self._track(view, g, None)

    def _parting_track(self, view: View, d: Points, g: Points, unless: Track) -> Track:
        other = rolling.take_or(g.x, view.latest(d, g), np.nan)
        looked, parted = rolling.log_spaced(len(d)), np.zeros(len(d))
        for j in np.flatnonzero(looked & (np.arange(len(d)) + 1 >= self.parted_records)).tolist():
            down, up = (_tenths(x[: j + 1]) for x in (d.x, other))
            one_way = np.count_nonzero(np.diff(down) < 0) >= ONE_WAY and np.count_nonzero(np.diff(up) > 0) >= ONE_WAY
            parted[j] = (
                one_way
                and down[-1] < min(self.ahead_share * down[0], self.parted_d_loss)
                and up[-1] > self.risen_ratio * up[0] > 0
            )
        still = rolling.carried(np.where(looked, parted, np.nan)) > 0
        return track(
            d,
            firing=still & ~unless.firing & ~d.after_first_negative,
            clearing=lambda: ~still,
            severity=Severity.INFO,
            metrics=(g.key,),
            onset=lambda j: 0,
            words=lambda m: _parting_words(d.x[: m.now + 1], other[: m.now + 1], over=m.over),
        )

    def _other_pairs(self, view: View, d: Points, g: Points | None) -> Iterable[tuple[Points, Points]]:
        """Those of other domains (CycleGAN): the same name with the other network in it."""
        named = {words(k): k for k in view.keys("gan_loss") if g is not None and k not in (d.key, g.key)}
        for name, key in named.items():
            mates = [k for o, k in named.items() if o != name and _without_network(o) == _without_network(name)]
            if view.roles.kinds[key].role == "d_loss" and len(mates) == 1 and view.logged_by_third_point(key, d):
                yield view.column(key), view.column(mates[0])

    def _halves(self, view: View, g: Points) -> tuple[Points, Points] | None:
        """The losses of D on real and on made pictures, where their sum is not logged."""
        parts = [k for k in sorted(view.roles.kinds) if view.roles.kinds[k].name == "gan_loss" and k != g.key]
        parts = [k for k in parts if set(words(k)) & DISCRIMINATOR and view.logged_by_third_point(k, g)]
        real, made = ([k for k in parts if of in words(k)] for of in ("real", "fake"))
        return (view.column(real[0]), view.column(made[0])) if len(real) == len(made) == 1 else None

    def _track(self, view: View, d: Points, g: Points | None, half: Points | None = None) -> Track:
        """`half`: the other half of what D has to get right. One of them alone may grow without end (WGAN)."""
        won, lost_again = self._won(view, d, g, half)
        size = rolling.rolling_median(np.abs(d.x), self.window, least=self.window)
        usual = self._usual(view, d, size)
        away = (size > self.runaway_ratio * usual) & (size > self.growing_ratio * rolling.before(size, 20))
        distance = rolling.rolling_median(d.x, self.window, least=self.window) < 0
        endless = size > self.distance_growing_ratio * rolling.quarter_before(size, 20)
        far = distance & (size > self.distance_ratio * usual) & endless & self._follows(view, d, g)
        away |= rolling.sustained(far, self.window)
        away &= half is None
        ahead, caught_up = self._ahead(view, d, g, half)
        firing = won | ahead | away
        severity = np.where(won, Severity.CRITICAL, Severity.WARNING).astype(np.int64)
        # What an episode speaks of is what raised it; each clears by another rule.
        raised = rolling.carried(np.where(firing, np.select([won, ahead], [0.0, 1.0], 2.0), np.nan))
        about_size = raised == 2.0
        back = np.where(distance, self.distance_ratio / 3, self.runaway_ratio / 10)
        clearing = np.select([about_size, raised == 1.0], [size < back * usual, caught_up], lost_again)
        return track(
            d,
            firing=firing,
            clearing=clearing,
            severity=severity,
            metrics=() if g is None else (g.key,),
            onset=lambda j: left_at(np.log(size), float(np.log(usual[j])), j) if about_size[j] else self._onset(d, j),
            words=lambda m: (
                self._runs_away(view, d, size, usual, m) if about_size[m.raised] else self._words(view, d, g, m)
            ),
        )

    def _follows(self, view: View, d: Points, g: Points | None) -> Bools:
        """(n,) the loss of the generator has grown as much: scores have run away, not one distance for a while."""
        if g is None:
            return np.zeros(len(d), dtype=bool)
        size = rolling.rolling_median(np.abs(g.x), self.window, least=self.window)
        far = size > self.distance_ratio * self._usual(view, g, size) / 2
        return rolling.take_or(np.asarray(far), view.latest(d, g), False)

    def _won(self, view: View, d: Points, g: Points | None, half: Points | None) -> tuple[Bools, Bools]:
        """Where D has won, and where that is over."""
        if g is None:
            return np.zeros(len(d), dtype=bool), np.ones(len(d), dtype=bool)
        d0, g0 = self._early(d), self._early(g)
        low, high = self._levels(view, d, g, half)
        settled = np.arange(len(d)) >= 10 + self.early_points
        most = min(self.fallen_share * d0, self.won_d_loss) if self._taught(view, d) else self.fallen_share * d0
        fell = (low < most) & (high > self.risen_ratio * g0) & settled
        from_the_start = rolling.sustained((low < self.won_d_loss) & (high > self.won_g_loss), self.won_hold)
        from_the_start &= view.past(d, self.won_progress, self.won_points)
        over = low > np.fmax(self.clear_share * d0, self.clear_d_loss)
        if signs := self._signs(view, d):
            sure = self._sure(view, d, signs)
            fell |= rolling.sustained(sure & (high > self.won_g_loss), self.window)
            over &= ~sure
        return (fell | from_the_start) & ~d.after_first_negative, over | d.after_first_negative

    def _levels(self, view: View, d: Points, g: Points, half: Points | None) -> tuple[Floats, Floats]:
        """(n,) each: of D, the higher of its halves, and of G."""
        low, high = (rolling.rolling_median(p.x, self.window, least=self.window) for p in (d, g))
        if half is not None:
            other = rolling.rolling_median(half.x, self.window, least=self.window)
            low = np.maximum(low, rolling.take_or(other, view.latest(d, half), np.nan))
        return low, rolling.take_or(high, view.latest(d, g), np.nan)

    def _fools_nobody(self, view: View, d: Points, g: Points, half: Points | None) -> Bools:
        """(n,) by least squares: D's answers to made pictures are as near to 0 as its own loss says, and by that alone
        the loss of G has to be so near to 1. One of hinges costs D at least what it spares G below 1."""
        at = view.latest(d, g)
        loss, digit = rolling.take_or(g.x, at, np.nan), rolling.take_or(eval_noise.resolution(g.x), at, 0.0)
        own = d.x if half is None else np.fmax(d.x, rolling.take_or(half.x, view.latest(d, half), np.nan))
        own = np.maximum(own, 0.0) + np.maximum(eval_noise.resolution(d.x), digit)
        answer = np.sqrt(own)  # as root mean square, where it is as sure of real pictures or their squares are added
        with np.errstate(invalid="ignore"):
            near = np.abs(loss - 1) <= 2 * answer + answer**2
            squares = near & (own < (1 - loss) / 2)
        return self._mostly(near) & (rolling.count_of(squares, self.won_hold) > self.ahead_misses)

    def _mostly(self, mask: Bools) -> Bools:
        return np.asarray(rolling.count_of(mask, self.won_hold) >= self.won_hold - self.ahead_misses)

    def _ahead(self, view: View, d: Points, g: Points | None, half: Points | None) -> tuple[Bools, Bools]:
        """Where D is far ahead and stays there, though G has a gradient still; and where that is over."""
        if g is None:
            return np.zeros(len(d), dtype=bool), np.ones(len(d), dtype=bool)
        d0, g0 = self._early(d), self._early(g)
        low, high = self._levels(view, d, g, half)
        by_squares = self._mostly(low < self.won_d_loss) & self._fools_nobody(view, d, g, half)
        behind = (high > max(self.won_g_loss, self.behind_ratio * g0)) & (not self._taught(view, d)) & (half is None)
        balance = 10 + self.early_points
        ahead = by_squares & view.past(d, self.won_progress, balance)
        ahead |= self._mostly(behind & (low < self.ahead_share * d0)) & (np.arange(len(d)) >= balance + self.won_hold)
        return ahead & ~d.after_first_negative, low > np.fmax(self.balanced_share * d0, self.clear_d_loss)

    def _taught(self, view: View, d: Points) -> bool:
        """Whether the generator learns from the way back to its input, or from what was meant (CycleGAN, pix2pix, the
        spectra of a vocoder): it gets on behind a D that is ahead, as long as that has not won outright."""
        kinds = view.roles.kinds
        terms = (k for k in sorted(kinds) if TAUGHT_BY & set(words(k)) and kinds[k].group != "eval")
        return any(view.logged_by_third_point(k, d) for k in terms)

    def _signs(self, view: View, d: Points) -> list[str]:
        """Means of the sign of D's answers, to real and to made pictures (StyleGAN)."""
        named = (k for k in sorted(view.roles.kinds) if "signs" in (bag := words(k)) and {"real", "fake"} & set(bag))
        return [k for k in named if view.logged_by_third_point(k, d)]

    def _sure(self, view: View, d: Points, signs: list[str]) -> Bools:
        """(n,) D is right about all but a few pictures of either kind."""
        out = np.ones(len(d), dtype=bool)
        for key in signs:
            answers = view.column(key)
            right = answers.median(5) * (1 if "real" in words(key) else -1) > self.sure_sign
            out &= rolling.take_or(np.asarray(right), view.latest(d, answers), False)
        return out

    def _early(self, points: Points) -> float:
        part = points.x[10 : 10 + self.early_points]
        return rolling.median(part) if len(part) == self.early_points and rolling.median(part) > 0 else np.nan

    def _usual(self, view: View, d: Points, size: Floats) -> Floats:
        """The largest level until the run had settled; NaN while it has not."""
        settled = view.settled(d) & (np.arange(len(d)) >= 10 + self.early_points)
        largest = rolling.running_max(np.where(settled, np.nan, size))
        return np.where(settled, np.fmax(largest, self.min_usual), np.nan)

    def _onset(self, d: Points, j: int) -> int:
        level = rolling.rolling_median(d.x[: j + 1], 5)
        if j < 10 + self.early_points:
            return 0
        balanced = np.flatnonzero(level > self.balanced_share * self._early(d))
        return int(balanced[-1]) if len(balanced) else 0

    def _words(self, view: View, d: Points, g: Points | None, m: Moment) -> Words:
        row = int(d.rows[m.now])
        low, d0 = rolling.median(d.x[max(0, m.now - self.window + 1) : m.now + 1]), self._early(d)
        high, g0 = (rolling.median(g.recent(row, self.window)), self._early(g)) if g is not None else (np.nan, np.nan)
        if m.now < 10 + self.early_points:
            d0 = g0 = np.nan
        evidence = {"d_loss": low, "d_early": d0, "g_loss": high, "g_early": g0}
        if m.over:
            return Words("判别器已不再压倒生成器", f"d_loss 回到 {num(low)}", "", "确定", evidence)
        fell = low < self.ahead_share * d0
        how = "真假几乎全判对" if self._signs(view, d) or high < self.won_g_loss else "一开始就是如此"
        left = "几乎没有梯度" if m.severity > Severity.WARNING else "一直骗不过它"
        losses = (
            f"d_loss {num(d0)}→{num(low)}，g_loss {num(g0)}→{num(high)}"
            if fell
            else f"d_loss {num(low)}，g_loss {num(high)}，{how}"
        )
        return Words(
            "判别器压倒生成器",
            f"{losses}，生成器{left}",
            "先看生成样本；属实再降 D 的 lr 或更新次数、加 R1",
            "很可能",
            evidence,
        )

    def _runs_away(self, view: View, d: Points, size: Floats, usual: Floats, m: Moment) -> Words:
        now, early = float(size[m.now]), float(usual[m.now])
        evidence = {"d_loss": now, "d_early": early, "ratio": now / early, "step": int(d.at[m.onset])}
        said = "生成器" if d.kind.role == "g_loss" else "判别器"
        if m.over:
            return Words(f"{said} loss 已回落", f"幅度回到 {num(now)}", "", "确定", evidence)
        return Words(
            f"{said} loss 失控",
            f"第 {int(d.at[m.onset])} 步起 {d.kind.role} 幅度 {num(early)}→{num(now)}"
            f"（{times(now / early)} 倍），{'此后不再变' if _stuck(d, m.now) else '仍在增大'}",
            "先核对梯度惩罚、权重裁剪与 loss 的求和；再降 D 的 lr"
            if _penalised(view, int(d.rows[m.now]))
            else "先看 D 的输出是否饱和、生成样本是否还在变；再降 D 的 lr",
            "很可能",
            evidence,
        )


ONE_WAY = 8  # of the nine steps between tenths: noise turns one back now and then


def _tenths(x: Floats) -> Floats:
    """(10,) medians of tenths."""
    return np.array([rolling.median(part) for part in np.array_split(x, 10)])


def _parting_words(d: Floats, g: Floats, *, over: bool) -> Words:
    down, up = _tenths(d), _tenths(g)
    evidence = {"d_first": down[0], "d_loss": down[-1], "g_first": up[0], "g_loss": up[-1]}
    if over:
        return Words("判别器不再一路占优", f"d_loss 现约 {num(down[-1], 3)}", "", "确定", evidence)
    return Words(
        "判别器一路占上风",
        f"d_loss {num(down[0], 3)}→{num(down[-1], 3)}，g_loss {num(up[0], 3)}→{num(up[-1], 3)}，一直在拉开",
        "看生成样本还在不在变好；停了就降 D 的 lr 或更新次数",
        "很可能",
        evidence,
    )


STUCK_RECORDS = 20  # of one value


def _stuck(points: Points, now: int) -> bool:
    last = points.x[max(0, now - STUCK_RECORDS + 1) : now + 1]
    return len(last) == STUCK_RECORDS and bool(np.ptp(last) == 0)


def _penalised(view: View, row: int) -> bool:
    """Whether its columns so far or its config speak of a penalty, or of the distance that needs one."""
    named = {w for key, column in view.history.columns.items() if column.rows[0] <= row for w in words(key)}
    return bool(named & _PENALISED) or view.facts.number(*_PENALTIES) is not None


_PENALISED = {"gp", "penalty", "wasserstein", "wgan", "critic"}
_PENALTIES = ("lambda_gp", "gp_weight", "gradient_penalty", "gp_lambda", "clip_value", "n_critic")


def _without_network(name: Sequence[str]) -> tuple[str, ...]:
    """`D_B` and `G_B`: what is left of a name when the network is taken out."""
    return tuple("" if w in DISCRIMINATOR | GENERATOR else w for w in name)
