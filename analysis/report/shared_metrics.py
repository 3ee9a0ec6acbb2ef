"""The metrics that several runs share: the same quantity, by each run's own step, at the same step and at best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from analysis.arrays import alignment
from analysis.columns import captions
from analysis.columns.family import Family
from analysis.columns.names import Direction, Kind, same_quantity, words
from analysis.columns.vocabulary import EVAL, word_set
from analysis.facts.config_diff import DATA, WEIGHTS, Change
from analysis.facts.eval_size import episodes
from analysis.model import Curve, Floats
from analysis.peers import other_measure
from analysis.report.comparison import OF_FITTING, Metric, Reached
from analysis.report.ranking import MIN_GAP, MIN_GAP_OF_LIKELIHOOD, level_errors, rank, seed_spread
from analysis.report.sides import Side, leaves
from analysis.scan.judges import TASK_ERRORS
from analysis.scan.reading import Reading
from analysis.scan.resume import stretches

# What is compared, what decides first. Of others only their course is shown.
ROLES = (
    "eval_score", "eval_loss", "reward", "component", "loss", "ot_mass", "ref_kl", "margin", "pair_accuracy", "part",
    "kl", "grad_norm",
)  # fmt: skip
DECIDING = ("eval_score", "task_error", "eval_loss", "reward", "component", "loss")
_OF_REWARD = word_set("reward rewards rew")


class SharedMetrics:
    """The metrics that the runs share. `obstacle`: why no number of theirs can be compared; empty: they can be."""

    def __init__(self, sides: Sequence[Side], changes: Sequence[tuple[Change, ...]]) -> None:
        self.sides, self.notes = sides, list[str]()
        self._rows = [_last_stretch(s.reading) for s in sides]
        told = [c for of_one in changes for c in of_one]
        self._weights = [c for c in told if c.impact == WEIGHTS]
        self._evaluated = [c for c in told if c.impact == DATA and EVAL & set(words(c.key))]
        self._rewarded = [c for c in told if _OF_REWARD & set(words(c.key))]
        self.obstacle = obstacle_of(sides)

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
                    self.notes.append(
                        f"只有 {'、'.join(have)} 有{spaced_from_chinese(self._name(known[0], role))}，没法对比"
                    )
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
        errors = [level_errors(x, of, kind.group, n) for (_, x), of, n in zip(finite, stood, sizes, strict=True)]
        for i, r in enumerate(reached):
            error = float(errors[i][-1])
            reached[i] = r._replace(level=float(stood[i].level[-1]), error=error if math.isfinite(error) else None)
        ranking = None
        if kind.direction in {"min", "max"} and not doubt and role in {*DECIDING, "eval"}:
            spread = seed_spread(self.sides, [r.level for r in reached], keys, step)
            likelihood = all(s.reading.family is Family.PRETRAINING for s in self.sides) and role in {
                "loss",
                "eval_loss",
            }
            least = MIN_GAP_OF_LIKELIHOOD if likelihood else MIN_GAP
            ranking = rank([of.level for of in stood], errors, steps, kind.direction == "min", spread, least)
            if ranking is None and role in DECIDING and kind.group == "eval":
                self.notes.append(f"{name} 记录太少，不知道波动多大，只列出数值")
        return Metric(name, role, kind.group, kind.direction, at, tuple(reached), ranking)

    def _doubt(self, role: str, kind: Kind) -> str:
        """Why a metric that has the same name does not measure the same; empty: it does."""
        total = kind.measure in {"总损失", "损失"} or kind.name == "loss"
        if total and self._weights and role in {"loss", "eval_loss"}:
            return f"loss 权重不同（{leaves(self._weights)}），总 loss 不比"
        if kind.group == "eval" and self._evaluated:
            return f"评估集不同（{leaves(self._evaluated)}），评估不比"
        if role == "reward" and self._rewarded:
            return f"reward 设置不同（{leaves(self._rewarded)}），return 不比"
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


def obstacle_of(sides: Sequence[Side]) -> str:
    """Why no number of theirs can be compared: they were trained on different things."""
    for s in sides[1:]:
        differs = other_measure(sides[0].facts, s.facts)
        if differs is not None:
            return f"数据集或任务不同（{sides[0].letter} {_cut(differs[0])} / {s.letter} {_cut(differs[1])}）"
    return ""


def _cut(text: str) -> str:
    line = "".join(c for c in text if c.isprintable())
    return line if len(line) <= 24 else f"…{line[-23:]}"


def spaced_from_chinese(name: str) -> str:
    return f" {name}" if name[:1].isascii() else name
