"""An eval loss that has turned while training still improves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.order_statistics import expected_max_z
from analysis.columns.captions import of_evaluation, of_score
from analysis.columns.family import Family
from analysis.facts import checkpoints
from analysis.figures import num, ratio, signed_pct
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan import evidence
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Evaluated, Impact, Result
from analysis.scan.judges import judge_of, lower_is_better, of_rollouts
from analysis.scan.partners import train_partner
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Evals, Ln, Share, Sigmas, Times
from analysis.scan.view import Points, View

# What a checkpoint is chosen by where no score is logged.
GOALS: tuple[tuple[tuple[Family, ...], str], ...] = (
    ((Family.IMITATION, Family.VLA), "成功率"),
    ((Family.DIFFUSION,), "采样效果或成功率"),
    ((Family.SFT, Family.PREFERENCE), "下游评测"),
    ((Family.SUPERVISED, Family.PRETRAINING), "评估集"),
)


@dataclass(frozen=True)
class Overfit(CausalDiagnosis):
    """The eval loss has turned and rises while training still improves.

    Offline loss is a weak proxy of success (imitation, VLA, SFT): never critical, and where a success series exists it
    decides. An eval minimum over many noisy evals is biased, so the best is a smoothed one.
    """

    id = "overfit"
    title = "过拟合"
    severity = Severity.WARNING
    meaning = "评估 loss 触底回升，训练 loss 却没变差：再训下去多半只是记住训练集。"
    impact = Impact.CHOOSE_CHECKPOINT
    explained_by = ("divergence",)
    wastes_time = True

    rise: Share = 0.04  # relative, smoothed; the reference run rose 6.3 % raw and less smoothed
    sigmas: Sigmas = 2.5  # of a smoothed eval, beyond what the best of so many evals lies too low by chance
    warning_rise: Share = 0.05  # relative, smoothed
    warning_sigmas: Sigmas = 5.0  # likewise, for a warning
    window: Evals = 3  # in a level
    evals_since_best: Evals = 5  # that may show a drift
    drift_sigmas: Sigmas = (
        4.0  # standard errors by which the evals since the best rise: a return to the mean gives none
    )
    hold: Evals = 2  # in a row
    max_train_rise: Ln = 0.1  # a train loss that rose by more is another fault
    early_evals: Evals = 10  # with fewer there is no noise to compare with, then a straight rise speaks
    early_rises: Count = 3  # rises in a row
    early_min_rise: Share = 0.1  # relative, in all
    early_straightness: Times = 6.0  # times what the rise departs from a line
    # units of the last logged digit: a rise of fewer (0.0012 to 0.0013) may be rounding
    min_resolution_steps: Times = 3.0
    # of its best: what an accuracy must have gained since the loss turned to speak against it
    score_gain_of_best: Share = 0.01

    def use(self, result: Result) -> str | None:
        step = evidence.best_step(result.finding.words.evidence)
        # An offline loss that is a weak proxy of success chooses no checkpoint.
        return f"{step} 步附近的 ckpt 可用" if result.evaluated is Evaluated.ENOUGH and step is not None else None

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("eval_loss")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        x = points.log
        level = rolling.rolling_median(x, self.window, least=self.window)
        filled = np.nan_to_num(level, nan=np.inf)
        best, where = rolling.running_min(level), rolling.index_of_running_min(filled)
        # Noise of one eval; medians of 3 scatter by about 0.67 of it. The lowest of n of them lies sqrt(2 ln n) below.
        sigma = np.maximum(eval_noise.scatter(x, 40), 1e-3)
        expected_max = expected_max_z(np.arange(2, len(x) + 2))
        rise = level - best
        train = train_partner(view, points)
        falling = self._train_not_higher(view, points, train, where)
        rising = (
            eval_noise.drift(x, where, sigma, self.evals_since_best, eval_noise.autocorrelation_time(x))
            > self.drift_sigmas
        )
        # A step up needs no line: it leaves the span from luckiest to unluckiest of mere noise, which strays further
        # over several evals than from one to the next.
        strays = np.fmax(
            sigma, np.fmax(eval_noise.drift_std(x, self.window, 40), eval_noise.drift_std(x, 2 * self.window, 40))
        )
        rising |= rise > (2 * expected_max + self.warning_sigmas) * strays
        firing = (
            (rise > np.maximum(np.log1p(self.rise), (expected_max + self.sigmas) * 0.67 * sigma)) & rising & falling
        )
        firing &= self._same_lr(view, points, where)
        firing = rolling.sustained(firing, self.hold)
        straight = self._straight_rise(x) & falling
        firing = (firing | straight) & (
            np.exp(level) - np.exp(best) > self.min_resolution_steps * eval_noise.resolution(points.x)
        )
        warn = straight | firing & (
            rise > np.maximum(np.log1p(self.warning_rise), (expected_max + self.warning_sigmas) * 0.67 * sigma)
        )
        level_ = np.where(warn & ~self._score_decides(view, points, where), Severity.WARNING, Severity.INFO)
        # The best to beat is the one known when it was raised; a new smoothed best always lies below it.
        fresh = where == np.arange(len(x))
        return track(
            points,
            firing=firing,
            clearing=fresh | points.after_first_negative,
            severity=level_.astype(np.int64),
            metrics=(train.key,) if train is not None else (),
            onset=lambda j: self._turn(points, int(where[j])),
            words=lambda m: self._words(view, points, train, level, where, sigma, m),
        )

    def _straight_rise(self, x: Floats) -> Bools:
        """Among the first evals: as many rises in a row as needed, in a line that noise does not draw."""
        out = np.zeros(len(x), dtype=bool)
        k = self.early_rises
        for j in range(k, min(len(x), self.early_evals)):
            part = x[j - k : j + 1]
            t = np.arange(k + 1) - k / 2
            slope = float(np.dot(t, part) / np.dot(t, t))
            off = float(np.max(np.abs(part - np.mean(part) - slope * t)))
            total = float(part[-1] - np.min(x[: j + 1]))
            out[j] = (
                bool((np.diff(part) > 0).all())
                and total > np.log1p(self.early_min_rise)
                and slope * k > self.early_straightness * off
            )
        return out

    def _train_not_higher(self, view: View, points: Points, train: Points | None, where: Ints) -> Bools:
        if train is None or len(train) < 3:
            return np.ones(len(points), dtype=bool)
        smooth = rolling.rolling_median(train.log, 9)
        at = view.latest(points, train)
        now = rolling.take_or(smooth, at, np.nan)
        then = now[where]
        return np.asarray(~(now > then + self.max_train_rise))

    def _same_lr(self, view: View, points: Points, where: Ints) -> Bools:
        """A loss is higher while lr is: after a warm restart it is not comparable until lr is back down."""
        lr = view.role("lr")
        if lr is None or not len(lr):
            return np.ones(len(points), dtype=bool)
        at = view.latest(points, lr)
        now = rolling.take_or(lr.x, at, np.nan)
        return np.asarray(~(now > 1.2 * now[where]))

    def _score_decides(self, view: View, points: Points, where: Ints) -> Bools:
        """Where a score says that the model is not getting worse: it outranks the loss.

        Success, reward and win rate are what the run is for: while they have not fallen. An accuracy or error rate is
        read off the same outputs as the loss and stands still while a model grows overconfident: only while it
        improves.
        """
        score = judge_of(view)
        if score is None:
            return np.zeros(len(points), dtype=bool)
        x = -score.x if lower_is_better(score) else score.x
        smooth = rolling.rolling_median(x, 3)
        best = rolling.running_max(smooth)
        spread = np.maximum(1.5 * rolling.rolling_mad(np.diff(x, prepend=x[:1]), 40), 1e-9)
        at = view.latest(points, score)
        if of_rollouts(score):
            holds = smooth > best - np.maximum(spread, 0.03 * np.abs(best))
            return rolling.take_or(holds, at, False, least=2)
        # Among few evals nothing is smooth yet: then the newest must be the best.
        age = np.arange(len(x)) - np.where(
            np.arange(len(x)) < self.early_evals,
            rolling.index_of_running_min(-x),
            rolling.index_of_running_min(-smooth),
        )
        fresh = rolling.take_or(
            age < np.where(np.arange(len(x)) < self.early_evals, 1, self.evals_since_best), at, False
        )
        best_now = rolling.take_or(best, at, np.nan)
        least = np.maximum(rolling.take_or(spread, at, np.inf), self.score_gain_of_best * np.abs(best_now))
        return np.asarray(fresh & (best_now - best_now[where] > least))

    def _words(
        self, view: View, points: Points, train: Points | None, level: Floats, where: Ints, sigma: Floats, m: Moment
    ) -> Words:
        b = int(where[m.now]) if not m.over else m.onset
        lo, hi = max(0, b - self.window + 1), b
        raw = self._turn(points, b)
        best, now = float(points.x[raw]), float(points.x[m.now])
        name = of_evaluation(points.kind)
        step = int(points.at[raw])
        if m.over:
            return Words(
                f"{name} 又创新低", f"现 {num(now)}，此前最优 {num(best)}（{step} 步）", "", "确定", {"now": now}
            )
        minutes = view.minutes(int(points.rows[raw]), int(points.rows[m.now]))
        noise = float(best * sigma[m.now])
        ckpts = checkpoints.around(view.facts, float(points.at[b]), float(points.at[m.now]))
        evidence = {
            "best": best,
            "best_step": step,
            "now": now,
            "rise": now / best - 1 if ratio(now, best) else None,
            "smoothed_best": float(np.exp(level[b])),
            "near_best_steps": [int(points.at[lo]), int(points.at[hi])],
            "noise": noise,
            "evals_since": m.now - raw,
            "minutes_since": minutes,
            "checkpoints": ckpts,
        }
        if train is not None:
            evidence["train_now"] = rolling.median(train.recent(int(points.rows[m.now]), 5))
        tried = "、".join(str(c) for c in ckpts)
        plain = bool(view.is_family(points, Family.SUPERVISED, Family.PRETRAINING)[m.now])
        decide = self._judge(view, points, bool(self._score_decides(view, points, where)[m.now]), m.now)
        advice = (
            f"{decide}，{tried} 步的 ckpt {'各' if len(ckpts) > 1 else '一并'}实测"
            if tried
            else f"{decide}；{step} 步附近若有 ckpt 一并实测"
        )
        return Words(
            f"{name} 回升，过拟合" if plain else f"{name} 止步于 {step} 步",
            f"最优 {num(best)}（{step} 步），现 {num(now)}（{signed_pct(now, best)}，波动 ±{num(noise, 2)}）",
            advice,
            "很可能",
            evidence,
            ("ckpt 步数按 save_freq 推算，先确认文件还在",) if ckpts else (),
        )

    def _judge(self, view: View, points: Points, score_decides: bool, now: int) -> str:
        """What the choice of a checkpoint goes by: the score that is logged, else what this family is for."""
        score = judge_of(view)
        if score_decides and score is not None:
            still = "未降" if of_rollouts(score) else "仍在降" if lower_is_better(score) else "仍在升"
            return f"{of_score(score.kind)} {still}，以它为准"
        goal = next((g for families, g in GOALS if view.is_family(points, *families)[now]), "实际效果")
        return f"以{goal}为准"

    def _turn(self, points: Points, best: int) -> int:
        """The lowest single eval of the smoothed best."""
        lo = max(0, best - self.window + 1)
        return lo + int(np.argmin(points.x[lo : best + 1]))
