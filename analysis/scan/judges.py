"""What a model is chosen by besides its loss: a score, or an error rate of the task itself."""

from __future__ import annotations

from analysis.columns.names import words
from analysis.columns.vocabulary import TRAIN
from analysis.scan.view import Points, View

# What is measured by running the policy; it decides over an offline loss.
OF_ROLLOUTS = {"success", "winrate", "win", "reward", "rewards", "rew", "return", "returns", "pass", "score"}
# Errors of the task itself, lower is better; others (ppl, rmse) say again what an eval loss says.
TASK_ERRORS = {"wer", "cer", "fid", "kid", "fvd"}


def of_rollouts(score: Points) -> bool:
    bag = set(words(score.key))
    return bool(bag & OF_ROLLOUTS) and not bag & {"f1", "bleu", "rouge", "dice", "precision", "recall"}


def task_error(view: View) -> Points | None:
    """The first error rate that no other diagnosis watches: one that holds the role of the eval loss is reported as
    overfit.
    """
    keys = [k for k in view.roles.kinds if TASK_ERRORS & set(words(k)) and TRAIN.isdisjoint(words(k))]
    free = [k for k in keys if view.roles.role(k) is None]
    if not free:
        return None
    return view.column(min(free, key=lambda k: (int(view.history.columns[k].rows[0]), k)))


def judge_of(view: View) -> Points | None:
    """What a model is chosen by besides its loss: a score, else an error rate of the task."""
    return view.role("eval_score") or task_error(view)


def lower_is_better(points: Points) -> bool:
    return points.kind.direction == "min" or bool(TASK_ERRORS & set(words(points.key)))
