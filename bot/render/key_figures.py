"""What the first line of a card tells in numbers: the same is drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.columns.names import words
from analysis.columns.vocabulary import ACCURACY, TRAIN
from analysis.model import MetricSummary, Report
from analysis.report.merit import task_error

OF_AN_AGENT = ("eval_score", "ref_kl", "answer_length", "action_std")  # beside its return
# Of a policy, how far off the actions are: its other terms say less, and so does their sum.
OF_ACTIONS = frozenset({"L1"})
UNKNOWN = 2  # columns, where no name says what any of them is


FEWEST_TASKS = 3  # of a suite: two columns that differ in a part are two settings of one


def tasks(report: Report, one: MetricSummary) -> tuple[MetricSummary, ...]:
    """The scores of a suite of which one is that of a single task: called alike, of names that differ in one part; none
    where it stands for itself.
    """
    alike = [
        m
        for m in report.metrics
        if (m.group, m.direction, m.caption) == (one.group, one.direction, one.caption) and m.last is not None
    ]
    suite = [m for m in alike if m is one or _apart(m.key, one.key) == 1]
    whole = any(_AVERAGED & set(re.findall("[a-z]+", m.key.lower())) for m in alike)
    return tuple(suite) if len(suite) >= FEWEST_TASKS and not whole else ()


def _apart(a: str, b: str) -> int:
    """In how many of their parts two names differ; of names of another shape in more than any suite's."""
    x, y = (re.findall(r"[^/_.\s]+", key) for key in (a, b))
    return sum(p != q for p, q in zip(x, y, strict=True)) if len(x) == len(y) else len(x) + len(y)


_SETTINGS = {
    "epoch", "epochs", "iter", "iters", "iteration", "iterations", "step", "steps", "episode", "episodes", "lr", "rate",
    "epsilon", "eps", "err", "std", "stderr", "time", "times", "seconds", "second", "sec", "secs", "hours", "fps",
    "buffer", "size", "pid", "updates", "batch", "batches", "round", "rounds",
}  # fmt: skip


def is_setting(metric: MetricSummary) -> bool:
    """What is set, counted or timed: it says nothing of the result."""
    said = words(metric.key)
    return metric.role in {"lr", "step"} or not _SETTINGS.isdisjoint(said) or said == ("data",)  # its loading


def _unsaid_accuracy(report: Report) -> MetricSummary | None:
    """Where only a loss is called an evaluation: an accuracy beside it, of whichever set (YOLO's `accuracy_top1`)."""
    beside = report.metric("eval_loss")
    if beside is None:
        return None
    unsaid = ((m, set(words(m.key))) for m in report.metrics if m.role is None and m.direction == "max")
    rates = (m for m, said in unsaid if said & ACCURACY and not said & TRAIN)
    return next((m for m in rates if m.last is not None and not m.constant and m.points >= beside.points), None)


_AVERAGED = {"mean", "avg", "average", "overall", "all", "total"}


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
    score = report.metric("eval_score") or _unsaid_accuracy(report)
    scores = [m for m in (score, *errors[:1], report.metric("eval_loss")) if m is not None]
    if train is None and not scores:
        moving = [m for m in report.metrics if not m.constant and m.last is not None and not is_setting(m)]
        known = [m for m in moving if m.group == "train"] or [m for m in moving if m.group == "other"]
        judged = [
            m for m in report.metrics if m.group == "eval" and m.direction in {"min", "max"} and m.last is not None
        ]
        return KeyFigures(tuple(known[:UNKNOWN]), tuple(judged[:1]))
    return KeyFigures(() if train is None else (train,), tuple(scores))
