"""The critic of an agent, and the simulation that it lives in: both break before the return does."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.descent import Descent
from analysis.arrays.far_below import FarBelow, far_below
from analysis.columns.kinds import kind_of
from analysis.columns.names import taken_apart, words
from analysis.columns.vocabulary import OF_A_RETURN, RETURNS
from analysis.figures import num, times
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Level, Records, Share, Times
from analysis.scan.view import Points, View

GROWN_APART = 10.0  # times: a critic that has grown this much since the best return has not grown with it
WORTH_OF = 20  # records of values, in the level that errors are compared with
SMALL_SHARE = 0.1  # of what is earned: an error of a value that is small
NOTHING = 1e-12  # a size that is logged as 0
LEAST_WORTH = 1e-3  # returns of less are no scale
NEAR_BEST = 2.0  # deviations of a level of returns: within them of the best it is the best


def _returns(view: View) -> list[tuple[Points, Descent]]:
    """What the agent earns, in training and in its evaluations, as far as they are logged."""
    found = (view.role(role) for role in ("reward", "eval_score"))
    return [(points, points.descent) for points in found if points is not None]


def _paid(view: View, points: Points, level: Floats) -> Bools:
    """(n,) a return has grown and keeps it, and `level` (ln) has grown less than `GROWN_APART` since its best.

    A critic of growing returns has growing errors; one that goes on growing without them does not.
    """
    paid = np.zeros(len(points), dtype=bool)
    for earned, of in _returns(view):
        at = view.latest(points, earned)
        keeps = (of.gain > 3 * of.sigma) & (of.drop < 0.25 * np.maximum(of.gain, 1e-12))
        # What this series stood at when the return came to its best; a luckier record of the same level is no new one.
        highest = rolling.running_max(rolling.filled(of.level, -np.inf))
        reached = np.minimum(np.searchsorted(highest, of.best - NEAR_BEST * of.sigma), of.where)
        then = rolling.take_or(level, rolling.take_or(view.latest(earned, points)[reached], at, -1), np.nan)
        with np.errstate(invalid="ignore"):
            paid |= rolling.take_or(np.asarray(keeps), at, False) & ~(level - then > np.log(GROWN_APART))
    return paid


def _ruined(view: View, points: Points) -> Bools:
    """(n,) a return has lost more than half of what it had gained."""
    lost = np.zeros(len(points), dtype=bool)
    for earned, of in _returns(view):
        lost |= rolling.take_or(np.asarray(of.fell & (of.drop > 0.5 * of.gain)), view.latest(points, earned), False)
    return lost


def _small_beside_values(view: View, points: Points, size: Floats, share: float, beyond: float) -> Bools:
    """(n,) errors of next to nothing beside what the critic has come to expect, which is what has been earned: where
    nothing was earned at first there was nothing to be wrong about either, and hundreds of times that say little.

    size    (n,) ln of a squared error
    share   of the values, of an error that is small
    beyond  times the largest return so far: larger values have run away themselves
    """
    values = view.role("q_value")
    if values is None or not len(values) or points.kind.role != "critic_loss":
        return np.zeros(len(points), dtype=bool)
    worth = rolling.rolling_median(np.abs(values.x), WORTH_OF, least=5)
    expected = rolling.take_or(rolling.running_max(rolling.filled(worth)), view.latest(points, values), np.nan)
    earned = np.zeros(len(points))
    for returns, _ in _returns(view):
        highest = rolling.running_max(np.abs(returns.x))
        earned = np.maximum(earned, rolling.take_or(highest, view.latest(points, returns), 0.0))
    with np.errstate(invalid="ignore"):
        return np.asarray((np.exp(size / 2) < share * expected) & (expected < beyond * earned))


def _small_by_itself(view: View, points: Points) -> Floats:
    """(n,) ln of an error of a critic that is small in any unit: a hundredth of the square of what has been earned, or
    of 1, near which values are kept where they are normalised. Before anything is earned it is rounding.
    """
    earned = np.zeros(len(points))
    for returns, _ in _returns(view):
        highest = rolling.running_max(np.abs(returns.x))
        earned = np.fmax(earned, rolling.take_or(highest, view.latest(points, returns), 0.0))
    worth = np.clip(earned, LEAST_WORTH, 1.0) if _returns(view) else np.ones(len(points))
    return np.asarray(2 * np.log(SMALL_SHARE * worth))


def _imitates(bag: Set[str]) -> bool:
    """Whether a column of these words is of an actor that is told how much each action is worth (IQL, AWAC, CRR), or
    takes some of it from data (TD3 with cloning, CQL)."""
    return bool(bag & {"adv", "advantage", "advantages", "awr", "awac", "iql", "cql", "bc", "expectile"})


def _deterministic_actor(view: View) -> Points | None:
    """The loss of an actor that is the mean of its values, the sign turned: of a soft one it is not that alone, and of
    one that imitates the better actions it is a likelihood."""
    if view.role("critic_loss") is None or view.role("temperature") is not None or view.role("entropy") is not None:
        return None
    if any(_imitates(taken_apart(key).bag) for key in view.roles.kinds):
        return None
    named = (k for k in view.keys("rl_loss") if words(k.rsplit("/", 1)[-1]) == ("actor", "loss"))
    key = next(named, None)
    points = view.column(key) if key is not None else None
    return points if points is not None and len(points) >= 3 else None


def _only_loss(points: Points) -> bool:
    """Whether it is the one loss of an agent that has values alone: nobody calls that a critic."""
    return kind_of(points.key).role == "loss"


def _called(points: Points) -> str:
    if points.kind.name != "rl_loss":
        return "Q 值"
    return "loss" if _only_loss(points) else "critic loss"


def _advice(points: Points) -> str:
    if _only_loss(points):
        return "先核对 reward 尺度、done 与 target 网络更新，再降 lr"
    return "先核对 reward 尺度和 done，再降 critic lr 或裁剪 Q"


def _return_at(view: View, row: int) -> float | None:
    """The level of the first return that was known at a row."""
    known = (earned.recent(row, 8) for earned, _ in _returns(view))
    return next((rolling.median(part) for part in known if len(part)), None)


@dataclass(frozen=True)
class CriticRunaway(CausalDiagnosis):
    """The error of a critic, the size of its values or the weight of the entropy in them grows without end while the
    return does not.

    In healthy runs it rises with the returns, early, and settles. A critic that has run away takes the policy with it
    some time later, so this is told while the return still stands.
    """

    id = "critic-runaway"
    title = "critic 发散"
    severity = Severity.WARNING
    meaning = "critic loss 或 Q 值涨到早期的百倍以上而 return 没有提高：价值估计已失控，策略迟早被带坏。"
    clears = "critic loss 或 Q 值降回失控前的量级并稳住"
    mistaken_for = "return 在涨时 Q 值跟着变大属正常；放大 reward 也会整体抬高"
    impact = Impact.USABLE_BEFORE_ONSET
    leads_to = ("run-crashed", "nan-inf", "eval-regress")
    blows_up = True
    wastes_time = True
    explained_by = ("nan-inf",)

    ratio: Times = 100.0  # times the early level, while the return stands
    certain_ratio: Times = 1e4  # times the early level, whatever the return does
    critical_ratio: Times = 1e6  # times the early level: critical without a lost return
    least_temperature: Level = 0.1  # of an entropy coefficient: what begins lower may well come up to it
    window: Records = 5  # records in the level
    skipped_points: Records = 3  # records left out: an untrained critic says nothing
    early_points: Records = 20  # records that say what is usual; half of what there is while there are fewer
    fewest_points: Records = 8  # records that say it at least
    # over the last quarter of the run, ten records at least: one that has settled is healthy, and one whose errors grow
    # by as much every record gains a third
    rising_ratio: Times = 1.5
    small_error: Share = 0.1  # of the values that the critic expects: it works, however its loss has grown
    earned_ratio: Times = 2.0  # times the largest return: no discounted sum of what is earned is above it
    believed_ratio: Times = 10.0  # times the largest return, of values: an episode that is cut off may be worth more
    believed_growth: Times = 100.0  # times the first of them, which says that they are values at all

    def tracks(self, view: View) -> Iterable[Track]:
        for role in ("critic_loss", "q_value", "temperature"):
            points = view.role(role)
            if points is not None and len(points) > self.skipped_points + 2 * self.fewest_points:
                yield self._track(view, points)
        actor = _deterministic_actor(view)
        if actor is not None and view.role("q_value") is None:
            yield self._believed_track(view, actor)

    def _believed_track(self, view: View, actor: Points) -> Track:
        """Values that no return bears out, told by the loss of an actor that does nothing but maximise them: good ones
        where every return was bad, or far larger ones than any return. They may have run away before there is an early
        level to compare with."""
        believed = -actor.median(self.window, least=self.window)
        low, high = np.full(len(actor), np.nan), np.full(len(actor), np.nan)
        for earned, _ in _returns(view):
            at = view.latest(actor, earned)
            low = np.fmin(low, rolling.take_or(rolling.running_min(earned.x), at, np.nan))
            high = np.fmax(high, rolling.take_or(rolling.running_max(earned.x), at, np.nan))
        largest = np.fmax(np.abs(low), np.abs(high))
        size = np.abs(believed)
        contrary = ((high < 0) & (believed > 0)) | ((low > 0) & (believed < 0))
        beyond = (contrary & (size > largest)) | (size > self.believed_ratio * largest)
        beyond &= size > self.believed_growth * abs(actor.x[0])
        beyond &= ~_paid(view, actor, np.log(np.maximum(size, 1e-12)))
        return track(
            actor,
            firing=rolling.sustained(beyond, self.window),
            clearing=lambda: size < largest,
            severity=Severity.WARNING,
            onset=lambda j: max(np.flatnonzero(~(size[: j + 1] > largest[: j + 1])).tolist(), default=0),
            words=lambda m: self._believed_words(actor, believed, low, high, m),
            recovery=lambda: Recovery(np.log(np.maximum(size, 1e-12)), np.log(5.0)),
        )

    def _believed_words(self, actor: Points, believed: Floats, low: Floats, high: Floats, m: Moment) -> Words:
        now, since, least, most = float(believed[m.now]), int(actor.at[m.onset]), float(low[m.now]), float(high[m.now])
        evidence = {"now": now, "since": since, "lowest_return": least, "highest_return": most}
        if m.over:
            return Words("Q 值已回到正常", f"现约 {num(now)}", "", "确定", evidence)
        return Words(
            "Q 值远超实际 return",
            f"第 {since} 步起 Q 值涨到约 {num(now)}，而 return 只在 {num(least)}～{num(most)}",
            "先核对 done 与 reward 尺度，再降 critic lr 或换 TD3",
            "很可能",
            evidence,
        )

    def _track(self, view: View, points: Points) -> Track:
        size = np.log(np.maximum(np.abs(points.x), NOTHING))
        level = rolling.rolling_median(size, self.window, least=self.window)
        usual = self._usual(points, size)
        logged = usual
        if points.kind.role == "temperature":
            usual = np.maximum(usual, np.log(self.least_temperature))
        elif points.kind.role == "critic_loss":  # of errors of nothing, or rounded to it, any other is a million times
            usual = np.maximum(usual, _small_by_itself(view, points))
        known = np.isfinite(usual)
        grown = level - usual
        rising = level - rolling.quarter_before(level) > np.log(self.rising_ratio)
        paid, ruined = _paid(view, points, level), _ruined(view, points)
        firing = known & rising & ((grown > np.log(self.ratio)) & ~paid | (grown > np.log(self.certain_ratio)))
        small = _small_beside_values(view, points, level, self.small_error, self.earned_ratio)
        firing &= ~small
        severity = np.where(ruined | (grown > np.log(self.critical_ratio)), Severity.CRITICAL, Severity.WARNING)
        return track(
            points,
            firing=firing,
            clearing=lambda: grown < np.log(self.ratio) / 2,
            severity=lambda: severity.astype(np.int64),
            onset=lambda j: self._onset(level, usual, small | (paid & ~paid[j]), j),
            words=lambda m: self._words(view, points, logged, bool(rising[m.now]), bool(ruined[m.now]), m),
            recovery=lambda: Recovery(level, np.log(5.0)),
        )

    def _usual(self, points: Points, size: Floats) -> Floats:
        """(n,) the early level (ln), as far as it is known by then; NaN before there are records enough. A critic that
        is logged as exactly 0 from the first record on does not learn yet."""
        n, first = len(size), self.skipped_points
        if points.kind.role == "critic_loss":
            first += int(np.argmax(points.x != 0))
        count = np.minimum((np.arange(n) + 1 - first) // 2, self.early_points)
        out = np.full(n, np.nan)
        for k in range(self.fewest_points, self.early_points + 1):
            out[count == k] = rolling.median(size[first : first + k])
        return out

    def _onset(self, level: Floats, usual: Floats, excused: Bools, j: int) -> int:
        """Where the climb began: the last record within ten times its early level, or `excused`: of an error that was
        small, or that had grown with the return."""
        near = np.flatnonzero((level[: j + 1] < usual[j] + np.log(10.0)) | excused[: j + 1])
        return int(near[-1]) if len(near) else 0

    def _words(self, view: View, points: Points, usual: Floats, rising: bool, ruined: bool, m: Moment) -> Words:
        early, now, since = float(np.exp(usual[m.now])), float(points.x[m.now]), int(points.at[m.onset])
        reward = _return_at(view, int(points.rows[m.now]))
        from_nothing = early <= 2 * NOTHING
        early = 0.0 if from_nothing else early
        ratio = None if from_nothing else abs(now) / early
        evidence = {"early": early, "now": now, "ratio": ratio, "since": since, "return": reward}
        hot = points.kind.role == "temperature"
        said = "ent_coef" if hot else _called(points)
        if m.over:
            return Words(f"{said} 已回到正常", f"现 {num(now)}，早期 {num(early)}", "", "确定", evidence)
        grown = "" if ratio is None else f"（{times(ratio)} 倍）"
        climbs = "，仍在涨" if rising and m.severity < Severity.CRITICAL else ""
        tail = climbs
        if reward is not None:
            tail = f"，return 掉到 {num(reward)}" if ruined else f"{climbs}，return 现 {num(reward)}"
        return Words(
            f"{said} 发散",
            f"第 {since} 步起 {said} {num(early)}→{num(now)}{grown}{tail}",
            "先固定 ent_coef，再核对 target_entropy 与动作范围" if hot else _advice(points),
            "很可能",
            evidence,
        )


@dataclass(frozen=True)
class SimBlowup(CausalDiagnosis):
    """The simulation, or the noise of exploration, has left what is physical: one reward of ten thousand times the
    usual size, or of hundreds of times below it again and again, or a standard deviation of actions that grows on and
    on while nothing is gained by it.
    """

    id = "sim-blowup"
    title = "仿真数值爆炸"
    severity = Severity.WARNING
    meaning = "reward 出现上万倍或反复几百倍的离群值，或动作噪声只涨不落：仿真或动作尺度已失控。"
    clears = "较长一段不再有离群值；动作噪声那类要降回开始时的量级"
    mistaken_for = "终局 reward 极大的任务，偶尔通关一次也像离群值"
    impact = Impact.IN_DOUBT
    blows_up = True
    explained_by = ("critic-runaway",)

    outlier_ratio: Times = 1e4  # times the median size of the last 200 returns; its square, of a squared error
    min_points: Records = 10  # records before that is known
    # times the first standard deviation of actions, which are made for one of about 1: most of what is sent is clipped
    # then, so that it is noise whatever the return does
    noise_ratio: Times = 5.0
    rising_ratio: Times = 1.1  # over the last quarter of the run

    def tracks(self, view: View) -> Iterable[Track]:
        reward, critic, std = view.role("reward"), view.role("critic_loss"), view.role("action_std")
        if reward is not None:
            yield self._outliers(reward, self.outlier_ratio)
        if critic is not None:
            yield self._outliers(critic, self.outlier_ratio**2)
        if std is not None:
            yield self._noise(std)
        yield from (self._far_below(view.column(key)) for key in view.keys("score") if _of_single_episodes(key))

    def use(self, result: Result) -> str | None:
        return "仿真有异常，还不能判断"

    def _outliers(self, points: Points, ratio: float) -> Track:
        size = np.abs(points.x)
        usual = rolling.before(rolling.rolling_median(size, 200, least=self.min_points))
        # Rewards of almost nothing are no scale: 1, or the largest that had been seen if that is less.
        floor = np.maximum(rolling.before(rolling.running_max(np.minimum(size, 1.0))), 1e-3)
        with np.errstate(invalid="ignore"):
            firing = np.asarray(size > ratio * np.fmax(usual, floor)) & np.isfinite(usual)
        return track(
            points,
            firing=firing,
            clearing=lambda: rolling.sustained(~firing, 20),
            severity=Severity.WARNING,
            words=lambda m: self._outlier_words(points, usual, m),
        )

    def _outlier_words(self, points: Points, usual: Floats, m: Moment) -> Words:
        peak, before, step = float(points.x[m.onset]), float(usual[m.onset]), int(points.at[m.onset])
        evidence = {"peak": peak, "usual": before, "step": int(points.step[m.onset])}
        said = _called(points) if points.kind.name == "rl_loss" else "return"
        if m.over:
            return Words(f"{said} 已恢复正常量级", f"第 {step} 步曾到 {num(peak)}", "", "确定", evidence)
        return Words(
            f"{said} 离群，疑仿真异常",
            f"第 {step} 步 {said} {num(peak)}（平时约 {num(before)}）",
            "查该步的物理仿真（接触、步长、观测 NaN），对 reward 与观测做裁剪",
            "很可能",
            evidence,
        )

    def _far_below(self, points: Points) -> Track:
        """Single episodes that lie hundreds of times below the others, and come again: nothing ends them."""
        of = far_below(points.x)
        return track(
            points,
            firing=of.again,
            clearing=of.over,
            severity=Severity.WARNING,
            onset=lambda j: int(np.argmax(of.count[: j + 1] > 0)),
            words=lambda m: _far_below_words(points, of, m),
        )

    def _noise(self, std: Points) -> Track:
        level = std.median(5, least=5)
        first = rolling.median(std.x[:5]) if len(std) >= 5 else np.nan
        still = level > self.rising_ratio * rolling.quarter_before(level, 20)
        with np.errstate(invalid="ignore"):
            firing = np.asarray((level > self.noise_ratio * first) & still & (first > 0))
        return track(
            std,
            firing=firing,
            clearing=lambda: level < 0.5 * self.noise_ratio * first,
            severity=Severity.WARNING,
            onset=lambda j: int(np.flatnonzero(~(level[: j + 1] > 2 * first))[-1]),
            words=lambda m: self._noise_words(std, first, m),
            recovery=lambda: Recovery(level, first if first > 0 else 1.0),
        )

    def _noise_words(self, std: Points, first: float, m: Moment) -> Words:
        now, since = float(std.x[m.now]), int(std.at[m.onset])
        evidence = {"first": first, "now": now, "since": since}
        if m.over:
            return Words("动作噪声已回落", f"现 {num(now)}", "", "确定", evidence)
        return Words(
            "动作噪声一直在涨",
            f"第 {since} 步起动作标准差 {num(first)}→{num(now)}，动作多半已被裁剪",
            "降 ent_coef，给 log_std 加上限；再核对动作裁剪",
            "很可能",
            evidence,
        )


def _of_single_episodes(key: str) -> bool:
    """The return of one episode after the other, as it is: a mean smears one over many."""
    bag = set(words(key))
    return bool(bag & RETURNS) and bag <= OF_A_RETURN - {"avg", "average", "mean", "running", "smoothed", "ema"}


def _far_below_words(points: Points, of: FarBelow, m: Moment) -> Words:
    lowest, usual, count = float(of.lowest[m.now]), rolling.median(np.abs(points.x[: m.now + 1])), int(of.count[m.now])
    evidence = {"peak": lowest, "usual": usual, "episodes": count, "step": int(points.step[m.onset])}
    if m.over:
        return Words("return 未再离群", f"曾有 {count} 个回合离群，最低 {num(lowest)}", "", "确定", evidence)
    return Words(
        "return 反复离群",
        f"{count} 个回合比平时低几十到几百倍，最低 {num(lowest)}（平时 ±{num(usual, 2)}），均值被带偏",
        "给回合加步数上限和越界终止，每步扣分设下限；成绩看中位数",
        "很可能",
        evidence,
    )
