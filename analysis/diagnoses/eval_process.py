"""Whether there is enough evaluation to decide by: lately, precisely, and with a checkpoint to go back to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.columns.captions import in_title, of_evaluation, of_score, of_tries
from analysis.columns.family import Family
from analysis.facts import checkpoints, eval_size
from analysis.figures import num, pct, whole
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.handful import handful
from analysis.scan.impact import ROBOTS, Impact
from analysis.scan.judges import as_rate, measures_task, of_outputs
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Ln, PlanShare, Share, Sigmas, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True)
class EvalStale(CausalDiagnosis):
    """Training goes on, evaluation has stopped coming.

    Intervals may grow by design, so the longest recent one counts too.
    """

    id = "eval-stale"
    title = "很久没有新的评估"
    severity = Severity.INFO
    meaning = "训练还在走，评估却迟迟没有新结果，间隔已远超平时。"
    clears = "有新的评估结果即解除"
    mistaken_for = "有意拉长了评估间隔，或评估改到另一个 run 里跑"
    impact = Impact.NONE

    median_interval_multiple: Times = 3.0  # times the median interval, in steps: one that is missed may still come
    longest_interval_multiple: Times = 1.8  # times the longest of the recent intervals: they may grow by design
    recent_evals: Evals = 8  # that say what is usual
    min_evals: Evals = 5  # before an interval is known

    def tracks(self, view: View) -> Iterable[Track]:
        train = view.prefer("loss", "reward")
        held = [p for p in (view.role("eval_loss"), view.role("eval_score")) if p is not None]
        if train is not None and held and train.kind.group != "eval":
            # Evals of loss and score may take turns; the newest of either counts. The first to come gives its name.
            yield self._track(view, train, min(held, key=lambda p: (int(p.rows[0]) if len(p) else 0, p.key)), held)

    def _track(self, view: View, train: Points, named: Points, held: list[Points]) -> Track:
        order = np.argsort(np.concatenate([p.rows for p in held]), kind="stable")
        rows = np.concatenate([p.rows for p in held])[order]
        at = np.maximum.accumulate(np.concatenate([p.at for p in held])[order]) if len(rows) else np.zeros(0)
        fresh = np.concatenate([[True], np.diff(at) > 0]) if len(at) else np.zeros(0, dtype=bool)
        rows, at = rows[fresh], at[fresh]
        gaps = np.diff(at, prepend=np.nan)[: len(at)]
        usual = rolling.rolling_median(gaps, self.recent_evals, least=3)
        longest = rolling.rolling_max(gaps, self.recent_evals)
        last = np.searchsorted(rows, train.rows, side="right") - 1
        known = np.maximum(last, 0)
        if not len(rows):
            nothing = np.zeros(len(train), dtype=bool)
            return track(
                train, firing=nothing, clearing=nothing, severity=Severity.INFO, words=lambda m: Words("", "", "")
            )
        age = train.at - at[known]
        limit = np.maximum(
            self.median_interval_multiple * usual[known], self.longest_interval_multiple * longest[known]
        )
        eligible = last >= self.min_evals - 1
        firing = (age > limit) & eligible
        clearing = (age <= usual[known]) & eligible
        found = track(
            train,
            firing=firing,
            clearing=clearing,
            severity=Severity.INFO,
            onset=lambda j: int(np.searchsorted(train.rows, rows[known[j]], side="left")),
            words=lambda m: self._words(train, at, usual, known, m),
        )
        return replace(found, metrics=(named.key, train.key))

    def _words(self, train: Points, at: Floats, usual: Floats, known: Ints, m: Moment) -> Words:
        i = int(known[m.now])
        age, every = float(train.at[m.now] - at[i]), float(usual[i])
        evidence = {"last_eval_step": float(at[i]), "age_steps": age, "usual_steps": every}
        if m.over:
            return Words("评估又有新结果", f"最近一次在第 {whole(float(at[i]))} 步", "", "确定", evidence)
        return Words(
            f"{whole(age)} 步没有新的评估",
            f"平时每 {whole(every)} 步一次，最近一次在第 {whole(float(at[i]))} 步",
            "先看评估进程是否还在；有意改间隔则忽略",
            "仅提示",
            evidence,
        )


@dataclass(frozen=True)
class EvalUnderpowered(CausalDiagnosis):
    """Neighbouring evals differ by more than the model improves: which checkpoint is better cannot be read off.

    Half a dozen that jump up and down by a quarter say so already, of an error rate of the task: no training does that
    while its loss is quiet, so it is what is evaluated, or how.
    """

    id = "eval-underpowered"
    title = "评估噪声太大"
    severity = Severity.INFO
    meaning = "相邻两次评估的波动比模型的进步还大：光看评估值分不出哪个 ckpt 更好。"
    clears = "评估波动明显变小，或进步明显大过波动"
    mistaken_for = "训练本身在大起大落时，波动来自模型，加评估样本也没用"
    impact = Impact.NONE
    patient = True
    # A training that swings is measured right: more samples would show the same.
    explained_by = ("overfit", "eval-regress", "at-chance", "divergence", "loss-jump", "oscillation")

    min_noise: Ln = 0.04  # ln of a loss, or of a rate 0..1: scatter of one eval; less does no harm
    min_evals: Evals = 8  # the scatter is taken from the last 20
    gain_evals: Evals = 5  # over which the improvement is compared
    hold: Evals = 3  # in a row
    min_difference: Ln = 0.02  # in the same units: a difference worth seeing
    jumps: Ln = 0.25  # scatter of one: each such evaluation is of a whole set, and none of another training
    jumps_evals: Evals = 6
    turns: Share = 0.6  # of all steps between evals turn back; of noise two in three do
    clear_share: Share = 0.7  # of `min_noise`: now it is small enough
    luck: Sigmas = 2.0  # of one evaluation of a handful of samples: no gain over the first is less
    good: Share = 0.9  # of a handful are right: whatever it is worth, nobody misses a gain

    def tracks(self, view: View) -> Iterable[Track]:
        points, score = view.prefer("eval_loss", "eval_score"), view.role("eval_score")
        if view.reading.ended and score is not None and len(score):
            samples = handful(view, score)
            if np.isfinite(samples[-1]):
                yield self._of_a_handful(view, score, samples)
                points = None if points is score else points
        if points is not None:
            yield self._track(view, points)

    def _of_a_handful(self, view: View, score: Points, samples: Floats) -> Track:
        rate = score.x / as_rate(score)
        first, best = rate[0], float(np.max(rate))
        spread = np.sqrt(np.maximum(first * (1 - first), 0.25 / samples) / samples)
        firing = view.at_end(score) & of_outputs(score) & (best < self.good) & (best - first < self.luck * spread)
        return track(
            score,
            firing=firing & ~view.is_family(score, *ROBOTS, Family.RL),
            clearing=lambda: ~firing,
            severity=Severity.WARNING,
            onset=lambda j: 0,
            words=lambda m: _handful_words(score, int(samples[m.now]), m),
        )

    def _track(self, view: View, points: Points) -> Track:
        loss = points.kind.direction == "min"
        x = points.log if loss else points.x
        sigma = eval_noise.scatter(x)
        level = rolling.rolling_median(x, self.gain_evals, least=self.gain_evals)
        gain = np.abs(level - rolling.before(level, self.gain_evals))
        eligible = (np.arange(len(x)) >= self.min_evals - 1) & view.warm(points)
        if not loss:  # only rates have a scale on which 0.04 means something
            eligible &= rolling.running_max(np.abs(x)) <= 1.0
        firing = rolling.sustained((sigma > self.min_noise) & (sigma > gain) & eligible, self.hold)
        jumps = self._jumps(points, sigma)
        firing |= jumps
        clearing = (sigma < self.clear_share * self.min_noise) | rolling.sustained(gain > 2 * sigma, self.hold)
        if loss:
            clearing |= points.after_first_negative
        return track(
            points,
            firing=firing,
            clearing=lambda: clearing & ~firing,
            severity=Severity.INFO,
            onset=lambda j: max(0, j - self.min_evals + 1),
            words=lambda m: self._words(view, points, sigma, gain, loss, bool(jumps[m.raised]), m),
        )

    def _jumps(self, points: Points, sigma: Floats) -> Bools:
        """(n,) an error rate of the task goes up and down, by factors."""
        if not measures_task(points.key):
            return np.zeros(len(points), dtype=bool)
        step = np.sign(np.diff(points.x, prepend=np.nan))
        turns = np.cumsum(step * rolling.before(step) < 0)
        n = np.arange(len(points)) + 1
        return np.asarray((n >= self.jumps_evals) & (sigma > self.jumps) & (turns >= self.turns * (n - 2)))

    def _words(
        self, view: View, points: Points, sigma: Floats, gain: Floats, loss: bool, jumps: bool, m: Moment
    ) -> Words:
        s, d = float(sigma[m.now]), float(gain[m.now]) if np.isfinite(gain[m.now]) else 0.0
        n = view.facts.number("eval_n_batches", "n_eval_batches", "eval_batches", least=1) if loss else None
        n = n or eval_size.stated_episodes(view.facts)
        times_more = float(np.ceil((s / max(d, self.min_difference)) ** 2))
        evidence = {"noise": s, "recent_change": d, "eval_size": n, "times_more": times_more}
        if m.over:
            return Words(f"{in_title(points.kind)} 噪声已够小", f"相邻两次波动约 ±{pct(s)}", "", "确定", evidence)
        if jumps:
            low, high = np.min(points.x[: m.now + 1]), np.max(points.x[: m.now + 1])
            return Words(
                f"{in_title(points.kind)} 忽高忽低",
                f"{m.now + 1} 次评估在 {num(float(low))} 与 {num(float(high))} 之间来回跳，训练 loss 上看不出",
                "先核对每次的权重（是否 EMA）、样本数；此前勿按它选 ckpt",
                "很可能",
                evidence,
            )
        unit = pct if loss else lambda v: f"{100 * v:.0f} 个百分点"
        now = f"（现 {num(n)}）" if n else ""
        size = "评估 batch " if loss and n else of_tries(points.kind)
        return Words(
            f"{in_title(points.kind)} {'噪声大于改进' if unit(d) != unit(s) and d < s else '变化与噪声相当'}",
            f"单次评估波动 ±{unit(s)}，近 {self.gain_evals} 次{'仅变化' if d < s else '变化'} {unit(d)}",
            _more(size, now, times_more),
            "仅提示",
            evidence,
        )


def _handful_words(score: Points, samples: int, m: Moment) -> Words:
    low, high = float(np.min(score.x[: m.now + 1])), float(np.max(score.x[: m.now + 1]))
    return Words(
        f"评估集只有约 {samples} 个样本",
        f"{of_score(score.kind)} {m.now + 1} 次都是 1/{samples} 的倍数（{num(low, 3)}–{num(high, 3)}），"
        f"差一个样本就是 {100 / samples:.0f} 个百分点",
        "换几百个样本的评估集再比；先看训练准确率有没有超过多数类",
        "很可能",
        {"eval_size": samples, "lowest": low, "highest": high},
    )


MOST_TIMES = 10.0  # more samples than these times nobody evaluates


def _more(size: str, now: str, times_more: float) -> str:
    if times_more > MOST_TIMES:
        return "单次评估分不出好坏：按近几次的均值比 ckpt"
    return f"比较 ckpt 前，把{size}数{now}加到约 {num(times_more)} 倍" if times_more > 1 else f"比较 ckpt 前先加{size}"


@dataclass(frozen=True)
class BestCheckpointOld(CausalDiagnosis):
    """The best eval lies far back. A warning only where the config says that its checkpoint has been deleted since."""

    id = "best-checkpoint-old"
    title = "评估很久未再改善"
    severity = Severity.INFO
    meaning = "最好的一次评估已是很久以前：选 ckpt 时别漏掉它，并确认文件还在。"
    clears = "近几次评估的中位创出新的最好成绩即解除"
    mistaken_for = "早期那次最好多半带运气，后面的 ckpt 未必更差"
    impact = Impact.CHOOSE_CHECKPOINT
    explained_by = ("overfit", "eval-regress", "at-chance")

    old_progress: PlanShare = 0.25  # since the best
    old_evals: Evals = 25  # the same where planned steps are unknown
    min_evals: Evals = 6  # since the best in any case
    min_worse_share: Share = 0.005  # of the best: now is at least this much worse, else the last checkpoint is as good

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.prefer("eval_score", "eval_loss")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        sign = -1.0 if points.kind.direction == "min" else 1.0
        level = sign * points.median(3, least=3)
        best = rolling.running_max(level)
        where = rolling.index_of_running_min(rolling.filled(-level, np.inf))
        age = np.arange(len(points)) - where
        planned = view.facts.planned_steps
        steps = points.at - points.at[where]
        old = steps > self.old_progress * planned if planned else age >= self.old_evals
        firing = old & (age >= self.min_evals) & (best - level > self.min_worse_share * np.abs(best))
        how = checkpoints.saving(view.facts)
        rotated = how is not None and how.keep is not None and not how.keeps_best
        gone = steps > (how.keep or 0) * how.every if rotated and how is not None else np.zeros(len(points), dtype=bool)
        severity = np.where(firing & gone, Severity.WARNING, Severity.INFO).astype(np.int64)
        return track(
            points,
            firing=firing,
            clearing=lambda: age == 0,
            severity=severity,
            onset=lambda j: int(where[j]),
            words=lambda m: self._words(view, points, where, m),
        )

    def _words(self, view: View, points: Points, where: Ints, m: Moment) -> Words:
        b = int(where[m.now]) if not m.over else m.onset
        lo = max(0, b - 2)
        pick = np.argmin if points.kind.direction == "min" else np.argmax
        b = lo + int(pick(points.x[lo : b + 1]))
        best, now, step = float(points.x[b]), float(points.x[m.now]), whole(float(points.at[b]))
        planned = view.facts.planned_steps
        share = float(points.at[m.now] - points.at[b]) / planned if planned else None
        saved = checkpoints.near(view.facts, float(points.at[b]), float(points.at[m.now]))
        evidence = {"best": best, "best_step": int(points.step[b]), "now": now, "share": share, "nearest_saved": saved}
        said = of_evaluation(points.kind) if points.kind.direction == "min" else of_score(points.kind)
        single = bool(points.x[int(pick(points.x[: m.now + 1]))] == best)
        top = "最优" if single else "低点" if points.kind.direction == "min" else "高点"  # one lucky one lies beyond
        if m.over:
            now = rolling.median(points.x[max(0, m.now - 2) : m.now + 1])
            return Words(
                f"{in_title(points.kind)} 又有新的最优", f"{said} 近 3 次中位 {num(now)}", "", "确定", evidence
            )
        ago = f"，此后又跑了全程的 {pct(share)}" if share is not None else f"，此后又评估 {m.now - b} 次"
        if m.severity >= Severity.WARNING:
            return Words(
                "最优 ckpt 可能已被清理",
                f"{said} {top} {num(best)}（第 {step} 步）{ago}，保留数已轮换过",
                "先核对该 ckpt 是否还在；另存最优",
                "很可能",
                evidence,
            )
        advice = (
            f"选 ckpt 时带上第 {saved} 步（按 save_freq 推算）"
            if saved is not None
            else f"选 ckpt 时带上第 {step} 步附近的"
        )
        return Words(
            f"{in_title(points.kind)} 很久未再改善",
            f"{top} {num(best)}（第 {step} 步）{ago}；现 {num(now)}",
            advice,
            "仅提示",
            evidence,
        )
