"""Which of several runs stands better at the same step, since when, and whether that is more than noise.

A difference counts only beyond the noise of the runs themselves, and of other seeds where that is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.arrays import alignment, eval_noise, rolling
from analysis.columns.names import Group
from analysis.facts import Facts
from analysis.model import Floats, Peer
from analysis.peers import level
from analysis.report.comparison import SIGMAS, Ranking
from analysis.report.sides import Side, is_repetition
from analysis.scan.reading import Reading

MIN_GAP = 0.02  # of a level: less is what another seed may do, where nobody knows what it does
MIN_GAP_OF_LIKELIHOOD = 0.003  # language models from scratch: their loss is a logarithm, and seeds hardly move it
MIN_RECORDS = 4  # before which the scatter of a curve is not known
HELD = 3  # steps of the common grid that a lead lasts
MEDIAN_ERROR = 1.25  # times that of a mean
# Student's t at 95 %: the spread of few seeds is little known.
_T = (12.7, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)


def level_errors(x: Floats, stood: alignment.Levels, group: Group, sizes: Floats) -> Floats:
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


class Spread(NamedTuple):
    std: float
    degrees: int  # of freedom


def seed_spread(sides: Sequence[Side], here: Sequence[float | None], keys: Sequence[str], step: float) -> Spread | None:
    """How far runs of one config scatter at a step, from those that differ in their seed only; None: there are none."""
    known = [(s.facts, s.commit, x) for s, x in zip(sides, here, strict=True) if x is not None]
    refs = {s.run.ref for s in sides} | {s.run.tracked_as for s in sides}
    for p in {p.ref: p for s in sides for p in s.run.peers if p.ref not in refs}.values():
        x = _level_of(p, keys[0], step, sides[0].reading)
        if x is not None:
            known.append((Facts(p.config, p.planned_steps), None, x))
    groups: list[list[tuple[Facts, str | None, float]]] = []
    for one in known:
        home = next((g for g in groups if is_repetition(g[0][0], one[0], (g[0][1], one[1]))), None)
        if home is None:
            groups.append([one])
        else:
            home.append(one)
    values = [np.array([x for _, _, x in g]) for g in groups if len(g) > 1]
    degrees = sum(len(v) - 1 for v in values)
    if not degrees:
        return None
    return Spread(math.sqrt(sum(float(((v - v.mean()) ** 2).sum()) for v in values) / degrees), degrees)


def _level_of(peer: Peer, key: str, step: float, reading: Reading) -> float | None:
    curve = peer.curves.get(key)
    if curve is None or peer.step_key != reading.step_key:
        return None
    return level(curve, step, smooth=reading.roles.kinds[key].group != "eval")


def rank(
    stood: Sequence[Floats],
    errors: Sequence[Floats],
    steps: Floats,
    down: bool,
    spread: Spread | None,
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
