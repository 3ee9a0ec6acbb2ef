"""What a run counts its rows in: steps; or rounds, which are passes over the data where each of its records is one.

A unit that is known of a row depends on that row and earlier ones, as all that is said of it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from analysis.columns.family import Family
from analysis.columns.names import Kind, words
from analysis.facts import Facts
from analysis.facts.plan import planned_steps as steps_of
from analysis.model import EPISODE, GENERATION, ROUND, ROW, ROW_COUNT, STEP, Bools, History, StepUnit

_ROUNDS = frozenset({"round", "rounds"})
# What the last word of a counter's name says that it counts.
_UNITS: Mapping[str, StepUnit] = {
    **dict.fromkeys(("epoch", "epochs"), ROUND),
    **dict.fromkeys(("episode", "episodes"), EPISODE),
    **dict.fromkeys(("generation", "generations", "gen"), GENERATION),
}
_ITERATIONS = frozenset({"it", "iter", "iteration", "iterations"})
_ROUNDS_OF_AN_AGENT = ("max_iterations", "num_learning_iterations")
FEWEST = 2  # records, of which one alone may be anything
WITH_EVALS = 0.9  # of the records: nobody evaluates after every step


def counted(text: str, unit: StepUnit) -> str:
    """A sentence whose figures of steps are written in what the run counts in: 第 40 步起 -> 第 40 轮起."""
    return text if unit == STEP else re.sub(r"(?<=\d) ?步(?!数)", f" {unit}", text)


_NUMBERS = {"id", "num", "no", "number", "idx", "index"}  # EpisodeNum, GenID


def unit_of(counter: str) -> StepUnit:
    """What a column counts by its name; steps where that says nothing."""
    named = [w for w in words(counter) if w not in _NUMBERS]
    return ROW if counter == ROW_COUNT else _UNITS.get(named[-1] if named else "", STEP)


def in_lockstep(history: History, key: str | None) -> Bools:
    """(rows,) whether each record so far was one whole pass further than the one before, by the column of passes; or
    one episode, by that of episodes."""
    column = history.columns.get(key or "")
    if column is None:
        return np.zeros(len(history), dtype=bool)
    x = column.values
    apart = history.step[column.rows] - x
    odd = ~np.isfinite(x) | (x != np.floor(x)) | (apart != apart[0])
    broken = np.zeros(len(history), dtype=bool)
    broken[column.rows[odd]] = True
    known = np.zeros(len(history), dtype=np.int64)
    known[column.rows] = 1
    return ~np.maximum.accumulate(broken) & (np.cumsum(known) >= FEWEST)


def record_per_pass(history: History, kinds: Iterable[Kind], facts: Facts, agent: Bools) -> Bools:
    """(rows,) the same where no column counts passes: steps go up by one within the passes that are planned, and each
    record so far has its evaluation, or names itself after a pass, or the last planned pass is reached exactly.

    `agent`: (rows,) whether it is known to be one, which plays an episode after every update if it likes.
    """
    n = len(history)
    planned = facts.planned_epochs or facts.number("epoch", least=FEWEST)
    by_config = steps_of(facts)
    if not n or by_config not in (None, planned) or (planned is not None and planned < FEWEST):
        return np.zeros(n, dtype=bool)
    apart = history.step[1:] - history.step[:-1] != 1
    upto = 0 if history.step[0] > 1 else int(np.argmax(apart)) + 1 if np.count_nonzero(apart) else n
    by_one = np.zeros(n, dtype=bool)
    by_one[FEWEST - 1 : upto] = True
    sure = _in_most(history, (k.key for k in kinds if k.group == "eval"), upto)
    if planned is None:
        return np.asarray(by_one & sure & ~agent)
    sure |= _in_most(history, (k for k in history.columns if "epoch" in words(k)), upto)
    sure |= facts.stated_steps == planned  # by whoever knows what the run counts in
    return np.asarray(by_one & (history.step <= planned) & (sure | (history.step >= planned - 1)))


def _in_most(history: History, keys: Iterable[str], upto: int) -> Bools:
    """(rows,) of the first `upto`, whether one of these columns was logged in nearly all rows so far."""
    out = np.zeros(len(history), dtype=bool)
    for key in keys:
        rows = history.columns[key].rows
        n = min(upto, int(len(rows) / WITH_EVALS) + 1)  # of more rows it is missing in too many
        held = np.zeros(n)
        held[rows[: np.searchsorted(rows, n)]] = 1
        out[:n] |= np.cumsum(held) / np.arange(1, n + 1) >= WITH_EVALS
    return out


def in_rounds(step_key: str, family: Family, facts: Facts) -> bool:
    """Whether its steps are rounds: of a federation, or of an agent that collects and learns in turn."""
    last = set(words(step_key)[-1:])
    agents = family is Family.RL and facts.number(*_ROUNDS_OF_AN_AGENT, least=1) is not None
    return bool(last & _ROUNDS) or (family is Family.RL and bool(last & _ITERATIONS)) or (agents and last == {"step"})
