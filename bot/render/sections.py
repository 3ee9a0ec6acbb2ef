"""The whole report in five sections, for markdown and for chat. `Markup` says how a key and a sentence are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.diagnoses import ALL
from analysis.model import Finding, MetricSummary, Report, Severity, StepUnit
from bot.render.message import Section
from bot.render.numbers import change_pct, epochs, figure, lost, progress, spent, state
from bot.render.plain import dots, one_line
from bot.render.standing import standing

_TITLES = {d.id: d.title for d in ALL}
MARKS = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟡", Severity.INFO: "⚪", Severity.OK: "🟢"}


@dataclass(frozen=True, slots=True)
class Markup:
    """How to write a metric key, and any other text that may come from outside.

    `basis`: whether the numbers a finding rests on stand under it.
    """

    key: Callable[[str], str] = one_line
    text: Callable[[str], str] = one_line
    basis: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with its twins (the same thing said of other metrics) and the consequences told under it."""

    finding: Finding
    twins: tuple[Finding, ...] = ()
    effects: tuple[Told, ...] = ()


def heading(report: Report) -> str:
    """`训练曲线分析报告（W&B: entity/project/run_id）`; of a run that no tracker has its name."""
    run = report.run
    if run.tracked_as is None:
        return f"训练曲线分析报告（{one_line(run.name)}）"
    return f"训练曲线分析报告（{run.tracker}: {one_line(run.tracked_as)}）"


def sections(report: Report, markup: Markup | None = None) -> tuple[Section, ...]:
    """The five sections. A line that begins with two spaces belongs under the line before."""
    markup = markup or Markup()
    evals = [m for m in report.metrics if m.group == "eval"]
    rest = [m for m in report.metrics if m.group != "eval"]
    return (
        Section("概览", tuple(_overview(report, rest, evals, markup))),
        Section("关键指标趋势（训练）", tuple(metric_line(m, markup) for m in rest) or ("没有训练指标",)),
        Section("关键指标（离线评估）", tuple(metric_line(m, markup) for m in evals) or ("无评估指标",)),
        Section("诊断与解读", tuple(_diagnosis(report, markup))),
        Section("建议与后续", tuple(_advice(report, markup))),
    )


def metric_line(metric: MetricSummary, markup: Markup) -> str:
    """``总损失 `train/loss`: 首值=15.12, 末值=0.05973, 最优=0.05837 @ step=19850, Δ=-15.06 (-99.60%)``"""
    key = markup.key(metric.key)
    name = f"{markup.text(metric.label)} {key}" if metric.named else key
    return f"{name}: {', '.join(metric_figures(metric))}"


def metric_figures(metric: MetricSummary) -> list[str]:
    """First, last, best and change, as far as each of them is defined."""
    if metric.last is None:
        return [f"没有有限值（{metric.nonfinite} 次 NaN/Inf）"]
    odd = [f"NaN/Inf {metric.nonfinite} 次"] if metric.nonfinite else []
    if metric.constant:
        return [f"恒为 {figure(metric.last)}（{metric.points - metric.nonfinite} 次记录）", *odd]
    if metric.points - metric.nonfinite == 1:
        return [f"只有 1 次记录: {figure(metric.last)}", *odd]
    found = [f"首值={figure(metric.first)}", f"末值={figure(metric.last)}"]
    if metric.best is not None:
        found.append(f"最优={figure(metric.best)} @ step={metric.best_at}")
    if metric.change is not None:
        found.append(f"Δ={figure(metric.change)}{_percent(metric)}")
    return [*found, *odd]


def group_findings(report: Report) -> tuple[Told, ...]:
    """The findings as a tree: each cause with its consequences, the same thing said once."""
    causes = report.open_findings()
    ids = {f.id for f in causes}
    folded = {(f.id, f.metrics[0]): f for f in report.findings if f.suppressed_by == f.id}
    effects = [f for f in report.findings if f.suppressed_by not in (None, f.id)]
    orphans = [f for f in effects if f.suppressed_by not in ids]
    tree: list[Told] = []
    for told in _together([*causes, *orphans]):
        mine = [] if told.finding.id in {t.finding.id for t in tree} else effects
        under = [f for f in mine if f.suppressed_by == told.finding.id and f not in orphans]
        twins = (folded[f.id, key] for f in (told.finding, *told.twins) for key in f.twins)
        tree.append(Told(told.finding, (*told.twins, *twins), tuple(_together(under))))
    return tuple(tree)


def since(finding: Finding, unit: StepUnit) -> str:
    """`第 50 步起`, `第 50–20000 步，已过去`; empty without a step."""
    first = finding.onset_step if finding.onset_at is None else finding.onset_at
    last = finding.last_step if finding.last_at is None else finding.last_at
    if first is None:
        return "已过去" if finding.over else ""
    if finding.over and last is not None:
        return f"第 {first}–{last} {unit}，已过去"
    return f"第 {first} {unit}起"


