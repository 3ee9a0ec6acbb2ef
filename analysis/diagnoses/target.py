"""Whether the stated target is within reach by the end of the plan, as far as the trend so far tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import in_title
from analysis.columns.names import words
from analysis.columns.vocabulary import EVAL, TRAIN
from analysis.facts import Facts
from analysis.figures import num
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Evals, Level, PlanShare, Records, Share
from analysis.scan.view import Points, View

TARGET = {"target", "goal"}


EXPONENTS = np.array([0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0])


OFFSETS = np.array([0.0, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0])  # s0, in steps done so far


@dataclass(frozen=True)
class EtaTarget(CausalDiagnosis):
    """At the planned end the metric will stand short of its target, if it goes on as it has: info, with its interval.

    The target is the config's, or one of the fields below. Fitted is v = c + a (s + s0)^-b over the last 60 % since
    burn-in, at a constant lr: a decay still to come gains more than any trend shows.
    """

    id = "eta-target"
    title = "按趋势到不了目标"
    severity = Severity.INFO
    meaning = "按目前的趋势外推，跑完计划步数也到不了设定的目标。"
    clears = "指标达到目标，或按新的趋势又够得着目标"
    mistaken_for = "lr 衰减还没开始时外推偏悲观，衰减段往往还能再降一截"
    impact = Impact.NONE

    loss: Level = 0.0  # targets, in the units of the metric; 0: the one the config states, if any
    eval_loss: Level = 0.0  # likewise
    eval_score: Level = 0.0  # likewise
    min_points: Records = 50  # points since burn-in
    min_evals: Evals = 20  # since burn-in: each is a mean of many batches, and four numbers are fitted to 60 % of them
    min_progress: PlanShare = 0.3  # a trend is not drawn out to more than three times its length
    fitted_share: Share = 0.6  # of the points since burn-in: the beginning follows another law
    bins: Count = 128  # medians that are fitted: bad batches drop out, and the cost does not grow with the run
    max_noise: Share = 0.1  # of the level: where points scatter by more, the interval says little
    max_lr_change: Share = 0.01  # relative range of the lr over the window
    bootstraps: Count = 200  # draws of blocks of residuals, since neighbours are correlated
    tail: Share = 0.1  # on either side: an interval of 80 %
    law_uncertainty: Share = 0.25  # of the gain still predicted: bootstraps know the noise, not how well the law holds
    hold: Records = 4  # looks in a row; with 2, two of three runs that just reach their target were called short once

    def tracks(self, view: View) -> Iterable[Track]:
        if view.facts.planned_steps is None or (view.role("lr") is None and "const" not in view.facts.schedule.name):
            return
        if decays(view):
            return
        for role, own in (("loss", self.loss), ("eval_loss", self.eval_loss), ("eval_score", self.eval_score)):
            points = view.role(role)
            if points is None:
                continue
            target = own or named_target(view.facts, points)
            shared = None if target is not None else validation_target(view.facts, points)
            if target is not None or shared is not None:
                yield self._track(
                    view, points, target if target is not None else float(shared or 0), shared is not None
                )

    def _track(self, view: View, points: Points, target: float, shared: bool) -> Track:
        sign = -1.0 if points.kind.direction == "max" else 1.0
        looked, fits = self._fits(view, points, sign)
        looks = np.flatnonzero(looked)
        short, within = np.full((2, len(points)), np.nan)
        now, ends, low = (values[looks] for values in fits[:3])  # of sign * v, where lower is better
        out_of_reach = sign * target < low - self.law_uncertainty * np.maximum(now - ends, 0)
        short[looks], within[looks] = rolling.sustained(out_of_reach, self.hold), ~out_of_reach
        level = sign * points.median(9, least=9)
        met = rolling.running_min(level) <= sign * target
        firing = (rolling.carried(short) > 0) & ~met
        if shared and (other := self._rival(view, points)) is not None:  # one target, two metrics: nobody knows whose
            firing &= view.latest(points, other) < 0
        return track(
            points,
            firing=firing,
            clearing=lambda: (rolling.carried(within) > 0) | met,
            severity=Severity.INFO,
            words=lambda m: self._words(view, points, target, sign, fits, bool(met[m.now]), m),
        )

    def _rival(self, view: View, points: Points) -> Points | None:
        return view.role("eval_score" if points.kind.direction == "min" else "eval_loss")

    def _fits(self, view: View, points: Points, sign: float) -> tuple[Bools, tuple[Floats, ...]]:
        """At which points a trend could be fitted; there: where it stands, what it gives for the planned end,
        and the interval's ends."""
        n = len(points)
        planned = float(view.facts.planned_steps or 0)
        looked, out = np.zeros(n, dtype=bool), tuple(np.full((4, n), np.nan))
        warm = np.flatnonzero(view.warm(points))
        if not len(warm):
            return looked, out
        start = int(warm[0])
        least = self.min_evals if points.kind.group == "eval" else self.min_points
        eligible = sparse(n) & (points.at > self.min_progress * planned) & (points.at < planned)
        eligible &= np.arange(n) - start + 1 >= least
        for j in np.flatnonzero(eligible).tolist():
            begin = j + 1 - int(self.fitted_share * (j + 1 - start))
            if not self._lr_constant(view, points, begin, j):
                continue
            fit = self._fit(points.at[begin : j + 1], sign * points.x[begin : j + 1], planned, j)
            if fit is not None:
                looked[j] = True
                for values, value in zip(out, fit, strict=True):
                    values[j] = value
        for values in out:
            values[:] = rolling.carried(values)
        return looked, out

    def _lr_constant(self, view: View, points: Points, begin: int, j: int) -> bool:
        lr = view.role("lr")
        if lr is None:
            return True
        lo, hi = np.searchsorted(lr.rows, [points.rows[begin], points.rows[j]], side="right")
        part = lr.x[max(0, int(lo) - 1) : int(hi)]
        return bool(len(part)) and float(np.ptp(part)) <= self.max_lr_change * float(np.max(part))

    def _fit(self, steps: Floats, y: Floats, end: float, seed: int) -> tuple[float, float, float, float] | None:
        """Where the trend of `y` stands, what it gives at step `end`, and the interval of that; None where no such
        trend can be drawn.
        """
        t, v = binned(steps, y, self.bins)
        now = float(np.max(steps))
        shifted = np.maximum(t / now + OFFSETS[:, None], 1e-3)
        curves = (shifted[None] ** -EXPONENTS[:, None, None]).reshape(-1, len(t))
        at_end = ((end / now + OFFSETS) ** -EXPONENTS[:, None]).reshape(-1)
        floor = 0.0 if float(np.min(y)) > 0 else -1.0 if float(np.max(np.abs(y))) <= 1 else -np.inf
        law = Law(curves, at_end, floor, np.ones(len(t)))
        fitted = law.best(v[None])[0][0]
        # What is positive scatters in proportion to its level; a level of 0 would weigh without end.
        scale = np.maximum(fitted, 1e-9 * np.max(fitted)) if floor == 0.0 else np.ones(len(t))
        rest = (v - fitted) / scale
        spread = rolling.MAD_TO_SIGMA * rolling.median(np.abs(rest))
        rest = np.clip(rest, -3 * spread, 3 * spread)  # once more without what stands far out
        law = Law(curves, at_end, floor, scale**-2)
        again, ends = law.best((fitted + scale * rest)[None])
        rest = np.clip((v - again[0]) / scale, -3 * spread, 3 * spread)
        fitted = again[0]
        scatter = rolling.MAD_TO_SIGMA * rolling.median(np.abs(y - np.interp(steps, t, fitted)))
        if scatter > self.max_noise * abs(rolling.median(y)) or gathers_speed(v, spread * rolling.median(scale)):
            return None
        drawn = fitted + scale * blocks(rest - np.mean(rest), self.bootstraps, seed)
        _, spreads = law.best(drawn)
        lo, hi = np.quantile(spreads, [self.tail, 1 - self.tail]).tolist()
        return float(fitted[-1]), float(ends[0]), lo, hi

    def _words(
        self,
        view: View,
        points: Points,
        target: float,
        sign: float,
        fits: tuple[Floats, ...],
        met: bool,
        m: Moment,
    ) -> Words:
        end = view.facts.planned_steps or 0
        predicted = sign * float(fits[1][m.now])
        lo, hi = sorted((sign * float(fits[2][m.now]), sign * float(fits[3][m.now])))
        evidence = {"target": target, "predicted": predicted, "low": lo, "high": hi, "at_step": end}
        called = in_title(points.kind)
        if m.over:
            title = f"{called} 已到目标" if met else "按趋势可到目标"
            return Words(
                title,
                f"{called} 目标 {num(target)}，第 {end} 步约 {num(predicted)}（80% 区间 {num(lo)}–{num(hi)}）",
                "",
                "仅提示",
                evidence,
            )
        return Words(
            self.title,
            f"按目前趋势，第 {end} 步 {called} 约 {num(predicted)}（80% 区间 {num(lo)}–{num(hi)}），目标 {num(target)}",
            "先核对目标与总步数；属实可加长训练或末段降 lr",
            "仅提示",
            evidence,
        )


