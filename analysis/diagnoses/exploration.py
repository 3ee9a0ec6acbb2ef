"""Policies that no longer explore."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.descent import BACK
from analysis.arrays.gain import LEAST, WINDOW
from analysis.columns.names import words
from analysis.columns.vocabulary import LOSS
from analysis.figures import num, pct
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.episode_lengths import episode_lengths, grew, stands
from analysis.scan.impact import Evaluated, Impact, Result
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import LOWER_LR, one_of
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import PlanShare, Records, Share, Times
from analysis.scan.view import Points, View


def _upright(points: Points) -> Points:
    """An entropy as it is: logged as a loss its sign may be turned (Stable-Baselines3, skrl)."""
    turned = LOSS & set(words(points.key.rsplit("/", 1)[-1])) and rolling.median(points.x[:5]) < 0
    return replace(points, x=-points.x) if turned else points


@dataclass(frozen=True)
class EntropyCollapse(CausalDiagnosis):
    """The policy explores no more. In GRPO-like training most entropy goes early while the reward rises: then info.

    It is a warning where the return stands where it began, or has lost what it had gained, and where none is logged.
    Where hardly any is left and episodes grow while nothing more is earned in them, it repeats one action: critical.
    """

    id = "entropy-collapse"
    title = "策略熵坍缩"
    severity = Severity.WARNING
    meaning = "策略熵只剩开始时的一小部分：策略基本不再探索，return 容易走平。"
    clears = "策略熵从低位明显回升"
    mistaken_for = "GRPO 类开头熵掉得快而 reward 在涨，属正常；答案本就唯一的任务也低"
    impact = Impact.CHOOSE_CHECKPOINT
    leads_to = ("eval-regress", "policy-collapse", "no-spread")
    remedies = (LOWER_LR,)
    explained_by = ("policy-collapse",)

    left_share: Share = 0.1  # of the first five; healthy policies keep a quarter
    at_once_share: Share = 1 / 3  # of the first record is left after a few, while the return is worse than at first:
    at_once_records: Records = 10  # for so long
    clear_share: Share = 0.2  # of the first five
    # times the first five, below 0: a Gaussian has 1.42 nats per action at a deviation of 1, and 0.62 times that less
    # than none at a deviation of a tenth
    below_zero: Times = 0.62
    back_share: Share = 0.5  # of the fall that has to be made good
    back_window: Records = 10  # in the level that says so
    window: Records = 3  # in the level
    kept_share: Share = 0.15  # of what the return had gained, at its lowest since: what strays keeps none
    frozen_share: Share = 0.02  # of the first five: nearly every action is the same one each time
    longer: Times = 2.0  # than half a run ago episodes are: what plays better earns more in them
    little_temperature: Share = 0.05  # of the first five: a tenth or a fifth is what tuning comes to in healthy runs
    temperature_progress: PlanShare = 1 / 3  # after which an agent that has gained nothing will not by chance
    temperature_points: Records = 100  # the same where no plan is known

    def use(self, result: Result) -> str | None:
        if result.evaluated is Evaluated.IN_TRAINING:  # loud only where that gained nothing, or lost it
            return "探索已停，还不能判断"
        if not result.judged:
            return None
        return "可用，继续训恐难再提升" if result.usable else "探索已停，恐难再提升"

    def tracks(self, view: View) -> Iterable[Track]:
        points, temperature = view.role("entropy"), view.role("temperature")
        if points is not None and len(points):
            yield self._track(view, _upright(points))
        if temperature is not None:
            yield self._temperature_track(view, temperature)

    def _temperature_track(self, view: View, points: Points) -> Track:
        """A temperature that tunes itself is low in many healthy runs; where nothing was gained it is so too early."""
        first = rolling.median(points.x[:5]) if len(points) >= 5 else np.nan
        level = points.median(self.window, least=self.window)
        low = (level < self.little_temperature * first) & (first > 0)
        due = view.past(points, self.temperature_progress, self.temperature_points) & self._earns(view, points)
        paid = self._paid(view, points)
        return track(
            points,
            firing=rolling.sustained(low & due & ~paid, 5),
            clearing=lambda: rolling.sustained((level > 2 * self.little_temperature * first) | paid, 10),
            severity=Severity.WARNING,
            onset=lambda j: int(np.flatnonzero(~(level[: j + 1] < self.little_temperature * first))[-1]),
            words=lambda m: self._temperature_words(points, first, m),
        )

    def _temperature_words(self, points: Points, first: float, m: Moment) -> Words:
        now, since = float(points.x[m.now]), int(points.at[m.onset])
        evidence = {"first": first, "now": now, "since": since}
        if m.over:
            return Words("ent_coef 过低已不成问题", f"ent_coef 现为 {num(now)}", "", "确定", evidence)
        return Words(
            "ent_coef 过早降到底",
            f"第 {since} 步起 ent_coef {num(first)}→{num(now)}，return 至今没涨，探索已停",
            "先把 ent_coef 固定在 0.05–0.1 再试",
            "很可能",
            evidence,
        )

    def _track(self, view: View, points: Points) -> Track:
        first = rolling.median(points.x[:5]) if len(points) >= 5 else np.nan
        level = points.median(self.window, least=self.window)
        positive = first > 0  # a differential entropy may be negative: a share of it means nothing
        continuous = points.after_first_negative
        std = view.role("action_std")
        if std is not None and view.logged_by_third_point(std.key, points):
            continuous = np.ones(len(points), dtype=bool)
        # Of what scatters by its own size three records say little: they have to lie clearly lower.
        unsure = np.exp(rolling.filled(1.25 / np.sqrt(self.window) * points.noise))
        low = np.where(continuous, level < -self.below_zero * first, level * unsure < self.left_share * first)
        at_once = self._at_once(view, points, level)
        won = self._won_back(view, points, level < self.clear_share * first) & ~continuous
        firing = low & (np.arange(len(points)) >= 10) & positive & ~won | at_once
        paid = self._paid(view, points) & ~at_once
        idle = self._idle(view, points, low & (level < self.frozen_share * first) & ~continuous)
        severity = np.where(idle, Severity.CRITICAL, np.where(paid, Severity.INFO, Severity.WARNING)).astype(np.int64)
        return track(
            points,
            firing=firing,
            clearing=lambda: ((level > self.clear_share * first) | won) & ~at_once,
            severity=severity,
            onset=lambda j: 0 if at_once[j] else self._onset(points, j),
            words=lambda m: self._words(view, points, level, max(first, float(points.x[0])), bool(won[m.now]), m),
            recovery=lambda: self._recovery(points, won),
        )

    def _at_once(self, view: View, points: Points, level: Floats) -> Bools:
        """(n,) the first updates have taken most of the entropy there was, and every return since is far below the
        first: it plays nearly one action, and that is a bad one. Later than that a policy has learnt something."""
        reward, hold = view.role("reward"), self.at_once_records
        out = np.zeros(len(points), dtype=bool)
        if reward is None or len(reward) <= hold or not len(points) or points.x[0] <= 0:
            return out
        gone = rolling.sustained(level < self.at_once_share * points.x[0], hold)
        gone &= np.arange(len(points)) < 3 * hold  # within the first records
        began = float(reward.x[0])
        worse = rolling.rolling_max(reward.x, hold, least=hold) < began - 0.5 * abs(began)
        return gone & rolling.take_or(np.asarray(worse), view.latest(points, reward), False)

    def _idle(self, view: View, points: Points, frozen: Bools) -> Bools:
        """(n,) episodes have become far longer over the second half of the run, and no more is earned in them."""
        reward, out = view.role("reward"), np.full(len(points), np.nan)
        looked = rolling.log_spaced(len(points))
        if reward is None:
            return np.zeros(len(points), dtype=bool)
        for j in np.flatnonzero(frozen & looked).tolist():
            row = int(points.rows[j])
            lengths = episode_lengths(view, row)
            out[j] = lengths is not None and stands(reward, row) and grew(lengths, row) > self.longer
        return frozen & (rolling.carried(np.where(looked, rolling.filled(out), np.nan)) > 0)

    def _recovery(self, points: Points, won: Bools) -> Recovery:
        """Half of what was lost is back: an entropy that flares up among its lows explores no more than before. Or it
        needs none back."""
        usual = points.median(self.back_window)
        return Recovery(np.where(won, -np.inf, -usual), (1 - self.back_share) * (rolling.running_max(usual) - usual))

    def _won_back(self, view: View, points: Points, low: Bools) -> Bools:
        """(n,) with as little entropy as that the policy has lost a return before, and won it back: it has made up its
        mind, and still learns. What it loses from now on is not for want of exploration."""
        reward, none = view.role("reward"), np.zeros(len(points), dtype=bool)
        if reward is None or not len(reward) or not low.any():
            return none
        of, poor = reward.gain, rolling.take_or(low, view.latest(reward, points), False)
        risen = np.logical_or.accumulate(of.risen)
        lost = np.logical_or.accumulate(of.lost & risen & poor)
        lowest = rolling.running_min(np.where(lost, of.now, np.inf))
        high = rolling.running_max(rolling.filled(of.now, -np.inf))
        with np.errstate(invalid="ignore"):
            gained = high - of.start
            # What strays about its start comes back to it; what has been learnt is never lost altogether.
            kept = lowest - of.start > self.kept_share * gained
            back = high - of.now < BACK * gained
        won = lost & kept & back & poor
        return rolling.take_or(np.logical_or.accumulate(won), view.latest(points, reward), False)

    def _onset(self, points: Points, j: int) -> int:
        lo = max(0, j - 60)
        return lo + rolling.change_point(
            points.x[lo : j + 1] if points.after_first_negative[j] else points.log[lo : j + 1]
        )

    def _earns(self, view: View, points: Points) -> Bools:
        """Where a return is known."""
        scores = [score for role in ("reward", "eval_score") if (score := view.role(role)) is not None]
        known = np.zeros(len(points), dtype=bool)
        for score in scores:
            known |= view.latest(points, score) >= 0
        return known

    def _paid(self, view: View, points: Points) -> Bools:
        """Where a return has risen from its start and none has lost its gain; or has too few records to tell yet."""
        risen, lost, young = (np.zeros(len(points), dtype=bool) for _ in range(3))
        for role in ("reward", "eval_score"):
            if (score := view.role(role)) is not None:
                at, of = view.latest(points, score), score.gain
                risen |= rolling.take_or(of.risen, at, False)
                lost |= rolling.take_or(of.lost, at, False)
                young |= (at >= 0) & (at < LEAST - 1)
        return (risen | young) & ~lost

    def _words(self, view: View, points: Points, level: Floats, first: float, won: bool, m: Moment) -> Words:
        now, coef = float(level[m.now]), view.facts.number("ent_coef", "entropy_coef", "entropy_coeff", least=0)
        evidence = {"first": first, "now": now, "left": now / first if first > 0 else None, "ent_coef": coef}
        if m.over and won:
            return Words("策略熵低但仍在学", f"策略熵现为 {num(now)}，return 掉过又补了回来", "", "确定", evidence)
        if m.over:
            return Words("策略熵已回升", f"策略熵现为 {num(now)}", "", "确定", evidence)
        reward, shown = view.role("reward"), ""
        if reward is not None and len(latest := reward.recent(int(points.rows[m.now]), WINDOW)):
            shown = f"，return {num(rolling.median(latest))}"
        left = f"（剩 {pct(now / first)}）" if now >= 0 else ""
        fell = f"策略熵 {num(first)}→{num(now)}{left}{shown}"
        if m.severity < Severity.WARNING:
            held, advice = "未变差" if shown else "评估未变差", "目前不用处理；return 走平再查 lr 与 clip_range"
            if reward is not None and _level(reward, int(points.rows[m.now])):
                held = "后一半几乎没再涨"
                advice = "达标就停；没达标就是探索停了：加熵项从头训，或从熵还高时的 ckpt 续训"
            return Words("策略熵已很低", f"{fell}，{held}", advice, "确定", evidence)
        if m.severity is Severity.CRITICAL:
            return self._idle_words(view, points, f"策略熵只剩 {num(now)}{shown}", evidence, m)
        advice = (
            f"先看 return 是否走平；属实再试 ent_coef {num(coef)}→{num(3 * coef)}"
            if coef
            else "先看 return 是否走平；属实再试" + one_of(view.facts, LOWER_LR, instead="加熵项")
        )
        return Words("策略熵坍缩", f"{fell}，探索可能不足", advice, "很可能", evidence)

    def _idle_words(self, view: View, points: Points, fell: str, evidence: Mapping[str, object], m: Moment) -> Words:
        row = int(points.rows[m.now])
        lengths = episode_lengths(view, row)
        steps = None if lengths is None else lengths.value(row)
        grown = "回合却越来越长" if steps is None else f"回合却拉长到 {num(steps)} 步"
        return Words(
            "策略僵在单一动作",
            f"{fell} 不再涨，{grown}：像在重复一个动作",
            "看一段回放；属实就加大 ent_coef、降 lr 从头训",
            "很可能",
            {**evidence, "episode_steps_now": steps},
        )


def _level(reward: Points, row: int) -> bool:
    """By this row it has risen, and over the second half of its records by next to nothing of that."""
    n = int(np.searchsorted(reward.rows, row, side="right"))
    return bool(n and reward.gain.risen[n - 1] and stands(reward, row))
