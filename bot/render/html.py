"""Report -> one HTML page that needs nothing else: no script, no outside file, everything escaped."""

from __future__ import annotations

import base64
import datetime as dt
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from analysis.model import Report
from bot.render.card import coverage, subtitle
from bot.render.numbers import SHANGHAI, change_pct, figure
from bot.render.panels import chart_alt
from bot.render.plain import one_line
from bot.render.sections import MARKS, advice, basis, evidence, group_findings, heading, since, unchecked
from bot.render.standing import standing


def page(report: Report, chart: bytes | None = None, tz: dt.tzinfo = SHANGHAI) -> str:
    """The page. `chart`: PNG bytes, shown inline."""
    groups = (
        ("关键指标趋势（训练）", [m for m in report.metrics if m.group != "eval"]),
        ("关键指标（离线评估）", [m for m in report.metrics if m.group == "eval"]),
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
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    env = Environment(
        loader=PackageLoader("bot"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    env.filters |= {"figure": figure, "percent": change_pct, "line": one_line, "basis": basis}
    env.globals |= {"marks": MARKS, "since": since, "evidence": evidence}
    return env.get_template("report.html.j2")
