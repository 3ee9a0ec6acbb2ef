"""One finding explained: the test, the numbers, the thresholds in force, what clears it, what else it may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.model import Finding, Report
from bot.render.answers import threshold_line
from bot.render.card import marker
from bot.render.message import Button, Message, Section
from bot.render.plain import one_line, short

_MOST = 6


def why(report: Report, finding: Finding, rule: Mapping[str, Any], clears: str, mistaken_for: str) -> Message:
    """`rule`: as `analysis.diagnoses.configure.rules` gives it."""
    words = finding.words
    # A threshold of somebody's own says all of it in its meaning.
    named = {} if rule["id"].startswith("threshold:") else rule["thresholds"]
    # What was changed here first: it is why the rule says otherwise than elsewhere.
    ordered = sorted(named.items(), key=lambda item: item[1]["from"] == "default")
    lines = tuple(threshold_line(name, setting) for name, setting in ordered[:_MOST])
    if len(named) > _MOST:
        lines = (*lines, f"另有 {len(named) - _MOST} 个，见 /curve rules {rule['id']}")
    metrics = "、".join(map(one_line, finding.metrics[:4]))
    numbers = [f"指标：{metrics}"] if metrics else []
    numbers += [words.message] if words.message else []
    numbers += [one_line(line) for line in words.more]
    sections = (
        Section("怎么判断", (rule["meaning"],)),
        Section("依据的数", tuple(numbers)),
        *((Section("阈值", lines),) if lines else ()),
        *((Section("什么时候解除", (clears,)),) if clears and not finding.over else ()),
        *((Section("容易误判的情况", (mistaken_for,)),) if mistaken_for else ()),
    )
    ref = one_line(report.run.ref)
    return Message(
        f"{short(report.run.name)}：{words.title}，为什么这么说",
        marker(finding.severity),
        sections=sections,
        buttons=(Button("完整报告", command=f"/curve full {ref}"),),
        footer=f"规则 {rule['id']}",
    )
