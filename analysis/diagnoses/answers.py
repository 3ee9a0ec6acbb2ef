"""The answers of a language model: alike within a group, or cut off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.family import Family
from analysis.columns.names import taken_apart, words
from analysis.figures import num, pct, whole
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.evidence import number
from analysis.scan.impact import Impact, Result
from analysis.scan.judges import as_rate
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import LOWER_LR, MORE_KL, one_of
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Level, Records, Share
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import answering, own_answers

DIGITS = 1e5  # of which a loss that is rounded is a whole number
FEW = 0.1  # of all answers: nearly all the others are alike
FIRST_RECORDS = 10  # of which no median is known yet


@dataclass(frozen=True)
class NoSpread(CausalDiagnosis):
    """Every answer of a group is worth the same, so advantages and gradients are 0:
    nothing is learnt from such a batch.
    """

    id = "no-spread"
    title = "组内 reward 无差异"
    severity = Severity.WARNING
    meaning = "GRPO 类方法靠组内 reward 的差异学习；差异为 0 时 advantage 和梯度都是 0。"
    clears = "组内重新拉开差异，回到此前水平附近并稳住"
    mistaken_for = "题目已基本全对、reward 到顶时，组内自然没有差异"
    impact = Impact.FROZEN_AT_ONSET
    leads_to = ("success-zero",)
    remedies = (LOWER_LR, MORE_KL)
    wastes_time = True
    explained_by = ("policy-collapse",)

    share: Share = 0.9  # of groups without spread
    left_share: Share = 0.05  # of the early standard deviation of rewards, where that share is not logged
    hold: Records = 5  # records in a row
    hold_std: Records = 10  # the same for the standard deviation, which is noisier, at least,
    window_std: Records = 20  # of so many
    batches: Records = 50  # of which a share has a loss of exactly 0,
    zero_share: Share = 0.7  # where nothing else is logged: the rest are too few to learn much from
    plain_loss: Level = 0.01  # of others: a normalised advantage comes to that

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.prefer("zero_spread", "reward_std")
        if points is not None and points.kind.name == "zero_spread":
            level = points.median(5, least=3)
            yield self._track(view, points, level, level >= self.share, self.hold, 0.3)
        elif points is not None:
            early = rolling.early_level(points.x, 0, 20)
            # By share, not by median: with two answers a group every other one is of a kind, and says nothing.
            small = np.where(early > 0, (points.x <= self.left_share * early).astype(np.float64), np.nan)
            level = rolling.rolling_mean(small, self.window_std, least=self.hold_std)
            yield self._track(view, points, level, level >= self.share, self.hold, 0.3, small)
        elif (loss := self._of_advantages(view)) is not None:
            zero = (loss.x == 0).astype(np.float64)
            level = rolling.rolling_mean(zero, self.batches, least=self.batches)
            yield self._track(view, loss, level, self._mostly_zero(loss, level), self.hold, 0.3, zero)
        reward = view.role("reward")
        if reward is not None:
            unsaid = reward.rows < (points.rows[0] if points is not None and len(points) else len(view.history))
            alike = self._alike(reward) & self._answers(view, reward) & unsaid
            yield self._track(view, reward, alike.astype(np.float64), alike, self.hold, 0.3)
        for key in sorted(view.roles.kinds):
            n = taken_apart(key)
            if n.bag & {"advantage", "advantages"} and n.bag & {"max", "std"}:
                largest = view.column(key)
                zero = (largest.x == 0).astype(np.float64)
                level = rolling.rolling_mean(zero, self.window_std, least=self.hold_std)
                yield self._track(view, largest, level, level >= self.share, self.hold, 0.3, zero)

    def _of_advantages(self, view: View) -> Points | None:
        """The loss that a method which compares answers within a group is called by: advantages times something."""
        keys = (k for k in sorted(view.roles.kinds) if words(k)[-1:] == ("loss",) and {"grpo", "dapo"} & set(words(k)))
        return next(map(view.column, keys), None)

    def _mostly_zero(self, loss: Points, level: Floats) -> Bools:
        """(n,) of most batches the loss is exactly 0, where others are as large as advantages make it. One that is
        rounded, or that differs from 0 by a term of KL alone, says nothing of them."""
        whole = np.abs(loss.x * DIGITS - np.round(loss.x * DIGITS)) < 1e-6
        fine = np.logical_or.accumulate(~whole)
        plain = rolling.running_max(np.abs(loss.x)) > self.plain_loss
        return np.asarray((level >= self.zero_share) & fine & plain)

    def _answers(self, view: View, reward: Points) -> Bools:
        """(n,) rewards are those of answers, a batch at a time. DeepSpeed-Chat logs nothing else of them."""
        chat = any("cri" in words(k) and view.logged_by_third_point(k, reward) for k in view.roles.kinds)
        return answering(view, reward) | (view.is_family(reward, Family.RL) & chat)

    def _alike(self, reward: Points) -> Bools:
        """(n,) batch after batch earns the same, where they had differed, and less than before: one answer for all."""
        sigma = rolling.rolling_mad(reward.x, self.window_std)
        early = rolling.early_level(sigma, self.hold_std, 2 * self.window_std)
        level = rolling.rolling_median(reward.x, self.window_std, least=self.hold_std)
        with np.errstate(invalid="ignore"):
            below = level < rolling.running_max(level) - early  # at its best all of it may be right
            return np.asarray((sigma <= self.left_share * early) & below & (early > 0))

    def _track(
        self, view: View, points: Points, level: Floats, flat: Bools, hold: int, near: float, each: Floats | None = None
    ) -> Track:
        """`each` (n,): 1 where a record is flat by itself, of which `level` is the share."""
        return track(
            points,
            firing=rolling.sustained(flat, hold),
            clearing=lambda: ~flat,
            severity=Severity.WARNING,
            onset=lambda j: self._begun(points.x, flat, each, j),
            words=lambda m: self._words(view, points, level, m),
            recovery=lambda: Recovery(level, near),
        )

    def _loss_words(self, view: View, row: int, since: int, share: float, known: Mapping[str, object]) -> Words:
        right = next((p.value(row) / as_rate(p)[-1] for p in own_answers(view) if p.value(row) is not None), None)
        evidence = {**known, "share": share, "accuracy": right}
        beside, advice = "", "先看是全对还是全错：换难度适中的题，细化 reward，加大组"
        if right is not None and right < FEW:
            beside, advice = f"，准确率 {num(right)}", "先核对判分与答案解析；没错就换易题或加部分分，加大组"
        elif right is not None and right > 1 - FEW:
            beside, advice = f"，准确率 {num(right)}", "题已基本全对：换更难的题，或到此为止"
        return Words(
            "多数组内 reward 无差异",
            f"第 {since} 步起 {pct(share)} 的 loss 恰为 0：同题答案得分全一样{beside}",
            advice,
            "很可能",
            evidence,
        )

    def _begun(self, x: Floats, flat: Bools, each: Floats | None, j: int) -> int:
        """Where the records that are flat begin: a share of many is high long after."""
        start = _begun(x, flat, j)
        if each is None or not start:
            return start
        lo = max(0, start - self.window_std)
        return lo + rolling.change_point(rolling.filled(each[lo : j + 1]))

    def _words(self, view: View, points: Points, level: Floats, m: Moment) -> Words:
        row, since = int(points.rows[m.now]), int(points.at[m.onset])
        reward, now = view.role("reward"), float(points.x[m.now])
        latest = reward.recent(row, 5) if reward is not None else np.zeros(0)
        said = rolling.median(latest) if len(latest) else None
        evidence = {"now": now, "since": since, "reward": said}
        if m.over:
            left = f"{pct(now)} 的组仍全相同" if points.kind.name == "zero_spread" else f"现 {num(now)}"
            return Words("组内 reward 又有差异", left, "", "确定", evidence)
        about = (
            f"{pct(now)} 的组内 reward 全相同" if points.kind.name == "zero_spread" else f"reward_std 降到 {num(now)}"
        )
        if points.kind.role == "reward":
            return Words(
                "reward 几乎不变，低于此前",
                f"第 {since} 步起 reward 停在 {num(now)}，各 batch 相差无几",
                "看输出是否都一样；是则回到之前的 ckpt，" + one_of(view.facts, LOWER_LR, MORE_KL),
                "很可能",
                evidence,
            )
        if points.kind.name not in {"zero_spread", "reward_std"} and words(points.key)[-1:] == ("loss",):
            return self._loss_words(view, row, since, float(level[m.now]), evidence)
        if points.kind.name not in {"zero_spread", "reward_std"}:
            mean = "" if said is None else f"，reward 均值 {num(said)}" if said else "，reward 也全为 0"
            return Words(
                "advantage 恒为 0，没有梯度",
                f"第 {since} 步起 advantage 最大也是 0{mean}",
                "查每题采样数是否为 1、同题回答的 uid 是否一致",
                "确定",
                evidence,
            )
        return Words(
            "组内 reward 无差异，没有梯度",
            f"第 {since} 步起 {about}" + (f"，reward {num(said)}" if said is not None else "") + "；advantage 为 0",
            "换难度适中或混合的题，细化 reward，加大组或调高采样温度",
            "确定",
            evidence,
        )


def _begun(x: Floats, flat: Bools, j: int) -> int:
    """The first record of the flat stretch that ends at j: a median of 5 is two late, and knows nothing of the first
    records, which may have been no other."""
    start = j - int(rolling.streak(flat[: j + 1])[-1]) + 1
    all_along = start <= FIRST_RECORDS and np.max(np.abs(x[:start]), initial=0.0) <= np.max(np.abs(x[start : j + 1]))
    return 0 if all_along else max(0, start - 2)


@dataclass(frozen=True)
class TruncatedAnswers(CausalDiagnosis):
    """Many answers reach the length limit and are cut off: their reward says nothing of what they would have said."""

    id = "truncated-answers"
    title = "回答被截断"
    severity = Severity.WARNING
    meaning = "相当一部分回答撞到长度上限被截断，这些样本的 reward 不可信。"
    clears = "被截断的比例明显低于阈值并稳住"
    mistaken_for = "长思考任务有意设了长度预算，本来就有不少回答撞上限"
    impact = Impact.IN_DOUBT
    patient = True
    leads_to = ("success-zero", "no-spread", "eval-regress", "policy-collapse", "no-learning")
    explained_by = ("policy-collapse",)

    share: Share = 0.3  # of answers that are cut off
    risen_share: Share = 0.15  # more than in the first records: else it has always been so, which is info
    window: Records = 8  # records in the level
    hold: Records = 8  # records in a row
    fewest_at_end: Records = 5  # of a run that has ended: a handful is all that there will be
    # of the limit: of answers that long on average seven in ten are cut off, even if the others reach 0.9 of it
    at_limit: Share = 0.97
    batches: Records = 20  # of which a share is as long
    most: Share = 0.5  # of them: little can be said of any answer, however long it has been so
    nearly_all: Share = 0.9  # of them: the reward is that of answers without an end

    def tracks(self, view: View) -> Iterable[Track]:
        points, length, limit = view.role("truncated"), view.role("answer_length"), self._limit(view)
        if points is not None:
            a_share = (rolling.running_max(points.x) <= 1) & (rolling.running_min(points.x) >= 0)
            yield self._track(view, points, np.where(a_share, points.x, np.nan))
        elif length is not None and limit is not None:
            cut = (length.x >= self.at_limit * limit).astype(np.float64)
            share = rolling.rolling_mean(cut, self.batches, least=self.batches)
            yield self._track(
                view, length, np.where(self._closing(view, length), rolling.rolling_mean(cut, self.batches), share)
            )

    def _closing(self, view: View, points: Points) -> Bools:
        """(n,) the last record that there will ever be, where there is a handful of them."""
        return view.at_end(points) & (len(points) >= self.fewest_at_end)

    def _limit(self, view: View) -> float | None:
        return view.facts.number(
            "max_completion_length", "max_response_length", "max_new_tokens", "response_length", least=1
        )

    def _track(self, view: View, points: Points, share: Floats) -> Track:
        level = rolling.rolling_median(share, self.window, least=self.window)
        closing = self._closing(view, points)
        level = np.where(closing, rolling.rolling_median(share, self.window), level)
        early, of_lengths = rolling.early_level(share, 0, 10), points.kind.name == "answer_length"
        # While lr warms up the answers are still those of the model that was given.
        firing = rolling.sustained(level > self.share, self.hold) & view.past_warmup(points)
        # Of a handful nobody sees a trend: of each of them most have to be cut.
        each = rolling.filled(share, 1.0) > self.share
        firing |= closing & (level > (self.nearly_all if of_lengths else self.most)) & bool(each.all())
        risen = (level > early + self.risen_share) | (level > self.most)
        return track(
            points,
            firing=firing,
            clearing=lambda: level < 0.7 * self.share,
            severity=lambda: np.where(risen, Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=lambda j: self._onset(share, level, j),
            words=lambda m: self._words(view, points, share, level, float(early[m.now]), m),
            recovery=lambda: Recovery(level, 0.1),
        )

    def _all_along(self, points: Points, share: Floats, level: Floats, early: float, m: Moment) -> str:
        """By how much it has become worse, else what the least of all records is."""
        full = level[: m.now + 1] >= self.nearly_all
        if full[-1] and early < self.nearly_all:
            j = max(0, m.now - int(rolling.streak(full)[-1]) + 1 - self.window // 2)
            return f"起初 {pct(early)}，第 {int(points.at[j])} 步起几乎全撞到长度上限"
        return f"{m.now + 1} 次记录里每次都有 {pct(float(np.min(share[: m.now + 1])))} 以上撞到长度上限"

    def _onset(self, share: Floats, level: Floats, j: int) -> int:
        if (rolling.filled(share[: j + 1], 1.0) > self.share).all():
            return 0
        return max(0, j - int(rolling.streak((level > self.share)[: j + 1])[-1]) + 1 - self.window // 2)

    def use(self, result: Result) -> str | None:
        cut = number(result.finding.words.evidence, "now") or 0.0
        return "回答几乎全被截断，reward 不可信" if cut >= self.nearly_all else "截断偏多，reward 存疑"

    def _words(self, view: View, points: Points, share: Floats, level: Floats, early: float, m: Moment) -> Words:
        now, since = float(level[m.now]), int(points.at[m.onset])
        limit = self._limit(view)
        evidence = {"now": now, "early": early, "since": since, "length_limit": limit}
        if m.over:
            return Words("截断的回答已减少", f"现 {pct(now)}", "", "确定", evidence)
        at = f"（上限 {whole(limit)}）" if limit is not None else ""
        if points.kind.name == "answer_length":
            return Words(
                "回答常写到长度上限",
                f"第 {since} 步起 {pct(now)} 的步平均长度到上限{at}",
                "先看生成样本是否没写完；是则加大上限",
                "很可能",
                evidence,
            )
        course = f"第 {since} 步起撞到长度上限{at}，起初 {pct(early)}"
        if m.onset == 0 and early > self.share:  # it has been so from the first record on
            course = self._all_along(points, share, level, early, m) + at
        return Words(
            f"{pct(now)} 的回答被截断",
            course,
            "先看是否在重复；需要长回答就加大上限，否则加长度惩罚",
            "确定",
            evidence,
        )
