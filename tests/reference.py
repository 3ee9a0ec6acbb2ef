"""Pages of docs/zh that are made from the code: commands, and diagnoses with the sentences they are known to say."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import inspect
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from analysis.diagnoses import ALL
from analysis.diagnoses.configure import rules
from analysis.scan.diagnosis import Diagnosis
from bot import __main__ as command_line
from bot.render.answers import _SEVERITY as SEVERITY
from bot.render.numbers import figure
from bot.services.commands import table

ROOT = Path(__file__).parents[1]
MOST_ADVICE = 3

HEAD = """# 诊断

由代码生成，不要手改：`CURVEBOT_WRITE_GOLDEN=1 pytest -n0 tests/test_reference.py`。

每条诊断：怎么判断、什么时候解除、容易误判的情况、会给的建议（例句，数字只是例子）、阈值。按读者该先处理的顺序排列。

阈值都能改：写在配置文件的 `diagnoses.<id>` 下，例如 `diagnoses: {grad-spike: {ratio: 8}}`；`{off: true}` 关掉整条。
你这里生效的值看 `curvebot rules <id>`；改之前用 `curvebot replay` 在旧训练上试。

“理由”一栏是源码里写在阈值旁边的话，英文；检验方法的英文说明在[开发者文档](../diagnoses.md)。
"""


COMMANDS = """# 命令

由代码生成，不要手改：`CURVEBOT_WRITE_GOLDEN=1 pytest -n0 tests/test_reference.py`。

## 聊天里

@机器人 之后或私聊里 `/curve` 可以省；中文写法和英文完全等价。`<run>` 可以是链接、`entity/project/run_id`、`run_id`，
或默认项目里不重名的 run 名；在卡片或告警的话题里可以不写。
直接说人话也行：`看下 64wxlc3y 还有救吗`、`帮我盯一下 <link>`。
"""
CLI = """
## 命令行

`RUN` 可以是 `entity/project/run_id`、`run_id`、链接、名字，或本地文件：`.parquet`、`.csv`、`.jsonl`、`.wandb`、
离线 run 目录、常见框架的导出。退出码见[运维](operations.md#退出码)。
"""


def commands() -> str:
    """docs/zh/commands.md: what is typed in a chat, and on a command line."""
    lines = [COMMANDS]
    for group in dict.fromkeys(c.group for c in table.COMMANDS):
        lines += [f"### {group}", "", "| 命令 | 中文 | 做什么 | 例 |", "| --- | --- | --- | --- |"]
        for c in table.COMMANDS:
            if c.group == group:
                usage = c.usage.replace("|", r"\|")
                about = (c.about or "这张表").replace("|", r"\|")
                lines.append(f"| `/curve {usage}` | {'、'.join(c.aliases)} | {about} | `{c.typed}` |")
        lines.append("")
    lines.append(CLI)
    parser = command_line._parser()
    (subs,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for name, sub in subs.choices.items():
        lines += [f"### curvebot {name}", "", f"{sub.description}。", "", "| 参数 | 含义 |", "| --- | --- |"]
        lines += [
            f"| `{_argument(action)}` | {action.help or ''} |" for action in sub._actions if action.dest != "help"
        ]
        lines.append("")
    return "\n".join(lines)


def _argument(action: argparse.Action) -> str:
    """As it is typed."""
    value = "" if action.nargs == 0 else str(action.metavar or r"\|".join(action.choices or ()))
    return " ".join(part for part in (*action.option_strings, value) if part)


def page() -> str:
    """docs/zh/diagnoses.md."""
    known = {rule["id"]: rule for rule in rules(ALL)}
    listed = [f"- [`{d.id}`](#{_anchor(d)}) {d.title}（{SEVERITY[d.severity.word]}）" for d in ALL]
    return "\n".join([HEAD, *listed, "", *(_section(d, known[d.id]["thresholds"]) for d in ALL)])


def _section(diagnosis: Diagnosis, thresholds: Mapping[str, Mapping[str, object]]) -> str:
    lines = [f"## {_heading(diagnosis)}", "", f"- 怎么判断：{diagnosis.meaning}", f"- 什么时候解除：{diagnosis.clears}"]
    if diagnosis.mistaken_for:
        lines.append(f"- 容易误判的情况：{diagnosis.mistaken_for}")
    if diagnosis.explained_by:
        lines.append(f"- 是这些问题的后果时不单独说：{'、'.join(f'`{id_}`' for id_ in diagnosis.explained_by)}")
    lines += [f"- 建议：{one}" for one in advice().get(diagnosis.id, [])[:MOST_ADVICE]]
    if thresholds:
        why = reasons(type(diagnosis))
        lines += ["", "| 阈值 | 默认 | 单位 | 理由 |", "| --- | ---: | --- | --- |"]
        for name, setting in thresholds.items():
            value = setting["value"]
            shown = figure(float(value)) if isinstance(value, int | float) else str(value)
            lines.append(f"| `{name}` | {shown} | {setting['unit']} | {why.get(name, '')} |")
    return "\n".join([*lines, ""])


def _heading(diagnosis: Diagnosis) -> str:
    return f"{diagnosis.id} {diagnosis.title}"


def _anchor(diagnosis: Diagnosis) -> str:
    """As GitHub makes one of a heading."""
    kept = re.sub(r"[^\w\- ]", "", _heading(diagnosis).lower())
    return kept.replace(" ", "-")


@cache
def advice() -> dict[str, list[str]]:
    """Id -> what it advises, as far as the table of cases has it say so."""
    found: dict[str, list[str]] = {}
    for section in (ROOT / "tests" / "golden" / "texts.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        id_, _, text = section.partition("\n")
        found[id_.strip()] = re.findall(r"(?m)^- 建议：(.+)$", text.partition("\n解除后")[0])
    return found


def reasons(kind: type) -> dict[str, str]:
    """Field -> the comment that stands beside it in the source; fields that come from another class included."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if dataclasses.is_dataclass(one):
            found |= _comments(one)
    return found


@cache
def _comments(kind: type) -> dict[str, str]:
    lines = inspect.getsource(kind).splitlines()
    (tree,) = ast.parse("\n".join(_dedented(lines))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.end_lineno is not None:
            told = [line.partition("# ")[2].strip() for line in lines[node.lineno - 1 : node.end_lineno]]
            found[node.target.id] = " ".join(part for part in told if part).replace("|", r"\|")
    return found


def _dedented(lines: list[str]) -> list[str]:
    indent = len(lines[0]) - len(lines[0].lstrip())
    return [line[indent:] for line in lines]
