"""What the log itself shows: metrics that froze, seams of a resume."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.counts import of_counts
from analysis.columns.captions import in_title, short_key, titled
from analysis.columns.family import Family
from analysis.columns.names import taken_apart, words
from analysis.columns.vocabulary import ACCURACY, HELD_OUT_SCORES, OF_EPISODES, RANKS, RETURNS, SUCCESS
from analysis.figures import duration, num, pct, whole
from analysis.model import Bools, Finding, Floats, Ints, Severity, Words
from analysis.scan.constant_answers import NO_CLASS
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.eval_moves import eval_moves
from analysis.scan.impact import Impact, Result
from analysis.scan.judges import as_rate, lower_is_better
from analysis.scan.resume import LATE_ROWS
from analysis.scan.scheduled_changes import near_scheduled_change
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Evals, Ln, Records, Seconds, Share, Sigmas, Times
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import RIGHT, ZeroScore, answering

# Kinds that stand still by design: settings, schedules, counters, and readings that are rounded.
STEADY = {
    "lr", "count", "weight", "batch_size", "seq_len", "stage", "step", "system", "loss_scale", "reward_std"
}  # fmt: skip


MEASURED = {"eval_loss", "eval_l1", "eval_error", "eval_score"}
# Shares of so many samples, and what an agent earns: these come to the same value again.
COUNTED = (
    ACCURACY
    | SUCCESS
    | RETURNS
    | HELD_OUT_SCORES - RANKS - {"pearson", "pearsonr"}
    | {"f1", "precision", "recall", "wer", "cer", "top1", "top5", "cardinality"}
)
LENGTHS = {"length", "lengths", "len", "seqlen"}
OVER = 0.95  # of the plan: a run that is through with it may begin another
FIRST = 5  # records after a seam by which most of a fall is there
SAME_LR = 0.8  # of the lr before a seam: a lower one lowers the loss
DISTILLED = {"kd", "distill", "distil", "distillation"}  # a term that comes from a teacher
OFF = (0, None, "", "none")  # as its weight: False is 0
LAST_MOVE, LAST_DIGITS = 1e-3, 10  # of the value, of its last digit: what ends in smaller moves has come to rest
SAME_AGAIN = 1e-6  # of a value: where it comes back to it, no digit that is printed differs
LEAST_LEFT = 0.05  # of the lowest loss before
LATER = {"start", "begin", "after", "warmup", "delay"}


def _unlogged(view: View, points: Points) -> bool:
    """The loss of training is exactly 0 from the first record on; that of a policy once per batch is by design."""
    return view.roles.role(points.key) == "loss" and points.x[0] == 0 and view.role("reward") is None


def _distilled(points: Points) -> bool:
    return bool(taken_apart(points.key).stems & DISTILLED)


def _earned(points: Points) -> bool:
    """What an agent earns in training, and no round figure, which may be the most that there is or one step's due. Of
    whole episodes, and a mean of several, it is the same until the next one ends.
    """
    first, bag = float(points.x[0]), taken_apart(points.key).bag
    alone = not bag & (OF_EPISODES | {"mean", "avg", "average", "return", "returns"})
    of_training = points.kind.role == "reward" and points.kind.group == "train"
    return of_training and alone and float(f"{first:.4g}") != first


@dataclass(frozen=True)
class MetricDead(CausalDiagnosis):
    """The very same float over and over after it had been moving: a branch that is not reached, a value written once.

    Much stands still without being dead: what is clipped or capped (seen before, or a round number at the edge of all
    that was seen), what is rounded or counts (neighbours were equal before, or a digit apart), what only
    climbs or only falls (schedules, counters), a loss that has faded out to 0.
    """

    id = "metric-dead"
    title = "指标卡死不变"
    severity = Severity.WARNING
    meaning = "一直在变的指标突然恒为同一个数：对应分支没执行，或日志写死了。"
    clears = "数值重新变化，连续几次记录都不同"
    mistaken_for = "被 clip 或封顶、取整后的读数、按阶段关掉的分项，本来就会不变"
    impact = Impact.NONE
    explained_by = ("lr-zero", "grad-vanish", "ot-mass-collapse", "kl-collapse", "no-spread", "at-chance")

    same_records: Records = 12  # identical floats in a row; SageMaker's 3 fires on every rounded metric
    same_losses: Records = 20  # of a training loss, whatever came before
    same_worse: Records = 5  # of one that had been better: no loss comes to rest there
    worse_ratio: Times = 1.5  # times its lowest before
    moved_before: Records = 3  # of them at least, before it froze
    leap: Share = 0.01  # of the value, by which it moved from record to record
    min_points: Records = 25  # points before it is judged
    window: Records = 24  # values before it froze: did they move?
    max_equal: Count = 2  # equal neighbours among those: more means it is rounded
    min_turns: Count = 4  # of those steps at least this many up and this many down
    max_seen: Count = 2  # times that the value itself had occurred before: a cap, a floor
    faded_share: Share = 0.1  # of the level: it was on its way to 0
    last_moves: Records = 6  # before it froze, half of a window as long as it stands still, and
    digits: Count = 2  # of the smallest move: what is written with so few digits stands still by rounding
    clear_records: Records = 3  # records that differ again, by
    alive_share: Share = 0.1  # of what it had moved by from record to record: one that comes back to it is still dead
    never_evals: Evals = 5  # of a measure that gives every weight away, the same from one of the first evaluations on
    never_ranks: Evals = 20  # of the order of samples: few of them keep it for long, which is worth a note
    most_of_all: Share = 2 / 3  # of all evaluations so far
    never_earned: Records = 12  # of what an agent earns as it explores, a figure that is not round, from the first on
    never_records: Records = 20  # of a reward for right answers, the same from the first one on; of a teacher's term, 0

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        if finding.words.evidence.get("answers_alike"):
            return Impact.FROZEN_AT_ONSET
        return Impact.IN_DOUBT if of_eval or finding.words.evidence.get("earned") else self.impact

    def use(self, result: Result) -> str | None:
        if result.finding.words.evidence.get("earned"):
            return "reward 一直没变，还不能判断"
        return "评估没在变，还不能判断" if result.of_eval else None

    def tracks(self, view: View) -> Iterable[Track]:
        for key in sorted(view.roles.kinds):
            points = view.column(key)
            if points.kind.name not in STEADY and len(points):
                yield self._track(view, points, of_training=view.roles.role(key) == "loss")
            if len(points) and (hold := self._never_hold(view, points)):
                yield self._never_track(view, points, hold)

    def _never_hold(self, view: View, points: Points) -> int:
        """After how many records it is no accident that a column does not move; 0: it may well be none."""
        n, first = taken_apart(points.key), float(points.x[0])
        if points.kind.group == "eval" and points.kind.name in MEASURED and not n.stems & COUNTED:
            trains = view.prefer("loss", "reward")
            least = self.never_ranks if n.bag & RANKS else self.never_evals
            return least if trains is not None and trains.kind.group != "eval" else 0
        if self._untaught(view, points) or _unlogged(view, points):
            return self.never_records
        if _earned(points):
            return self.never_earned
        graded = points.kind.name == "score" and n.bag & RIGHT and n.bag & RETURNS and points.kind.group != "eval"
        # A whole number may be the most there is; what is between says that nobody read the answers.
        return self.never_records if graded and first != round(first) and ZeroScore(view, points).answers.any() else 0

    def _untaught(self, view: View, points: Points) -> bool:
        """Nothing arrives of what a student has from its teacher, and no config says that it shall not, or not yet."""
        if points.kind.name not in {"loss", "component"} or points.x[0] != 0 or not _distilled(points):
            return False
        stated = [(path, value) for path, (_, value) in view.facts.entries.items() if not DISTILLED.isdisjoint(path)]
        return not any(value in OFF or LATER & set(path) for path, value in stated)

    def _never_track(self, view: View, points: Points, hold: int) -> Track:
        same = points.x == rolling.before(points.x)
        count, n = rolling.streak(same) + 1, np.arange(len(points)) + 1

        def moves() -> Bools:
            held = rolling.carried(np.where(firing, points.x, np.nan))
            return rolling.sustained(points.x != held, self.clear_records)

        evaluated = points.kind.group == "eval"
        # Evaluations may have come to a level first, as long as it was soon.
        firing = (count >= hold) & (count >= (self.most_of_all * n if evaluated else n))
        for j in np.flatnonzero(firing).tolist() if evaluated else ():
            # What is rounded, or counts a few hundred samples, may stand still.
            firing[j] = float(f"{points.x[j]:.4g}") != points.x[j] and not of_counts(points.x[: j + 1])
        if points.kind.name == "eval_score" and not lower_is_better(points):
            firing &= points.x / as_rate(points) < NO_CLASS  # else it is a set that is solved
        if _earned(points):
            firing &= view.is_family(points, Family.RL) & ~answering(view, points)
        if _unlogged(view, points):  # else nothing is learnt, and no-learning says so
            firing &= eval_moves(view, points)
        return track(
            points,
            firing=firing,
            clearing=moves,
            severity=Severity.INFO if taken_apart(points.key).bag & RANKS or _distilled(points) else Severity.WARNING,
            onset=lambda j: j - int(count[j]) + 1,
            words=lambda m: self._never_words(view, points, m),
        )

    def _never_words(self, view: View, points: Points, m: Moment) -> Words:
        value, evaluated = float(points.x[m.raised]), points.kind.group == "eval"
        judged = "_".join(w for w in words(points.key) if w not in {"train", "mean", "avg", "func"} | RETURNS)
        taught = not evaluated and _distilled(points)
        earned = not evaluated and _earned(points)
        unlogged = view.roles.role(points.key) == "loss"
        said = (
            in_title(points.kind)
            if evaluated or unlogged
            else short_key(points.key)
            if taught or earned
            else f"{judged} 得分"
        )
        evidence = {"value": value, "since_step": int(points.step[m.onset]), "records": m.now - m.onset + 1}
        evidence["earned"] = earned
        if m.over:
            return Words(titled(said, " 又有变化"), f"现为 {num(float(points.x[m.now]))}", "", "确定", evidence)
        counted, advice = (
            ("评估", "样本多半太少，换几百条留出数据再评估")
            if taken_apart(points.key).bag & RANKS
            else ("评估", "核对评估是否用了最新权重、参数是否在更新")
            if evaluated
            else ("记录", "评估在变，多半是没记对：核对 loss 的累加与日志")
            if unlogged
            else ("记录", "蒸馏没生效：查该项权重、teacher 输出是否接上")
            if taught
            else ("记录", "多半策略只出一个动作：查动作分布、探索噪声与日志")
            if earned
            else ("记录", "多半是判分失败时的默认分：核对答案提取与截断")
        )
        since = f"第 {int(points.at[m.onset])} 步" if m.onset else "从第一次"
        return Words(
            titled(said, f" 恒为 {num(value)}"),
            f"{since}起 {m.now - m.onset + 1} 次{counted}一位不变",
            advice,
            "很可能",
            evidence,
        )

    def _track(self, view: View, points: Points, *, of_training: bool) -> Track:
        x = points.x
        same = np.concatenate([[False], x[1:] == x[:-1]])
        count = rolling.streak(same) + 1
        begins = np.flatnonzero(count == self.same_records)
        firing = np.zeros(len(x), dtype=bool)
        for j in begins[begins >= self.min_points - 1].tolist():
            firing[j] = self._froze(view, points, j - self.same_records + 1)
        moved = self._moved_by(x, count, firing)
        worse = np.zeros(len(x), dtype=bool)
        if of_training:
            alike, worse = self._answers_alike(view, points, count)
            firing |= alike

        def moves() -> Bools:
            dead, least = (rolling.carried(np.where(firing, y, np.nan)) for y in (x, self.alive_share * moved))
            return rolling.sustained((np.abs(x - dead) > least) & ~same, self.clear_records)

        return track(
            points,
            firing=firing,
            clearing=moves,
            severity=lambda: np.where(worse, Severity.CRITICAL, Severity.WARNING).astype(np.int64),
            onset=lambda j: j - int(count[j]) + 1,
            words=lambda m: self._words(view, points, m),
        )

    def _moved_by(self, x: Floats, count: Ints, firing: Bools) -> Floats:
        """(n,) by how much it had moved from record to record before it froze; NaN where it does not freeze."""
        out = np.full(len(x), np.nan)
        for j in np.flatnonzero(firing).tolist():
            k = j - int(count[j]) + 1
            out[j] = rolling.median(np.abs(np.diff(x[max(0, k - self.window) : k + 1])))
        return out

    def _answers_alike(self, view: View, points: Points, count: Ints) -> tuple[Bools, Bools]:
        """(n,) each: the loss of training has leapt to a number and kept it, digit by digit; and it had been better."""
        x = points.x
        finest = eval_noise.resolution(x)
        firing, worse = np.zeros(len(x), dtype=bool), np.zeros(len(x), dtype=bool)
        for j in np.flatnonzero((count == self.same_worse) | (count == self.same_losses)).tolist():
            k = j - int(count[j]) + 1
            moves = np.abs(np.diff(x[max(0, k - self.last_moves) : k + 1]))
            size, digit = abs(float(x[k])), float(finest[j])
            lowest = float(np.min(x[:k], initial=np.inf))  # far below all before it nothing is left, which is no answer
            worse[j] = 0 < self.worse_ratio * lowest < size and digit <= LAST_MOVE * size
            leapt = len(moves) >= self.moved_before and rolling.median(moves) > self.leap * min(size, lowest)
            if not worse[j]:
                leapt = leapt and count[j] == self.same_losses and rolling.median(moves) > self.leap * size
                leapt = leapt and float(moves[-1]) > max(LAST_MOVE * size, LAST_DIGITS * digit)
            firing[j] = x[k] > LEAST_LEFT * lowest and leapt and not self._scheduled(view, points, k)
        return firing, worse & firing

    def _froze(self, view: View, points: Points, k: int) -> bool:
        """Whether what came before point k moved freely: standing still from k on is then no accident of its kind."""
        x, value = points.x, float(points.x[k])
        part = x[max(0, k - self.window) : k + 1]
        step = np.diff(part)
        if points.kind.group == "eval" and not taken_apart(points.key).stems & SUCCESS and of_counts(part):
            return False  # the same samples each time: the last few that are told wrong stay the same ones
        if len(part) < self.same_records or np.count_nonzero(step == 0) > self.max_equal:
            return False
        if min(np.count_nonzero(step > 0), np.count_nonzero(step < 0)) < self.min_turns:
            return False
        if np.count_nonzero(x[:k] == value) > self.max_seen or np.all(part == np.round(part)):
            return False
        if self._bound(view, points, k, value) or self._coarse(step):
            return False
        return not self._scheduled(view, points, k)

    def _coarse(self, steps: Floats) -> bool:
        """Its last moves were of one digit or two: it may go on moving by less than is written."""
        sizes = np.abs(steps[steps != 0])
        return rolling.median(sizes[-self.last_moves :]) <= (self.digits + 0.01) * float(np.min(sizes))

    def _bound(self, view: View, points: Points, k: int, value: float) -> bool:
        """A natural end of the scale: a cap, a floor, a clip, a score at 0 or 1, a term that faded out."""
        before = points.x[:k]
        if points.kind.name in {"score", "eval_score"} and value in {0.0, 1.0, 100.0}:
            return True
        if points.kind.name == "grad_norm" and view.facts.clip and abs(value / view.facts.clip - 1) < 0.01:
            return True
        if points.kind.name == "grad_norm" and value == 0.0:
            return True  # a gradient that is gone has a diagnosis of its own
        if LENGTHS & set(words(points.key)) and value >= float(np.max(before)):
            return True  # every answer or episode runs into its limit: a length is never longer
        if "terminated" in words(points.key) and value == 0.0:
            return True  # of answers that came to an end by themselves: there are none any more
        edge = value >= float(np.max(before)) or value <= float(np.min(before))
        if value == 0.0:
            level = rolling.median(np.abs(before[-self.window :]))
            return rolling.median(np.abs(before[-5:])) < self.faded_share * max(
                level, rolling.median(np.abs(before[: self.window]))
            )
        return edge and float(f"{value:.2g}") == value

    def _scheduled(self, view: View, points: Points, k: int) -> bool:
        """A change of stage, batch size, lr or loss weight within three records: switched by design."""
        return bool(near_scheduled_change(view, points, 3)[max(0, k - 1) : k + 1].any())

    def _words(self, view: View, points: Points, m: Moment) -> Words:
        value, said = float(points.x[m.onset]), short_key(points.key)
        records = m.now - m.onset + 1
        evidence = {"value": value, "since_step": int(points.step[m.onset]), "records": records}
        if m.over:
            return Words(titled(said, " 又有变化"), f"现为 {num(float(points.x[m.now]))}", "", "确定", evidence)
        since, alike = whole(float(points.at[m.onset])), view.roles.role(points.key) == "loss"
        held = int(np.count_nonzero(np.abs(points.x[m.onset : m.now + 1] - value) <= SAME_AGAIN * abs(value)))
        how = (
            f"恒为 {num(value)}，已 {records} 次记录"
            if held == records
            else f"{records} 次记录有 {held} 次是 {num(value)}"
        )
        return Words(
            titled(said, " 卡死不变"),
            f"第 {since} 步起{'' if held == records else ' '}{how}（此前有变化）",
            "多半输出已恒定：降 lr、查初始化与激活，从此前重训" if alike else "先核对该分支是否执行、日志是否写死",
            "很可能",
            evidence | {"answers_alike": alike},
        )


@dataclass(frozen=True)
class ResumeSeam(CausalDiagnosis):
    """Where a run was resumed. Info; a warning when the loss stands clearly higher than before 20 records later.

    No model gets better in a pause: a loss that stands clearly lower at the same lr is of other data, or of data read
    a second time. A pause that is short for a resume is one where the loss has stepped down with it.
    """

    id = "resume-seam"
    title = "续训衔接处 loss 变化"
    severity = Severity.INFO
    meaning = "这里做过续训；若之后 loss 明显偏高，多半是优化器或数据状态没恢复全。"
    clears = "续训后跑过一段即解除；loss 偏高或骤降的要等它回到续训前"
    mistaken_for = "长评估、存 ckpt 或机器卡顿造成的长间隔，看着也像续训"
    impact = Impact.CHOOSE_CHECKPOINT
    leads_to = ("divergence", "loss-jump", "eval-regress")

    gap_multiple: Times = 20.0  # times the usual time between records
    short_gap_multiple: Times = 5.0  # the same, where the loss has stepped down with it
    longest_gap_multiple: Times = 3.0  # times the longest gap so far: long evals and checkpoints pause too
    min_gap_s: Seconds = 600.0  # shorter is an eval
    window: Records = 20  # records before and after that are compared
    min_rise: Ln = 0.1  # ln
    sigmas: Sigmas = 4.0  # of the difference of two such medians
    info_records: Records = 60  # records after which it is over
    lookback_records: Records = 2000  # records before a seam that are looked through
    lost_records: Records = 5  # after a counter began anew, that say where an agent's loss stands, and as many before
    lost_share: Share = 0.75  # of all by which it had fallen: its weights are those of the beginning
    lost_least: Share = 0.1  # of the loss, by which it must have fallen, and
    lost_sigmas: Sigmas = 6.0  # of single records

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.prefer("loss", "reward")
        if points is not None:
            yield self._track(view, self._as_logged(view, points))
        loss = view.role("loss")
        if loss is not None and view.role("step") is not None and len(loss) > 2 * self.lost_records:
            yield self._started_over_track(view, loss)

    def _started_over_track(self, view: View, loss: Points) -> Track:
        """An agent whose counter begins anew, and whose loss is back where it began with it. Of others a loss that has
        a level tells by itself; and of these it may be one fold of several."""
        n, w, x = len(loss), self.lost_records, loss.x
        level = loss.median(w, least=w)
        start, noise = rolling.median(x[: w - 1]), rolling.noise(x, 60)
        planned = np.inf if view.facts.planned_steps is None else view.facts.planned_steps
        before = rolling.before(loss.at)
        anew = (loss.at < before) & (before < OVER * planned) & view.is_family(loss, Family.RL)
        lost, old, last = np.zeros(n, dtype=bool), np.full(n, np.nan), np.full(n, -1)
        for k in np.flatnonzero(anew & (np.arange(n) >= 2 * w)).tolist():
            gained = start - float(level[k - 1])
            if not gained > max(self.lost_least * abs(start), self.lost_sigmas * float(noise[k - 1])):
                continue
            old[k:], last[k:] = level[k - 1] + (1 - self.lost_share) * gained, k
            if k + w <= n:
                lost[k + w - 1] = level[k + w - 1] > level[k - 1] + self.lost_share * gained
        return track(
            loss,
            firing=lost,
            clearing=lambda: rolling.sustained(level < old, w),
            severity=Severity.WARNING,
            onset=lambda j: int(last[j]),
            words=lambda m: self._started_over_words(view, loss, level, m),
        )

    def _started_over_words(self, view: View, loss: Points, level: Floats, m: Moment) -> Words:
        k, called = m.onset, in_title(loss.kind)
        stood, now = float(level[k - 1]), float(level[m.now])
        evidence = {"record": k + 1, "counter": float(loss.at[k - 1]), "before": stood, "now": now}
        if m.over:
            return Words(f"重新计数后 {called} 已恢复", f"{num(stood)}→{num(now)}", "", "确定", evidence)
        key = short_key(view.roles.holder["step"])
        return Words(
            f"{called} 回到起点，像是从头重来",
            f"第 {k + 1} 条记录起 {key} 从 {whole(float(loss.at[k - 1]))} 重新计数，{called} {num(stood)}→{num(now)}",
            "核对是否加载了权重与优化器；有意重开的请另写一份日志",
            "很可能",
            evidence,
        )

    def _as_logged(self, view: View, points: Points) -> Points:
        """All points of the column up to here, also those a resume took back:
        where other columns went back decides nothing.
        """
        column = view.history.columns[points.key]
        good = np.isfinite(column.values) & (column.rows <= (view.rows[-1] if len(view.rows) else -1))
        rows = column.rows[good]
        return Points(points.key, points.kind, rows, view.history.step[rows], view.at[rows], column.values[good])

    def _track(self, view: View, points: Points) -> Track:
        n = len(points)
        index = np.arange(n)
        went_back = np.zeros(n, dtype=bool)
        lag = LATE_ROWS + 1  # a row that is merely late has fewer behind it
        went_back[lag:] = (points.step[lag:] < points.step[lag - 1 : -1]) & (points.step[lag:] <= points.step[:-lag])
        pauses = self._pauses(view, points, self.gap_multiple)
        seam = (went_back | pauses) & (index >= 10)  # fewer say nothing about before
        last, lower = np.where(seam, index, -1), np.zeros(n, dtype=bool)
        for k in np.flatnonzero(seam | self._pauses(view, points, self.short_gap_multiple)).tolist():
            j = k + self.window - 1
            if j < n and self._lower(view, points, k):
                lower[j : k + self.info_records] = True
                last[j] = max(last[j], k)
        last = np.maximum.accumulate(last) if n else last
        since = np.where(last >= 0, index - last, self.info_records + 1)
        worse = np.zeros(n, dtype=bool)
        for k in np.flatnonzero(seam).tolist():
            j = k + self.window - 1
            if j < n and points.kind.name != "score" and self._higher(points, k):
                worse[j : k + self.info_records] = True
        firing = seam | ((worse | lower) & (since == self.window - 1))
        severity = np.where(worse, Severity.WARNING, Severity.INFO).astype(np.int64)

        def over() -> Bools:
            level = rolling.rolling_median(points.log, self.window)
            with np.errstate(all="ignore"):
                old = np.where(last >= 0, level[np.maximum(last - 1, 0)], np.nan)
            stays = self._stays(worse, last) & ~(level < old + self.min_rise / 2)
            stays |= self._stays(lower, last) & ~(level > old - self.min_rise / 2)
            done = since >= max(self.info_records, self.window)
            return np.asarray(done & ~stays & ~firing)

        return track(
            points,
            firing=firing,
            clearing=over,
            severity=severity,
            onset=lambda j: int(last[j]),
            words=lambda m: self._words(view, points, bool(went_back[m.onset]), m),
        )

    def _stays(self, moved: Bools, last: Ints) -> Bools:
        """Whether the seam before each point left the loss there."""
        if not len(moved):
            return moved
        at = np.maximum(np.minimum(last + self.window - 1, len(moved) - 1), 0)
        return np.asarray((last >= 0) & moved[at] & (last + self.window - 1 < len(moved)))

    def _pauses(self, view: View, points: Points, multiple: float) -> Bools:
        """The first record after a pause far longer than any before it."""
        h = view.history
        out = np.zeros(len(points), dtype=bool)
        if len(points) < 10:
            return out
        t = (h.timestamp if np.isfinite(h.timestamp[points.rows[0]]) else h.runtime)[points.rows]
        gaps = np.concatenate([[np.nan], np.diff(t)])
        longest = rolling.before(rolling.running_max(gaps))
        out |= (gaps > self.min_gap_s) & (gaps > self.longest_gap_multiple * longest)
        if not out.any():
            return out
        out &= gaps > multiple * rolling.before(rolling.rolling_median(gaps, 100, least=9))
        # The time of an evaluation was not lost: rows that lie in the gap, or end it, say where it went.
        evaluated = np.zeros(len(h), dtype=bool)
        for key, kind in view.roles.kinds.items():
            if kind.group == "eval":
                evaluated[h.columns[key].rows] = True
        upto = np.concatenate([[0], np.cumsum(evaluated)])
        before = np.concatenate([[0], points.rows[:-1] + 1])
        return np.asarray(out & ~(upto[points.rows + 1] > upto[before]))

    def _before(self, points: Points, k: int) -> Floats:
        """ln of the loss at the same steps before the resume where it had been there, else just before the seam."""
        lo, hi = int(points.step[k]), int(points.step[min(k + self.window, len(points)) - 1])
        part = slice(max(0, k - self.lookback_records), k)
        step, x = points.step[part], points.log[part]
        same = x[(step >= lo) & (step <= hi)]
        return same[-self.window :] if len(same) >= self.window // 2 else x[step < lo][-self.window :]

    def _higher(self, points: Points, k: int) -> bool:
        old, new = self._before(points, k), points.log[k : k + self.window]
        if len(old) < self.window // 2 or not (np.isfinite(old).all() and np.isfinite(new).all()):
            return False
        if np.median(old) <= np.log(rolling.TINY):  # a loss of 0 was none, and nothing is so many times as high
            return False
        # The last half alone: a few rough records right after a resume are normal.
        late = new[self.window // 2 :]
        scatter = np.hypot(rolling.rolling_mad(np.asarray(old), len(old))[-1], rolling.rolling_mad(late, len(late))[-1])
        rise = float(np.median(late) - np.median(old))
        return bool(rise > max(self.min_rise, self.sigmas * float(scatter) * 1.25 / np.sqrt(len(late))))

    def _lower(self, view: View, points: Points, k: int) -> bool:
        """Whether the loss has stepped down at a seam: by more than it was coming down, at no lower an lr, and not
        with an epoch, which lowers it where samples are known by then."""
        w = self.window
        if points.kind.name == "score" or k < 2 * w or k + w > len(points):
            return False
        earlier, old, new = (np.asarray(points.log[lo : lo + w]) for lo in (k - 2 * w, k - w, k))
        if not all(np.isfinite(x).all() for x in (earlier, old, new)):
            return False
        scatter = float(np.hypot(rolling.rolling_mad(old, w)[-1], rolling.rolling_mad(new, w)[-1]))
        fall, before = float(np.median(old) - np.median(new)), float(np.median(earlier) - np.median(old))
        at_once = float(np.median(old) - np.median(new[:FIRST]))
        lr, epochs = view.role("lr"), view.epochs(points)
        if lr is not None and len(lr):
            then, now = lr.value(int(points.rows[k - 1])), lr.value(int(points.rows[k + w - 1]))
            if then is not None and now is not None and now < SAME_LR * then:
                return False
        turned = np.floor(epochs[k]) > np.floor(epochs[k - 1])  # False where no epoch is known
        least = max(self.min_rise, self.sigmas * scatter * 1.25 / np.sqrt(w)) + 2 * max(before, 0.0)
        return bool(fall > least and at_once > fall / 2 and not turned)

    def _words(self, view: View, points: Points, went_back: bool, m: Moment) -> Words:
        row, step = int(points.rows[m.onset]), int(points.at[m.onset])
        came = int(np.max(points.at[max(0, m.onset - LATE_ROWS - 1) : m.onset + 1]))
        minutes = view.minutes(row - 1, row) if row else None
        evidence: dict[str, object] = {
            "step": step,
            "from_step": came,
            "overlap_steps": max(0, came - step),
            "pause_min": minutes,
        }
        paused = f"，间隔约 {duration(60 * minutes)}" if minutes and minutes > 1 else ""
        back = went_back and came > step
        where = f"从第 {came} 步退回第 {step} 步，重叠 {came - step} 步" if back else f"第 {step} 步前中断过"
        if m.over:
            return Words(titled(f"续训后 {in_title(points.kind)}", " 已正常"), f"{where}{paused}", "", "确定", evidence)
        if m.now >= m.onset + self.window - 1 and self._lower(view, points, m.onset):
            old, new = points.x[m.onset - self.window : m.onset], points.x[m.onset : m.onset + self.window]
            a, b = float(np.median(old)), float(np.median(new))
            evidence.update(before=a, after=b)
            held = "，lr 未降" if view.role("lr") is not None else ""
            return Words(
                titled(f"续训后 {in_title(points.kind)}", " 骤降"),
                f"第 {step} 步中断后 {in_title(points.kind)} {num(a)}→{num(b)}{held}：疑为数据从头再读或换了数据",
                "恢复数据位置；前后两段别直接比，用固定的评估数据",
                "仅提示",
                evidence,
            )
        if m.severity < Severity.WARNING and back and step <= points.at[0]:
            said = f"从第 {came} 步回到第 {step} 步，像是后面接着写了另一次训练{paused}"
            return Words("日志从头重新开始", said, "", "很可能", evidence)
        if m.severity < Severity.WARNING:
            return Words(f"从第 {step} 步续训", f"{where}{paused}", "", "确定" if went_back else "很可能", evidence)
        old = self._before(points, m.onset)
        new = points.log[m.onset + self.window // 2 : m.onset + self.window]
        change = float(np.exp(np.median(new) - np.median(old)) - 1) if len(new) and len(old) else 0.0
        evidence.update(change=change)
        return Words(
            titled(f"续训后 {in_title(points.kind)}", " 偏高"),
            f"{where}，{self.window} 次记录后 {in_title(points.kind)} 仍高 {pct(change)}",
            "先核对优化器状态、lr 与数据顺序是否恢复",
            "很可能",
            evidence,
        )
