"""Numbers as a reader sees them: figures, steps, clock times, run states. Their forms are those of analysis.figures."""

from __future__ import annotations

import datetime as dt
import math
import re
from zoneinfo import ZoneInfo

from analysis.figures import duration, num, spaced
from analysis.history import LAST_MOMENT
from analysis.model import STEP, RunInfo, WastedTime

SHANGHAI = ZoneInfo("Asia/Shanghai")

_STATES = {
    "running": "运行中",
    "finished": "已结束",
    "failed": "已失败",
    "crashed": "失联",
    "killed": "已手动终止",
    "pending": "排队中",
    "preempting": "正被抢占",
    "preempted": "已被抢占",
}


def figure(value: float | None) -> str:
    """Four digits, and whole numbers in full: 15.12, 160000, 1e-5, 7.302e-12. `—` for what is not a number."""
    if value is None or math.isnan(value):
        return "—"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value.is_integer() and abs(value) < 1e7:
        return f"{value + 0.0:.0f}"
    return re.sub(r"e([+-])0*", lambda m: f"e{m[1].strip('+')}", f"{value + 0.0:.4g}")  # + 0.0: no "-0"


def change_pct(percent: float | None) -> str:
    """-99.60%, 39120%: four digits. `—` when undefined."""
    if percent is None or not math.isfinite(percent):
        return "—"
    if abs(percent) >= 99.995:
        return f"{float(f'{percent:.4g}'):.0f}%" if abs(percent) >= 1000 else f"{percent:.1f}%"
    return f"{percent + 0.0:.2f}%" if percent == 0 or abs(percent) >= 0.005 else f"{percent:.1e}%"


def state(run: RunInfo) -> str:
    """The state in Chinese; empty when unknown. That a run is lost, only its tracker says."""
    word = _STATES.get(run.state, "")
    return f"{run.tracker} {word}" if run.state == "crashed" and run.tracker and run.url else word


def progress(run: RunInfo) -> str:
    """`20000 步`, `12000/20000 步`, `40/100 轮`, `500 回合`; empty without rows."""
    if run.at is None:
        return ""
    planned, done = run.planned_steps, run.at + (run.from_zero and run.unit != STEP)  # those from 0 to 49 are 50
    if planned is None or planned <= done <= 1.01 * planned:  # counters are often logged a step or two past the end
        return f"{planned or done} {run.unit}"
    if run.state == "finished" and 0.99 * planned - 1 <= done < planned:  # or before it, or count from 0
        return f"{planned} {run.unit}"
    return f"{done}/{planned} {run.unit}"


def clock(at: float, now: float | None, tz: dt.tzinfo) -> str:
    """Local time as short as it can be: `14:40`, `明天 02:10`, `11-27 02:10`, `2025-10-09 18:23`.

    `at`, `now`: seconds since epoch.
    """
    when = dt.datetime.fromtimestamp(min(at, LAST_MOMENT), tz)  # what is planned for never, too
    today = dt.datetime.fromtimestamp(now, tz) if now is not None else None
    if today is None or when.year != today.year:
        return f"{when:%Y-%m-%d %H:%M}"
    days = (when.date() - today.date()).days
    if days in {-1, 0, 1}:
        return f"{('昨天 ', '', '明天 ')[days + 1]}{when:%H:%M}"
    return f"{when:%m-%d %H:%M}"


def ago(seconds: float) -> str:
    """`刚刚`, `3 分钟前`. A clock that runs ahead is not the reader's business."""
    return "刚刚" if seconds < 10 else f"{duration(seconds)}前"


def ends_at(run: RunInfo, tz: dt.tzinfo) -> str:
    """`约 14:40 结束`; with no clock to count from `剩约 1 小时 27 分`; empty when unknown."""
    if run.eta_s is None:
        return ""
    now = run.observed_at if run.observed_at is not None else run.last_row_at
    if now is None:
        return f"剩约 {duration(run.eta_s)}"
    return spaced(f"约 {clock(now + run.eta_s, now, tz)} 结束")


def spent(run: RunInfo) -> str:
    """`1 小时 30 分（12 卡时）`: how long it took, on how many GPUs; empty when unknown."""
    return "" if run.elapsed_s is None else _cost(run.elapsed_s, run.gpus and run.elapsed_s / 3600 * run.gpus)


def lost(wasted: WastedTime | None) -> str:
    """`其后又训了 1 小时 9 分（9.2 卡时）`; empty where a finding carries no cost."""
    return "" if wasted is None else f"其后又训了 {cost(wasted)}"


def cost(spent: WastedTime) -> str:
    """`1 小时 9 分（9.2 卡时）`."""
    return _cost(spent.seconds, spent.gpu_hours)


def _cost(seconds: float, gpu_hours: float | None) -> str:
    # Below a tenth of a GPU-hour nobody counts, and on one GPU they are the hours that stand there already.
    worth = gpu_hours is not None and gpu_hours >= 0.1 and gpu_hours > 1.01 * seconds / 3600
    return duration(seconds) + (f"（{num(gpu_hours, 2)} 卡时）" if worth else "")


def epochs(run: RunInfo) -> str:
    """`约 3.2 个 epoch`; empty when unknown, or where its steps are epochs."""
    if run.epochs is None or run.unit != STEP:
        return ""
    return f"约 {num(run.epochs, 2)} 个 epoch" if run.epochs >= 0.1 else "不到 0.1 个 epoch"


def remaining(run: RunInfo) -> str:
    """`剩约 1 小时 27 分（12 卡时）`: what is still to be spent; empty when unknown."""
    return "" if run.eta_s is None else f"剩约 {_cost(run.eta_s, run.gpus and run.eta_s / 3600 * run.gpus)}"
