"""The digest of a channel: what changed, the worst first, one line a run or a group of like runs."""

from __future__ import annotations

import datetime as dt
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from analysis.figures import num, pct
from analysis.model import MetricSummary, Report, RunInfo, Severity, WastedTime
from bot.render.card import marker, metric_name
from bot.render.message import Item, Message, Section
from bot.render.numbers import SHANGHAI, cost, ends_at, progress, state
from bot.render.plain import dots, one_line, short

MOST = 30
GROUP = 3  # runs of one group that are a line together
MANY = 3  # runs from which on each has its curve in the line
_BARS = "▁▂▃▄▅▆▇█"
_SEED = re.compile(r"[-_ .]*(?:seed|sd|s|run|rep|trial)?[-_= ]?\d+$", re.IGNORECASE)
_WORTH_H = 1.0  # hours after the best evaluation that are worth a word


@dataclass(frozen=True, slots=True)
class Line:
    """One run. As titles, the worst first: `open` since before the last digest, `new` and `passed` since then."""

    name: str
    about: str  # `about(run)`: state, progress, ETA
    best: str = ""  # `best(report)`
    severity: Severity = Severity.OK
    open: tuple[str, ...] = ()
    new: tuple[str, ...] = ()  # and open
    passed: tuple[str, ...] = ()  # and over again
    problem: str = ""  # why it could not be read, or empty
    moved: bool = True  # it has gone on, or ended, since the last digest
    ended: str = ""  # how it ended since then: 已结束, 失联; empty: it did not
    after_best: str = ""  # `after_best(report)`
    value: float | None = None  # of what it is judged by, now
    metric: str = ""  # what people call that
    curve: tuple[float, ...] = ()  # of it, oldest first


@dataclass(frozen=True, slots=True)
class Week:
    """What a channel was told in a week: rule -> (alerts, of them called false); and what is silenced now."""

    told: Mapping[str, tuple[int, int]]
    muted: tuple[str, ...] = ()


def digest(lines: Sequence[Line], now: float, tz: dt.tzinfo = SHANGHAI, week: Week | None = None) -> Message:
    """The worst first. `now`: seconds since epoch, for the date. `week`: with the first digest of a week."""
    day = dt.datetime.fromtimestamp(now, tz)
    date = f"日报 {day.month}-{day.day:02d}"
    sections = (_week(week),) if week is not None and (week.told or week.muted) else ()
    if not lines:
        return Message(f"{date}：本频道没有关注的 run", sections=sections, footer="/curve watch <run> 开始关注")
    troubled = sum(_is_troubled(line) for line in lines)
    if not troubled and not any(line.moved or line.passed or line.problem for line in lines):
        return Message(f"{date}：{len(lines)} 个 run 都没有变化", "ok", sections=sections)
    ended = sum(bool(line.ended) for line in lines)
    counts = [f"{troubled} 个有未结告警" if troubled else "都没有未结告警", f"{ended} 个刚结束" if ended else ""]
    items = list(_items(sorted(lines, key=_rank), curves=len(lines) >= MANY))
    if len(items) > MOST:
        items = [*items[:MOST], Item(f"另有 {len(items) - MOST} 个，见 /curve list")]
    worst = max((line.severity for line in lines if _is_troubled(line)), default=Severity.OK)
    title = f"{date}：{len(lines)} 个 run，{'，'.join(filter(None, counts))}"
    return Message(title, marker(worst), items=tuple(items), sections=sections)


def _is_troubled(line: Line) -> bool:
    return bool(line.open or line.new)


def about(run: RunInfo, tz: dt.tzinfo = SHANGHAI) -> str:
    """`运行中 · 12000/20000 步（60%）· 约 14:40 结束`."""
    done = f"（{pct(run.progress)}）" if run.progress is not None and run.progress < 1 else ""
    steps = progress(run)
    parts = (state(run), f"{steps}{done}" if steps else "还没有数据", ends_at(run, tz))
    return dots(parts)


def judge(report: Report) -> MetricSummary | None:
    """What a run is told by: its evaluation, or its loss."""
    evaluated = report.metric("eval_score") or report.metric("eval_loss")
    return evaluated if evaluated is not None and evaluated.best is not None else report.metric("loss")


