"""A run beside the finished runs of its project: which of them are good, where it stands among them, what it lacks.

Peers are frozen facts: what they say is a matter of now, not of rows, so nothing here enters the scan.
"""

from __future__ import annotations

import math
import unicodedata
from abc import abstractmethod
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.columns.captions import in_sentence
from analysis.columns.family import Family
from analysis.columns.names import Kind
from analysis.columns.profile import kind_in
from analysis.facts import Facts
from analysis.history import is_metric
from analysis.model import Bools, Curve, Floats, Peer, Run, RunInfo, Severity, Standing, Words
from analysis.scan.diagnosis import Diagnosis
from analysis.scan.reading import Reading
from analysis.scan.view import Points, View

# What decides which of two runs is better: the task itself, then eval, then training.
DECIDING = ("eval_score", "eval_loss", "reward", "component", "loss")
# A loss of theirs is a means of the algorithm and says nothing about which run is better.
NO_LOSS = {Family.RL, Family.GAN, Family.PREFERENCE}
MOST_POINTS = 200  # of a curve: a step is then known to half a per cent of the run
MOST_MISSING = 8  # metrics that peers have and the run has not, whose beginning is looked up
LATEST = 5  # peers that tell which metrics are usual here
USUAL = 3  # of them: more than half
DONE = 0.9  # of its plan, or of the longest peer: early stopping and restarts end before
STALE = 0.1  # of the step: an older value of a peer is not its value at that step
WINDOW = 0.05  # of the step: the level of a training metric is a median over it, since single batches swing
NAME = 16  # characters of a run's name in a sentence

# Facts that fix what a number measures. Where two runs state different ones, the numbers cannot be compared.
_MEASURE = ("dataset_repo_id", "dataset_name", "dataset", "data_name", "env_id", "env_name", "env_task", "task_name")


@dataclass(frozen=True, eq=False)
class PeerContext:
    """The run and the runs beside it. `good`: the one that ended best first; empty where no metric is common to all."""

    run: Run
    info: RunInfo
    facts: Facts
    good: tuple[Peer, ...] = ()
    reference_facts: Facts | None = None  # of the first of them
    standing: Standing | None = None
    smaller_is_better: bool = True  # of the metric they are compared by
    missing: tuple[tuple[str, int], ...] = ()  # usual metric that should have come -> how many have it

    @property
    def reference(self) -> Peer | None:
        """The good run that ended best."""
        return self.good[0] if self.good else None


class PeerDiagnosis(Diagnosis):
    """A fault seen beside other runs. Outside the law of episodes: judged once per analysis, where there are peers."""

    @abstractmethod
    def applies(self, context: PeerContext) -> bool:
        """Whether there is enough to compare with."""

    @abstractmethod
    def compare(self, context: PeerContext) -> tuple[Severity, Words] | None:
        """What it says now; None: nothing."""


def peer_context(run: Run, info: RunInfo, reading: Reading) -> PeerContext:
    """Compares a run with its peers. Pure; without peers nothing is computed."""
    if not run.peers or not len(run.history):
        return PeerContext(run, info, reading.facts)
    missing = _missing(run.peers, info, reading)
    judges = _judges(View.whole(reading))
    judged = [judge.key for judge in judges]
    finished = _finished(run.peers)
    found = ((judge, [p for p in finished if _sound(p.peer, judge, judged)]) for judge in judges)
    points, good = next((pair for pair in found if pair[1]), (None, []))
    if points is None:
        return PeerContext(run, info, reading.facts, missing=missing)
    down = points.kind.direction == "min"
    good = sorted(good, key=lambda p: _end(p.peer.curves[points.key]) * (1 if down else -1))
    alike = [p for p in good if p.peer.step_key == info.step_key and same_measure(reading.facts, p.facts)]
    others = [p for p in good if p not in alike]
    ranked = (*alike, *others)  # a reference whose numbers compare, before one of another data set
    return PeerContext(
        run,
        info,
        reading.facts,
        good=tuple(p.peer for p in ranked),
        reference_facts=ranked[0].facts,
        standing=_standing(points, judges, [p.peer for p in alike]),
        smaller_is_better=down,
        missing=missing,
    )


def to_read(reading: Reading, listed: Sequence[Collection[str]]) -> tuple[str, ...]:
    """Which metrics of the peers a source should read. `listed`: the keys of each peer, newest first."""
    holder = reading.roles.holder
    deciding = [holder[role] for role in DECIDING if role in holder]
    return tuple(dict.fromkeys([*deciding, *(key for key, _ in unseen(reading, listed)[:MOST_MISSING])]))


