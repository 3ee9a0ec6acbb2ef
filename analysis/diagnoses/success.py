"""Nothing ever succeeds: a rate of success, or another score that starts from 0, is exactly 0 again and again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import IN_TRAINING, of_score, of_tries
from analysis.columns.names import taken_apart, words
from analysis.columns.vocabulary import ACCURACY, SUCCESS
from analysis.figures import num, pct, ran, whole
from analysis.model import Bools, Certainty, Finding, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import ROBOTS, Impact, Result
from analysis.scan.judges import WORTH, as_rate, measures_task
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, track
from analysis.scan.training_score import TrainingScore
from analysis.scan.units import Count, Evals, PlanShare, Records, Share, Sigmas, Steps, Times
from analysis.scan.view import View
from analysis.scan.zero_scores import HAD_BEEN, RIGHT, ZeroScore, shares, zero_scores


@dataclass(frozen=True)
class SuccessZero(CausalDiagnosis):
    """0 of n is a fact of arithmetic: after 0 of 60 the rate is below 5 % (95 % of the time).

    So it is of training where nothing is evaluated: an accuracy that had been there and is exactly 0 says that the
    weights are gone; one that was never there, after thousands of steps, that the labels are not those of the outputs.

    A policy that imitates is told so by its second or third evaluation, whatever its loss does; an agent that explores
    only after a good part of its plan, since it may find the reward late. Scores that start from 0 by nature (mAP,
    Dice) have some epochs. A language model that is trained on rewards can do something from the start: if nothing is
    ever right there, the grader is wrong, and if nothing is right any more while the reward grows, the reward is.
    """

    id = "success-zero"
    title = "成功率一直为 0"
    severity = Severity.WARNING
    meaning = "评估一次都没成功（成功率、mAP 或得分恰为 0）：loss 再好也不能用，多半是评估、归一化或标签没对上。"
    clears = "该指标连续多次不为 0；偶尔成功一次不算"
    mistaken_for = "reward 稀疏的任务很晚才有第一次成功；mAP、Dice 前几轮也常为 0"
    impact = Impact.UNUSABLE
    patient = True
    explained_by = ("eval-regress", "policy-collapse", "masked-nan")

    resolved_tries: Count = 60  # without success: the rate is below 5 % (rule of three: 3 / tries)
    few_hold: Evals = 2  # at least, where the tries are known to be that many
    hold: Evals = 3  # where they are not
    max_luck: Share = 0.01  # chance of so many zeros at the rate before them, where something had succeeded
    after_success_hold: Evals = 5  # the same where tries are not known
    early_progress: PlanShare = 0.08  # before that nothing is expected of a policy that imitates
    mostly: Share = 0.5  # of tries succeeded at its best
    early_hold: Evals = 8  # but after so many
    found_hold: Evals = 8  # of mAP and the like
    found_progress: PlanShare = 1 / 6
    found_late_hold: Evals = 5  # where half of the plan is over, or its finer counts do not move either
    found_unplanned_hold: Evals = 15  # where no plan is known
    lost_again: Share = 0.2  # of the lowest eval loss, above it: it gets worse, and not nearer to a first success
    found_long_hold: Evals = 30  # whatever is planned: a plan may be far longer than any run of it
    agent_progress: PlanShare = 1 / 3
    agent_unplanned_hold: Evals = 40
    points_unplanned_hold: Evals = 150  # of a game, which may be switched on late
    offline_progress: PlanShare = 0.05  # of an agent that explores nothing: its data hold successes, or none will come
    offline_hold: Evals = 20
    unpaid_progress: PlanShare = 0.1  # of an agent that never saw any reward
    unpaid_hold: Records = 20  # in training, of a language model too
    training_hold: Records = 50  # records of rollouts in training that count as evaluations do
    apart_hold: Records = 8  # of fewer, where the plan is over, or reward and success have parted
    apart_unplanned_hold: Records = 30  # the same where planned steps are unknown: it may be early
    apart_progress: PlanShare = 0.5  # before they have
    over_progress: PlanShare = 0.95
    stalled_share: Share = 0.1  # of all that was gained, in the last fifth of the records: it gains no more
    hopeless_hold: Records = 150  # of an agent, none of which ever succeeded: what it finds by luck it finds by then
    part_hold: Records = 30  # of one of its rewards: a note
    regained_share: Share = 0.25  # of its best level: a rate that had been higher is not back for one success
    own_hold: Records = 50  # records of its own batches, of which none was ever right,
    own_steps: Steps = 2000  # and as many steps, unless a step is an epoch
    own_long_hold: Records = 100  # whatever is planned: a plan may be far longer than any run of it
    own_lost_hold: Records = 3  # records of them, where some had been; more of what is noisy:
    own_longer: Times = 3.0  # times as many as ever in a row since it had been there
    own_lost_sigmas: Sigmas = 20.0  # their number times its best level, in what single records scatter by
    lost_hold: Records = 15  # of right answers, of which next to nothing is left
    lost_luck: Share = 0.001  # chance that all that were right lie before them; asked at every record

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        told = finding.words.evidence
        return self.impact if told.get("zeros") and told.get("accuracy") is None else Impact.IN_DOUBT

    def use(self, result: Result) -> str | None:
        told = result.finding.words.evidence
        if not told.get("zeros"):
            return "刚有起色，还不能判断"
        never = told.get("never")
        if never and told.get("accuracy") is not None:
            return "按准确率看；F1 等没算对"
        if measures_task(result.finding.metrics[0]):
            return "还不能用（评估全错）"
        what = "评估" if result.of_eval else "训练准确率" if told.get("own") else "reward "
        return f"还不能用（{what}全为 0）" if never else "还不能用（已掉到 0）"

    def tracks(self, view: View) -> Iterable[Track]:
        watched = zero_scores(view)
        judged = [self._paid(c) if c.paid else self._rate(c) for c in watched]
        begun = [self._begun(c, firing & (c.zero | c.rare)) for c, (firing, _) in zip(watched, judged, strict=True)]
        if not watched:
            return
        # What any column had told by a row: there may be thousands of columns.
        rows = np.unique(np.concatenate([c.points.rows for c in watched]))
        told_by = [_at_rows(c.points.rows, since, rows) for c, since in zip(watched, begun, strict=True)]
        first, sooner = np.minimum.reduce(told_by), np.full(len(rows), np.inf)  # of all; of those before this one
        for c, (firing, severity), mine, told in zip(watched, judged, begun, told_by, strict=True):
            at = np.searchsorted(rows, c.points.rows)
            yield self._track(c, firing & ~((first[at] < mine) | (sooner[at] == mine)), severity)
            sooner = np.minimum(sooner, told)

    def _begun(self, c: ZeroScore, firing: Bools) -> Floats:
        """(n,) the row in which what fires at a point was first told; infinite where nothing fires."""
        since = np.arange(len(firing)) - rolling.streak(firing) + 1
        return np.where(firing, c.points.rows[np.minimum(since, len(firing) - 1)], np.inf)

    def _own(self, c: ZeroScore, of: TrainingScore) -> Bools:
        """(n,) of training, which nothing else is judged by."""
        done, at, index = c.view.progress(c.points), c.points.at, np.arange(len(c.points))
        begun = np.isnan(done) | (done >= self.found_progress) | (c.count >= self.own_long_hold)
        far = (at - at[0] >= self.own_steps) | c.view.reading.in_passes[c.points.rows]
        never = c.never & (c.count >= self.own_hold) & far & begun
        if never.any():
            never &= of.unexplained & of.enough(c.count)
        before = np.maximum(index - c.count, 0)
        best = c.best[before]
        had = c.best > HAD_BEEN * as_rate(c.points)
        usual = rolling.running_max(np.where(had, c.count, 0.0))[before]  # single samples are wrong again and again
        lost = had[before] & (c.count >= self.own_lost_hold + self.own_longer * usual)
        lost &= c.count * best > self.own_lost_sigmas * of.noise[before]
        return np.asarray((never | lost & ~c.never) & of.alone)

    def _rate(self, c: ZeroScore) -> tuple[Bools, Ints]:
        done = c.view.progress(c.points)
        warning = np.full(len(c.points), int(Severity.WARNING), dtype=np.int64)
        if c.training is not None and not c.found:
            return self._own(c, c.training), warning
        if c.found:
            soon = (c.count >= self.found_hold) & (done >= self.found_progress)
            soon |= (c.count >= self.found_late_hold) & (done >= 0.5)
            soon |= (c.count >= self.found_late_hold) & (done >= self.found_progress) & c.still
            long = c.count >= self.found_unplanned_hold
            unplanned = np.isnan(done) | (c.count >= self.found_long_hold)
            over = c.view.at_end(c.points) & (c.count >= self.found_hold)  # no later one will be any better
            firing = np.where(c.never, c.held_out & (soon | unplanned & long | over), long)
            grave = np.where(over & c.never & self._loss_rises(c), Severity.CRITICAL, warning).astype(np.int64)
            return firing if c.training is None else firing | self._own(c, c.training), grave
        known = ~np.isnan(c.tries)
        many = known & (c.count * rolling.filled(c.tries) >= self.resolved_tries) & (c.count >= self.few_hold)
        unlucky = known & (c.luck < np.log(self.max_luck)) & (c.count >= self.few_hold)
        had_been = c.best / as_rate(c.points) > HAD_BEEN / 2  # one success in fifty comes and goes
        again = ~c.never & (unlucky | (~known & had_been & (c.count >= self.after_success_hold)))
        none = c.never & ((c.count >= self.hold) | many)
        patient = self.agent_unplanned_hold if c.name.stems & SUCCESS else self.points_unplanned_hold
        late = np.where(np.isnan(done), c.count >= patient, done >= self.agent_progress)
        began = np.isnan(done) | (done >= self.early_progress) | (c.count >= self.early_hold)
        due = np.where(c.agent, late | c.answers | self._offline(c), began)
        in_training = c.agent & (c.count >= self.training_hold) & (late | ~c.never)
        midway = (done >= self.apart_progress) | np.isnan(done) & (c.count >= self.apart_unplanned_hold)
        finished = (done >= self.over_progress) | midway & self._parted(c)
        in_training |= c.agent & c.never & (c.count >= self.apart_hold) & finished
        # What succeeded more often than not, and does not once any more: the policy is gone.
        lost = again & (c.count >= self.after_success_hold) & (c.best / as_rate(c.points) > self.mostly)
        hopeless = c.never & c.agent & (c.count >= self.hopeless_hold) & ~c.answers & bool(c.name.stems & SUCCESS)
        hopeless &= np.isnan(done) | (done >= self.apart_progress)
        grave = np.where(lost | hopeless, Severity.CRITICAL, warning).astype(np.int64)
        return np.where(c.held_out, again | (none & due), in_training), grave

    def _paid(self, c: ZeroScore) -> tuple[Bools, Ints]:
        done = c.view.progress(c.points)
        unpaid = c.agent & ~c.answers & c.never & (done >= self.unpaid_progress) & (c.count >= self.unpaid_hold)
        unpaid |= c.agent & c.never & self._offline(c)
        total = (c.points.kind.role == "reward") | c.held_out
        hold = np.where(c.held_out, self.hold, np.where(total, self.unpaid_hold, self.part_hold))
        wrong = c.answers & c.never & (c.count >= hold)
        lost = c.answers & ~c.never & (c.count >= self.lost_hold) & bool(c.name.bag & RIGHT) & ~c.rare
        lost &= c.luck_of_records < np.log(self.lost_luck)
        loud = total | unpaid | lost
        severity = np.where(loud, int(Severity.WARNING), int(Severity.INFO)).astype(np.int64)
        return unpaid | wrong | lost | c.rare, severity

    def _loss_rises(self, c: ZeroScore) -> Bools:
        """(n,) the loss of the same evaluations stands well above its lowest: it is on no way to a first success."""
        loss = c.view.role("eval_loss")
        if loss is None or not len(loss):
            return np.zeros(len(c.points), dtype=bool)
        level = rolling.rolling_median(loss.x, 3)
        with np.errstate(invalid="ignore"):
            risen = level > (1 + self.lost_again) * rolling.running_min(level)
        return rolling.take_or(np.asarray(risen), c.view.latest(c.points, loss), False)

    def _parted(self, c: ZeroScore) -> Bools:
        """(n,) the reward of an agent has risen and gains no more, and nothing has ever succeeded: it is earned without
        success."""
        reward = c.view.role("reward")
        if reward is None or reward.key == c.points.key or not len(reward):
            return np.zeros(len(c.points), dtype=bool)
        of, level, index = reward.gain, reward.median(3, least=3), np.arange(len(reward))
        before = rolling.take_or(level, index - np.maximum(index // 5, 3), np.nan)
        with np.errstate(invalid="ignore"):
            stalled = level - before < self.stalled_share * (level - of.start)
        parted = rolling.take_or(np.asarray(of.risen & stalled), c.view.latest(c.points, reward), False)
        return np.asarray(parted & c.never & c.agent & bool(c.name.stems & SUCCESS))

    def _offline(self, c: ZeroScore) -> Bools:
        """Evaluations of an agent that explores nothing: there is nothing to be found late."""
        far = c.view.progress(c.points) >= self.offline_progress
        return np.asarray(c.held_out & far & (c.count >= self.offline_hold) & c.view.facts.offline)

    def _track(self, c: ZeroScore, firing: Bools, severity: Ints) -> Track:
        gone = c.zero if c.wrong else c.zero | c.rare | (shares(c.points.x) < self.regained_share * shares(c.best))
        return track(
            c.points,
            firing=firing & (c.zero | c.rare),
            clearing=lambda: ~gone,
            severity=severity,
            onset=c.since,
            recovery=lambda: Recovery(gone.astype(np.float64), 0.5),
            words=lambda m: self._words(c, m),
        )

    def _words(self, c: ZeroScore, m: Moment) -> Words:
        called, zeros, now = self._called(c), int(c.count[m.now]), float(c.points.x[m.now])
        tries = float(c.tries[m.now] * zeros) if np.isfinite(c.tries[m.now]) else None
        evaluated = c.held_out[m.now] and c.points.kind.place != IN_TRAINING
        counted, since = "评估" if evaluated else "记录", int(c.points.at[m.onset])
        never = m.onset == 0 and (c.wrong or not c.best[m.now] > 0)
        evidence: dict[str, object] = {"zeros": zeros, "tries": tries, "since": since, "never": never}
        evidence["own"] = c.training is not None
        rarely = bool(c.rare[m.now]) and not c.never[m.now]
        if m.over or not (zeros or rarely):
            yet = "" if m.over else "，还不稳定"
            return Words(f"{called} 已不为 {'100%' if c.wrong else '0'}", f"现 {num(now)}{yet}", "", "确定", evidence)
        if rarely:
            mean = float(np.mean(c.points.x[: m.now + 1]))
            title, said = f"{called} 几乎全为 0", f"{m.now + 1} 次记录平均 {num(mean, 2)}，只是偶有答对"
        elif never:
            value = "100%" if c.wrong else "0"
            title, said = f"{called} 一直为 {value}", f"{zeros} 次{counted}全部恰为 {value}"
        elif m.onset == 0:
            best = evidence["best"] = float(c.best[m.now])
            title, said = f"{called} 几乎一直为 0", f"近 {zeros} 次{counted}全为 0，此前最高只有 {num(best, 2)}"
        else:
            best = evidence["best"] = float(c.best[m.now])
            title, said = (
                f"{called} 掉到 0",
                f"第 {since} 步起 {zeros} 次{counted}为 {num(now)}（此前最高 {num(best, 2)}）",
            )
        done = float(c.view.progress(c.points)[m.now])
        if never and not c.wrong and (right := self._right(c, m)) is not None:
            evidence["accuracy"] = right
            return Words(
                title,
                f"{said}，准确率却有 {num(right)}：多半是没算对",
                "核对标签 id 与 average 方式；结果先按准确率看",
                "很可能",
                evidence,
            )
        parted = never and not c.wrong and bool(self._parted(c)[m.now])
        if parted and (reward := c.view.role("reward")) is not None:
            earned = rolling.median(reward.recent(int(c.points.rows[m.now]), 3))
            evidence["reward"] = earned
            said += f"；reward 已涨到 {num(earned)} 走平，没成功也能拿到"
        elif tries is not None and tries >= self.resolved_tries / 2:
            said += f"：{whole(tries)} 回合无一成功，成功率多半 <{pct(3 / tries)}"
        elif np.isfinite(done) and m.onset == 0:
            said += f"，{ran(done)}"
        sure: Certainty = "确定" if m.severity >= Severity.WARNING else "仅提示"
        advice = "先看回放差在哪，再调 reward 或成功阈值；只加步数多半没用" if parted else self._advice(c, m)
        return Words(title, said, advice, sure, evidence)

    def _right(self, c: ZeroScore, m: Moment) -> float | None:
        """The accuracy of the same evaluations, where it moves: who finds nothing answers alike, as often right."""
        if not c.name.stems & OF_CLASSES:
            return None
        row = int(c.points.rows[m.now])
        for key, kind in c.view.roles.kinds.items():
            if kind.group != "eval" or kind.direction != "max" or not taken_apart(key).stems & ACCURACY:
                continue
            accuracy = c.view.column(key).recent(row, MOVES)
            if len(np.unique(accuracy)) > MOVES // 2 and np.min(accuracy) > WORTH:
                return float(accuracy[-1])
        return None

    def _called(self, c: ZeroScore) -> str:
        """At most 14 characters: a title has room for no more."""
        if c.training is not None:
            return c.training.called
        if c.points.kind.role == "reward":
            return "reward" if c.answers.any() else "return"
        said = of_score(c.points.kind)
        if said in {"mean", "avg"} or len(said) > 14:
            said = "_".join(w for w in c.name.words if w not in {"train", "reward", "rewards", "mean", "avg"})
        parts = said.split("_")
        while len("_".join(parts)) > 14 and len(parts) > 1:
            parts = parts[1:]
        return "_".join(parts)[-14:]

    def _advice(self, c: ZeroScore, m: Moment) -> str:
        never = m.onset == 0
        if c.training is not None:
            return (
                "查标签与字符表／类别 id 是否对应；先用少量样本试过拟合"
                if never
                else "打印 loss 与 grad norm，查 NaN；从掉 0 前降 lr 续训"
            )
        if c.wrong:
            return "先看输出是否全空（CTC 只出 blank），再查 tokenizer 与 lr"
        if c.of_answers:
            return "打印几条预测与标签对照：先查格式、解码与标签 id"
        if c.found:
            if never and c.name.stems & OF_CLASSES and not _of_boxes(c, int(c.points.rows[m.now])):
                return "先数标签里有没有正类，再看混淆矩阵、判定阈值与 average 方式"
            return (
                "先核对标签类别 id、框格式与评估集路径" if never else "可能全判成了背景：先看该处 loss、lr 与类别权重"
            )
        if c.rare[m.now] and not c.never[m.now]:
            return "题可能太难：先换简单题或做 SFT，再做 RL"
        if c.answers[m.now]:
            return "先核对判分（格式、答案提取）" if never else "总 reward 若仍在涨，多半是 reward hacking：核对权重"
        if not never:
            return f"加{of_tries(c.points.kind)}复测；属实则用此前成功率高的 ckpt"
        if c.agent[m.now] and c.view.facts.offline:
            return "先看数据里有没有成功轨迹、reward 口径与评估归一化"
        if c.agent[m.now]:
            return "先核对成功判定与 reward 是否可达，再看探索"
        if c.name.stems & SUCCESS or c.view.is_family(c.points, *ROBOTS)[m.now]:
            return "看评估录像，核对归一化统计、动作空间与相机"
        return "看几条预测，核对标签与评估代码"


OF_CLASSES = frozenset({"f1", "precision", "recall"})


OF_BOXES = frozenset({"map", "ap", "box", "boxes", "bbox", "iou", "miou", "dice", "mask"})


def _of_boxes(c: ZeroScore, row: int) -> bool:
    """Whether anything beside it is measured of boxes or masks."""
    return any(OF_BOXES & set(words(key)) for key, column in c.view.history.columns.items() if column.rows[0] <= row)


MOVES = 5  # evaluations, of which most differ


def _at_rows(known: Ints, values: Floats, rows: Ints) -> Floats:
    """(len(rows),) the latest of the values known at each row; infinite before the first."""
    latest = np.searchsorted(known, rows, side="right") - 1
    return rolling.take_or(values, latest, np.inf)
