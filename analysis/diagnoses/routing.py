"""Parts that should share the work and leave it to a few: codes of a codebook, experts of a mixture."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.portrait import Portrait, left_at, portrait
from analysis.columns.names import words
from analysis.columns.vocabulary import AVERAGED, LOSS, TRAIN
from analysis.figures import num, pct
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.judges import is_share_of_codes
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Level, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View

SHARES = {"frac", "fraction", "share", "load", "prob", "ratio", "utilization", "usage"}
EXPERTS = ("num_experts", "n_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
_EXPERT = re.compile(r"expert[_\-./]?\d+", re.IGNORECASE)
_LAYER = re.compile(r"(?:layer|block)s?[_\-./]?(\d+)", re.IGNORECASE)


def _called(key: str) -> str:
    """第 9 层 expert 1."""
    layer, expert = _LAYER.search(key), _EXPERT.search(key)
    number = re.sub(r"\D", "", expert.group()) if expert else ""
    return f"第 {layer.group(1)} 层 expert {number}" if layer else f" expert {number}"


@dataclass(frozen=True)
class CodebookCollapse(CausalDiagnosis):
    """Nearly everything is written with a handful of codes: their perplexity is 1 to 2, or hardly any code is used.

    Of those that are used it is also told when most have been lost that once were: what one batch can use is limited
    by its size, so that a small share alone says little, and a quarter of what it had been says much.
    """

    id = "codebook-collapse"
    title = "codebook 坍塌"
    severity = Severity.WARNING
    meaning = "几乎所有样本都落到少数几个 code 上：离散表示没有容量，重建会变糊。"
    clears = "在用的 code 明显变多，回到坍塌前的量级并稳住"
    mistaken_for = "perplexity 按小 batch 算会偏低；刚开训、重置 code 后也会短暂偏低"
    impact = Impact.PART_MISSING
    wastes_time = True

    min_perplexity: Level = 2.0  # codes in use, in effect: one or two
    of_best: Share = 0.05  # of the most that have been in use
    of_size: Share = 0.01  # of the codebook, where its size is stated
    min_usage: Share = 0.03  # of codes that are used
    lost_usage: Share = 0.125  # of them, where most have been lost: less than
    lost_of_best: Share = 0.25  # of the most that have been used
    window: Records = 5  # records in the level
    hold: Records = 6  # records in a row
    min_points: Records = 10  # the first batches find their codes yet

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.prefer("codebook_perplexity", "codebook_usage")
        if points is None:
            return
        level = points.median(self.window, least=self.window)
        size = view.facts.number("codebook_size", "num_embeddings", "n_embed", "num_codes", "vocab_size", least=2)
        if points.kind.name == "codebook_perplexity" and not is_share_of_codes(points):
            limit = np.fmax(self.min_perplexity, self.of_best * rolling.running_max(level))
            limit = np.fmax(limit, min(self.of_size * size, 8.0)) if size is not None else limit
            yield self._track(points, level, limit)
        else:
            share = level / self._all(points, size)
            lost = np.fmin(self.lost_usage, self.lost_of_best * rolling.running_max(share))
            yield self._track(points, share, np.fmax(self.min_usage, lost))

    def _all(self, points: Points, size: float | None) -> Floats:
        """(n,) by what each value is divided to be a share: shares, per cent, or numbers of codes."""
        most = rolling.running_max(points.x)
        counted = most > 100 if size is not None else np.zeros(len(most), dtype=bool)
        return np.where(counted, size or 1.0, np.where(most > 1.5, 100.0, 1.0))

    def use(self, result: Result) -> str | None:
        return "codebook 未用上，表示受限"

    def _track(self, points: Points, level: Floats, limit: Floats) -> Track:
        with np.errstate(invalid="ignore", divide="ignore"):
            low = (level < limit) & (np.arange(len(points)) >= self.min_points)
            logged = np.log(np.maximum(level, 1e-6))
        return track(
            points,
            firing=rolling.sustained(low, self.hold),
            clearing=lambda: level > 3 * limit,
            severity=Severity.WARNING,
            onset=lambda j: max(
                0, j - int(rolling.streak(np.asarray(level < limit)[: j + 1])[-1]) + 1 - self.window // 2
            ),
            words=lambda m: self._words(points, level, m),
            recovery=lambda: Recovery(-logged, np.log(2.0)),
        )

    def _words(self, points: Points, level: Floats, m: Moment) -> Words:
        now, since = float(level[m.now]), int(points.at[m.onset])
        best = float(np.nanmax(level[: m.now + 1]))
        evidence = {"now": now, "best": best, "since": since}
        share = points.kind.name == "codebook_usage" or is_share_of_codes(points)
        shown = pct(now) if share else num(now, 3)
        if m.over:
            return Words("codebook 又用起来了", f"现 {shown}", "", "确定", evidence)
        fell = f"，最高曾 {pct(best) if share else num(best, 3)}" if best > 2 * now else "，一直如此"
        return Words(
            "codebook 坍塌",
            f"第 {since} 步起{'使用率' if share else ' perplexity'} {shown}{fell}",
            "先试 EMA 更新和重置死 code，再调 commitment 权重",
            "确定",
            evidence,
        )


@dataclass(frozen=True)
class ExpertsUnbalanced(CausalDiagnosis):
    """Tokens pile up at few experts: the balance loss leaves its usual level and climbs,
    before loss and gradients follow; or it climbs so slowly that it has no usual level.

    Balance is the least that such a loss can be. One that falls to half of where it had settled is not better balanced:
    the router has found a way around it (gates so small that an epsilon outweighs them).
    """

    id = "experts-unbalanced"
    title = "MoE 专家失衡"
    severity = Severity.WARNING
    meaning = "负载均衡 loss 或最大负载离开平时水平持续上升：token 挤到少数专家，之后容易发散。"
    clears = "负载指标回到平时水平附近并稳住"
    mistaken_for = "换数据域或语种时，专家负载会整体偏移一次，之后再平衡"
    impact = Impact.CHOOSE_CHECKPOINT

    ratio: Times = 1.25  # times its usual level
    wanders: Sigmas = 4.0  # by which it lies above everything usual
    window: Records = 8  # records in the level
    gap_points: Records = 40  # records that are no part of usual: a slow climb must not become it
    hold: Records = 6  # records in a row
    slow_ratio: Times = 1.5  # times its level at first, by a climb from each quarter of the way to the next
    early: Records = 20  # that say where it began
    evaded: Share = 0.5  # of the lowest usual level
    fewest_experts: Count = 4  # of two or three, one may well get half of all tokens
    most_tokens: Share = 0.5  # more than all the others together
    share_window: Records = 5  # of such a share
    share_hold: Records = 3  # in a row

    def tracks(self, view: View) -> Iterable[Track]:
        for role in ("balance", "expert_load"):
            points = view.role(role)
            if points is not None:
                yield self._track(points)
        if view.role("balance") is None and (points := self._auxiliary(view)) is not None:
            yield self._track(points)
        taking = [(points, of) for points, of in self._shares(view) if of.size and of.any()]
        if taking:  # of many layers the one that was seen first
            points, firing = min(taking, key=lambda pair: int(pair[0].rows[np.argmax(pair[1])]))
            yield self._taken_track(points, firing)

    def _auxiliary(self, view: View) -> Points | None:
        """`aux_loss`, where the config states experts: it says no more of itself."""
        if view.facts.number(*EXPERTS, least=2) is None:
            return None
        whole = {"aux", "auxiliary"} | LOSS | TRAIN | AVERAGED
        named = (k for k in sorted(view.roles.kinds) if {"aux", "auxiliary"} & set(words(k)) and set(words(k)) <= whole)
        key = next(named, None)
        return None if key is None or not len(points := view.column(key)) else points

    def _shares(self, view: View) -> Iterable[tuple[Points, Bools]]:
        """The shares of the tokens that single experts get, and where one gets most of them."""
        shares = [k for k in sorted(view.roles.kinds) if _EXPERT.search(k) and set(words(k)) & SHARES]
        known = view.facts.number(*EXPERTS, least=2)
        for key in shares:
            points = view.column(key)
            number = known or sum(_EXPERT.sub("", k) == _EXPERT.sub("", key) for k in shares)
            if number < self.fewest_experts or not len(points):
                continue
            inside = (rolling.running_min(points.x) >= 0) & (rolling.running_max(points.x) <= 1)
            level = points.median(self.share_window, least=self.share_window)
            with np.errstate(invalid="ignore"):
                yield points, rolling.sustained(inside & (level > self.most_tokens), self.share_hold)

    def _taken_track(self, points: Points, firing: Bools) -> Track:
        level = points.median(self.share_window, least=self.share_window)
        return track(
            points,
            firing=firing,
            clearing=lambda: level < 0.5 * self.most_tokens,
            severity=Severity.WARNING,
            onset=lambda j: j + 1 - int(rolling.streak(level[: j + 1] > self.most_tokens)[-1]),
            words=lambda m: self._taken_words(points, level, m),
            recovery=lambda: Recovery(level, 0.1),
        )

    def _taken_words(self, points: Points, level: Floats, m: Moment) -> Words:
        now, since, called = float(level[m.now]), int(points.at[m.onset]), _called(points.key)
        evidence = {"share": now, "since": since}
        if m.over:
            return Words("专家负载已恢复均衡", f"{called} 现占 {pct(now)}", "", "确定", evidence)
        return Words(
            "MoE 专家负载失衡",
            f"第 {since} 步起{called} 独占 {pct(now)} 的 token",
            "核对均衡 loss 系数是否为 0 或太小；改后从头或从失衡前续训",
            "确定",
            evidence,
        )

    def _track(self, points: Points) -> Track:
        of = portrait(points.log, stretch=self.window, gap=self.gap_points, floor=1e-3)
        with np.errstate(invalid="ignore"):
            high = (of.above() > self.wanders) & (of.level - of.usual > np.log(self.ratio))
            climbing = of.level > rolling.before(of.level, 20)
            evaded = (of.level < rolling.running_min(of.usual) + np.log(self.evaded)) & (of.below() > self.wanders)
        evaded &= points.kind.name == "balance"
        slow = self._slow(points, of.level)
        firing = rolling.sustained(high & climbing | slow | evaded, self.hold) & ~points.after_first_negative
        settled = np.fmin(of.usual, rolling.early_level(points.log, 0, self.early))
        # Which way it left: a level that came back may have left by either.
        up = rolling.carried(np.where(firing, np.where(evaded, -1.0, 1.0), np.nan))
        return track(
            points,
            firing=firing,
            clearing=lambda: ~(high | slow | evaded) | points.after_first_negative,
            severity=Severity.WARNING,
            onset=lambda j: self._onset(of, settled, evaded, slow, j),
            words=lambda m: self._words(points, of, settled, bool(up[m.raised] > 0), m),
            recovery=lambda: Recovery(np.abs(of.level - settled), np.log(1.1)),
        )

    def _slow(self, points: Points, level: Floats) -> Bools:
        """Far above where it began, by one steady climb."""
        began = rolling.early_level(points.log, 0, self.early)
        with np.errstate(invalid="ignore"):
            high = level - began > np.log(self.slow_ratio)
        looked = rolling.log_spaced(len(points))
        steady = np.where(looked, 0.0, np.nan)
        for j in np.flatnonzero(high & looked & (np.arange(len(points)) >= 4 * self.window)).tolist():
            quarters = np.array_split(level[self.window : j + 1], 4)
            steady[j] = all(np.max(a) < np.median(b) for a, b in pairwise(quarters))
        return np.asarray(high & (rolling.carried(steady) > 0))

    def _onset(self, of: Portrait, settled: Floats, evaded: Bools, slow: Bools, j: int) -> int:
        return left_at(of.level, float(settled[j] if slow[j] and not evaded[j] else of.usual[j]), j)

    def _words(self, points: Points, of: Portrait, settled: Floats, up: bool, m: Moment) -> Words:
        before, now, since = float(np.exp(of.usual[m.raised])), float(points.x[m.now]), int(points.at[m.onset])
        if up:
            before = float(np.exp(settled[m.raised]))
        evidence = {"usual": before, "now": now, "since": since}
        if m.over:
            return Words("专家负载已恢复均衡", f"现 {num(now)}，平时 {num(before)}", "", "确定", evidence)
        measured = "均衡 loss" if points.kind.name == "balance" else "专家负载不均"
        if not up:
            return Words(
                "均衡 loss 低于均衡时的值",
                f"第 {since} 步起均衡 loss {num(before)}→{num(now)}：均衡时最小，再低是 router 绕过了它",
                "看各专家负载；核对 gate 归一化的 eps，或换 softmax 路由",
                "很可能",
                evidence,
            )
        return Words(
            "MoE 专家负载失衡",
            f"第 {since} 步起{measured} {num(before)}→{num(now)}，仍在升",
            "核对 aux 系数与 router 精度（fp32），必要时加 z-loss",
            "很可能",
            evidence,
        )