def curve(at: Floats, values: Floats) -> Curve:
    """Points in the order they were logged -> a curve: by step, of a repeated one the last, at most MOST_POINTS."""
    known = np.isfinite(at)
    at, values = at[known], values[known]
    order = np.argsort(at, kind="stable")
    at, values = at[order], values[order]
    last = np.append(at[1:] != at[:-1], True) if len(at) else np.zeros(0, dtype=bool)
    at, values = at[last], values[last]
    if len(at) > MOST_POINTS:
        kept = np.unique(np.linspace(0, len(at) - 1, MOST_POINTS).round().astype(np.int64))
        at, values = at[kept], values[kept]
    return Curve(at, values)


@dataclass(frozen=True, eq=False)
class _Finished:
    """A peer that trained to its end, with what its config states."""

    peer: Peer
    facts: Facts


def _finished(peers: Sequence[Peer]) -> list[_Finished]:
    """Those that trained to their end: of their plan, or of the longest."""
    longest = max((p.last_step for p in peers if p.last_step is not None), default=0.0)
    known = [_Finished(p, Facts(p.config, p.planned_steps)) for p in peers]
    return [one for one in known if _done(one.peer, one.facts.planned_steps, longest)]


def _done(peer: Peer, planned: int | None, longest: float) -> bool:
    goals = [goal for goal in (planned, longest) if goal]
    return peer.last_step is not None and any(peer.last_step >= DONE * goal for goal in goals)


def _sound(peer: Peer, points: Points, judged: Sequence[str]) -> bool:
    """It has the metric, nothing it is judged by ended in NaN, and it kept more than half of what it had gained."""
    deciding = peer.curves.get(points.key)
    ends = [c.values[-1] for key in judged if (c := peer.curves.get(key)) is not None and len(c.values)]
    if deciding is None or not len(deciding.values) or not _measured(np.asarray(ends)).all():
        return False
    x = deciding.values[_measured(deciding.values)]
    if not len(x):
        return False
    down = points.kind.direction == "min"
    scaled = np.log(x) if down and x.min() > 0 else x if down else -x
    first, best, end = scaled[0], scaled.min(), float(np.median(scaled[-3:]))
    # By the ratio for a loss: one that fell from 8 to 0.05 and ends at 2 has lost most of it.
    return bool(end <= (first + best) / 2)


def same_measure(one: Facts, other: Facts) -> bool:
    """Whether the numbers of two runs measure the same thing, as far as their configs say what they are trained on."""
    return other_measure(one, other) is None


def other_measure(one: Facts, other: Facts) -> tuple[str, str] | None:
    """What two runs state to be trained on where they differ in it: (one, other). None: nothing speaks against them."""
    pairs = ((one.value(name), other.value(name)) for name in _MEASURE)
    return next(((str(a), str(b)) for a, b in pairs if a is not None and b is not None and str(a) != str(b)), None)


def level(c: Curve, step: float, *, smooth: bool) -> float | None:
    """Where a metric stood at a step: the last value known by then, or a median of the last ones. None: not known."""
    known = c.at <= step
    at, x = c.at[known], c.values[known]
    good = _measured(x)
    at, x = at[good], x[good]
    if not len(x) or step - at[-1] > STALE * abs(step):
        return None
    return float(np.median(x[at > at[-1] - WINDOW * abs(step)])) if smooth else float(x[-1])


def unseen(reading: Reading, listed: Sequence[Collection[str]]) -> list[tuple[str, int]]:
    """Metrics that most of the latest peers have and the run has not -> how many of them have it, most first.

    System readings do not count, nor a metric whose role a column holds here that they do not have: that one has a new
    name. A run that lacks most of what is usual is another kind of run, and lacks nothing.
    """
    latest = [set(filter(is_metric, keys)) for keys in listed[:LATEST]]
    counts = Counter(key for keys in latest for key in keys)
    usual = {key: n for key, n in counts.items() if n >= USUAL}
    holder = reading.roles.holder
    kinds = {key: kind_in(key, reading.facts.profile) for key in usual if key not in reading.history.columns}
    lacking = [
        key for key, kind in kinds.items() if kind.group != "system" and holder.get(kind.role or "", key) in usual
    ]
    if 2 * len(lacking) > len(usual):
        return []
    return sorted(((key, usual[key]) for key in lacking), key=lambda found: (-found[1], found[0]))


