"""H. The run itself. These look at the wall clock and the run's state, so they stand outside the law of episodes:
pure functions of (last row, state, heartbeat_at, observed_at), asked once per analysis.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analysis.model import Floats, Run, RunInfo, Severity, Words
from analysis.numbers import duration, num, pct


@dataclass(frozen=True)
class StalledLogging:
    """No new row for much longer than ever before while the run says it is running.

    Uploads from the mainland pause for longer than training does, so silence alone is a warning; critical only when
    the heartbeat of the logging process is old too.
    """

    id: ClassVar[str] = "stalled-logging"
    title: ClassVar[str] = "日志停更"
    usual: ClassVar[Severity] = Severity.CRITICAL

    gaps: float = 3.0  # times the longest gap seen
    medians: float = 20.0  # times the usual gap
    least_s: float = 900.0
    heartbeat_s: float = 600.0

    def judge(self, run: Run, info: RunInfo) -> tuple[Severity, Words] | None:
        if run.state not in {"running", "unknown"} or run.observed_at is None or info.last_row_at is None:
            return None
        if run.state == "unknown" and run.heartbeat_at is None:
            return None  # a file that says nothing about its run is not a run gone silent
        silence = run.observed_at - info.last_row_at
        gaps = row_gaps(run.history.timestamp)
        usual = float(np.median(gaps)) if len(gaps) else 0.0
        longest = float(np.max(gaps)) if len(gaps) else 0.0
        if silence <= max(self.gaps * longest, self.medians * usual, self.least_s):
            return None
        beat = run.observed_at - run.heartbeat_at if run.heartbeat_at is not None else None
        dead = beat is not None and beat > self.heartbeat_s
        evidence = {
            "silence_s": silence,
            "usual_gap_s": usual,
            "longest_gap_s": longest,
            "heartbeat_age_s": beat,
            "step": info.last_step,
        }
        heart = f"，心跳 {duration(beat)}前" if beat is not None else ""
        words = Words(
            f"{duration(silence)}没有新数据", f"停在 {info.last_step} 步（平时每 {duration(usual)}一条）{heart}；任务停了，或只是上传中断",
            "先看机器上的日志", "很可能" if dead else "仅提示", evidence,
        )  # fmt: skip
        return (Severity.CRITICAL if dead else Severity.WARNING), words

    def applies(self, run: Run) -> bool:
        return run.observed_at is not None and bool(np.isfinite(run.history.timestamp).any())


@dataclass(frozen=True)
class RunCrashed:
    """The tracker says the run ended badly. killed: somebody stopped it; crashed: the heartbeat was lost; failed: exit code."""

    id: ClassVar[str] = "run-crashed"
    title: ClassVar[str] = "任务异常退出"
    usual: ClassVar[Severity] = Severity.CRITICAL

    done: float = 0.98  # of planned steps: it was through anyway

    def judge(self, run: Run, info: RunInfo) -> tuple[Severity, Words] | None:
        how = {
            "failed": (Severity.CRITICAL, "任务失败（退出码非 0）", "先看机器上日志末尾的报错", "确定"),
            "crashed": (Severity.WARNING, "W&B 失联（crashed）", "先看进程是否还在；在跑则只是上传中断", "很可能"),
            "killed": (Severity.INFO, "已手动终止", "", "确定"),
        }.get(run.state)
        if how is None or (info.progress is not None and info.progress >= self.done):
            return None
        severity, title, advice, sure = how
        reached = f"，完成 {pct(info.progress)}" if info.progress is not None else ""
        evidence = {"state": run.state, "step": info.last_step, "progress": info.progress}
        return severity, Words(title, f"停在 {num(info.last_step, 6)} 步{reached}", advice, sure, evidence)  # type: ignore[arg-type]

    def applies(self, run: Run) -> bool:
        return run.state != "unknown"


def row_gaps(timestamp: Floats) -> Floats:
    """Seconds between rows that were logged at different moments."""
    t = timestamp[np.isfinite(timestamp)]
    gaps = np.diff(t)
    return np.asarray(gaps[gaps > 0])


WallClock = StalledLogging | RunCrashed
WALL_CLOCK: tuple[WallClock, ...] = (RunCrashed(), StalledLogging())


def ids() -> Iterable[str]:
    """The ids that stand outside the law."""
    return (d.id for d in WALL_CLOCK)
