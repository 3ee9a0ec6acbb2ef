"""A run beside the finished runs of its project.

They are frozen facts of now, not a matter of rows: outside the law of episodes.

All of it is info: other runs tell what is usual, not what is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.facts.config_diff import SEED, drift
from analysis.figures import num, whole
from analysis.model import Severity, Words
from analysis.peers import LATEST, USUAL, PeerContext, PeerDiagnosis, behind, short_name
from analysis.scan.impact import Impact
from analysis.scan.units import Count, PlanShare, Records, Share, Times


@dataclass(frozen=True)
class MetricMissing(PeerDiagnosis):
    """What most of the latest finished runs log is not there, although every one of them had logged it by this step."""

    id = "metric-missing"
    title = "少了常见指标"
    severity = Severity.INFO
    meaning = "同项目近期的 run 大多记了某些指标，这次没有：可能关了、改了名，或评估没跑。"
    clears = "缺的指标都有了记录即解除"
    mistaken_for = "本次有意换了任务或精简了日志，这些指标本来就不该有"
    impact = Impact.NONE

    settled_progress: PlanShare = 0.05  # loggers come up one after the other
    settled_rows: Records = 25  # the same where the plan is unknown

    def compare(self, seen: PeerContext) -> tuple[Severity, Words] | None:
        progress, n = seen.info.progress, len(seen.run.history)
        early = n < self.settled_rows if progress is None else progress <= self.settled_progress
        if early or not seen.missing:
            return None
        of = min(LATEST, len(seen.run.peers))
        names = [_cut(key, 20) for key, _ in seen.missing]
        have = max(count for _, count in seen.missing)
        others = f"等 {len(names)} 个" if len(names) > 1 else ""
        evidence = {"missing": [key for key, _ in seen.missing], "present_in": [c for _, c in seen.missing], "of": of}
        return Severity.INFO, Words(
            f"少了 {len(names)} 个常见指标",
            f"同项目最近 {of} 个 run 有 {have} 个记了 {names[0]}{others}，本次没有",
            "先核对这项记录或评估是否关了、改了名",
            "仅提示",
            evidence,
            more=(f"缺少：{'、'.join(names)}",) if len(names) > 1 else (),
        )

    def applies(self, seen: PeerContext) -> bool:
        return len(seen.run.peers) >= USUAL


@dataclass(frozen=True)
class ConfigDrift(PeerDiagnosis):
    """What is configured otherwise than in the project's best finished run.

    A repetition with another seed has not drifted.
    """

    id = "config-drift"
    title = "与基线配置不同"
    severity = Severity.INFO
    meaning = "与同项目最好的 run 有配置差异，重要的排在前面；只是对照，不代表有错。"
    clears = "配置不变就不会自行解除；基线 run 换了会重新比对"
    mistaken_for = "有意做的对照实验也会列出来，有差异不等于配错"
    impact = Impact.NONE

    max_keys: Count = 5  # more is another experiment, and nobody reads on

    def compare(self, seen: PeerContext) -> tuple[Severity, Words] | None:
        base, theirs = seen.reference, seen.reference_facts
        if base is None or theirs is None:
            return None
        changes = drift(seen.facts, theirs)
        if all(c.impact == SEED for c in changes):
            return None
        shown = changes[: self.max_keys]
        name = short_name(base.name)
        message, whole = f"相对 {name}：", True
        for c in shown:
            line = ("" if message.endswith("：") else "，") + f"{c.leaf} {c.there}→{c.here}"
            if len(message) + len(line) > 59:
                whole = False
                continue
            message += line
        if message.endswith("："):
            message += f"{_cut(shown[0].key, 30)} 等"
        hidden = len(changes) - len(shown)
        rest = f"；另有 {hidden} 处影响较小或不明" if hidden else ""
        listed = "，".join(f"{c.key} {c.there}→{c.here}" for c in shown)
        evidence = {
            "reference": base.ref,
            "differences": len(changes),
            "changes": [{"key": c.key, "reference": c.there, "here": c.here} for c in shown],
        }
        return Severity.INFO, Words(
            f"与最好的 run 有 {len(changes)} 处配置不同",
            message + ("" if whole else "…"),
            "先核对这些改动是否有意",
            "确定",
            evidence,
            more=() if whole and not hidden else (f"{name} → 本次：{listed}{rest}",),
        )

    def applies(self, seen: PeerContext) -> bool:
        return seen.reference is not None and bool(seen.run.config) and bool(seen.reference.config)


@dataclass(frozen=True)
class BehindPeers(PeerDiagnosis):
    """Worse at this step than nearly all good runs of the project were at it.

    Of six runs one is the last, so that alone says nothing: the run must also stand three times as far from their
    median as nine in ten of them do.
    """

    id = "behind-peers"
    title = "落后于同项目的 run"
    severity = Severity.INFO
    meaning = "在同一步数上，比同项目里几乎所有跑得好的 run 都差，而且差距不小。"
    clears = "与同项目 run 的差距缩到正常范围即解除"
    mistaken_for = "任务、数据或 batch 不同，同一步数没有可比性；后程才衰减 lr 的会先落后"
    impact = Impact.NONE

    min_peers: Count = 5  # fewer make no band
    worse_share: Share = 0.9  # of the others are better: of five all, of ten one may be worse
    # times the distance from the median to that share of them: so an ordinary run is reported one time in 20
    spread_multiple: Times = 3.0
    min_gap_share: Share = 0.02  # of the median: where the others agree to the last digit
    min_progress: PlanShare = 0.1  # of the reference's steps: what comes first depends on the warm-up

    def compare(self, seen: PeerContext) -> tuple[Severity, Words] | None:
        standing, base = seen.standing, seen.reference
        if standing is None or base is None or base.last_step is None or len(standing.others) < self.min_peers:
            return None
        if standing.step < self.min_progress * base.last_step:
            return None
        if not behind(
            standing,
            down=seen.smaller_is_better,
            share=self.worse_share,
            spread=self.spread_multiple,
            least=self.min_gap_share,
        ):
            return None
        middle, n = float(np.median(standing.others)), len(standing.others)
        worse = sum(x < standing.value if seen.smaller_is_better else x > standing.value for x in standing.others)
        evidence = {
            "metric": standing.key,
            "step": standing.step,
            "value": standing.value,
            "median": middle,
            "others": list(standing.others),
            "worse_than": worse,
            "reference": base.ref,
        }
        gap = " " if standing.name[:1].isascii() else ""
        return Severity.INFO, Words(
            "落后于同项目的 run",
            f"第 {whole(standing.step)} 步时{gap}{standing.name} {num(standing.value)}，"
            f"不如同项目 {n} 个 run 中的 {worse} 个（中位 {num(middle)}）",
            f"先对照 {short_name(base.name)} 的配置；任务不同可忽略",
            "仅提示",
            evidence,
        )

    def applies(self, seen: PeerContext) -> bool:
        return seen.standing is not None and len(seen.standing.others) >= self.min_peers


def _cut(key: str, limit: int) -> str:
    """The end of a key: what tells metrics apart stands there."""
    line = "".join(c for c in key if c.isprintable())
    return line if len(line) <= limit else f"…{line[1 - limit :]}"
