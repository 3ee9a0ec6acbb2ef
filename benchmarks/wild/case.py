"""What a case is: a sketch, where its figures come from, and what an expert expects to be told. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.model import Run, Severity
from benchmarks.wild.sketch import Sketch, draw

Half = Literal["open", "frozen"]

FAMILIES = (
    "imitation", "vla", "diffusion", "sft", "preference", "grpo", "pretraining", "rl-sim", "detection", "gan", "vae", "supervised",
)  # fmt: skip


def _ids(text: str) -> frozenset[str]:
    return frozenset(text.split())


CATALOGUE = _ids(
    """nan-inf divergence loss-spike loss-jump oscillation amp-overflow grad-spike grad-explode grad-vanish grad-clip-saturated
    no-learning plateau eta-target converged overfit gen-gap eval-regress eval-leak eval-stale eval-underpowered
    best-checkpoint-old metric-duplicate lr-zero lr-anomaly lr-flat-stall ot-mass-collapse ot-underflow ot-solver-inconsistent
    ot-plan-degenerate ot-cost-unnormalised ot-loss-dead kl-collapse kl-explode component-dominates component-dead
    loss-decomposition-mismatch gan-collapse entropy-collapse ppo-kl-blowup value-not-learning data-bound throughput-drop
    mem-growth gpu-idle stalled-logging run-crashed metric-dead resume-seam metric-missing config-drift behind-peers"""
)
NEW = _ids(
    """masked-nan impossible-value at-chance policy-collapse critic-runaway sim-blowup no-spread truncated-answers
    preference-saturated success-zero codebook-collapse schedule-mismatch scale-mismatch experts-unbalanced kl-negative"""
)
INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that has to be told. Steps are the trainer's own.

    ids       any of them is the right name
    onset     it began in this window of steps
    by        the step by which a watcher should have been told
    least     told more quietly, it was not told; most: told more loudly, it was wrong
    lasting   still on at the end: "recovered" is wrong whenever it is said
    """

    ids: frozenset[str]
    onset: tuple[float, float]
    by: float
    least: Severity = WARNING
    most: Severity = CRITICAL
    lasting: bool = True


def fault(
    ids: str,
    onset: tuple[float, float],
    by: float,
    least: Severity = WARNING,
    most: Severity = CRITICAL,
    *,
    lasting: bool = True,
) -> Fault:
    """`ids`: separated by blanks."""
    return Fault(_ids(ids), onset, by, least, most, lasting)


@dataclass(frozen=True, slots=True)
class Expect:
    """faults   none: a healthy run, silent above info
    also     ids that are true of the run or follow from its fault: neither reward nor blame
    never    ids that must not be said above info
    unsaid   words that must not stand on the card or in an alert
    usable   whether the verdict may be `usable: yes`
    """

    faults: tuple[Fault, ...] = ()
    also: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    unsaid: tuple[str, ...] = ()
    usable: bool = False

    @property
    def healthy(self) -> bool:
        return not self.faults


def sick(*faults: Fault, also: str = "", never: str = "", unsaid: tuple[str, ...] = (), usable: bool = False) -> Expect:
    if not faults:
        raise ValueError("a sick run has a fault")
    return Expect(faults, _ids(also), _ids(never), unsaid, usable)


def healthy(*, usable: bool, also: str = "", never: str = "", unsaid: tuple[str, ...] = ()) -> Expect:
    """`also`: said above info it would be defensible (use it sparingly)."""
    return Expect((), _ids(also), _ids(never), unsaid, usable)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """`source`: `owner/repo#123` or `owner/repo:path`. `why`: the expert's reading. `read`: lines of a perfect card."""

    name: str
    source: str
    family: str
    sketch: Sketch
    expect: Expect
    why: str
    read: tuple[str, ...]

    def run(self) -> Run:
        return draw(self.sketch, self.name)
