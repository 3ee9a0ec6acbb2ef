"""Training on preferences: chosen answers that lose, margins that only grow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.portrait import left_at
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import EVAL
from analysis.facts import Facts
from analysis.figures import num
from analysis.model import Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import FEWER_EPOCHS, LOWER_LR, one_of
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Level, Nats, Records, Times
from analysis.scan.view import Points, View

LIKELIHOODS = {"logps", "logp", "logprob", "logprobs"}


@dataclass(frozen=True)
class PreferenceSaturated(CausalDiagnosis):
    """The loss of preference tuning is 0, its margins are beyond use: nothing is learnt, only pushed apart.

    A margin grows as well by making both answers unlikely. A little of that is usual; a chosen answer whose
    log-probability is five times what it was is one that the model no longer writes, however well it tells them apart.
    """

    id = "preference-saturated"
    title = "偏好 loss 已饱和"
    severity = Severity.WARNING
    meaning = "偏好训练的 loss 已到 0，margin 远超正常：样本已全部分对，继续训只会把模型推离参考。"
    clears = "margin 明显回落并稳住"
    mistaken_for = "margin 随 beta 缩放，beta 大或记的是没乘 beta 的值时会偏大"
    impact = Impact.CHOOSE_CHECKPOINT
    remedies = (LOWER_LR, FEWER_EPOCHS)

    margin: Level = 10.0  # of implicit rewards; healthy runs end at 1 to 5
    max_loss: Nats = 0.01  # the loss is as good as 0
    hold: Records = 8  # records in a row
    window: Records = 5  # records in the level
    unlikely: Times = 5.0  # times the log-probability of the chosen answers at first; healthy runs: up to twice
    unlikely_nats: Nats = 3.0  # below it, besides

    def tracks(self, view: View) -> Iterable[Track]:
        margin, loss = view.role("margin"), view.role("loss")
        if margin is not None and loss is not None:
            yield self._track(view, margin, loss)
        chosen = [k for k in sorted(view.roles.kinds) if "chosen" in (bag := set(words(k))) and bag & LIKELIHOODS]
        chosen = [k for k in chosen if not set(words(k)) & EVAL]
        if chosen:
            yield self._chosen(view, view.column(chosen[0]))

    def _chosen(self, view: View, chosen: Points) -> Track:
        level = rolling.rolling_median(chosen.x, self.window, least=self.window)
        early = rolling.early_level(chosen.x, 0, self.window)
        with np.errstate(invalid="ignore"):
            gone = (early < 0) & (level < self.unlikely * early) & (level < early - self.unlikely_nats)
        return track(
            chosen,
            firing=rolling.sustained(gone & view.is_family(chosen, Family.PREFERENCE), self.hold),
            clearing=lambda: level > 0.5 * self.unlikely * early,
            severity=Severity.WARNING,
            onset=lambda j: left_at(level, float(early[j]), j),
            words=lambda m: self._chosen_words(view.facts, chosen, level, float(early[m.now]), m),
            recovery=lambda: Recovery(-level, 0.5 * self.unlikely * np.abs(np.nan_to_num(early))),
        )

    def _chosen_words(self, facts: Facts, chosen: Points, level: Floats, early: float, m: Moment) -> Words:
        now, since = float(level[m.now]), int(chosen.at[m.onset])
        evidence = {"first": early, "now": now, "since": since}
        if m.over:
            return Words("chosen 的 logps 已回升", f"现 {num(now)}，起初 {num(early)}", "", "确定", evidence)
        return Words(
            "chosen 的 logps 大幅下降",
            f"第 {since} 步起 chosen 的 logps {num(early)}→{num(now)}：好回答自己也写不出了",
            "用更早的 ckpt 试生成；重训加大 beta、加 SFT 项" + one_of(facts, LOWER_LR, lead=" 或 "),
            "很可能",
            evidence,
        )

    def _track(self, view: View, margin: Points, loss: Points) -> Track:
        level = margin.median(self.window, least=self.window)
        low = rolling.take_or(loss.median(self.window, least=self.window), view.latest(margin, loss), np.nan)
        preferring = view.is_family(margin, Family.PREFERENCE)
        with np.errstate(invalid="ignore"):
            gone = np.abs(low) < self.max_loss
            flat = (level > self.margin) & gone & preferring
        return track(
            margin,
            firing=rolling.sustained(flat, self.hold),
            clearing=lambda: level < 0.7 * self.margin,
            severity=Severity.WARNING,
            # Nothing has been learnt since the loss was gone; the margin only says how far that went on.
            onset=lambda j: max(0, j - int(rolling.streak(gone[: j + 1])[-1]) + 1),
            words=lambda m: self._words(view.facts, margin, level, low, m),
            recovery=lambda: Recovery(level, 0.3 * self.margin),
            metrics=(loss.key,),
        )

    def _words(self, facts: Facts, margin: Points, level: Floats, low: Floats, m: Moment) -> Words:
        now, since = float(level[m.now]), int(margin.at[m.onset])
        evidence = {"margin": now, "loss": float(low[m.now]), "since": since}
        if m.over:
            return Words("margin 已回落", f"现 {num(now)}", "", "确定", evidence)
        return Words(
            "偏好 loss 已饱和",
            f"第 {since} 步起 loss 近 0（现 {num(float(low[m.now]), 2)}），margin 涨到 {num(now)}（一般 1–5）",
            "以评估选更早的 ckpt；再训可加大 beta" + one_of(facts, LOWER_LR, FEWER_EPOCHS, lead="、"),
            "很可能",
            evidence,
        )
