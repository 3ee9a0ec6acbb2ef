"""What is said of an eval loss that has turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.valley import Valley
from analysis.columns.captions import of_evaluation, of_score, short_key
from analysis.columns.family import WEAK_PROXY, Family
from analysis.facts import checkpoints
from analysis.figures import num, ratio, spaced
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.judges import goal_at, holds, judge_at, lower_is_better, of_outputs
from analysis.scan.partners import between
from analysis.scan.text_by_heart import NATS, RECORDS
from analysis.scan.track import Moment
from analysis.scan.view import Points, View

NEAR_SHARE = 0.1  # of all evals
LUCKY = 0.5  # of the rise: what the lowest of many evaluations lies below those around it
OF_MANY, NARROWEST = 50, 5  # windows in all, of at least so many evaluations


@dataclass(frozen=True, eq=False)
class Said:
    """What its sentences are made of. `signed`: the loss may be negative, and is judged as it is, not in ln. `apart`
    (ln): by less training has not moved since the best."""

    train: Points | None
    v: Valley
    outranked: Bools
    signed: bool
    apart: float


def words(view: View, points: Points, said: Said, m: Moment) -> Words:
    v = said.v
    held = view.roles.holder.get("eval_loss") == points.key
    name = of_evaluation(points.kind) if held else short_key(points.key)[:14]  # beside a card's 评估 loss
    so_far = points.x[: m.now + 1]
    b = int(v.where[m.now]) if not m.over else int(v.where[m.raised])
    # Of few evaluations the lowest median of three may be where it stands: it has risen from a single one.
    lone = not m.over and v.level[m.now] - v.floor[m.now] < v.rise[m.now] / 2
    b = int(np.argmin(so_far)) if lone else b
    raw = int(np.argmin(so_far))  # one card has one best; unless that is a lucky one, far from where it was low
    low_said = "最低"
    if abs(raw - b) > NEAR_SHARE * len(so_far) and not _best_there(view, points, raw, m.now):
        raw, low_said = lowest_single(points.x, b), "低点"  # of all it is not the lowest
    best, now, step = float(points.x[raw]), float(points.x[m.now]), int(points.at[raw])
    if m.over:
        return Words(
            f"{name} 已回到最低处", f"现 {num(now)}，此前最低 {num(best)}（第 {step} 步）", "", "确定", {"now": now}
        )
    row = int(points.rows[m.now])
    smooth, low = float(v.level[m.now]), float(v.floor[m.now])
    of_one = float(v.sigma[m.now]) if said.signed else float(best * v.sigma[m.now])
    low = float(so_far[b] if said.signed else np.log(so_far[b])) if lone else low
    smooth, low = (smooth, low) if said.signed else (float(np.exp(smooth)), float(np.exp(low)))
    weak = bool(view.is_family(points, *WEAK_PROXY)[m.now])
    judge = judge_at(view, row)
    by_score = judge is not None and _by_score(view, points, judge, said, m)
    tries = _tries(view, points, b, raw, m, weak) if not by_score else []
    told: dict[str, object] = {
        "best": best,
        "best_step": step,
        "now": now,
        "rise": smooth / low - 1 if ratio(smooth, low) else None,
        "smoothed_best": low,
        "near_best_steps": [int(points.at[max(0, b - 2)]), int(points.at[b])],
        "noise": of_one,
        "evals_since": m.now - raw,
        "minutes_since": view.minutes(int(points.rows[raw]), row),
        "checkpoints": tries,
    }
    if not by_score and judge is not None:
        told["score"] = "stands"  # beside it, and climbs no more
    if said.train is not None:
        told["train_now"] = rolling.median(said.train.recent(row, 5))
    beside = f"3 次平均 {num(low)} → {num(smooth)}"
    if said.train is not None:
        course = between(view, points, said.train, said.train.x)
        then, lately = float(course[raw]), float(course[m.now])
        told["train_then"] = then
        if lately < then:
            beside = f"同期训练 {num(then)} → {num(lately)}"
    turned = f"{low_said} {num(best)}（第 {step} 步），现 {num(now)}"
    if (levels := _of_many(so_far, raw)) is not None:
        width, then_around, lately_around = levels
        turned = f"第 {step} 步前后 {width} 次的中位 {num(then_around)}，近 {width} 次 {num(lately_around)}"
        told |= {"best": then_around, "now": lately_around}
    return Words(
        _title(view, points, name, step, said, m),
        f"{turned}{f'，首次 {num(float(points.x[0]))}' if m.severity is Severity.CRITICAL else ''}；{beside}",
        _advice(view, points, step, tries, weak, said, m),
        "很可能", told, ("ckpt 步数按 save_freq 推算，先确认文件还在",) if tries else (),
    )  # fmt: skip


def _title(view: View, points: Points, name: str, step: int, said: Said, m: Moment) -> str:
    judge = judge_at(view, int(points.rows[m.now]))
    if judge is not None and _by_score(view, points, judge, said, m):
        return f"{name} 回升，{of_score(judge.kind)[:6].strip()} 未降"
    plain = bool(view.is_family(points, Family.SUPERVISED, Family.PRETRAINING)[m.now])
    since = f"{name} 第 {step} 步后回升"
    plain &= not _train_rose(points, said, m)
    return f"{name} 回升，过拟合" if plain else since if len(since) <= 20 else f"{name} 触底后回升"


def _by_score(view: View, points: Points, judge: Points, said: Said, m: Moment) -> bool:
    """What is right tells which checkpoint: it speaks against the loss, or the loss has risen by next to nothing
    and the score stands where it was best."""
    last = int(view.latest(points, judge)[m.now])
    return bool(said.outranked[m.now]) or (m.severity < Severity.WARNING and last >= 0 and bool(holds(judge)[last]))


def _train_rose(points: Points, said: Said, m: Moment) -> bool:
    """Training has got worse since the best, too: that is no overfitting."""
    if said.train is None:
        return False
    then, now = (rolling.median(said.train.recent(int(points.rows[j]), 5)) for j in (int(said.v.where[m.now]), m.now))
    return bool(then > 0 and now > then * np.exp(said.apart))


def _advice(view: View, points: Points, step: int, tries: list[int], weak: bool, said: Said, m: Moment) -> str:
    """What the choice of a checkpoint goes by: the score that is logged, else what this family is for."""
    judge = judge_at(view, int(points.rows[m.now]))
    if judge is not None and _by_score(view, points, judge, said, m):
        down = lower_is_better(judge)
        goes_on = of_outputs(judge) and said.outranked[m.now]
        still = ("仍在降" if down else "仍在升") if goes_on else "未变差" if down else "未降"
        return f"{of_score(judge.kind)} {still}，ckpt 按它选"
    if m.severity is Severity.CRITICAL:
        return "没有能泛化的 ckpt：先加数据、正则或缩小模型再训"
    goal = goal_at(view, points, m.now)
    if judge is not None and not tries:
        return spaced(f"按 {of_score(judge.kind)} 选 ckpt，也测第 {step} 步附近的")
    if not tries:
        plain = bool(view.is_family(points, Family.SUPERVISED, Family.PRETRAINING, Family.UNKNOWN)[m.now])
        return f"用第 {step} 步附近的 ckpt；没存就早停重跑" if plain else f"按{goal}选 ckpt，带上第 {step} 步附近的"
    if not weak:  # one that had been saved before it turned
        return f"用第 {tries[0]} 步的 ckpt；要重训就在这附近早停"
    return f"以{goal}为准，第 {'、'.join(map(str, tries))} 步的 ckpt {'各' if len(tries) > 1 else '一并'}实测"


def _tries(view: View, points: Points, best: int, lowest: int, m: Moment, weak: bool) -> list[int]:
    """Saved checkpoints worth a try. Where the loss is but a proxy the later ones may be better. Else the one
    nearest the lowest evaluation, or the last before it turned: what was saved later is worse for all we know.
    """
    near = checkpoints.around(view.facts, float(points.at[best]), float(points.at[m.now]))
    onset = float(points.at[m.onset])
    if weak or not near:
        return near
    now, lowest_at = float(points.at[m.now]), float(points.at[lowest])
    saved = checkpoints.near(view.facts, lowest_at, now)
    if saved is None or saved > onset:
        saved = checkpoints.before(view.facts, onset, now)
    return [saved] if saved is not None else []


def _of_many(x: Floats, best: int) -> tuple[int, float, float] | None:
    """How wide, and the levels around the best and of late, where a loss is evaluated so often that the lowest of it
    is luck."""
    width = len(x) // OF_MANY
    if width < NARROWEST:
        return None
    around = rolling.median(x[max(0, best - width // 2) : best + width // 2 + 1])
    late = rolling.median(x[-width:])
    return (width, around, late) if around - x[best] > LUCKY * (late - around) > 0 else None


def _best_there(view: View, points: Points, lowest: int, now: int) -> bool:
    """A score was best at the very evaluation at which the loss was lowest: that was no luck of the loss alone."""
    score = judge_at(view, int(points.rows[now]))
    if score is None:
        return False
    known = score.x[: int(np.searchsorted(score.rows, points.rows[now], "right"))]
    best = int(np.argmin(known) if lower_is_better(score) else np.argmax(known))
    return bool(score.rows[best] == points.rows[lowest])


def lowest_single(x: Floats, best: int) -> int:
    """The lowest single eval of a smoothed best."""
    lo = max(0, best - 2)
    return lo + int(np.argmin(x[lo : best + 1]))


def by_heart_words(view: View, points: Points, m: Moment) -> Words:
    now, passes = rolling.median(points.x[max(0, m.now - RECORDS + 1) : m.now + 1]), float(view.epochs(points)[m.now])
    first = float(points.x[0])
    evidence = {"now": now, "first": first, "passes": passes}
    if m.over:
        return Words(f"loss 又高于 {num(NATS)}", f"现 {num(now)}", "", "确定", evidence)
    return Words(
        "训练集已背熟",
        f"没有评估，loss {num(first)}→{num(now)}，已跑 {num(passes, 2)} 个 epoch：几乎每个 token 都记住了",
        "留一份评估集；多半 3–5 个 epoch 就够，比较早期的 ckpt",
        "很可能",
        evidence,
    )
