"""Run and report -> one HTML page that needs nothing else: charts, scripts and styles are in it, all text is escaped.

Without scripts it tells the same, with a picture instead of charts.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from analysis.facts.config import Config
from analysis.facts.config_diff import OTHER, telling
from analysis.model import Finding, Report, Run, Severity
from bot.render.card import coverage, subtitle
from bot.render.curves import Curves, curves
from bot.render.families import families
from bot.render.inline import data_block, inline
from bot.render.numbers import SHANGHAI, change_pct, figure
from bot.render.panels import chart_alt
from bot.render.plain import one_line
from bot.render.sections import advice, alike, basis, evidence, group_findings, heading, since, unchecked
from bot.render.standing import standing

_SEVERITY = {Severity.CRITICAL: "严重", Severity.WARNING: "警告", Severity.INFO: "提示", Severity.OK: "正常"}


def page(run: Run, report: Report, chart: bytes | None = None, tz: dt.tzinfo = SHANGHAI) -> str:
    """The page. `chart`: PNG bytes, shown where scripts do not run."""
    found = curves(run, report)
    index = {m.key: i for i, m in enumerate(report.metrics)}
    numbers = {id(f): i for i, f in enumerate(report.findings)}
    drawable = {i for i, metric in enumerate(found.data["metrics"]) if "x" in metric}

    def metric_of(finding: Finding) -> int | None:
        """Where a finding can be seen: the first of its metrics that has a curve."""
        return next((i for key in finding.metrics if (i := index.get(key)) in drawable), None)

    settings = telling(Config(run.config))
    groups = (
        ("关键指标趋势（训练）", families(m for m in report.metrics if m.group != "eval")),
        ("关键指标（离线评估）", families(m for m in report.metrics if m.group == "eval")),
    )
    return _template().render(
        report=report,
        run=report.run,
        heading=heading(report),
        subtitle=subtitle(report.run, tz),
        coverage=coverage(report, tz),
        chart=base64.b64encode(chart).decode() if chart is not None else None,
        chart_alt=chart_alt(report),
        tree=group_findings(report),
        advice=advice(report),
        unchecked=unchecked(report),
        standing=standing(report),
        groups=groups,
        index=index,
        drawable=drawable,
        metric_of=metric_of,
        number=lambda f: numbers[id(f)] if metric_of(f) is not None else None,
        telling=[(s.key, s.here) for s in settings if s.impact != OTHER],
        other=[(s.key, s.here) for s in settings if s.impact == OTHER],
        charted=bool(drawable),
        left_out=_left_out(found),
        data=data_block(found.data),
        inline=inline(),
    )


def _left_out(found: Curves) -> str:
    """What the charts do not show of a long run; empty where they show everything."""
    said: list[str] = []
    if found.thinned:
        said.append(
            f"{found.thinned} 条曲线太长：每段只画首、末、最高、最低点和 NaN，放大后也只有这些点；平滑按每段均值"
        )
    if found.absent:
        said.append(f"另有 {found.absent} 列没有曲线，只在表里")
    return "；".join(said)


def _plain(value: float | None) -> str:
    """A number for sorting; empty for none."""
    return (
        "" if value is None or not math.isfinite(value) else repr(float(value)).replace("e+", "e").replace("e-0", "e-")
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    env = Environment(
        loader=PackageLoader("bot"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    env.filters |= {"figure": figure, "percent": change_pct, "line": one_line, "basis": basis, "plain": _plain}
    env.globals |= {"words": _SEVERITY, "since": since, "evidence": evidence, "alike": alike}
    return env.get_template("report.html.j2")