def evidence(finding: Finding) -> str:
    """What it rests on, and what it has cost where this finding carries that."""
    return "，".join(filter(None, (finding.words.message, lost(finding.lost))))


def alike(told: Told) -> list[str]:
    """What is said of each of several metrics, which its title names where the titles differ."""
    every = (told.finding, *told.twins)
    one = len({f.words.title for f in every}) == 1
    return [evidence(f) if one else f"{f.words.title}：{evidence(f)}" for f in every]


def basis(evidence: Mapping[str, Any]) -> str:
    """The numbers behind a sentence: `mass=7.302e-12, remedy.mass=0.6211`; what is unknown is left out."""
    return ", ".join(f"{name}={value}" for name, value in _flat(evidence))


def advice(report: Report) -> list[str]:
    """What to do about what, in the order in which to do it, each thing once."""
    wanted = [f for f in report.open_findings() if not f.over and f.words.advice]
    return list(dict.fromkeys(f"{re.sub('（[^（]*）$', '', f.words.title)}：{f.words.advice}" for f in wanted))


def _overview(
    report: Report, train: Sequence[MetricSummary], evals: Sequence[MetricSummary], markup: Markup
) -> Iterator[str]:
    run, seen = report.run, report.coverage
    yield f"结论: {MARKS[report.severity]} {markup.text(report.title)}"
    if report.use:
        yield f"结果: {report.use}"
    about = [markup.text(run.name), state(run), progress(run), epochs(run), spent(run), markup.text(run.user or "")]
    yield f"run: {dots(about)}"
    yield f"历史条目: {run.rows}" + ("（采样，可能漏掉尖峰）" if seen.sampled else "")
    yield f"训练指标: {', '.join(markup.key(m.key) for m in train) or '无'}"
    yield f"评估指标: {', '.join(markup.key(m.key) for m in evals) or '无'}"
    yield from (f"{'  ' if line.startswith(' ') else ''}{markup.text(line)}" for line in standing(report))
    yield from (f"说明: {markup.text(note)}" for note in seen.notes)


def _diagnosis(report: Report, markup: Markup) -> Iterator[str]:
    tree = group_findings(report)
    if not tree:
        yield "还没有数据，无从判断" if not report.run.rows else "未见异常"
    for told in tree:
        yield from _finding_lines(told, markup, "", report.run.unit)
        for effect in told.effects:
            yield from _finding_lines(effect, markup, "  相关：", report.run.unit)
    if names := unchecked(report):
        yield f"未检查（缺少所需的指标或信息）: {names}"


def unchecked(report: Report) -> str:
    """What could not be looked for, by title; a team's own rules by their id."""
    return "、".join(_TITLES.get(id_, id_) for id_ in report.not_applicable)


def _finding_lines(told: Told, markup: Markup, lead: str, unit: StepUnit) -> Iterator[str]:
    f, words = told.finding, told.finding.words
    said = [words.certainty, since(f, unit), *([f"共 {len(told.twins) + 1} 处"] if told.twins else [])]
    title = dots([markup.text(words.title), *said])
    yield f"{lead}{MARKS[f.severity]} {title}" + ("" if told.twins else f"：{markup.text(evidence(f))}")
    indent = "    " if lead else "  "
    if told.twins:
        yield from (f"{indent}{markup.text(line)}" for line in alike(told))
    yield from (f"{indent}{markup.text(line)}" for line in words.more)
    if markup.basis and not lead and not told.twins and (numbers := basis(words.evidence)):
        yield f"{indent}依据: {markup.text(numbers)}"


def _advice(report: Report, markup: Markup) -> Iterator[str]:
    wanted = advice(report)
    if not wanted:
        yield "暂无需要处理的事项"
    yield from (markup.text(line) for line in wanted)


def _percent(metric: MetricSummary) -> str:
    if metric.change_pct is not None and abs(metric.change_pct) >= 1000:
        return ""  # of a counter, say: a figure that means nothing
    if metric.change_pct is not None:
        return f" ({change_pct(metric.change_pct)})"
    return "（首值为 0，不计百分比）" if metric.first == 0 else "（变号，不计百分比）"


def _together(findings: Sequence[Finding]) -> Iterator[Told]:
    """Findings that say the same of different metrics become one."""
    groups: dict[tuple[str, Severity, str, bool], list[Finding]] = {}
    for f in findings:
        groups.setdefault((f.id, f.severity, f.words.title, f.over), []).append(f)
    yield from (Told(group[0], tuple(group[1:])) for group in groups.values())


def _flat(evidence: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in evidence.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            if value:
                yield f"{prefix}{name}", f"[{', '.join(_one(v) for v in value)}]"
        elif value is not None:
            yield f"{prefix}{name}", _one(value)


def _one(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) or value is None:
        return figure(value)
    return str(value)
