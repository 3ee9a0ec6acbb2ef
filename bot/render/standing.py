"""Where a run stands among the finished runs of its project, in a line or two of the full report."""

from __future__ import annotations

from analysis.figures import num
from analysis.model import Report


def standing(report: Report) -> tuple[str, ...]:
    """Its place, and other metrics beside those of the best run; empty where no other run is known.

        同等步数（第 8000 步）评估 L1 0.310：好于同项目 8 个 run 中的 6 个；最好的 act-base-12 当时为 0.290

    Names of runs come from outside: the caller's markup writes them.
    """
    s = report.standing
    if s is None:
        return ()
    n = len(s.others)
    beaten = f"好于同项目全部 {n} 个 run" if s.better_than == n else f"好于同项目 {n} 个 run 中的 {s.better_than} 个"
    best = f"；最好的 {s.best} 当时为 {num(s.best_value)}" if s.best is not None else ""
    line = f"同等步数（第 {num(s.step, 6)} {report.run.unit}）{s.name} {num(s.value)}：{beaten}{best}"
    more = [f"{name} {num(here)}（它 {num(there)}）" for name, here, there in s.versus]
    return (line, f"  与 {s.best} 同等步数相比：{'，'.join(more)}") if more and s.best is not None else (line,)
