"""How a run from the wild is written down: a few figures of its source, and how the quantity behaves between them.

    Sketch(
        at=every(100, 20_000),
        lines={
            "train/loss": Line((real(100, 6.91), level(5_000, 0.4), made(20_000, 0.05)), scale="log", noise=(gaussian(0.05),)),
            "eval/success": Line((made(0, 0.1), real(20_000, 0.84)), at=every(2_000, 20_000), then=(binomial(50),)),
            "train/lr": Line(cosine(1e-4, 20_000, warmup=500)),
            "train/total": Derived(("train/l1", "train/kl"), lambda l1, kl: l1 + 10 * kl),
        },
        clock=Clock(0.25, pauses=((12_000, 900),)),
        config={"batch_size": 8},
    )

A value goes: trend (anchors, interpolated on the line's scale) -> `noise`, on that scale (so relative where it is "log")
-> `then`, on the plain value, in order -> real anchors, put back exactly at their records. Pure: the seed is the name.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.history import append, is_metric
from analysis.model import Column, History, Ints, Run

Floats = NDArray[np.float64]
Rng = np.random.Generator
Scale = Literal["linear", "log"]
START = 1.76e9
NAN = math.nan
K, M = 1_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """A figure. real: logged at that step in the source, so it stands in the history exactly. level: a figure of the
    source that the curve passes through, noise and all (an average, a figure read off a plot). made: ours."""

    step: float
    value: float
    kind: Literal["real", "level", "made"]


def real(step: float, value: float) -> Anchor:
    """May be NaN, Inf, or 0 on a log line: such a one is only put into its record, nothing is drawn through it."""
    return Anchor(step, value, "real")


def level(step: float, value: float) -> Anchor:
    return Anchor(step, value, "level")


def made(step: float, value: float) -> Anchor:
    return Anchor(step, value, "made")


Anchors = tuple[Anchor, ...]


def reals(*pairs: tuple[float, float]) -> Anchors:
    return tuple(real(s, v) for s, v in pairs)


def levels(*pairs: tuple[float, float]) -> Anchors:
    return tuple(level(s, v) for s, v in pairs)


def mades(*pairs: tuple[float, float]) -> Anchors:
    return tuple(made(s, v) for s, v in pairs)


def figures(text: str, unit: float = 1.0, kind: Literal["real", "level", "made"] = "real") -> Anchors:
    """Many at once: "1:28.4 2:29.6 5:30.8", steps in `unit`s."""
    pairs = (pair.split(":") for pair in text.split())
    return tuple(Anchor(float(step) * unit, float(value), kind) for step, value in pairs)


Level = float | Anchors  # a constant, or one that changes with the step
Trend = Callable[[Floats, Rng], Floats]  # steps -> values
Touch = Callable[[Floats, Floats, Rng], Floats]  # values, steps -> values


def through(anchors: Anchors, steps: Floats, *, scale: Scale = "linear", pace: Scale = "linear") -> Floats:
    """Between anchors straight, outside them held. `scale`: of the values; `pace`: of the steps ("log" for power laws)."""
    drawn = [a for a in anchors if math.isfinite(a.value) and (scale == "linear" or a.value > 0)]
    if not drawn:
        return np.full(len(steps), math.nan)
    at, values = np.array([a.step for a in drawn], float), np.array([a.value for a in drawn], float)
    if (np.diff(at) <= 0).any():
        raise ValueError(f"anchors must ascend: {at}")
    origin = min(float(at[0]), float(steps.min(initial=at[0])))
    where, marks = steps, at
    if pace == "log":
        where, marks = np.log1p(np.maximum(steps - origin, 0.0)), np.log1p(at - origin)
    if scale == "log":
        return np.asarray(np.exp(np.interp(where, marks, np.log(values))))
    return np.asarray(np.interp(where, marks, values))


def amount(of: Level, steps: Floats) -> Floats:
    return np.full(len(steps), float(of)) if isinstance(of, int | float) else through(of, steps)


# Steps


def every(n: int, upto: int, first: int | None = None) -> Ints:
    """first (default n), first + n, … up to and including `upto`."""
    return np.arange(n if first is None else first, upto + 1, n, dtype=np.int64)


def at(*steps: int) -> Ints:
    return np.array(steps, dtype=np.int64)


# Trends that are no anchors


def constant(value: float) -> Trend:
    return lambda steps, rng: np.full(len(steps), float(value))


def _warmed(steps: Floats, warmup: float) -> Floats:
    return np.clip(steps / warmup, 0.0, 1.0) if warmup > 0 else np.ones(len(steps))


def cosine(peak: float, total: float, warmup: float = 0, floor: float = 0.0) -> Trend:
    def draw(steps: Floats, rng: Rng) -> Floats:
        x = np.clip((steps - warmup) / (total - warmup), 0.0, 1.0)
        return _warmed(steps, warmup) * (floor + (peak - floor) * 0.5 * (1 + np.cos(math.pi * x)))

    return draw


def linear_decay(peak: float, total: float, warmup: float = 0, floor: float = 0.0) -> Trend:
    def draw(steps: Floats, rng: Rng) -> Floats:
        return _warmed(steps, warmup) * (
            floor + (peak - floor) * (1 - np.clip((steps - warmup) / (total - warmup), 0.0, 1.0))
        )

    return draw


def restarts(peak: float, period: float, floor: float = 0.0) -> Trend:
    """Cosine with warm restarts."""
    return lambda steps, rng: floor + (peak - floor) * 0.5 * (1 + np.cos(math.pi * (steps % period) / period))


def inverse_sqrt(peak: float, warmup: float, begin: float = 0.0) -> Trend:
    def draw(steps: Floats, rng: Rng) -> Floats:
        s = np.maximum(steps, 1.0)
        return np.where(s < warmup, begin + (peak - begin) * s / warmup, peak * np.sqrt(warmup / s))

    return draw


def staircase(*stairs: tuple[float, float]) -> Trend:
    """(from step, value) …: holds each value until the next. Step decay, curricula, stages."""
    begins, values = np.array([s for s, _ in stairs], float), np.array([v for _, v in stairs], float)
    return lambda steps, rng: values[np.clip(np.searchsorted(begins, steps, side="right") - 1, 0, None)]


def adaptive(start: float, *, factor: float = 1.5, low: float = 1e-5, high: float = 1e-2, moves: float = 0.5) -> Trend:
    """lr that follows the KL (rsl_rl, skrl, rl_games): multiplied or divided by `factor`, within bounds."""

    def draw(steps: Floats, rng: Rng) -> Floats:
        values, now = np.empty(len(steps)), start
        for i in range(len(steps)):
            values[i] = now
            if rng.random() < moves:
                up = rng.random() < 0.5 + 0.15 * math.log(start / now) / math.log(factor)
                now = min(high, now * factor) if up else max(low, now / factor)
        return values

    return draw


def epoch(length: float, decimals: int = 2) -> Trend:
    """The epoch column: steps over steps per epoch."""
    return lambda steps, rng: np.round(steps / length, decimals)


def epochs(length: float) -> Trend:
    """The same where only whole ones are counted."""
    return lambda steps, rng: np.floor(steps / length)


def count(per_step: float = 1.0, start: float = 0.0) -> Trend:
    """A counter: episodes, frames, tokens."""
    return lambda steps, rng: start + per_step * steps


# Noise: on the line's scale


def gaussian(sd: Level) -> Touch:
    return lambda x, steps, rng: x + amount(sd, steps) * rng.standard_normal(len(x))


def student(sd: Level, df: float = 5.0) -> Touch:
    """Heavy tails: gradient norms, losses of rare batches. On a log line 0.35 with df 5 is tenfold once in a thousand."""
    return lambda x, steps, rng: x + amount(sd, steps) * rng.standard_t(df, len(x))


def lognormal(sd: Level) -> Touch:
    """Multiplies: skewed upwards, of the same mean. For linear lines (on a log line take gaussian)."""

    def touch(x: Floats, steps: Floats, rng: Rng) -> Floats:
        s = amount(sd, steps)
        return np.asarray(x * np.exp(s * rng.standard_normal(len(x)) - s * s / 2))

    return touch


def ar1(sd: Level, rho: float = 0.9) -> Touch:
    """Wanders: returns over a window of episodes, means over replay. `sd` is that of the wandering itself."""

    def touch(x: Floats, steps: Floats, rng: Rng) -> Floats:
        z, shocks = np.empty(len(x)), rng.standard_normal(len(x))
        for i, shock in enumerate(shocks):
            z[i] = shock if i == 0 else rho * z[i - 1] + math.sqrt(1 - rho * rho) * shock
        return x + amount(sd, steps) * z

    return touch


def wave(period: float, amplitude: Level, phase: float = 0.0) -> Touch:
    return lambda x, steps, rng: x + amount(amplitude, steps) * np.sin(2 * math.pi * (steps / period + phase))


def sawtooth(period: float, amplitude: Level) -> Touch:
    """Rises within each period and falls at its end: the loss within epochs."""
    return lambda x, steps, rng: x + amount(amplitude, steps) * ((steps % period) / period - 0.5)


# What is done to plain values


def apply(change: Callable[[Floats, Floats], Any]) -> Touch:
    """Anything else: (values, steps) -> values."""
    return lambda x, steps, rng: np.asarray(change(x, steps), dtype=np.float64)


def clipped(low: float = -math.inf, high: float = math.inf) -> Touch:
    return lambda x, steps, rng: np.clip(x, low, high)


def binomial(n: int, whole: float = 1.0) -> Touch:
    """x is a chance of `whole` (1 or 100): what n trials show of it."""
    return lambda x, steps, rng: rng.binomial(n, np.clip(x / whole, 0.0, 1.0)) / n * whole


def window(k: int) -> Touch:
    """The mean over the last k records: smoothed meters, the last 100 episodes."""

    def touch(x: Floats, steps: Floats, rng: Rng) -> Floats:
        total = np.concatenate([[0.0], np.cumsum(x)])
        end = np.arange(1, len(x) + 1)
        begin = np.maximum(end - k, 0)
        return np.asarray((total[end] - total[begin]) / (end - begin))

    return touch


def spike(step: float, value: float, fades: float = 0.0) -> Touch:
    """`value` at the first record from `step` on; `fades`: records in which the excess falls to 1/e (0: that one only)."""

    def touch(x: Floats, steps: Floats, rng: Rng) -> Floats:
        after = np.arange(len(x)) - int(np.searchsorted(steps, step))
        if not (after == 0).any():
            raise ValueError(f"no record at or after step {step}")
        share = np.where(after == 0, 1.0, 0.0)
        if fades > 0:
            share = np.where(after >= 0, np.exp(-np.maximum(after, 0) / fades), 0.0)
        return np.asarray(x + share * (value - x))

    return touch


def spikes(chance: float, low: float, high: float, begin: float = -math.inf, end: float = math.inf) -> Touch:
    """Each record from `begin` to before `end`, with that chance: times something between low and high."""

    def touch(x: Floats, steps: Floats, rng: Rng) -> Floats:
        hit = (rng.random(len(x)) < chance) & (steps >= begin) & (steps < end)
        return np.where(hit, x * np.exp(rng.uniform(math.log(low), math.log(high), len(x))), x)

    return touch


def stretch(begin: float, end: float, value: float) -> Touch:
    """From `begin` to before `end` it is `value`: NaN, Inf, an exact 0, frozen."""
    return lambda x, steps, rng: np.where((steps >= begin) & (steps < end), value, x)


def onward(begin: float, value: float) -> Touch:
    """From there to the end."""
    return stretch(begin, math.inf, value)


def flat(value: float) -> Touch:
    """All of it (the real figures stand out)."""
    return onward(-math.inf, value)


def frozen(begin: float) -> Touch:
    """From there on it stays what it was."""

    def touch(x: Floats, steps: Floats, rng: Rng) -> Floats:
        i = min(int(np.searchsorted(steps, begin)), len(x) - 1)
        return np.where(steps >= begin, x[i], x)

    return touch


def sometimes(chance: float, value: float, begin: float = -math.inf, end: float = math.inf) -> Touch:
    """Single records that are `value`: exact zeros, an Inf of the scaler."""

    def touch(x: Floats, steps: Floats, rng: Rng) -> Floats:
        return np.where((rng.random(len(x)) < chance) & (steps >= begin) & (steps < end), value, x)

    return touch


def rounded(decimals: int) -> Touch:
    """As printed with so many decimals."""
    return lambda x, steps, rng: np.round(x, decimals)


def printed(digits: int) -> Touch:
    """As printed with so many significant digits."""

    def touch(x: Floats, steps: Floats, rng: Rng) -> Floats:
        return np.array([float(f"{v:.{digits}g}") for v in x])

    return touch


def quantised(unit: float) -> Touch:
    return lambda x, steps, rng: np.round(x / unit) * unit


def power_of_two() -> Touch:
    """The scale of a loss in half precision."""
    return lambda x, steps, rng: np.asarray(2.0 ** np.round(np.log2(x)), dtype=np.float64)


# The run


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One column (a key with a leading underscore is left out, as the product's readers do). `hold`: the trend moves only once in so many steps (stairs at epoch bounds, values of the last evaluation).
    `at`: steps of its own (default: all of the sketch)."""

    trend: Anchors | Trend
    scale: Scale = "linear"
    pace: Scale = "linear"
    noise: tuple[Touch, ...] = ()
    then: tuple[Touch, ...] = ()
    at: Ints | None = None
    hold: float = 0.0

    @property
    def anchors(self) -> Anchors:
        return self.trend if isinstance(self.trend, tuple) else ()


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A column made of others, at the steps of the first of them (of the others: the last value by then)."""

    of: tuple[str, ...]
    make: Callable[..., Floats]
    then: tuple[Touch, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall time. `seconds`: of one step; `jitter`: sd in log, per record; `pauses`: (step, seconds) before the first record
    at or after it; `evals`: (every so many steps, seconds)."""

    seconds: Level
    jitter: float = 0.03
    pauses: tuple[tuple[float, float], ...] = ()
    evals: tuple[float, float] | None = None
    start: float = START
    timestamp: bool = True
    runtime: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A run. `at`: steps of its records (the trainer's). `step_key`: the column in which the framework writes them, `_step`
    then counts rows. `apart`: a column with steps of its own gets rows of its own, else rows are shared where steps are equal.
    `then`: the segment that goes on after a resume (its first step may lie before the last one of this).
    `silence`: seconds from the last row to when it was read; `heartbeat`: from the last row to the last sign of life."""

    at: Ints
    lines: Mapping[str, Line | Derived]
    config: Mapping[str, Any] = field(default_factory=dict)
    state: str = "finished"
    planned: int | None = None
    clock: Clock | None = None
    step_key: str | None = None
    apart: bool = False
    then: Sketch | None = None
    silence: float = 5.0
    heartbeat: float = 2.0


def seeded(name: str) -> Rng:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))


def draw(sketch: Sketch, name: str) -> Run:
    """The run. The same name gives the same numbers, on every machine."""
    history, parts, seed = _segment(sketch, name, None), sketch, name
    while parts.then is not None:
        parts, seed = parts.then, seed + "+"
        history = append(history, _segment(parts, seed, history))
    known = bool(np.isfinite(history.timestamp).any())
    begin, end = (float(history.timestamp[0]), float(history.timestamp[-1])) if known else (None, None)
    return Run(
        ref=name,
        name=name,
        history=history,
        state=parts.state,
        config=sketch.config,
        planned_steps=sketch.planned,
        created_at=None if begin is None else begin - 20,
        heartbeat_at=None if end is None else end + min(parts.heartbeat, parts.silence),
        observed_at=None if end is None else end + parts.silence,
    )


def values(sketch: Sketch, name: str) -> dict[str, tuple[Ints, Floats]]:
    """Column -> its steps and values. Each column has its own stream: adding one changes no other."""
    found: dict[str, tuple[Ints, Floats]] = {}
    for key, line in sketch.lines.items():
        if isinstance(line, Line):
            steps = sketch.at if line.at is None else line.at
            found[key] = steps, _drawn(line, steps, seeded(f"{name}/{key}"), key)
        else:
            first, x = found[line.of[0]]
            rest = [_last_known(first, *found[other]) for other in line.of[1:]]
            made_ = np.asarray(line.make(x, *rest), dtype=np.float64)
            found[key] = first, _touched(made_, line.then, first.astype(float), seeded(f"{name}/{key}"))
    return found


def _drawn(line: Line, steps: Ints, rng: Rng, key: str) -> Floats:
    s = steps.astype(np.float64)
    where = np.floor(s / line.hold) * line.hold if line.hold else s
    if isinstance(line.trend, tuple):
        x = through(line.trend, where, scale=line.scale, pace=line.pace)
    else:
        x = line.trend(where, rng)
    if line.scale == "log":
        with np.errstate(divide="ignore"):
            x = np.exp(_touched(np.log(x), line.noise, s, rng))
    else:
        x = _touched(x, line.noise, s, rng)
    x = _touched(x, line.then, s, rng).copy()
    reach = float(np.median(np.diff(s))) if len(s) > 1 else 0.0
    for a in line.anchors:
        if a.kind == "real":
            i = int(np.argmin(np.abs(s - a.step)))
            if abs(s[i] - a.step) > reach:
                raise ValueError(f"{key}: no record near the real figure at step {a.step:g}")
            x[i] = a.value
    return x


def _touched(x: Floats, touches: tuple[Touch, ...], steps: Floats, rng: Rng) -> Floats:
    for touch in touches:
        x = touch(x, steps, rng)
    return x


def _last_known(at: Ints, steps: Ints, x: Floats) -> Floats:
    i = np.searchsorted(steps, at, side="right") - 1
    return np.where(i >= 0, x[np.maximum(i, 0)], math.nan)


def _segment(sketch: Sketch, name: str, before: History | None) -> History:
    cells = values(sketch, name)
    groups: dict[bytes, int] = {sketch.at.tobytes(): 0}  # a group of columns logged together writes rows together
    group = {key: groups.setdefault(steps.tobytes(), len(groups)) for key, (steps, _) in cells.items()}
    keys = {(int(s), group[key] if sketch.apart else 0) for key, (steps, _) in cells.items() for s in steps}
    rows = sorted(keys)
    row_of = {key: i for i, key in enumerate(rows)}
    columns = {
        key: Column(
            np.array([row_of[int(s), group[key] if sketch.apart else 0] for s in steps], dtype=np.int64),
            np.asarray(x, dtype=np.float64),
        )
        for key, (steps, x) in cells.items()
        if len(steps) and is_metric(key)
    }
    steps = np.array([s for s, _ in rows], dtype=np.int64)
    shown = steps
    if sketch.step_key is not None:
        columns[sketch.step_key] = Column(np.arange(len(rows), dtype=np.int64), steps.astype(np.float64))
        shown = np.arange(len(rows), dtype=np.int64) + (0 if before is None else len(before))
    stamp, runtime = _times(sketch.clock, steps, seeded(f"{name}/clock"), before)
    return History(shown, stamp, runtime, columns)


def _times(clock: Clock | None, steps: Ints, rng: Rng, before: History | None) -> tuple[Floats, Floats]:
    unknown = np.full(len(steps), math.nan)
    if clock is None:
        return unknown, unknown.copy()
    s = steps.astype(np.float64)
    per = np.diff(s, prepend=2 * s[0] - s[1] if len(s) > 1 else s[0] - 1)
    per = np.maximum(per, 0.0) if before is None else np.clip(per, 0.0, float(np.median(per)) or None)
    taken = per * amount(clock.seconds, s) * np.exp(clock.jitter * rng.standard_normal(len(s)))
    taken = np.where(per == 0, 0.05, taken)  # a second row at the same step
    if clock.evals is not None:
        often, seconds = clock.evals
        taken += seconds * np.diff(np.floor(s / often), prepend=math.floor(s[0] / often))
    for step, seconds in clock.pauses:
        taken[min(int(np.searchsorted(s, step)), len(s) - 1)] += seconds
    passed = np.cumsum(taken)
    begin = clock.start
    if before is not None and np.isfinite(before.timestamp[-1:]).all():
        begin = max(begin, float(before.timestamp[-1]))
    stamp = begin + passed if clock.timestamp else unknown
    since = clock.start if before is None else float(begin - (before.runtime[-1] if len(before) else 0.0))
    return stamp, (begin + passed - since if clock.runtime else unknown.copy())
