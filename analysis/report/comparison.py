"""What a comparison of runs says: values that pages word and charts draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from analysis.columns.names import Direction, Group
from analysis.model import Curve, Finding, Report, StepUnit
from analysis.peers import short_name
from analysis.report.outcomes import Outcome

MOST_RUNS = 5
LETTERS = "ABCDE"
OF_FITTING = ("component", "loss")  # lower on the training set is no better model
SIGMAS = 3.0  # of a difference of two levels


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

    @property
    def unit(self) -> StepUnit:
        """Of the steps at which they are compared: the first one's."""
        return self.runs[0].report.run.unit
