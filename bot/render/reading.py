"""What is said of a run while its rows are still being read: how far that is, and the newest values."""

from __future__ import annotations

from dataclasses import replace

from analysis.model import Report
from bot.render.card import buttons, standing_now
from bot.render.message import Message
from bot.render.numbers import progress, state
from bot.render.plain import dots, short


def page(report: Report, rows: int, lines: int | None, *, replaced: bool) -> Message:
    """`report`: of the newest values alone, nothing is judged by it. `replaced`: the answer takes the place of this."""
    run = report.run
    figures = standing_now(replace(report, metrics=tuple(replace(m, best=None) for m in report.metrics)))
    read = _count(rows) if lines is None else f"{_count(rows)}/{_count(max(lines, rows))}"
    then = "读完后这条消息会换成正式答复" if replaced else "读完后再发正式答复"
    return Message(
        title=f"{short(run.name)} 数据很多，已读 {read}{'' if read.endswith('万') else ' '}行",
        facts=dots((state(run), progress(run), *figures)),
        buttons=buttons(run, full=False, watch=False),
        footer=f"以上是最新值，还没有诊断；{then}",
    )


def _count(rows: int) -> str:
    """`40 万`, `102.5 万`, `5000`."""
    return f"{rows / 1e4:.4g} 万" if rows >= 10_000 else f"{rows}"
