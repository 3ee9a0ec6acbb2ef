"""compare(runs): two to five runs side by side: their metrics at the same step and at best, their configs, a verdict.

The verdict rests on one metric, the first that all of them have in `DECIDING`: what was evaluated before what was
trained on. A difference counts only beyond the noise of the runs themselves, and of other seeds where that is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from analysis.arrays import alignment, eval_noise, rolling
from analysis.columns import captions
from analysis.columns.family import WEAK_PROXY, Family
from analysis.columns.names import Direction, Group, Kind, same_quantity, words
from analysis.columns.profile import GENERIC, Profile
from analysis.columns.vocabulary import EVAL, word_set
from analysis.facts import Facts, version
from analysis.facts.config import Config
from analysis.facts.config_diff import BATCH, DATA, OTHER, SEED, WEIGHTS, Change, drift, untold
from analysis.facts.eval_size import episodes
from analysis.model import Curve, Finding, Floats, Peer, Report, Run, Severity
from analysis.peers import NO_LOSS, level, other_measure, short_name
from analysis.report.outcomes import Outcome, outcomes
from analysis.scan.judges import TASK_ERRORS
from analysis.scan.reading import Reading
from analysis.scan.resume import stretches

MOST_RUNS = 5
LETTERS = "ABCDE"
# What is compared, what decides first. Of others only their course is shown.
ROLES = (
    "eval_score", "eval_loss", "reward", "component", "loss", "ot_mass", "ref_kl", "margin", "pair_accuracy", "part",
    "kl", "grad_norm",
)  # fmt: skip
DECIDING = ("eval_score", "task_error", "eval_loss", "reward", "component", "loss")
OF_FITTING = ("component", "loss")  # lower on the training set is no better model
MOST_METRICS = 8
SIGMAS = 3.0  # of a difference of two levels
MIN_GAP = 0.02  # of a level: less is what another seed may do, where nobody knows what it does
MIN_GAP_OF_LIKELIHOOD = 0.003  # language models from scratch: their loss is a logarithm, and seeds hardly move it
MIN_RECORDS = 4  # before which the scatter of a curve is not known
HELD = 3  # steps of the common grid that a lead lasts
EARLY = 0.3  # of the longest run: a lead at less is an early one
MEDIAN_ERROR = 1.25  # times that of a mean
# Student's t at 95 %: the spread of few seeds is little known.
_T = (12.7, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)
_OF_REWARD = word_set("reward rewards rew")


class Reached(NamedTuple):
    """One run in one metric. Steps are its own. `curve`: by step, with the NaN that were logged."""

    curve: Curve
    level: float | None = None  # at the common step
    error: float | None = None  # of the level: one standard deviation; None: not known
    best: float | None = None
    best_at: int | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who stands where at the common step. Numbers are places in `Comparison.runs`."""

    order: tuple[int, ...]  # best first
    leaders: tuple[int, ...]  # the first, and those that cannot be told from it
    gap: float  # from the first to the best that is clearly worse; without one to the next
    noise: float  # one standard deviation of that gap
    least: float  # what another seed may do: of other seeds where they are known, else by experience
    since: int | None  # step from which the first has been ahead of it, beyond the noise

    @property
    def decided(self) -> bool:
        return len(self.leaders) < len(self.order)

    @property
    def by_seed(self) -> bool:
        """Beyond the noise of the runs themselves, but not beyond what another seed may do."""
        return not self.decided and SIGMAS * self.noise < self.gap <= self.least


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A metric that every run has. `ranking`: None where it has no better direction or cannot be compared."""

    name: str
    role: str
    group: Group
    direction: Direction
    step: int | None  # the largest that all have reached
    reached: tuple[Reached, ...]
    ranking: Ranking | None = None

    @property
    def best(self) -> int | None:
        """The run with the best value of all, whenever that was."""
        known = [(r.best, i) for i, r in enumerate(self.reached) if r.best is not None]
        if not known:
            return None
        return min(known)[1] if self.direction == "min" else max(known, key=lambda pair: (pair[0], -pair[1]))[1]


@dataclass(frozen=True, slots=True)
class Difference:
    """A key of the configs that differs: its values in the order of the runs, as a line shows them. `leaf`: the end
    of the key that still says which it is."""

    key: str
    leaf: str
    values: tuple[str, ...]
    impact: int


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the runs. `broken`: the first critical finding that is open."""

    letter: str
    report: Report
    broken: Finding | None = None
    commit: str | None = None

    @property
    def name(self) -> str:
        return short_name(self.report.run.name)


