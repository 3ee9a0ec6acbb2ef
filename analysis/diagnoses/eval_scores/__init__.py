"""What a run is for: success, returns, accuracy, error rates of the task itself.

A room for each of the ways in which such a score is lost; what they have in common is `Drop`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.diagnoses.eval_scores.ended_lower import EndsLower
from analysis.diagnoses.eval_scores.fall import ScoreFalls, errors
from analysis.diagnoses.eval_scores.halved import HalvedForGood, mean_return
from analysis.diagnoses.eval_scores.training import TrainingFalls
from analysis.model import Severity
from analysis.scan import evidence
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Evaluated, Impact, Result
from analysis.scan.remedy import LOWER_LR
from analysis.scan.track import Track, from_then_on
from analysis.scan.training_score import training_score
from analysis.scan.view import View


@dataclass(frozen=True)
class EvalRegress(ScoreFalls, HalvedForGood, TrainingFalls, EndsLower, CausalDiagnosis):
    """A score that has lost a good part of what it had gained, by far more than it scatters.

    An error rate comes down by decades at first, of which little is left to lose: it is measured by its best alone. So
    is a score in decibels, which is the logarithm of one, and any score of a held-out set that is measured on the same
    samples each time: best at its first evaluation, it had gained nothing yet and is lower all the same.
    Success counts are binomial (20 rollouts at 50 %: +-22 points). Where their number is known, two counts of three
    evals each must differ by more than that; where it is not, the scatter of the series shows it.
    """

    id = "eval-regress"
    title = "评估指标明显回退"
    severity = Severity.CRITICAL
    meaning = "成功率、return 等评估指标从最好水平明显回退，幅度超出评估本身的波动。"
    clears = "近期成绩的中位重新接近最好水平；单次冒高不算，反复掉的还要稳住一阵"
    mistaken_for = "评估样本太少、换了随机种子或环境难度，也能掉这么多"
    impact = Impact.CHOOSE_CHECKPOINT
    patient = True
    made_good = True
    headline_as_note = True
    remedies = (LOWER_LR,)
    explained_by = ("policy-collapse",)

    def use(self, result: Result) -> str | None:
        step = evidence.best_step(result.finding.words.evidence)
        if step is None:
            return None
        if result.evaluated is Evaluated.IN_TRAINING:
            return f"{step} 步附近 ckpt 待实测"
        return f"{step} 步附近的 ckpt 可用" if result.judged else None

    def tracks(self, view: View) -> Iterable[Track]:
        evaluation, rollouts = view.role("eval_score"), view.role("reward")
        if evaluation is not None:
            yield self.at_the_end(view, evaluation, None, self.fall_track(view, evaluation, self.window, None))
        if rollouts is not None:  # one noisy batch a point, where an eval is a mean over many; and only without evals
            halved = self.halved_track(view, rollouts, evaluation)
            by_best = self.fall_track(view, rollouts, self.rollout_window, evaluation)
            told = from_then_on(np.logical_or.accumulate(halved.firing & ~by_best.firing), by_best, halved)
            yield self.at_the_end(view, rollouts, evaluation, told)
        elif (named := mean_return(view)) is not None:
            yield self.halved_track(view, named, evaluation)
        for error in errors(view):
            yield self.fall_track(view, error, self.window, None)
        if (own := training_score(view)) is not None:
            yield self.training_track(view, own)
