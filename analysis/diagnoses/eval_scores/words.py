"""What is said of a fall, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.arrays.descent import Descent
from analysis.columns.captions import of_score, of_tries, titled
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.diagnoses.eval_scores.drop import Drop
from analysis.facts import checkpoints
from analysis.figures import num, pct, times
from analysis.model import EPISODE, Bools, Floats, Ints, Severity, Words
from analysis.scan.judges import as_rate, in_decibels, lower_is_better, of_returns
from analysis.scan.remedy import LOWER_LR, one_of
from analysis.scan.track import Moment
from analysis.scan.training_score import TrainingScore, training_score
from analysis.scan.units import Evals
from analysis.scan.view import Points, View
from analysis.scan.zero_scores import answering

_EPISODES = {"episode", "episodes", "epsilon"}  # that only an agent has


@dataclass(frozen=True, eq=False)
class Said:
    """What its sentences are made of, (n,) each: the best level so far and where, how far it lies above the lowest
    before it, the level, its scatter, rollouts per eval; whether each evaluation is a single one.
    """

    best: Floats
    where: Ints
    gain: Floats
    level: Floats
    sigma: Floats
    behind: Floats
    single: Bools

    def of_descent(self, told: Bools, of: Descent) -> Said:
        """By the short levels of a descent, where `told`."""
        short = (of.best, of.where, of.gain, of.level, of.sigma)
        mine = (self.best, self.where, self.gain, self.level, self.sigma)
        best, where, gain, level, sigma = (np.where(told, a, b) for a, b in zip(short, mine, strict=True))
        return replace(self, best=best, where=where, gain=gain, level=level, sigma=sigma)


@dataclass(frozen=True)
class FallWords(Drop):
    sure_evals: Evals = 5  # after it was told, as low as then: no more tries are needed to believe it

    def words_of_fall(self, view: View, points: Points, said: Said, m: Moment) -> Words:
        b, now, sigma = float(said.best[m.now]), float(said.level[m.now]), float(said.sigma[m.now])
        step, when = int(points.at[said.where[m.now]]), "现"
        # single values, as the figures beside it: few, and each a mean of its own
        if points.kind.group == "eval" and not said.single[m.now]:
            so_far = points.x[: m.now + 1]
            raw = int(np.argmin(so_far) if lower_is_better(points) else np.argmax(so_far))
            last = float(points.x[m.now])
            if abs(points.x[raw] - b) < LUCKY * abs(points.x[raw] - now):
                b, step = float(points.x[raw]), int(points.at[raw])  # else one good evaluation that no other came near
            lone = not m.over and abs(last - b) < 0.5 * abs(now - b)  # as good as ever, among low ones
            now, when = (now, f"近 {self.window} 次") if lone else (last, "现")
        own = _own(view, points)
        name, top, place = (
            own.called if own else of_score(points.kind),
            *(("最低", "低位") if lower_is_better(points) else ("最高", "高位")),
        )
        record = np.min(points.x[: m.now + 1]) if lower_is_better(points) else np.max(points.x[: m.now + 1])
        top = top if b == record else f"{place[0]}点"  # a level, which single evaluations have passed
        saved = checkpoints.near(view.facts, step, float(points.at[m.now]))
        n = float(said.behind[m.now])
        evidence = {
            "best": b,
            "best_step": step,
            "now": now,
            "noise": sigma,
            "since": int(points.at[m.onset]),
            "checkpoint": saved,
            "episodes": n,
        }
        back = f"{step} 步附近" if saved is None else f"{saved} 步"
        if m.over:
            beyond = "低于变差前的" if lower_is_better(points) else "超过下跌前的"
            before = float(said.best[m.onset])
            return Words(
                titled(name, f" 已回到{place}"),
                f"第 {int(points.at[m.now])} 步回到 {num(now)}，{beyond} {num(before)}"
                if int(said.where[m.now]) > m.onset and (now < before if lower_is_better(points) else now > before)
                else f"第 {step} 步回到 {num(now)}"
                if step == int(points.at[m.now])
                else f"第 {int(points.at[m.now])} 步回到 {num(now)}，此前{top} {num(b)}（第 {step} 步）",
                "",
                "确定",
                evidence,
            )
        in_training = points.kind.group != "eval"  # back, not yet for long enough
        if b - now < self.clear_drop_of_best * abs(b) and (in_training or not lower_is_better(points)):
            low = evidence["lowest"] = _lowest(points, said.level, m)
            return Words(
                titled(name, " 曾大跌，正在恢复"),
                f"第 {int(points.at[m.onset])} 步起跌到 {num(low)}，现 {num(now)}，{top} {num(b)}（第 {step} 步）",
                "等稳住再选 ckpt，选前先复测；再跌就降 lr",
                "很可能",
                evidence,
            )
        unit = float(as_rate(points)[m.now])
        noise = f"（平时波动 ±{num(sigma, 2)}）" if sigma > 1e-6 * abs(b) else ""
        if np.isfinite(n):
            p = float(np.clip((b + now) / (2 * unit), 0, 1))
            noise = f"（每次 {n:.0f} 回合，误差约 ±{196 * np.sqrt(p * (1 - p) / n):.0f}）"
        change = _change(points, b, now, unit, float(said.gain[m.now]))
        return Words(
            titled(name, " 明显回退" if m.severity > Severity.INFO else " 已过最好点"),
            f"{top} {num(b)}（第 {step} 步），{when} {num(now)}，{change}{noise}",
            self.advice(view, points, back, m),
            "很可能",
            evidence,
            checkpoints.inferred(saved),
        )

    def advice(self, view: View, points: Points, back: str, m: Moment) -> str:
        """A few low evaluations may be bad luck; many, or a thousand rollouts of training, are none."""
        if _own(view, points) is not None:
            return f"查该处 lr 与数据；从第 {back}的 ckpt 续训"
        if points.kind.group != "eval":
            row = int(points.rows[m.now])
            agent = view.is_family(points, Family.RL)[m.now] or view.reading.unit(row) == EPISODE
            agent |= any(
                set(words(key)) & _EPISODES for key, column in view.history.columns.items() if column.rows[0] <= row
            )
            rolled_out = "回放" if agent else "回放或生成样本"
            what = "生成样本" if answering(view, points)[m.now] else rolled_out
            advice, lower = f"先看{what}；属实则用第 {back}的 ckpt", one_of(view.facts, LOWER_LR, lead="，", instead="")
            lower += " 再续训" if lower else ""
            return advice + lower if agent and len(advice + lower) <= LONGEST_ADVICE else advice
        if m.now - m.raised >= self.sure_evals:
            return f"用第 {back}的 ckpt，再查此后改了什么"
        return f"先加{of_tries(points.kind)}复测；属实则用第 {back}的 ckpt"


LONGEST_ADVICE = 40  # characters, with the steps of very long runs
LUCKY = 0.5  # of the fall: what a single best stands above the best level by


def _lowest(points: Points, level: Floats, m: Moment) -> float:
    """The level at its worst since it fell."""
    since = level[m.onset : m.now + 1]
    since = since[np.isfinite(since)]
    return float(np.max(since) if lower_is_better(points) else np.min(since)) if len(since) else float(level[m.now])


def _change(points: Points, best: float, now: float, unit: float, gain: float) -> str:
    """`gain`: what had been gained by the best; a share of a best below 0 means nothing, of that it does."""
    if lower_is_better(points):
        return f"升到此前的 {times(now / best)} 倍" if best > 0 else "明显变差"
    if in_decibels(points):
        return f"降 {num(best - now, 2)} dB"
    rate = points.kind.name == "eval_score" and not of_returns(points)
    share = rate and 0 <= now <= unit and 0 < best <= unit
    if share and best - now >= 0.005 * unit:
        return f"降 {100 * (best - now) / unit:.0f} 个百分点"
    if best > 0 and now == 0:
        return "已归零"
    if best > 0 and now > 0:
        return f"降到此前的 {pct(now / best)}"
    if not gain > 0:
        return "明显变差"
    if best - now > gain:
        return "比此前最低还低"
    return "学到的丢了大半" if best - now > gain / 2 else "学到的丢了一部分"


def _own(view: View, points: Points) -> TrainingScore | None:
    """The column as what training gets right of its own batches, where it is that."""
    own = training_score(view)
    return own if own is not None and own.points.key == points.key else None