# better: one stands clearly ahead. leaders: several do, and cannot be told apart. even: none does. repeated: the same
# config, perhaps with another seed: the gap is the noise. incomparable: numbers that measure different things.
# fitting: only the training loss could be compared, although there is an evaluation. unknown: nothing in common.
VerdictKind = Literal["better", "leaders", "even", "repeated", "incomparable", "fitting", "unknown"]


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """Which is better. `metric`: what it rests on; `reason`: in Chinese, why nothing better can be said."""

    kind: VerdictKind
    metric: Metric | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Runs in the order in which they were named."""

    runs: tuple[Compared, ...]
    metrics: tuple[Metric, ...]
    differences: tuple[Difference, ...]
    untold: int  # further keys that differ: paths, names, logging
    configured: bool  # every run has a config
    verdict: Verdict
    outcomes: tuple[Outcome, ...]  # of what was advised to one of them and done in a later one
    notes: tuple[str, ...]  # Chinese: what was not compared and why, what to keep in mind


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    letter: str
    run: Run
    report: Report
    reading: Reading

    @property
    def facts(self) -> Facts:
        return self.reading.facts

    @property
    def commit(self) -> str | None:
        return self.run.commit or version.commit(self.facts)


def compare(runs: Sequence[tuple[Run, Report]], profile: Profile = GENERIC) -> Comparison:
    """Two to five runs with their reports. Peers that a run brings along tell how far seeds scatter. Pure."""
    sides = [
        _Side(letter, run, report, Reading.of(run, profile))
        for letter, (run, report) in zip(LETTERS, runs, strict=False)
    ]
    changes = _changes(sides)
    found = _Found(sides, changes)
    metrics = found.metrics()
    notes = [*found.notes, *_notes(sides, changes, metrics)]
    first = sides[0]
    return Comparison(
        runs=tuple(Compared(s.letter, s.report, _broken(s.report), s.commit) for s in sides),
        metrics=tuple(metrics[:MOST_METRICS]),
        differences=_differences(sides, changes),
        untold=max(untold(first.facts, other.facts) for other in sides[1:]),
        configured=all(s.run.config for s in sides),
        verdict=_verdict(sides, changes, metrics, found.obstacle),
        outcomes=outcomes([(s.run, s.report, s.facts) for s in sides]),
        notes=tuple(dict.fromkeys(notes)),
    )


# configs


def _changes(sides: Sequence[_Side]) -> list[tuple[Change, ...]]:
    """What differs between the first run and each of the others, without what only says which code it was."""
    first = sides[0].facts
    return [
        tuple(c for c in drift(first, other.facts, whole=True) if not version.is_version(words(c.key)))
        for other in sides[1:]
    ]


def _differences(sides: Sequence[_Side], changes: Sequence[tuple[Change, ...]]) -> tuple[Difference, ...]:
    """Those of all the others together, the most telling first; which seed it was comes right after the batch."""
    keys: dict[tuple[str, ...], Change] = {}
    for of_one in changes:
        for c in of_one:
            keys.setdefault(words(c.key), c)
    found = []
    leaves = [c.leaf for c in keys.values()]
    for path, c in keys.items():
        theirs = [next((x.there for x in of_one if words(x.key) == path), c.here) for of_one in changes]
        leaf = c.leaf if leaves.count(c.leaf) == 1 else c.key
        found.append(Difference(c.key, leaf, (c.here, *theirs), c.impact))

    def rank(d: Difference) -> tuple[float, int, str]:
        last = d.impact == OTHER and "—" in d.values  # a switch that some of them do not know
        return BATCH + 0.5 if d.impact == SEED else d.impact + last, len(d.key), d.key

    return tuple(sorted(found, key=rank))


def _repeats(one: Config, other: Config, versions: tuple[str | None, str | None] = (None, None)) -> bool:
    """Whether two runs are the same training, but for the seed."""
    same_code = None in versions or versions[0] == versions[1]
    told = (c for c in drift(one, other, whole=True) if not version.is_version(words(c.key)))
    return bool(one.config and other.config) and same_code and all(c.impact == SEED for c in told)


# metrics


class _Found:
    """The metrics that the runs share. `obstacle`: why no number of theirs can be compared; empty: they can be."""

    def __init__(self, sides: Sequence[_Side], changes: Sequence[tuple[Change, ...]]) -> None:
        self.sides, self.notes = sides, list[str]()
        self._rows = [_last_stretch(s.reading) for s in sides]
        told = [c for of_one in changes for c in of_one]
        self._weights = [c for c in told if c.impact == WEIGHTS]
        self._evaluated = [c for c in told if c.impact == DATA and EVAL & set(words(c.key))]
        self._rewarded = [c for c in told if _OF_REWARD & set(words(c.key))]
        self.obstacle = _obstacle(sides)

    def metrics(self) -> list[Metric]:
        found: list[Metric] = []
        taken: set[str] = set()
        for role in ROLES:
            keys = self._keys(role)
            if keys is not None and keys[0] not in taken:
                taken.update(keys)
                self._add(found, self._metric(role, keys))
            if role == "eval_score":
                self._others(found, taken, errors=True)
            if role == "eval_loss":
                self._others(found, taken, errors=False)
        return found

    def _add(self, found: list[Metric], metric: Metric) -> None:
        """Unless it is one of them under another name."""
        figures = [(r.level, r.best, r.best_at) for r in metric.reached]
        if not any(
            figures == [(r.level, r.best, r.best_at) for r in m.reached] for m in found if m.step == metric.step
        ):
            found.append(metric)

    def _keys(self, role: str) -> tuple[str, ...] | None:
        """The column of each run that plays a role and measures the same thing; None where they do not share one."""
        held = [s.reading.roles.holder.get(role) for s in self.sides]
        known = [key for key in held if key is not None]
        if len(known) == len(held) and all(self._same(a, b) for a, b in pairwise(known)):
            return tuple(known)
        for key in known:  # the others may have it, too, beside what plays the role there
            if all(key in s.run.history.columns for s in self.sides):
                return (key,) * len(held)
        if known and role in DECIDING:
            of = self._kind(known[0]).group == "eval"
            if len(known) < len(held):
                have = [s.letter for s, key in zip(self.sides, held, strict=True) if key is not None]
                if of or role == "reward":
                    self.notes.append(f"只有 {'、'.join(have)} 有{_gap(self._name(known[0], role))}，没法对比")
            else:
                named = " / ".join(f"{s.letter} {key}" for s, key in zip(self.sides, known, strict=True))
                self.notes.append(f"{'评估' if of else '训练 loss '}口径不同，不比：{named}")
        return None

    def _others(self, found: list[Metric], taken: set[str], *, errors: bool) -> None:
        """Evaluations that hold no role and have the same name in all runs. `errors`: those of the task itself."""
        first = self.sides[0].reading
        for key, kind in first.roles.kinds.items():
            shared = all(key in s.run.history.columns for s in self.sides)
            task = bool(TASK_ERRORS & set(words(key)))
            if kind.group == "eval" and kind.direction in {"min", "max"} and shared and task == errors:
                free = first.roles.role(key) is None or errors
                told = {m.name for m in found}
                if free and key not in taken and kind.measure and self._name(key, "eval") not in told:
                    taken.add(key)
                    self._add(found, self._metric("task_error" if errors else "eval", (key,) * len(self.sides)))

    def _same(self, a: str, b: str) -> bool:
        """Whether two columns measure the same thing: a test set is no validation set, L1 is no total loss."""
        x, y = self._kind(a), self._kind(b)
        alike = (x.name, x.measure, x.place, x.averaged, x.unit) == (y.name, y.measure, y.place, y.averaged, y.unit)
        return a == b or (alike and same_quantity(a, b))

    def _kind(self, key: str) -> Kind:
        return next(s.reading.roles.kinds[key] for s in self.sides if key in s.reading.roles.kinds)

    def _name(self, key: str, role: str) -> str:
        kind = self._kind(key)
        word = captions.of_figure(kind, role if role in {"grad_norm", "lr"} else None)
        if kind.place == "测试":
            return word.replace("评估", kind.place, 1)
        return f"训练 {word}" if kind.group == "train" and role in OF_FITTING else word

    def _metric(self, role: str, keys: tuple[str, ...]) -> Metric:
        kind = self._kind(keys[0])
        curves = [self._curve(i, key) for i, key in enumerate(keys)]
        finite = [_finite(c) for c in curves]
        step = alignment.common_step([at for at, _ in finite]) if not self.obstacle else None
        reached = [_best(c, kind.direction) for c in curves]
        doubt = self._doubt(role, kind)
        if doubt:
            self.notes.append(doubt)
        name, at = self._name(keys[0], role), None if step is None else int(step)
        if step is None:
            return Metric(name, role, kind.group, kind.direction, None, tuple(reached))
        steps = alignment.grid([at for at, _ in finite], step)
        stood = alignment.levels(finite, steps)
        sizes = [self._size(i, key, x) for i, (key, (_, x)) in enumerate(zip(keys, finite, strict=True))]
        errors = [_errors(x, of, kind.group, n) for (_, x), of, n in zip(finite, stood, sizes, strict=True)]
        for i, r in enumerate(reached):
            error = float(errors[i][-1])
            reached[i] = r._replace(level=float(stood[i].level[-1]), error=error if math.isfinite(error) else None)
        ranking = None
        if kind.direction in {"min", "max"} and not doubt and role in {*DECIDING, "eval"}:
            spread = _seed_spread(self.sides, [r.level for r in reached], keys, step)
            likelihood = all(s.reading.family is Family.PRETRAINING for s in self.sides) and role in {
                "loss",
                "eval_loss",
            }
            least = MIN_GAP_OF_LIKELIHOOD if likelihood else MIN_GAP
            ranking = _rank([of.level for of in stood], errors, steps, kind.direction == "min", spread, least)
            if ranking is None and role in DECIDING and kind.group == "eval":
                self.notes.append(f"{name} 记录太少，不知道波动多大，只列出数值")
        return Metric(name, role, kind.group, kind.direction, at, tuple(reached), ranking)

    def _doubt(self, role: str, kind: Kind) -> str:
        """Why a metric that has the same name does not measure the same; empty: it does."""
        total = kind.measure in {"总损失", "损失"} or kind.name == "loss"
        if total and self._weights and role in {"loss", "eval_loss"}:
            return f"loss 权重不同（{_leaves(self._weights)}），总 loss 不比"
        if kind.group == "eval" and self._evaluated:
            return f"评估集不同（{_leaves(self._evaluated)}），评估不比"
        if role == "reward" and self._rewarded:
            return f"reward 设置不同（{_leaves(self._rewarded)}），return 不比"
        return ""

    def _curve(self, i: int, key: str) -> Curve:
        """By the run's own step, without what resumes overwrote."""
        reading, rows = self.sides[i].reading, self._rows[i]
        column = reading.history.columns[key]
        kept = np.isin(column.rows, rows, assume_unique=True)
        return Curve(*alignment.surviving(reading.at[column.rows[kept]], column.values[kept]))

    def _size(self, i: int, key: str, x: Floats) -> Floats:
        """(n,) tries behind each rate of success; NaN where it is none, or nobody knows."""
        rate = len(x) > 0 and bool(((x >= 0) & (x <= 1)).all())
        return episodes(self.sides[i].facts, key, x) if rate else np.full(len(x), np.nan)