@dataclass(frozen=True, eq=False)
class Law:
    """c + a f for every curve f of a grid (k, m); `at_end` (k,) is f at the step in question,
    `floor` the lowest c can be.
    """

    curves: Floats
    at_end: Floats
    floor: float
    weight: Floats  # (m,) of each point

    def best(self, y: Floats) -> tuple[Floats, Floats]:
        """For each row of y (r, m): the best fit (r, m), and what it gives at the end (r,).
        a >= 0: it never gets worse.
        """
        w, whole = self.weight, float(np.sum(self.weight))
        mean_f, mean_y = np.einsum("km,m->k", self.curves, w) / whole, np.einsum("rm,m->r", y, w) / whole
        f, v = self.curves - mean_f[:, None], y - mean_y[:, None]
        power, all_ = np.einsum("km,km,m->k", f, f, w), np.einsum("rm,rm,m->r", v, v, w)
        flat = np.finfo(np.float64).tiny  # power of a curve that does not bend over these points
        a = np.maximum(np.einsum("rm,km->rk", v * w, f) / np.maximum(power, flat), 0.0)
        c = mean_y[:, None] - a * mean_f
        left = all_[:, None] - a**2 * power
        if np.isfinite(self.floor):  # where the best lies below, the best of those that end at the floor
            over = y - self.floor
            power = np.einsum("km,km,m->k", self.curves, self.curves, w)
            bound = np.einsum("rm,km->rk", over * w, self.curves) / power
            low = c < self.floor
            left = np.where(low, np.einsum("rm,rm,m->r", over, over, w)[:, None] - bound**2 * power, left)
            a, c = np.where(low, bound, a), np.where(low, self.floor, c)
        k = np.argmin(left, axis=1)
        rows = np.arange(len(y))
        a, c = a[rows, k], c[rows, k]
        return c[:, None] + a[:, None] * self.curves[k], c + a * self.at_end[k]


