"""The run as a process: it ended badly, it logs no more, its GPU stands idle.

These look at the wall clock and the run's state, so they stand outside the law of episodes: pure functions of (last
row, state, heartbeat_at, observed_at), judged once per analysis.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.columns.names import words
from analysis.figures import duration, pct, whole
from analysis.model import Finding, Floats, Run, RunInfo, Severity, Words
from analysis.scan import evidence
from analysis.scan.diagnosis import WallClockDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.units import PlanShare, Records, Seconds, Share, Times


@dataclass(frozen=True)
class StalledLogging(WallClockDiagnosis):
    """No new row for much longer than ever before while the run says it is running.

    Uploads from the mainland pause for longer than training does, so silence alone is a warning; critical only when
    the heartbeat of the logging process is old too.
    """

    id = "stalled-logging"
    title = "日志停更"
    severity = Severity.CRITICAL
    meaning = "任务显示在运行，日志停更的时间却远超平时的间隔：进程可能卡死，也可能只是上传中断。"
    clears = "有新记录即解除，run 结束也解除"
    mistaken_for = "上传断了但训练还在跑；超长评估、存 ckpt 时也会停更"
    impact = Impact.IN_DOUBT

    longest_gap_multiple: Times = 3.0  # times the longest gap seen
    median_gap_multiple: Times = 20.0  # times the usual gap
    min_silence_s: Seconds = 900.0  # evals, checkpoints and uploads pause for less
    min_heartbeat_age_s: Seconds = 600.0  # the process beats every half minute or so

    def use(self, result: Result) -> str | None:
        return "日志停更，还不能判断"

    def wasted_s(self, finding: Finding, since_onset_s: float | None) -> float | None:
        """The silence, once the heartbeat is gone as well: nobody computes."""
        return evidence.number(finding.words.evidence, "silence_s") if finding.severity is Severity.CRITICAL else None

    def judge(self, run: Run, info: RunInfo) -> tuple[Severity, Words] | None:
        if run.state not in {"running", "unknown"} or run.observed_at is None or info.last_row_at is None:
            return None
        if run.state == "unknown" and run.heartbeat_at is None:
            return None  # a file that says nothing about its run is not a run gone silent
        silence = run.observed_at - info.last_row_at
        gaps = row_gaps(run.history.timestamp)
        usual = float(np.median(gaps)) if len(gaps) else 0.0
        longest = float(np.max(gaps)) if len(gaps) else 0.0
        if silence <= max(self.longest_gap_multiple * longest, self.median_gap_multiple * usual, self.min_silence_s):
            return None
        beat = run.observed_at - run.heartbeat_at if run.heartbeat_at is not None else None
        dead = beat is not None and beat > self.min_heartbeat_age_s
        evidence = {
            "silence_s": silence,
            "usual_gap_s": usual,
            "longest_gap_s": longest,
            "heartbeat_age_s": beat,
            "step": info.at,
        }
        heart = f"，心跳 {duration(beat)}前" if beat is not None and not run.local else ""
        why = "任务可能停了" if run.local else "任务停了，或只是上传中断"
        words = Words(
            f"{duration(silence)}没有新记录",
            f"停在第 {whole(info.at)} 步（平时每 {duration(usual)}一条）{heart}；{why}",
            "先看机器上的日志",
            "很可能" if dead else "仅提示",
            evidence,
        )
        return (Severity.CRITICAL if dead else Severity.WARNING), words

    def applies(self, run: Run) -> bool:
        return run.observed_at is not None and bool(np.isfinite(run.history.timestamp).any())


_OUT_OF_MEMORY = ("outofmemoryerror", "cuda out of memory", "hip out of memory", "resource_exhausted")


@dataclass(frozen=True)
class RunCrashed(WallClockDiagnosis):
    """The tracker says the run ended badly. killed: somebody stopped it; crashed: the heartbeat was lost;
    failed: exit code.
    """

    id = "run-crashed"
    title = "任务异常退出"
    severity = Severity.CRITICAL
    meaning = "任务没跑完就退出了：程序报错、W&B 心跳丢失，或被人手动终止。"
    clears = "续训或心跳恢复、状态变回运行中才解除，否则一直保留"
    mistaken_for = "上传中断也会被 W&B 标成 crashed，进程其实还在跑"
    impact = Impact.USABLE_BEFORE_ONSET
    blows_up = True
    ends_run = True

    done: PlanShare = 0.98  # it was through anyway

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        return Impact.CHOOSE_CHECKPOINT if finding.words.evidence.get("through") else self.impact

    def use(self, result: Result) -> str | None:
        if result.finding.words.evidence.get("through"):
            return "已跑完，确认模型已保存"
        if result.finding.onset_at is None or result.info.at is None:
            return None
        return "没跑完，已存的 ckpt 可用" if result.judged else f"没跑完，{result.effect}"

    def judge(self, run: Run, info: RunInfo) -> tuple[Severity, Words] | None:
        through = info.progress is not None and info.progress >= self.done
        if run.state not in {"failed", "crashed", "killed"} or (through and run.state != "failed"):
            return None
        evidence = {
            "state": run.state,
            "step": info.at,
            "progress": info.progress,
            "through": through,
            "reason": run.exit_reason,
        }
        reached = f"，完成 {pct(info.progress)}" if info.progress is not None else ""
        out_of_memory = any(said in (run.exit_reason or "").lower() for said in _OUT_OF_MEMORY)
        where = f"停在第 {whole(info.at)} 步{reached}" if info.at is not None else "还没有记录"
        reason = f"：{run.exit_reason}" if run.exit_reason else ""
        if through:
            return Severity.WARNING, Words(
                "收尾时报错，训练已跑完",
                f"{whole(info.at)} 步已跑完，退出码非 0{reason}",
                "确认最终模型已保存；没存就用最后一个 ckpt",
                "确定",
                evidence,
            )
        if run.state == "killed":
            return Severity.INFO, Words("已手动终止", where, "", "确定", evidence)
        if run.state == "failed":
            again = "从最后一个 ckpt 续训" if info.rows else "重跑"
            advice = f"按报错处理后{again}" if run.exit_reason else "先看机器上日志末尾的报错"
            if out_of_memory:
                advice = f"先看卡上有无别的进程；没有就减小 batch 或序列长度，再{again}"
                return Severity.CRITICAL, Words(
                    "显存不足（OOM）", f"{where}{reason.partition(' GPU ')[0]}", advice, "确定", evidence
                )
            return Severity.CRITICAL, Words("任务失败（退出码非 0）", f"{where}{reason}", advice, "确定", evidence)
        if run.local:
            advice = "按报错处理" if run.exit_reason else "看机器上日志末尾；没有报错多半是被杀或断电"
            return Severity.WARNING, Words("进程已断，没有退出记录", f"{where}{reason}", advice, "很可能", evidence)
        return Severity.WARNING, Words(
            "W&B 失联（crashed）", f"{where}{reason}", "先看进程是否还在；在跑则只是上传中断", "很可能", evidence
        )

    def applies(self, run: Run) -> bool:
        return run.state != "unknown"


@dataclass(frozen=True)
class GpuIdle(WallClockDiagnosis):
    """The GPU stands idle for most of the last samples while the run says it is running.

    System readings come in a stream of their own, at their own times: not a matter of rows, so outside the law.
    """

    id = "gpu-idle"
    title = "GPU 利用率低"
    severity = Severity.INFO
    meaning = "GPU 利用率长时间偏低：多半卡在取数或 CPU 预处理，或 batch 太小。"
    clears = "最近一段采样的利用率回到正常即解除"
    mistaken_for = "评估、存 ckpt、编译时 GPU 本来就闲；仿真占大头的 RL 也是"
    impact = Impact.NONE
    explained_by = ("data-bound",)

    max_use: Share = 0.3  # of full use
    samples: Records = 30  # an eval or a checkpoint is shorter than half of these

    def judge(self, run: Run, info: RunInfo) -> tuple[Severity, Words] | None:
        if run.state not in {"running", "finished"}:
            return None
        seen: list[float] = []
        first = len(run.history)
        for key in gpu_use(run):
            column = run.history.columns[key]
            good = np.isfinite(column.values)
            rows, values = column.rows[good][-self.samples :], column.values[good][-self.samples :]
            if len(values) == self.samples and values.min() >= 0 and values.max() <= 100:
                share = values.max() <= 1 and bool((values != np.round(values)).any())  # 0.42, not 42
                seen.append(float(np.median(values)) / (1.0 if share else 100.0))
                first = min(first, int(rows[0]))
        if not seen or float(np.mean(seen)) >= self.max_use:
            return None
        use = float(np.mean(seen))
        t = run.history.timestamp
        seconds = float(t[-1] - t[first])
        evidence = {"median_use": use, "gpus": len(seen), "seconds": seconds if np.isfinite(seconds) else None}
        span = f"近 {duration(seconds)}" if np.isfinite(seconds) and seconds >= 60 else f"近 {self.samples} 次采样"
        many = f"{len(seen)} 张卡平均 " if len(seen) > 1 else ""
        return Severity.INFO, Words(
            f"GPU 利用率仅 {pct(use)}",
            f"{span} {many}GPU 利用率中位 {pct(use)}",
            "先看取数耗时与 batch 大小；评估期间属正常",
            "仅提示",
            evidence,
        )

    def applies(self, run: Run) -> bool:
        return any(True for _ in gpu_use(run))


def gpu_use(run: Run) -> Iterable[str]:
    """Columns that hold the use of a GPU: `gpu.0.gpu` of W&B, gpu_util."""
    for key in run.history.columns:
        w = words(key)
        if (w.count("gpu") > 1 and w[-1] == "gpu") or (
            "gpu" in w and {"util", "utilization", "utilisation"} & set(w) and not {"mem", "memory"} & set(w)
        ):
            yield key


def row_gaps(timestamp: Floats) -> Floats:
    """Seconds between rows that were logged at different moments."""
    t = timestamp[np.isfinite(timestamp)]
    gaps = np.diff(t)
    return np.asarray(gaps[gaps > 0])