def _last_stretch(reading: Reading) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The rows that resumes have left."""
    cuts = stretches(reading.history, frozenset(reading.roles.holder.values()))
    return cuts[-1][0] if cuts else np.zeros(0, dtype=np.int64)


def _finite(curve: Curve) -> tuple[Floats, Floats]:
    good = np.isfinite(curve.values) & (np.abs(curve.values) < 1e150)  # larger ones are no measurement
    return curve.at[good], curve.values[good]


def _best(curve: Curve, direction: Direction) -> Reached:
    at, x = _finite(curve)
    if not len(x) or direction not in {"min", "max"} or bool(np.all(x == x[0])):
        return Reached(curve)
    best = int(np.argmin(x) if direction == "min" else np.argmax(x))  # ties: the earliest
    return Reached(curve, best=float(x[best]), best_at=int(at[best]))


def _errors(x: Floats, stood: alignment.Levels, group: Group, sizes: Floats) -> Floats:
    """(steps,) one standard deviation of a level; inf where the scatter is not known yet."""
    evaluated = group == "eval"
    one = eval_noise.scatter(x) if evaluated else rolling.noise(x)
    one = np.where(np.arange(len(x)) < MIN_RECORDS - 1, np.inf, one)
    with np.errstate(invalid="ignore"):
        tries = (x * sizes + 1) / (sizes + 2)  # 0 of 10 is not certain to be 0
        drawn = np.sqrt(tries * (1 - tries) / sizes)
    one = np.where(np.isnan(drawn), one, np.fmax(drawn, np.where(np.isinf(one), 0.0, one)))
    alike = eval_noise.autocorrelation_time(x) if evaluated else np.ones(len(x))
    worth = np.maximum(stood.records / alike[stood.newest], 1.0)
    return np.asarray(one[stood.newest] * np.where(stood.records > 2, MEDIAN_ERROR, 1.0) / np.sqrt(worth))


class _Spread(NamedTuple):
    std: float
    degrees: int  # of freedom


def _seed_spread(
    sides: Sequence[_Side], here: Sequence[float | None], keys: Sequence[str], step: float
) -> _Spread | None:
    """How far runs of one config scatter at a step, from those that differ in their seed only; None: there are none."""
    known = [(s.facts, s.commit, x) for s, x in zip(sides, here, strict=True) if x is not None]
    refs = {s.run.ref for s in sides} | {s.run.tracked_as for s in sides}
    for p in {p.ref: p for s in sides for p in s.run.peers if p.ref not in refs}.values():
        x = _level_of(p, keys[0], step, sides[0].reading)
        if x is not None:
            known.append((Facts(p.config, p.planned_steps), None, x))
    groups: list[list[tuple[Facts, str | None, float]]] = []
    for one in known:
        home = next((g for g in groups if _repeats(g[0][0], one[0], (g[0][1], one[1]))), None)
        if home is None:
            groups.append([one])
        else:
            home.append(one)
    values = [np.array([x for _, _, x in g]) for g in groups if len(g) > 1]
    degrees = sum(len(v) - 1 for v in values)
    if not degrees:
        return None
    return _Spread(math.sqrt(sum(float(((v - v.mean()) ** 2).sum()) for v in values) / degrees), degrees)


def _level_of(peer: Peer, key: str, step: float, reading: Reading) -> float | None:
    curve = peer.curves.get(key)
    if curve is None or peer.step_key != reading.step_key:
        return None
    return level(curve, step, smooth=reading.roles.kinds[key].group != "eval")


def _rank(
    stood: Sequence[Floats],
    errors: Sequence[Floats],
    steps: Floats,
    down: bool,
    spread: _Spread | None,
    min_gap: float,
) -> Ranking | None:
    """`stood`, `errors`: (steps,) level of each run, and one standard deviation of it. `min_gap`: share of a level that
    another seed may make up, where none is known. None: too few records to know how far they scatter."""
    sign = 1.0 if down else -1.0
    order = sorted(range(len(stood)), key=lambda i: sign * float(stood[i][-1]))
    first = order[0]

    def noise(i: int) -> Floats:
        return np.sqrt(errors[first] ** 2 + errors[i] ** 2)

    def by_seed(i: int) -> Floats:
        """What another seed may make of two runs."""
        if spread is not None:
            return np.full(len(steps), _T[min(spread.degrees, len(_T)) - 1] * math.sqrt(2) * spread.std)
        return np.asarray(min_gap * np.maximum(np.abs(stood[first]), np.abs(stood[i])))

    def since(i: int) -> int | None:
        """Index of the step from which the first is ahead of a run, beyond the noise."""
        ahead = sign * (stood[i] - stood[first]) > np.maximum(SIGMAS * noise(i), by_seed(i))
        return alignment.held_since(ahead, HELD)

    begun = {i: since(i) for i in order[1:]}
    leaders = [first, *(i for i in order[1:] if begun[i] is None)]
    rival = next((i for i in order if i not in leaders), order[1])
    own = float(noise(rival)[-1])
    if not math.isfinite(own):
        return None
    index = begun[rival]
    return Ranking(
        tuple(order),
        tuple(leaders),
        abs(float(stood[rival][-1] - stood[first][-1])),
        math.hypot(own, math.sqrt(2) * spread.std if spread is not None else 0.0),
        float(by_seed(rival)[-1]),
        None if index is None else int(steps[index]),
    )


# verdict


def _verdict(
    sides: Sequence[_Side], changes: Sequence[tuple[Change, ...]], metrics: Sequence[Metric], obstacle: str
) -> Verdict:
    if obstacle:
        return Verdict("incomparable", reason=obstacle)
    no_loss = any(s.reading.family in NO_LOSS for s in sides)
    judges = [m for role in DECIDING for m in metrics if m.role == role and not (no_loss and role in OF_FITTING)]
    judge = next((m for m in judges if m.ranking is not None), None)
    first = judges[0] if judges else None
    if judge is None or judge.ranking is None:
        return Verdict("unknown", first, _why_unknown(first))
    evaluated = any(m.group == "eval" and m.direction in {"min", "max"} for s in sides for m in s.report.metrics)
    if judge.role in OF_FITTING and evaluated:
        return Verdict("fitting", judge)
    firsts = sides[0]
    if all(_repeats(firsts.facts, s.facts, (firsts.commit, s.commit)) for s in sides[1:]):
        return Verdict("repeated", judge)
    if not judge.ranking.decided:
        return Verdict("even", judge)
    return Verdict("better" if len(judge.ranking.leaders) == 1 else "leaders", judge)


def _why_unknown(first: Metric | None) -> str:
    if first is None:
        return "没有共同的、能判断好坏的指标"
    if first.step is None:
        return f"没有都跑到的步数可比{_gap(first.name)}"
    return f"{first.name} 记录太少" if any(r.error is None for r in first.reached) else f"{first.name} 口径不同"


def _obstacle(sides: Sequence[_Side]) -> str:
    """Why no number of theirs can be compared: they were trained on different things."""
    for s in sides[1:]:
        differs = other_measure(sides[0].facts, s.facts)
        if differs is not None:
            return f"数据集或任务不同（{sides[0].letter} {_cut(differs[0])} / {s.letter} {_cut(differs[1])}）"
    return ""


def _broken(report: Report) -> Finding | None:
    grave = (f for f in report.open_findings() if f.severity is Severity.CRITICAL and not f.over)
    return next(grave, None)


def _notes(sides: Sequence[_Side], changes: Sequence[tuple[Change, ...]], metrics: Sequence[Metric]) -> list[str]:
    """What the reader should keep in mind."""
    notes = []
    keys = {s.report.run.step_key for s in sides}
    if len(keys) > 1:
        notes.append("步数来自不同的列：" + " / ".join(f"{s.letter} {s.report.run.step_key}" for s in sides))
    if not all(s.run.config for s in sides):
        without = "、".join(s.letter for s in sides if not s.run.config)
        notes.append(f"{without} 没有记录配置，不知道数据集、任务是否相同")
    batches = [s.facts.whole_batch for s in sides]
    known = [b for b in batches if b is not None]
    if len(known) == len(sides) and len(set(known)) > 1:
        named = " / ".join(f"{s.letter} {b:g}" for s, b in zip(sides, known, strict=True))
        notes.append(f"batch 不同（{named}）：同一步看过的样本数不同")
    at = [s.report.run.at or 0 for s in sides]
    if min(at) < EARLY * max(at):
        shortest = sides[at.index(min(at))]
        notes.append(f"{shortest.letter} 才到第 {min(at)} 步，同一步比的是早期，不代表最后")
    judge = next((m for role in DECIDING for m in metrics if m.role == role and m.ranking is not None), None)
    if judge is not None and judge.role == "eval_loss" and any(s.reading.family in WEAK_PROXY for s in sides):
        notes.append(f"{judge.name} 只是参考，ckpt 的效果仍要实测")
    return notes


def _leaves(changes: Sequence[Change]) -> str:
    return "、".join(dict.fromkeys(c.leaf for c in changes[:3]))


def _cut(text: str) -> str:
    line = "".join(c for c in text if c.isprintable())
    return line if len(line) <= 24 else f"…{line[-23:]}"


def _gap(name: str) -> str:
    return f" {name}" if name[:1].isascii() else name