def _missing(peers: Sequence[Peer], info: RunInfo, reading: Reading) -> tuple[tuple[str, int], ...]:
    """What is unseen and should have come by now: every peer that has it had it well before this step."""
    if info.at is None or len(peers) < USUAL:
        return ()
    latest = peers[:LATEST]
    return tuple((key, n) for key, n in unseen(reading, [p.keys for p in latest]) if _due(latest, key, info))


def _due(peers: Sequence[Peer], key: str, info: RunInfo) -> bool:
    """Whether the run is past the step at which the peers first logged a metric. Not known: it is not missed."""
    begun = [
        p.curves[key].at[0] for p in peers if key in p.curves and len(p.curves[key].at) and p.step_key == info.step_key
    ]
    return info.at is not None and len(begun) >= USUAL and info.at > 1.2 * max(begun)  # a late row is no missing one


def _judges(view: View) -> list[Points]:
    """The columns a run is judged by, the one that decides first."""
    families = {family for _, family in view.reading.families}
    roles = [r for r in DECIDING if not (r in {"component", "loss"} and families & NO_LOSS)]
    points = [view.role(role) for role in roles]
    return [p for p in points if p is not None and len(p) and p.kind.direction in {"min", "max"}]


def _standing(points: Points, judges: Sequence[Points], peers: Sequence[Peer]) -> Standing | None:
    """Among the peers at the step of the run's last value."""
    step = float(points.at[-1])
    value = _level_here(points, step)
    there = [(p, level(p.curves[points.key], step, smooth=_smooth(points.kind))) for p in peers]
    known = [(p, x) for p, x in there if x is not None]
    if value is None or not known:
        return None
    down = points.kind.direction == "min"
    others = sorted((x for _, x in known), reverse=not down)
    best = next((x for p, x in known if p is peers[0]), None)
    return Standing(
        key=points.key,
        name=in_sentence(points.kind),
        step=step,
        value=value,
        others=tuple(others),
        better_than=sum(value < x if down else value > x for x in others),
        best=short_name(peers[0].name) if best is not None else None,
        best_value=best,
        versus=tuple(_versus([p for p in judges if p.key != points.key], peers[0], step)),
    )


def _versus(judges: Sequence[Points], peer: Peer, step: float) -> list[tuple[str, float, float]]:
    found = []
    for p in {p.key: p for p in judges}.values():
        theirs = level(peer.curves[p.key], step, smooth=_smooth(p.kind)) if p.key in peer.curves else None
        ours = _level_here(p, step)
        if theirs is not None and ours is not None:
            name = in_sentence(p.kind)
            found.append((name if p.kind.group == "eval" else f"训练 {name}", ours, theirs))
    return found


def _level_here(points: Points, step: float) -> float | None:
    """The run's own value, by the same rule. Of a resumed run the points after the resume."""
    back = np.flatnonzero(np.diff(points.at) < 0)
    since = int(back[-1]) + 1 if len(back) else 0
    return level(Curve(points.at[since:], points.x[since:]), step, smooth=_smooth(points.kind))


def _smooth(kind: Kind) -> bool:
    return kind.group != "eval"


MOST = 1e150  # what is larger is no measurement, and sums of it overflow


def _measured(values: Floats) -> Bools:
    return np.asarray(np.abs(values) < MOST)  # not NaN, not Inf


def _end(c: Curve) -> float:
    return float(np.median(c.values[_measured(c.values)][-3:]))


def short_name(name: str) -> str:
    """A run's name on one line and cut in the middle: both ends tell runs apart. Control characters are left out."""
    line = " ".join("".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in name).split()) or "未命名"
    tail = NAME // 3
    return line if len(line) <= NAME else f"{line[: NAME - tail - 1]}…{line[-tail:]}"


def behind(standing: Standing, *, down: bool, share: float, spread: float, least: float) -> bool:
    """Whether a run stands clearly behind: worse than `share` of the others, and that many times as far from their
    median as they reach there (`spread`), by at least the part `least` of it. Ratios for losses, which scatter in them.
    """
    x = np.array([standing.value, *standing.others])
    logged = down and bool((x > 0).all())
    scaled = np.log(x) if logged else x if down else -x
    mine, theirs = float(scaled[0]), scaled[1:]
    middle, edge = float(np.median(theirs)), float(np.quantile(theirs, share))
    margin = math.log1p(least) if logged else least * abs(middle)
    worse = float(np.mean(theirs < mine))
    return worse >= share and mine - middle >= max(spread * (edge - middle), margin)
