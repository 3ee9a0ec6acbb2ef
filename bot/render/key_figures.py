"""What the first line of a card tells in numbers: the same is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.model import MetricSummary, Report
from analysis.report.usability import task_error

OF_AN_AGENT = ("eval_score", "ref_kl", "answer_length", "action_std")  # beside its return
# Of a policy, how far off the actions are: its other terms say less, and so does their sum.
OF_ACTIONS = frozenset({"L1"})
UNKNOWN = 2  # columns, where no name says what any of them is


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """courses    from where to where: the loss, a return, or what moves where nobody knows any name
    standings  where they stand
    """

    courses: tuple[MetricSummary, ...]
    standings: tuple[MetricSummary, ...]

    @property
    def all(self) -> tuple[MetricSummary, ...]:
        return (*self.courses, *self.standings)


def key_figures(report: Report) -> KeyFigures:
    earned = report.metric("reward")
    if earned is not None:
        return KeyFigures((earned,), tuple(m for r in OF_AN_AGENT if (m := report.metric(r)) is not None))
    part = report.metric("component")
    train = part if part is not None and part.caption in OF_ACTIONS else report.metric("loss") or part
    errors = [m for m in report.metrics if m.role is None and m.group == "eval" and task_error(m)]
    scores = [m for m in (report.metric("eval_score"), *errors[:1], report.metric("eval_loss")) if m is not None]
    if train is None and not scores:
        known = [m for m in report.metrics if not m.constant and m.last is not None and m.group == "train"]
        return KeyFigures(tuple(known[:UNKNOWN]), ())
    return KeyFigures(() if train is None else (train,), tuple(scores))
