"""Whether it learns at all: a loss that stands where it began, a score that stays 0, a return that never rises.

A room for each of the things that may stand still; what they have in common is `Patience`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.diagnoses.learning.evaluations import EvaluationsStand
from analysis.diagnoses.learning.held_out import HeldStands
from analysis.diagnoses.learning.loss import LossStands
from analysis.diagnoses.learning.points import PointsStand
from analysis.diagnoses.learning.rate import RateStands
from analysis.diagnoses.learning.returns import ReturnStands
from analysis.diagnoses.learning.terms import TermStands
from analysis.diagnoses.learning.updates import UpdatesStand
from analysis.figures import num
from analysis.model import Finding, Severity
from analysis.scan import evidence
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.track import Track
from analysis.scan.view import View


@dataclass(frozen=True)
class NoLearning(
    EvaluationsStand,
    UpdatesStand,
    ReturnStands,
    PointsStand,
    RateStands,
    HeldStands,
    TermStands,
    LossStands,
    CausalDiagnosis,
):
    """The loss stands where it began. Ten per cent is below any run that learns, by the time it is judged.

    From scratch that is a fault; fine-tuning, DPO and GRPO begin near their floor, so there it is info. Beside a KL
    term the total may fall with that alone: there the reconstruction is judged. A rate that never left 0 and a return
    that never rose are the same finding, of an evaluation; so is, as a note, its loss while that of training falls.
    Where evaluations are all that was logged they tell, if they jump about where they began.
    """

    id = "no-learning"
    title = "从头就没学动"
    severity = Severity.CRITICAL
    meaning = "跑了一段时间，loss、成功率或 return 仍和开始时差不多：模型没学到东西。"
    clears = "loss 明显低于起点，或 return 升出波动范围、得分不再为 0"
    mistaken_for = "微调、DPO 起点就接近下限，loss 降得少不等于没学；有的任务开窍晚"
    impact = Impact.UNUSABLE
    patient = True
    explained_by = (
        "lr-zero", "grad-vanish", "masked-nan", "success-zero", "at-chance", "eval-regress", "overfit",
        "policy-collapse",
    )  # fmt: skip
    wastes_time = True
    doubts_as_note = True
    denies_gain = True

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        if finding.severity > Severity.INFO:
            return self.impact
        return Impact.IN_DOUBT if finding.words.evidence.get("carries_over") is False else Impact.NONE

    def use(self, result: Result) -> str | None:
        if result.finding.severity <= Severity.INFO:
            return "评估没有提升，还不能判断"
        best = evidence.number(result.finding.words.evidence, "best")  # of a rate that has never been more
        return None if best is None else f"{'目前' if result.running else ''}不能用（最好才 {num(best)}）"

    def tracks(self, view: View) -> Iterable[Track]:
        yield from self.of_loss(view)
        yield from self.of_held_out(view)
        yield from self.of_terms(view)
        yield from self.of_scores(view)
        yield from self.of_points(view)
        yield from self.of_rates(view)
        yield from self.of_updates(view)
        yield from self.of_evaluations(view)