def best(report: Report) -> str:
    """`评估 L1 最优 0.303（第 4750 步）`; of a run without eval its loss now; empty when there is neither."""
    metric = judge(report)
    if metric is None or metric.last is None:
        return ""
    if metric.group == "eval":
        return f"{metric_name(metric)} 最优 {num(metric.best)}（第 {metric.best_at} {report.run.unit}）"
    return f"{metric_name(metric)} {num(metric.last)}"


def after_best(report: Report) -> str:
    """`最优后又跑了 3 小时（24 卡时）`: what went into a run after its best evaluation; empty where that is little."""
    metric, run = judge(report), report.run
    if metric is None or metric.group != "eval" or not metric.best_at or not run.at or run.elapsed_s is None:
        return ""
    seconds = run.elapsed_s * max(0.0, 1.0 - metric.best_at / run.at)
    if seconds < _WORTH_H * 3600 or seconds < 0.1 * run.elapsed_s:
        return ""
    return f"最优后又跑了 {cost(WastedTime(seconds, run.gpus and seconds / 3600 * run.gpus))}"


def spark(curve: Sequence[float]) -> str:
    """`▇▅▃▂▁`: a curve in one line of text, from its least to its largest value."""
    low, high = min(curve, default=0.0), max(curve, default=0.0)
    if len(curve) < 3 or not high > low:
        return ""
    return "".join(_BARS[round((x - low) / (high - low) * (len(_BARS) - 1))] for x in curve)


def _rank(line: Line) -> tuple[int, bool, bool, str]:
    return -line.severity if _is_troubled(line) else 0, not line.problem, not line.ended, _SEED.sub("", line.name)


def _items(lines: Sequence[Line], *, curves: bool) -> Iterator[Item]:
    """Each run; like runs that are all well, together."""
    calm: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if not (_is_troubled(line) or line.passed or line.problem or line.ended) and line.value is not None:
            calm.setdefault((_SEED.sub("", line.name), line.metric), []).append(line)
    together = {key: of for key, of in calm.items() if len(of) >= GROUP and key[0]}
    grouped = {id(line): key for key, of in together.items() for line in of}
    for line in lines:
        key = grouped.get(id(line))
        if key is None:
            yield _item(line, curves)
        elif line is together[key][0]:
            yield _group(key[0], together[key])


def _group(stem: str, lines: Sequence[Line]) -> Item:
    """`act-uot-*（5 个）· 评估 L1 0.29–0.33（中位 0.31）`."""
    values = sorted(line.value for line in lines if line.value is not None)
    spread = f"{num(values[0])}–{num(values[-1])}（中位 {num(statistics.median(values))}）"
    return Item(one_line(dots((f"{short(stem)}*（{len(lines)} 个）", f"{lines[0].metric} {spread}"))), "ok")


def _item(line: Line, curves: bool) -> Item:
    mark = marker(line.severity)
    named = (("新增", line.new), ("未结", line.open), ("新增，已恢复", line.passed))
    told = [f"{what}：{'；'.join(titles)}" for what, titles in named if titles]
    told += [line.after_best] if line.after_best else []
    told += [line.problem] if line.problem else []
    drawn = spark(line.curve) if curves else ""
    headline = dots((short(line.name), line.about, line.best, drawn))
    return Item(one_line(headline), "none" if line.problem and not _is_troubled(line) else mark, tuple(told))


def _week(week: Week) -> Section:
    """`grad-spike：报 5 次，误报 2 次（40%）`, the most often wrong first."""
    ranked = sorted(week.told.items(), key=lambda item: (-item[1][1] / max(1, item[1][0]), -item[1][0]))
    lines = [
        f"{rule}：报 {told} 次" + (f"，误报 {wrong} 次（{pct(wrong / told)}）" if wrong else "")
        for rule, (told, wrong) in ranked
    ]
    muted = [f"静音中：{'、'.join(week.muted)}"] if week.muted else []
    return Section("近 7 天的告警", (*lines[:MOST], *muted))


def thinned(values: Sequence[float], points: int = 16) -> tuple[float, ...]:
    """At most so many medians of equal stretches."""
    if len(values) <= points:
        return tuple(values)
    edges = [round(i * len(values) / points) for i in range(points + 1)]
    return tuple(statistics.median(values[a:b]) for a, b in pairwise(edges))
