"""The loss of guessing: ln 2 of two, ln K of K classes, ln V of a vocabulary, 1 of standard noise; and it stays there.

A room for each of the things that say so; what they have in common is `Guess`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.diagnoses.chance.accuracy import AccuracyGuesses
from analysis.diagnoses.chance.agreement import AgreementGuesses
from analysis.diagnoses.chance.evaluation import EvaluationGuesses
from analysis.diagnoses.chance.one_class import CalledPositive
from analysis.diagnoses.chance.training import LossGuesses
from analysis.model import Finding, Severity
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.track import Track
from analysis.scan.view import View


@dataclass(frozen=True)
class AtChance(AccuracyGuesses, AgreementGuesses, CalledPositive, EvaluationGuesses, LossGuesses, CausalDiagnosis):
    """The loss sits where guessing has it for two thirds of all records, resolved well below the band and not falling.

    Healthy runs begin there and leave, so warm-up and the first part of a plan are not asked; what passes through the
    band on its way down shows its fall. Where an accuracy is logged it has to agree. Preference pairs start at ln 2 by
    design: there the margins have to stand still, too. An evaluation is at chance above ln V, which no working model
    reaches, or above ln K with an accuracy of 1 / K, whatever training does. So is a held-out accuracy that has been
    the share of one class all along, to the last digit, and that of pairs which a coin tells apart as well; and a
    training accuracy that has been one in K all along, beside a loss in another unit. Of four classes and more it is
    told, too, where after twenty passes not a twentieth of the loss is gone, and no accuracy is twice that of a guess.
    A kappa or an MCC of 0 says it of any number of classes, a recall of 1 at a precision that is the accuracy of one.
    Of a run that has ended a handful of records is enough, if none of them ever left the guess. A language model that
    had known more and stands at ln V to the third decimal is ruined, in whatever state the run is.
    """

    id = "at-chance"
    title = "停在随机猜测水平"
    severity = Severity.WARNING
    meaning = "loss 长期停在随机猜的水平（ln 2、ln 类别数、ln 词表），或评估准确率等于总猜一类：没学到东西。"
    clears = "loss 降到明显低于随机水平并稳住"
    mistaken_for = "难任务开头会长时间停在随机水平再突然降；偏好训练本就从 ln 2 起步"
    impact = Impact.UNUSABLE
    patient = True
    wastes_time = True
    explained_by = ("lr-zero", "masked-nan", "divergence", "loss-jump")

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        return Impact.IN_DOUBT if of_eval else self.impact

    def outlasts_score(self, finding: Finding) -> bool:
        return bool(
            finding.words.evidence.get("coin")
        )  # which is of all answers; of one class a score beside it may not be

    def use(self, result: Result) -> str | None:
        if result.finding.words.evidence.get("best") is not None:  # of what had known more
            return "不能用（权重已坏）"
        return "还不能用（评估等于瞎猜）" if result.of_eval else None

    def tracks(self, view: View) -> Iterable[Track]:
        yield from self.of_loss(view)
        yield from self.of_evaluation(view)
        yield from self.of_accuracies(view)
        yield from self.of_agreement(view)
        yield from self.of_one_class(view)
