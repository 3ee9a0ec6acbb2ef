"""A language model that is trained on rewards: what goes wrong before or beside the score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.descent import Descent, descent
from analysis.arrays.portrait import left_at
from analysis.facts import Facts, checkpoints
from analysis.figures import num, pct
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.judges import as_rate
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import LESS_ENTROPY, LOWER_LR, MORE_KL, one_of
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Nats, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import ANSWERING, answering, own_answers


def _short(points: Points, window: int = 5) -> Floats:
    return points.median(window, least=3)


@dataclass(frozen=True)
class PolicyCollapse(CausalDiagnosis):
    """The reward has lost most of what it had gained; with all of it lost, or with another sign, it is critical.

    The signs are those of a policy that has become something else: KL to the reference, length at its limit or near
    nothing, answers cut off, entropy far up or down. The loss and the gradient norm of such a run come back to rest
    when there is nothing left to learn from: no recovery.
    """

    id = "policy-collapse"
    title = "策略崩溃"
    severity = Severity.CRITICAL
    meaning = "reward 把学到的大半丢掉；若 KL、回答长度或熵也失常，策略已经崩了，之后的训练没有意义。"
    clears = "reward 补回大部分跌幅并稳住；loss、grad norm 变平静不算"
    mistaken_for = "改了 reward 定义、加了惩罚项或题目变难，reward 也会掉一截，策略没坏"
    impact = Impact.USABLE_BEFORE_ONSET
    patient = True
    remedies = (LOWER_LR, MORE_KL)
    wastes_time = True
    explained_by = ("nan-inf",)

    window: Records = 8  # records in the level
    lost_share: Share = 0.5  # of the gain that is gone; healthy rewards give back less
    critical_share: Share = 0.9  # of the gain that is gone: critical without any other sign
    all_of_best: Share = 0.9  # of the best that is gone, with a sign besides: nothing is left, however short the run is
    all_sigmas: Sigmas = 8.0  # of a level, by which it has fallen then
    lost_of_best: Share = 0.15  # of the best, where nothing had been gained: a reward that only ever fell
    hold: Records = 5  # records in a row
    kl_ratio: Times = 30.0  # times the KL of the tenth to fortieth record
    kl_nats: Nats = 10.0  # of one answer, which no useful policy needs
    truncated_share: Share = 0.5  # of answers that are cut off
    shrunk_share: Share = 0.3  # of the early length that is left
    grown_ratio: Times = 1.5  # times the early length, at the largest there has been
    entropy_ratio: Times = 3.0  # times the early entropy
    babble_ratio: Times = 5.0  # the same, where no reward has been lost yet; what explores more doubles it
    right_window: Records = 10  # of what share of answers is right, a mean of many each
    right_least: Records = 5
    right_usual: Share = 0.3  # of answers were right, at least
    right_lowest: Share = 0.5  # of that: the lowest there had been
    babble_nats: Nats = 1.0  # per token, at least: models that write well have 0.2 to 0.6

    def tracks(self, view: View) -> Iterable[Track]:
        reward = view.role("reward")
        beside = [view.roles.holder[role] for role in ANSWERING if role in view.roles.holder]
        if reward is not None and any(view.logged_by_third_point(key, reward) for key in beside):
            yield self._track(view, reward)
            entropy = view.role("entropy")
            if entropy is not None and len(entropy):
                yield self._babbles(view, reward, entropy)
        for right in own_answers(view):
            yield self._all_wrong(view, right)

    def _all_wrong(self, view: View, right: Points) -> Track:
        """Hardly any answer is right any more, where most had been, record after record; a mean of many answers has no
        such luck, and it was on its way the record before."""
        share, index = right.x / as_rate(right), np.arange(len(right))
        usual = rolling.before(rolling.rolling_median(share, self.right_window, least=self.right_least), 2)
        lowest = rolling.before(rolling.running_min(share), 2)
        with np.errstate(invalid="ignore"):
            had = (usual > self.right_usual) & (lowest > self.right_lowest * usual)
            gone = had & (share < (1 - self.all_of_best) * usual) & (rolling.before(share) < lowest)
        base = rolling.carried(np.where(gone, usual, np.nan))
        firing = gone & answering(view, right)
        return track(
            right,
            firing=firing,
            clearing=lambda: share > 0.5 * base,
            severity=Severity.CRITICAL,
            onset=lambda j: int(index[j]) - 1,
            words=lambda m: self._wrong_words(view, right, float(base[m.now]), m),
            recovery=lambda: Recovery(-share, 0.25),
        )

    def _wrong_words(self, view: View, right: Points, usual: float, m: Moment) -> Words:
        now, since = float(right.x[m.now]), int(right.at[m.onset])
        saved = checkpoints.before(view.facts, float(right.at[m.onset]) - 1, float(right.at[m.now]))
        kl = view.prefer("ref_kl", "kl")
        far = kl.value(int(right.rows[m.now])) if kl is not None else None
        evidence: dict[str, Any] = {"usual": usual, "now": now, "since": since, "checkpoint": saved, "kl": far}
        if m.over:
            return Words("训练准确率已恢复", f"现 {num(now)}，此前约 {num(usual)}", "", "确定", evidence)
        beside = f"，KL {num(far)}" if far is not None and far > 1 else ""
        return Words(
            "策略崩溃，几乎全答错",
            f"第 {since} 步起训练准确率 {num(usual)}→{num(now)}{beside}",
            f"先看生成样本；再{checkpoints.again(view.facts, saved)}，{one_of(view.facts, *self.remedies)}",
            "确定",
            evidence,
            checkpoints.inferred(saved),
        )

    def _babbles(self, view: View, reward: Points, entropy: Points) -> Track:
        """The entropy of single tokens has run up and no reward comes of it: soon it writes at random. Before the
        reward has fallen there is still a checkpoint near by.
        """
        level, early = _short(entropy), rolling.early_level(entropy.x, 5, 25)
        with np.errstate(invalid="ignore"):
            up = (level > np.maximum(self.babble_ratio * early, self.babble_nats)) & (early > 0)
        of = descent(reward.x, self.window)
        # Once the reward has fallen that is the story, of which this is a sign.
        told = rolling.take_or(of.rising | of.fell, view.latest(entropy, reward), False)
        return track(
            entropy,
            firing=rolling.sustained(up & ~told, self.hold),
            clearing=lambda: ~up,
            severity=Severity.WARNING,
            metrics=(reward.key,),
            onset=lambda j: left_at(level, float(early[j]), j),
            words=lambda m: self._babble_words(view.facts, entropy, level, float(early[m.now]), m),
            recovery=lambda: Recovery(level, np.nan_to_num(early)),
        )

    def _babble_words(self, facts: Facts, entropy: Points, level: Floats, early: float, m: Moment) -> Words:
        now, since = float(level[m.now]), int(entropy.at[m.onset])
        evidence = {"entropy": now, "early": early, "since": since}
        if m.over:
            return Words("策略熵已回落", f"现 {num(now)}，早期 {num(early)}", "", "确定", evidence)
        return Words(
            "策略熵一路走高",
            f"第 {since} 步起策略熵 {num(early)}→{num(now)}，reward 没有随之提高：输出趋于随机",
            "先看生成样本是否乱说；属实则降 clip 上界" + one_of(facts, LESS_ENTROPY, LOWER_LR, lead="、"),
            "很可能",
            evidence,
        )

    def _track(self, view: View, reward: Points) -> Track:
        of = descent(reward.x, self.window)
        lost = of.drop > np.maximum(self.lost_share * of.gain, self.lost_of_best * np.abs(of.best))
        signs = self._signs(view, reward)
        signed = np.logical_or.reduce(list(signs.values()) or [np.zeros(len(reward), dtype=bool)])
        # A model that is right from the start has gained nothing yet: that all of it is gone needs no long past.
        nothing = (of.drop > self.all_of_best * of.best) & (of.best > 0) & (of.drop > self.all_sigmas * of.sigma)
        fallen = of.fell & lost | nothing & signed
        firing = rolling.sustained(fallen, self.hold)
        grave = (of.drop > self.critical_share * of.gain) | signed
        severity = np.where(grave, Severity.CRITICAL, Severity.WARNING).astype(np.int64)
        return track(
            reward,
            firing=firing,
            clearing=lambda: ~fallen,
            severity=severity,
            onset=lambda j: int(of.where[j]) + rolling.change_point(reward.x[int(of.where[j]) : j + 1]),
            words=lambda m: self._words(view, reward, of, signs, m),
            recovery=lambda: Recovery(-of.level, 0.25 * of.drop),
        )

    def _signs(self, view: View, reward: Points) -> dict[str, Bools]:
        """What besides the reward says that the policy is another one: how a sentence calls it -> (n,)."""
        found: dict[str, Bools] = {}
        with np.errstate(invalid="ignore", divide="ignore"):
            if (kl := view.prefer("ref_kl", "kl")) is not None:
                level, early = _short(kl), np.abs(rolling.early_level(kl.x, 10, 40))
                gone = (level > self.kl_nats) | (level > np.maximum(self.kl_ratio * early, 0.5))
                found["KL"] = rolling.take_or(gone, view.latest(reward, kl), False)
            if (length := view.role("answer_length")) is not None:
                level, early = _short(length), rolling.early_level(length.x, 0, 20)
                at_limit = (level > self.grown_ratio * early) & (level > 0.95 * rolling.running_max(length.x))
                found["长度"] = rolling.take_or(
                    at_limit | (level < self.shrunk_share * early), view.latest(reward, length), False
                )
            if (cut := view.role("truncated")) is not None:
                found["截断"] = rolling.take_or(_short(cut) > self.truncated_share, view.latest(reward, cut), False)
            if (entropy := view.role("entropy")) is not None:
                level, early = _short(entropy), rolling.early_level(entropy.x, 5, 25)
                gone = (level > self.entropy_ratio * early) | (level < 0.1 * early)
                found["熵"] = rolling.take_or(gone & (early > 0), view.latest(reward, entropy), False)
        return found

    def _words(self, view: View, reward: Points, of: Descent, signs: dict[str, Bools], m: Moment) -> Words:
        now, best, since = float(of.level[m.now]), float(of.best[m.now]), int(reward.at[m.onset])
        row = int(reward.rows[m.now])
        kl, length = view.prefer("ref_kl", "kl"), view.role("answer_length")
        saved = checkpoints.before(view.facts, float(reward.at[m.onset]) - 1, float(reward.at[m.now]))
        evidence: dict[str, Any] = {
            "best": best, "now": now, "since": since, "checkpoint": saved,
            "kl": kl.value(row) if kl is not None else None,
            "answer_length": length.value(row) if length is not None else None,
            "signs": [name for name, sign in signs.items() if sign[m.now]],
        }  # fmt: skip
        if m.over:
            return Words("reward 已回到崩溃前", f"现 {num(now)}，此前最高 {num(best)}", "", "确定", evidence)
        parts = [f"reward {num(best)}→{num(now)}"]
        if kl is not None and signs["KL"][m.now]:
            parts.append(f"KL {num(evidence['kl'])}")
        if length is not None and signs["长度"][m.now]:
            parts.append(f"回答长度 {num(evidence['answer_length'])}")
        for role, said in (("truncated", "截断占比"), ("entropy", "策略熵")):
            name = "截断" if role == "truncated" else "熵"
            points = view.role(role)
            if points is not None and name in signs and signs[name][m.now] and len(parts) < 4:
                value = points.value(row)
                parts.append(f"{said} {pct(value) if role == 'truncated' and value is not None else num(value)}")
        all_gained = of.drop[m.now] > self.critical_share * of.gain[m.now]
        began_high = of.gain[m.now] < 0.5 * best  # then it is below where it began
        return Words(
            f"策略崩溃，reward {'几乎掉光' if began_high else '掉回起点'}"
            if all_gained
            else "策略退化，reward 大幅下降",
            f"第 {since} 步起 {'，'.join(parts)}",
            f"先看生成样本；再{checkpoints.again(view.facts, saved)}，{one_of(view.facts, *self.remedies)}",
            "确定" if evidence["signs"] else "很可能",
            evidence,
            checkpoints.inferred(saved),
        )


@dataclass(frozen=True)
class KlNegative(CausalDiagnosis):
    """The estimate of the KL to the reference stays below 0, which no KL can be: samples do not come from the
    policy that the log-probabilities belong to (min_length, top_k, a temperature, another template), and the
    penalty is a bonus.
    """

    id = "kl-negative"
    title = "KL 持续为负"
    severity = Severity.WARNING
    meaning = "对参考策略的 KL 估计长期小于 0：采样分布和算 logprob 的分布不一致，KL 惩罚反成了加分。"
    clears = "KL 估计回到 0 附近并稳住"
    mistaken_for = "k1 估计单个 batch 可正可负，样本少时均值也会短暂为负"
    impact = Impact.IN_DOUBT

    below_nats: Nats = 1.0  # per answer, below 0: single estimates scatter about 0
    window: Records = 5  # records in the level
    hold: Records = 5  # records in a row

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("ref_kl")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        level = points.median(self.window, least=self.window)
        firing = rolling.sustained(level < -self.below_nats, self.hold)
        return track(
            points,
            firing=firing,
            clearing=lambda: level > -0.5 * self.below_nats,
            severity=Severity.WARNING,
            onset=lambda j: self._onset(points, level, j),
            words=lambda m: self._words(points, level, m),
            recovery=lambda: Recovery(-level, 0.4 * self.below_nats),
        )

    def _onset(self, points: Points, level: Floats, j: int) -> int:
        above = np.flatnonzero(points.x[: j + 1] >= -0.5 * self.below_nats)
        return int(above[-1]) + 1 if len(above) and int(above[-1]) < j else max(0, j - self.hold - self.window + 2)

    def use(self, result: Result) -> str | None:
        return "KL 口径有误，结果存疑"

    def _words(self, points: Points, level: Floats, m: Moment) -> Words:
        now, since = float(level[m.now]), int(points.at[m.onset])
        evidence = {"kl": now, "since": since}
        if m.over:
            return Words("KL 已不再为负", f"现 {num(now)}", "", "确定", evidence)
        return Words(
            f"KL 持续为负（{num(now, 2)}）",
            f"第 {since} 步起对参考策略的 KL 降到 {num(now)}，惩罚反成加分",
            "核对采样参数（min_length、top_k、温度）是否影响 logprob",
            "确定",
            evidence,
        )