def sparse(n: int) -> Bools:
    """Every point up to 32, then 16 to 32 in every doubling: a fit costs milliseconds,
    and a trend needs time to change.
    """
    j = np.arange(n)
    every = 1 << np.maximum(np.floor(np.log2(np.maximum(j, 1))).astype(np.int64) - 4, 0)
    return np.asarray(j % every == 0)


def binned(steps: Floats, y: Floats, bins: int) -> tuple[Floats, Floats]:
    """At most `bins` medians of equally many points each; a few of the oldest are left out where it does not divide."""
    each = -(-len(y) // bins)
    m = len(y) // each
    return rolling.row_medians(steps[-m * each :].reshape(m, each)), rolling.row_medians(
        y[-m * each :].reshape(m, each)
    )


def blocks(rest: Floats, count: int, seed: int) -> Floats:
    """(count, m) residuals drawn anew in blocks of neighbours. Seeded by the point's index: one prefix, one answer."""
    m = len(rest)
    size = max(3, round(np.sqrt(m)))
    starts = np.random.default_rng(seed).integers(0, m, (count, -(-m // size)))
    at = (starts[:, :, None] + np.arange(size)).reshape(count, -1)[:, :m] % m
    return np.asarray(rest[at])


def gathers_speed(y: Floats, spread: float) -> bool:
    """Whether it still improves faster and faster (the foot of an S):
    then no law that levels off may be drawn through it.
    """
    third = max(1, len(y) // 3)
    a, b, c = (rolling.median(part) for part in (y[:third], y[third : 2 * third], y[-third:]))
    scatter = 1.25 * np.sqrt(6 / third) * spread  # of a - 2 b + c, three medians
    return bool((b - c) - (a - b) > 2 * scatter)


def decays(view: View) -> bool:
    """Whether the config names a schedule under which lr is still to fall."""
    stated = view.facts.schedule.name
    return stated != "" and not any(w in stated for w in ("const", "none"))


def named_target(facts: Facts, points: Points) -> float | None:
    """The target the config states for this metric by its name: `target_loss`, `target: {eval/success_rate: 0.8}`."""
    key = words(points.key)
    bare = tuple(w for w in key if w not in EVAL | TRAIN | {"avg", "mean", "offline"})
    evaluation = points.kind.group == "eval"
    names = ["_".join(key)]
    if points.kind.direction == "max":
        names += ["_".join(bare)] + (["success", "success_rate"] if "success" in bare else [])
    elif evaluation:
        names += [f"{split}_{'_'.join(bare)}" for split in ("eval", "val", "valid", "validation", "test")]
    elif bare:
        names += ["_".join(bare)]
    apart = frozenset() if evaluation else frozenset(EVAL)
    said = words(facts.text("target_metric", "metric_for_target"))
    if said and said in (key, bare):
        return facts.number("target_value", "target_metric_value", "target")
    found = facts.number(*names, under=TARGET, without=apart)
    return found if found is not None else facts.number(*(f"{n}_target" for n in names), without=apart)


def validation_target(facts: Facts, points: Points) -> float | None:
    """A target that says it is of the validation, not of which metric."""
    if points.kind.group != "eval":
        return None
    return facts.number(
        "validation_target_value",
        "validation_target",
        "val_target",
        "eval_target",
        "target_metric_value",
        "target_metric",
    )
