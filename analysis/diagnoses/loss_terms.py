"""How the terms of a loss stand to each other and to their total."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import short_key
from analysis.figures import num, pct
from analysis.model import Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Records, Share, Times
from analysis.scan.view import Points, View


@dataclass(frozen=True, eq=False)
class Parts:
    """A total and its parts at the points of the total. `values[i]` (n,) carried forward; `weights` as configured."""

    total: Points
    keys: tuple[str, ...]
    weights: tuple[float, ...]
    values: tuple[Floats, ...]

    def weighted(self) -> list[Floats]:
        return [w * v for w, v in zip(self.weights, self.values, strict=True)]


def parts(view: View) -> Parts | None:
    """The parts whose weights are known: a reconstruction loss (1), a KL and an OT term with configured weights.

    None unless there is a total, a reconstruction and at least one more, all logged by the third point of the total:
    weights that are guessed would make any sum come out.
    """
    total = view.role("loss")
    if total is None or total.kind.name != "loss" or len(total) < 3:
        return None
    found: list[tuple[Points, float]] = []
    recon = view.role("component")
    if recon is None or not view.logged_by_third_point(recon.key, total):
        return None
    found.append((recon, 1.0))
    kl, weight = view.role("kl"), view.facts.number("kl_weight", "beta", "kl_coef", "kl_loss_weight", least=0)
    if (
        kl is not None
        and weight is not None
        and view.logged_by_third_point(kl.key, total)
        and view.role("beta") is None
    ):
        found.append((kl, weight))
    ot, weight = view.role("ot_loss"), view.facts.transport.weight
    if ot is not None and weight is not None and view.logged_by_third_point(ot.key, total):
        found.append((ot, weight))
    if len(found) < 2:
        return None
    values = []
    for p, _ in found:
        at = view.latest(total, p)
        values.append(np.where(at >= 0, p.x[np.maximum(at, 0)] if len(p) else np.nan, np.nan))
    return Parts(total, tuple(p.key for p, _ in found), tuple(w for _, w in found), tuple(values))


@dataclass(frozen=True)
class ComponentDominates(CausalDiagnosis):
    """One weighted term is nearly all of the loss, so the others hardly steer."""

    id = "component-dominates"
    title = "单项 loss 主导"
    severity = Severity.INFO
    meaning = "总 loss 几乎全来自其中一项：其他项对训练的影响很小。"
    clears = "最大项占比连续多次记录明显降下来，或其余项已关闭"
    mistaken_for = "数值小的辅助项梯度不一定小，占比低不等于没作用"
    impact = Impact.NONE
    explained_by = ("divergence", "kl-explode")

    share: Share = 0.95  # of the sum: the others hardly steer
    hold: Records = 50  # in a row
    active_share: Share = 1e-4  # of the sum; below this a term is off or dead, which other diagnoses say
    clear_share: Share = 0.9  # of the sum

    def tracks(self, view: View) -> Iterable[Track]:
        found = parts(view)
        if found is not None:
            yield self._track(view, found)

    def _track(self, view: View, found: Parts) -> Track:
        terms = [np.abs(t) for t in found.weighted()]
        whole = np.zeros(len(found.total))
        for t in terms:
            whole = whole + np.nan_to_num(t)
        with np.errstate(all="ignore"):
            shares = np.stack([np.nan_to_num(t / whole) for t in terms])
        smooth = np.stack([rolling.rolling_median(s, 15) for s in shares])
        top = smooth.max(axis=0)
        active = (smooth > self.active_share).sum(axis=0) >= 2
        eligible = view.settled(found.total) & view.past_warmup(found.total)
        firing = rolling.sustained((top > self.share) & active, self.hold) & eligible
        return track(
            found.total,
            firing=firing,
            clearing=lambda: rolling.sustained((top < self.clear_share) | ~active, 2 * 15),
            severity=Severity.INFO,
            metrics=found.keys,
            onset=lambda j: j - self.hold + 1,
            words=lambda m: self._words(found, smooth, m),
        )

    def _words(self, found: Parts, shares: Floats, m: Moment) -> Words:
        i = int(np.argmax(shares[:, m.now]))
        share, said = float(shares[i, m.now]), short_key(found.keys[i])
        evidence = {
            "shares": {k: float(s) for k, s in zip(found.keys, shares[:, m.now], strict=True)},
            "weights": dict(zip(found.keys, found.weights, strict=True)),
        }
        if m.over:
            return Words("loss 各项已较均衡", f"最大项 {said} 占 {pct(share)}", "", "确定", evidence)
        return Words(
            "单项 loss 占绝大部分",
            f"{said}（权重 {num(found.weights[i])}）占加权总 loss 的 {pct(share)}",
            "先核对其他项权重是否符合预期",
            "仅提示",
            evidence,
        )


@dataclass(frozen=True)
class LossDecompositionMismatch(CausalDiagnosis):
    """The weighted parts do not add up to the total: a term that is not logged, or another weight than the config says.

    Some trainers log the total as a mean since the last record and the parts of the last batch (LeRobot does): single
    records differ by the noise of a batch, so means over the same window are compared.
    """

    id = "loss-decomposition-mismatch"
    title = "分项之和对不上总 loss"
    severity = Severity.INFO
    meaning = "各项 loss 按权重加起来与总 loss 对不上：有的项没有记录，或实际权重与配置不同。"
    clears = "两边的差额连续多次记录缩到很小"
    mistaken_for = "总 loss 记窗口均值、分项只记最后一个 batch 时，本来就对不齐"
    impact = Impact.NONE

    min_difference: Share = 0.1  # of the total: less is rounding, or another mean
    window: Records = 50  # records averaged on both sides
    hold: Records = 50  # in a row
    clear_difference: Share = 0.05  # of the total
    noise_multiple: Times = 3.0  # standard errors of the two means
    fading_ratio: Times = 0.8  # of what it was a window ago: it fades

    def tracks(self, view: View) -> Iterable[Track]:
        found = parts(view)
        if found is not None:
            yield self._track(view, found)

    def _track(self, view: View, found: Parts) -> Track:
        total, summed = found.total, np.zeros(len(found.total))
        for t in found.weighted():
            summed = summed + t
        eligible = view.settled(total) & view.past_warmup(total)
        inside = rolling.sustained(eligible, self.window)  # the whole window lies past the start
        w = self.window
        whole, parts_ = rolling.rolling_mean(total.x, w, least=w), rolling.rolling_mean(summed, w, least=w)
        spread = rolling.rolling_mean(np.abs(total.x - summed - (whole - parts_)), w, least=w)
        with np.errstate(all="ignore"):
            off = np.abs(whole - parts_) / np.abs(whole)
            doubt = self.noise_multiple * 1.25 * spread / np.sqrt(self.window) / np.abs(whole)
        # An average with a longer memory lags behind a falling loss: a difference that fades is that,
        # not a missing term.
        fades = np.abs(whole - parts_) < self.fading_ratio * rolling.before(np.abs(whole - parts_), self.window)
        firing = rolling.sustained((off > np.maximum(self.min_difference, doubt)) & inside & ~fades, self.hold)
        return track(
            total,
            firing=firing,
            clearing=lambda: rolling.sustained(off < self.clear_difference, self.window),
            severity=Severity.INFO,
            metrics=found.keys,
            onset=lambda j: max(0, j - self.hold - self.window + 2),
            words=lambda m: self._words(found, whole, parts_, m),
        )

    def _words(self, found: Parts, whole: Floats, parts_: Floats, m: Moment) -> Words:
        a, b = float(whole[m.now]), float(parts_[m.now])
        off = abs(a - b) / abs(a) if a else 0.0
        evidence = {"total": a, "sum": b, "off": off, "weights": dict(zip(found.keys, found.weights, strict=True))}
        if m.over:
            return Words("分项之和已与总 loss 相符", f"loss {num(a)}，分项加权和 {num(b)}", "", "确定", evidence)
        return Words(
            "分项之和对不上总 loss",
            f"loss {num(a)}，分项加权和 {num(b)}（差 {pct(off)}，近 {self.window} 次均值）",
            "先核对未记录的 loss 项与权重" if b < a else "先核对配置里的权重与分项口径",
            "仅提示",
            evidence,
        )
