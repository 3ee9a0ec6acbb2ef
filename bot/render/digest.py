"""The digest of a channel: one message, one line per watched run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures import num, pct
from analysis.model import Report, RunInfo, Severity
from bot.render.card import marker, metric_name
from bot.render.message import Item, Message
from bot.render.numbers import SHANGHAI, ends_at, progress, state
from bot.render.plain import dots, one_line, short

MOST = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One run. `open`, `new`: what is not over, and what happened since the last digest, as titles."""

    name: str
    about: str  # `about(run)`: state, progress, ETA
    best: str = ""  # `best(report)`
    severity: Severity = Severity.OK
    open: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    problem: str = ""  # why it could not be read, or empty


def digest(lines: Sequence[Line], now: float, tz: dt.tzinfo = SHANGHAI) -> Message:
    """The worst first. `now`: seconds since epoch, for the date."""
    day = dt.datetime.fromtimestamp(now, tz)
    date = f"日报 {day.month}-{day.day:02d}"
    if not lines:
        return Message(f"{date}：本频道没有关注的 run", footer="/curve watch <run> 开始关注")
    troubled = sum(bool(line.open) for line in lines)
    count = f"{troubled} 个有未结告警" if troubled else "都没有未结告警"
    ranked = sorted(lines, key=lambda line: (-line.severity if line.open else 0, bool(line.problem) is False))
    items = [_item(line) for line in ranked[:MOST]]
    if len(ranked) > MOST:
        items.append(Item(f"另有 {len(ranked) - MOST} 个 run，见 /curve list"))
    worst = max((line.severity for line in lines if line.open), default=Severity.OK)
    return Message(f"{date}：{len(lines)} 个 run，{count}", marker(worst), items=tuple(items))


def about(run: RunInfo, tz: dt.tzinfo = SHANGHAI) -> str:
    """`运行中 · 12000/20000 步（60%）· 约 14:40 结束`."""
    done = f"（{pct(run.progress)}）" if run.progress is not None and run.progress < 1 else ""
    steps = progress(run)
    parts = (state(run), f"{steps}{done}" if steps else "还没有数据", ends_at(run, tz))
    return dots(parts)


def best(report: Report) -> str:
    """`评估 L1 最优 0.303（第 4750 步）`; of a run without eval its loss now; empty when there is neither."""
    metric = report.metric("eval_score") or report.metric("eval_loss")
    if metric is not None and metric.best is not None:
        return f"{metric_name(metric)} 最优 {num(metric.best)}（第 {metric.best_at} 步）"
    loss = report.metric("loss")
    return f"{metric_name(loss)} {num(loss.last)}" if loss is not None and loss.last is not None else ""


def _item(line: Line) -> Item:
    mark = marker(line.severity)
    told = [f"未结：{'、'.join(line.open)}"] if line.open else []
    told += [f"新增：{'、'.join(line.new)}"] if line.new else []
    told += [line.problem] if line.problem else []
    headline = dots((short(line.name), line.about, line.best))
    return Item(one_line(headline), "none" if line.problem and not line.open else mark, tuple(told))
