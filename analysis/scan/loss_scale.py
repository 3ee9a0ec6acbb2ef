"""In which unit a loss is judged, and how high a rise of it is. The one place that decides it.

A cross entropy lives in nats: from 8 to 12 is a disaster, from 0.02 to 0.04 is nothing. An error of a regression lives
in ratios: twice is twice, whatever the level. Of many a loss nobody knows which it is. There a small rise has to be one
in both views, and a large one in either. A loss that has been negative has no ratio, and its nats have no floor: it is
measured by the progress that it has made.

A height of 1 is a rise that counts, `LARGE` one that leaves no doubt, whatever the unit.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.eval_noise import scatter
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import TRAIN
from analysis.figures import num, times
from analysis.model import Bools, Floats, Ints
from analysis.scan.view import Points, View

# A loss of theirs has no floor, starts near 0 or follows the returns up: its level says nothing of how training goes.
NO_LEVEL = (Family.RL, Family.GAN)
LARGE = 3.0  # heights
AGREED = 5.0  # of two views that must agree, that in nats asks for this much less: it is there against rounding
DEPTH = 1e-3  # of the first level: below it a loss is rounding or learnt by heart, and ratios mean little
HIGHEST = 30.0  # nats per token or class that any network begins with; what stands above is a sum
LOWEST = 0.05  # nats with which none begins that has not learnt before
MOST_TIMES = 1e4  # beyond it a ratio is no figure that anybody reads
FIRST = 4  # records that say where it began
NOISE_SPAN = 60  # records that say how much single ones scatter


class Unit(enum.IntEnum):
    """Of a loss at one record: what was known by then."""

    EITHER = 0
    NATS = 1
    RATIO = 2
    SIGNED = 3


_ENTROPIES = frozenset({"ce", "xent", "crossentropy", "bce", "logloss", "lm"})
_ERRORS = frozenset(
    {"mse", "l1", "l2", "mae", "rmse", "huber", "smoothl1", "recon", "reconstruction", "rec", "dice", "giou", "iou",
     "bbox", "box", "kl", "kld",
     "ppl", "perplexity",
     "velocity", "eps", "epsilon", "diffusion", "flow", "perceptual", "lpips", "chamfer"}
)  # fmt: skip
_OF_NATS = (Family.PRETRAINING, Family.SFT, Family.PREFERENCE)
_OF_RATIOS = (Family.IMITATION, Family.DIFFUSION)


@dataclass(frozen=True, slots=True)
class Bar:
    """What counts as a rise: a ratio, nats, a share of the progress made;
    and in any view so many deviations of noise.
    """

    ratio: float
    nats: float
    share: float = 0.35
    sigmas: float = 0.0


@dataclass(frozen=True, eq=False)
class LossScale:
    """A loss and its unit. Arrays are (n,), one entry per point.

    unit   of Unit, as known at each point
    start  the level it began at, a number; NaN where there are too few points
    """

    x: Floats
    unit: Ints
    start: float

    @cached_property
    def units(self) -> frozenset[Unit]:
        """Those that count at some record."""
        return frozenset(Unit(unit) for unit in np.flatnonzero(np.bincount(self.unit)).tolist())

    @cached_property
    def by_ratio(self) -> bool:
        """Whether ratios count at some record."""
        return not self.units.isdisjoint({Unit.EITHER, Unit.RATIO})

    @cached_property
    def by_value(self) -> bool:
        """Whether anything else does."""
        return not self.units <= {Unit.RATIO}

    def log(self, x: Floats) -> Floats:
        """ln in units of DEPTH, linear below that: zeros and negative values have their place."""
        with np.errstate(over="ignore"):
            return self._log(x)

    def _log(self, x: Floats) -> Floats:
        depth = DEPTH * abs(self.start)
        if not depth > 0:  # it began at nothing: there is no scale
            return np.full(np.shape(x), np.nan)
        return np.asarray(np.arcsinh(x / (2 * depth)))

    def in_nats(self, j: int) -> bool:
        """Whether it was known to be a cross entropy by point j."""
        return bool(self.unit[j] == Unit.NATS)

    @cached_property
    def plain(self) -> Bools:
        """(n,) whether values are compared with their own noise as they are, not as logarithms."""
        return np.asarray((self.unit == Unit.NATS) | (self.unit == Unit.SIGNED))

    def judged(self, x: Floats, j: int) -> Floats:
        """Values in the unit that counts at point j, for comparisons with their own noise."""
        return x if self.plain[j] else self.log(x)

    @cached_property
    def noise(self) -> tuple[Floats, Floats]:
        """Deviation of single records, (of the log, of the values): from bends, since an early loss mostly falls. 0 of
        the view that counts at none of them."""
        none = np.zeros(len(self.x))
        return (
            scatter(rolling.filled(self.log(self.x)), NOISE_SPAN) if self.by_ratio else none,
            scatter(self.x, NOISE_SPAN) if self.by_value else none,
        )

    def only(self, at: Ints) -> LossScale:
        """The scale of some of its records."""
        part = LossScale(self.x[at], self.unit[at], self.start)
        if len(self.units) == 1:
            part.__dict__["units"] = self.units
        return part

    def rise(self, now: Floats, base: Floats) -> Rise:
        """From `base` to `now`, (n,) each."""
        with np.errstate(all="ignore"):
            return self._rise(now, base)

    def _rise(self, now: Floats, base: Floats) -> Rise:
        known = np.isfinite(now) & np.isfinite(base)
        up = np.where(known, now - base, np.nan)
        return Rise(self, base, up, self._log(now) - self._log(base) if self.by_ratio else np.full(len(up), np.nan))

    def height(self, now: Floats, base: Floats, bar: Bar, noise: tuple[Floats, Floats] | None = None) -> Floats:
        """(n,) how high `now` stands above `base`. `noise`: deviations of both views, (of the log, of the values)."""
        with np.errstate(all="ignore"):
            return self._rise(now, base).over(bar, noise)

    def recedes(self, noise: tuple[Floats, Floats], at: Ints) -> Bools:
        """(k,) at some points: the last two records stand below the highest of the last few, a spike coming down."""
        peak, last = rolling.rolling_max(self.x, 7)[at], rolling.rolling_max(self.x, 2)[at]
        return self.only(at).height(peak, last, Bar(1.15, 0.1, sigmas=3.0), (noise[0][at], noise[1][at])) >= 1

    def leaps(self, now: Floats, base: Floats) -> Bools:
        """(n,) a value that has left all scale: no spike, whether or not it comes back."""
        least = DEPTH * rolling.median(np.abs(self.x[:FIRST])) if len(self.x) else np.nan
        return np.asarray(now > MOST_TIMES * np.maximum(np.abs(base), least))

    def allowance(self, base: Floats, bar: Bar) -> Floats:
        """(n,) the rise above `base` that this bar still allows, in the unit of `log`."""
        by_ratio = (bar.ratio - 1) * np.abs(base)
        allowed = np.choose(
            self.unit,
            [
                np.minimum(by_ratio, bar.nats),
                np.full_like(base, bar.nats),
                by_ratio,
                bar.share * np.abs(self.start - base),
            ],
        )
        return np.asarray(self.log(base + allowed) - self.log(base))


@dataclass(frozen=True, eq=False)
class Rise:
    """How far a loss has come up from a base, as values (`up`, NaN where one is not finite) and, where these count at
    some record, as logarithms."""

    scale: LossScale
    base: Floats
    up: Floats
    up_log: Floats

    def only(self, at: Ints) -> Rise:
        """Of some records."""
        return Rise(self.scale.only(at), self.base[at], self.up[at], self.up_log[at])

    def beyond(self, sigmas: float, noise: tuple[Floats, Floats]) -> Bools:
        """(n,) beyond so many deviations in one view at least, without which no height of such a bar reaches 1."""
        with np.errstate(invalid="ignore"):
            return np.asarray((self.up_log >= sigmas * noise[0]) | (self.up >= sigmas * noise[1]))

    def height(self, bar: Bar, noise: tuple[Floats, Floats] | None = None) -> Floats:
        """(n,) in the unit that counts at each record; NaN where it is not known."""
        with np.errstate(all="ignore"):
            return self.over(bar, noise)

    def over(self, bar: Bar, noise: tuple[Floats, Floats] | None) -> Floats:
        """The same, where numpy is told already that what overflows may."""
        log_noise, plain_noise = noise if noise is not None else (np.zeros(1), np.zeros(1))
        least = bar.sigmas * rolling.filled(plain_noise) if self.scale.by_value else plain_noise
        ratios = self.up_log
        if self.scale.by_ratio:
            ratios = ratios / np.maximum(np.log(bar.ratio), bar.sigmas * rolling.filled(log_noise))
        ways = {unit: self._height(unit, ratios, bar, least) for unit in self.scale.units}
        if len(ways) <= 1:
            return next(iter(ways.values()), self.up)
        return np.choose(self.scale.unit, [ways.get(unit, self.up) for unit in Unit])

    def _height(self, unit: Unit, ratios: Floats, bar: Bar, least: Floats) -> Floats:
        if unit is Unit.SIGNED:
            made = np.maximum(self.scale.start - self.base, 1e-12 * abs(self.scale.start))
            return np.asarray(self.up / np.maximum(bar.share * made, least))
        if unit is Unit.RATIO:
            return np.where(np.isnan(self.up), np.nan, ratios)
        nats = self.up / np.maximum(bar.nats, least)
        if unit is Unit.NATS:
            return np.asarray(nats)
        both = np.minimum(ratios, self.up / np.maximum(bar.nats / AGREED, least))
        return np.asarray(np.maximum(both, np.maximum(ratios, nats) / LARGE))


def no_level(view: View, points: Points) -> Bools:
    """(n,) the loss is an agent's or that of two networks against each other. A plain `reward` beside it, that of an
    episode or a move, says that values are fitted: their error grows with what there is to earn."""
    reward = view.role("reward")
    plain = reward is not None and set(words(reward.key)) - TRAIN <= {"reward", "rewards"}
    values = plain and reward is not None and view.logged_by_third_point(reward.key, points)
    return view.is_family(points, *NO_LEVEL) | (view.is_family(points, Family.UNKNOWN) & values)


def judged_losses(view: View) -> Iterable[Points]:
    """What is trained: the loss; and a perplexity beside which none is known, which is the loss in another unit."""
    loss = view.role("loss")
    if loss is not None and len(loss):
        yield loss
    said = [k for k in view.keys("perplexity") if view.roles.kinds[k].group == "train"]
    for key in said[:1]:
        points = view.column(key)
        if len(points) and (loss is None or not view.logged_by_third_point(loss.key, points)):
            yield points


def loss_scale(view: View, points: Points) -> LossScale:
    """The scale of one loss column; worked out once per view."""
    return view.once(f"{points.key}\0scale", lambda: _scale(view, points))


def _scale(view: View, points: Points) -> LossScale:
    x = points.x
    start = rolling.median(x[:FIRST]) if len(x) >= FIRST else np.nan
    unit = np.full(len(x), Unit.EITHER, dtype=np.int64)
    unit[view.is_family(points, *_OF_NATS)] = Unit.NATS
    unit[view.is_family(points, *_OF_RATIOS)] = Unit.RATIO
    if (said := _stated(view, points)) is not None:
        unit[:] = said
    if abs(start) > HIGHEST or (abs(start) < LOWEST and not view.facts.pretrained):
        unit[:] = Unit.RATIO
    unit[np.cumsum(x < 0) >= 2] = Unit.SIGNED
    return LossScale(x, unit, start)


def _stated(view: View, points: Points) -> Unit | None:
    """What its name says, or the config of the loss."""
    for bag in (
        set(words(points.key)),
        set(words(view.facts.text("loss_fn", "loss_function", "criterion", "loss_type"))),
    ):
        if bag & _ERRORS:
            return Unit.RATIO
        if bag & _ENTROPIES or {"cross", "entropy"} <= bag:
            return Unit.NATS
    return None


def risen(scale: LossScale, before: float, now: float, j: int) -> str:
    """`，2.5 倍`, `，+0.8 nats`: how much larger, in the unit of the loss; empty where a figure would say nothing."""
    if scale.in_nats(j):
        return f"，+{num(now - before)} nats" if now > before else ""
    return f"，{times(now / before)} 倍" if before > 0 and 1 < now / before < MOST_TIMES else ""


def risen_in_brackets(scale: LossScale, before: float, now: float, j: int) -> str:
    """The same as `（2.5 倍）`."""
    said = risen(scale, before, now, j)
    return f"（{said.removeprefix('，')}）" if said else ""
