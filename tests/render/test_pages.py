"""The card, the report in its formats, and the page: what must be on them, and what must never be."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given

from analysis import Report, Run, Severity, analyze
from analysis.model import Finding, History, Words
from bot.render import html
from bot.render.card import MOST_FINDINGS, card, file_name, full
from bot.render.json import to_dict, to_json
from bot.render.markdown import markdown
from bot.render.message import Message
from bot.render.plain import one_line
from bot.render.text import columns, render_text
from tests.analysis import curves
from tests.render.test_golden import own_words
from tests.reports import NASTY, healthy, run, sample_report

# The figures of the hand-made report of the sample run, where they are right.
FIGURES = {
    "train/loss": "首值=15.12, 末值=0.05973, 最优=0.05837 @ step=19850, Δ=-15.06 (-99.60%)",
    "train/l1_loss": "首值=0.5182, 末值=0.05082, 最优=0.04248 @ step=16500, Δ=-0.4673 (-90.19%)",
    "train/kld_loss": "首值=0.4484, 末值=0.0006399, 最优=0.0004342 @ step=19050, Δ=-0.4478 (-99.86%)",
    "train/ot_loss": "首值=0, 末值=1.721e-12, Δ=1.721e-12（首值为 0，不计百分比）",
    "train/ot_ot_loss": "首值=0, 末值=1.721e-12, Δ=1.721e-12（首值为 0，不计百分比）",
    "train/ot_ot_pi_sum": "首值=0, 末值=7.302e-12, Δ=7.302e-12（首值为 0，不计百分比）",
    "train/ot_ot_pi_diag": "首值=0, 末值=7.302e-12, Δ=7.302e-12（首值为 0，不计百分比）",
    "train/ot_ot_cost/observation.state": "首值=1496, 末值=1260, Δ=-235.3 (-15.73%)",
    "train/grad_norm": "首值=249.7, 末值=7.024, Δ=-242.6 (-97.19%)",
    "train/lr": "恒为 1e-5（400 次记录）",
    "train/update_s": "首值=0.1887, 末值=0.1051, Δ=-0.08368 (-44.34%)",
    "train/dataloading_s": "首值=0.2162, 末值=0.1504, Δ=-0.06577 (-30.42%)",
    "eval/offline_eval/avg_loss": "首值=0.658, 末值=0.3222, 最优=0.303 @ step=4750, Δ=-0.3358 (-51.03%)",
    "eval/offline_eval/avg_l1": "首值=0.658, 末值=0.3222, 最优=0.303 @ step=4750, Δ=-0.3358 (-51.03%)",
    "eval/offline_eval/n_batches": "恒为 20（400 次记录）",
}


def finding(title: str = "出了问题", **known: Any) -> Finding:
    """An open warning about the loss."""
    words = Words(
        title, known.pop("message", "证据在此"), known.pop("advice", "先核对"), evidence=known.pop("evidence", {})
    )
    usual = Finding("x", Severity.WARNING, ("train/loss",), 50, 90, words)
    return replace(usual, **known)


def with_findings(*findings: Finding) -> Report:
    worst = max((f.severity for f in findings if f.suppressed_by is None), default=Severity.OK)
    title = next((f.words.title for f in findings if f.severity == worst), "正常")
    return replace(analyze(healthy()), findings=findings, severity=worst, title=title)


@pytest.mark.parametrize("key", FIGURES)
def test_a_metric_has_its_line_in_the_markdown_report(key: str) -> None:
    lines = [line for line in markdown(sample_report()).splitlines() if f"`{key}`: " in line]

    assert [line.split("`: ")[1] for line in lines] == [FIGURES[key]]


def test_the_markdown_report_has_the_title_and_the_five_sections() -> None:
    heads = [line for line in markdown(sample_report()).splitlines() if line.startswith("#")]

    assert heads == [
        "# 训练曲线分析报告（W&B: team/robot/64wxlc3y）",
        "## 概览",
        "## 关键指标趋势（训练）",
        "## 关键指标（离线评估）",
        "## 诊断与解读",
        "## 建议与后续",
    ]


def test_consequences_stand_under_their_cause_and_duplicates_once() -> None:
    text = markdown(sample_report())
    lines = text.splitlines()
    cause = next(i for i, line in enumerate(lines) if line.startswith("- 🔴 OT 没起作用"))
    after = next(i for i in range(cause + 1, len(lines)) if lines[i].startswith("- "))
    effects = [line for line in lines[cause:after] if line.startswith("  - 相关：")]

    assert len(effects) == sum(f.suppressed_by == "ot-mass-collapse" for f in sample_report().findings) >= 4
    assert text.count("有指标重复记录 · ") == 1


def test_the_card_of_the_sample_run() -> None:
    message = card(sample_report())

    assert message.title.startswith("act-uot-64wxlc3y：OT 没起作用")
    assert message.marker == "critical"
    assert message.subtitle == "已结束 · 20000 步 · 1 小时 30 分 · alice"
    assert [(i.number, i.marker) for i in message.items[:3]] == [(1, "critical"), (2, "warning"), (3, "warning")]
    assert all(i.marker == "info" and i.number is None for i in message.items[3:])
    assert len(message.items) <= 4
    assert message.facts == "L1 0.518 → 0.0508 · 评估 L1 0.322（最优 0.303）· grad norm 7.02 · lr 1e-5"
    assert message.footer == "1200 行全部读取 · 截至最后一行 3 分钟前"


def test_a_file_that_was_copied_is_as_old_as_its_last_row() -> None:
    report = sample_report()
    copied = replace(report, run=replace(report.run, observed_at=report.run.last_row_at))
    assert re.search(r"最后一行 \d{4}-\d\d-\d\d \d\d:\d\d$", card(copied).footer)


def test_a_healthy_run_has_one_line() -> None:
    message = card(analyze(healthy()))

    assert re.fullmatch(
        r"act-base-17 正常 · 训练中，效果待定 · 12000/20000 步 · "
        r"训练 L1 0\.\d+ → 0\.\d+ · 评估 L1 0\.\d+（最优( 0\.\d+)?）· 约 \d\d:\d\d 结束",
        message.title,
    )
    assert (message.marker, message.items, message.facts, message.subtitle) == ("ok", (), "", "")


def test_without_eval_metrics_nobody_says_all_is_well() -> None:
    running, ended = (
        card(analyze(run({"train/loss": [3.0, 2.0, 1.5, 1.2]}, state=s))) for s in ("running", "finished")
    )

    assert running.title.startswith("act-base-17 无异常 · 训练中，尚未评估 · ")
    assert ended.title.startswith("act-base-17 无异常 · 未评估，无法判断效果 · ")


def test_a_card_shows_four_findings_and_counts_the_rest() -> None:
    many = [finding(f"问题 {i}", id=f"x{i}") for i in range(7)]
    message = card(with_findings(*many))

    assert [i.number for i in message.items] == [1, 2, 3, 4, None]
    assert message.items[-1].headline == f"另有 {7 - MOST_FINDINGS} 个问题，见完整报告"


def test_the_verdict_is_not_said_twice() -> None:
    items = card(with_findings(finding("出了问题", message="现 3.1（平时 1）；已 20 分钟"))).items

    assert (items[0].headline, items[0].evidence) == ("loss：现 3.1（平时 1）", ("已 20 分钟",))


def test_a_suppressed_finding_is_not_on_the_card() -> None:
    message = card(with_findings(finding("原委", id="cause"), finding("连带", suppressed_by="cause")))

    assert "连带" not in render_text(message)


def test_how_sure_it_is_is_said() -> None:
    unsure = finding(words=Words("A", "b", "c", "很可能"))

    assert card(with_findings(unsure)).items[0].headline.endswith("（很可能）")
    assert "🟡 A · 很可能 · 第 50 步起：b" in markdown(with_findings(unsure))


def test_a_sampled_history_is_called_sampled() -> None:
    report = analyze(healthy(sampled=True, notes=("W&B 只给了 500 行",)))

    assert card(report).footer == "读到 240 行（采样，可能漏掉尖峰）· 截至最后一行 20 秒前 · W&B 只给了 500 行"


def test_only_buttons_that_work() -> None:
    commands = {b.label: b.command or b.url for b in card(analyze(healthy())).buttons}

    assert commands == {
        "完整报告": "/curve full team/robot/x1",
        "关注": "/curve watch team/robot/x1",
        "打开 W&B": "https://wandb.ai/team/robot/runs/x1",
    }


def test_the_whole_report_carries_its_page() -> None:
    message = full(sample_report(), "<p>")

    assert message.file is not None
    assert (message.file.name, message.file.content) == ("act-uot-64wxlc3y-report.html", "<p>")
    assert [s.heading for s in message.sections] == [
        "概览",
        "关键指标趋势（训练）",
        "关键指标（离线评估）",
        "诊断与解读",
        "建议与后续",
    ]


def test_json_has_exactly_the_fields_of_the_interface() -> None:
    found = to_dict(sample_report())

    assert list(found) == ["schema", "run", "verdict", "metrics", "findings", "not_applicable", "coverage"]
    assert list(found["run"]) == [
        "ref",
        "name",
        "url",
        "state",
        "rows",
        "step_key",
        "first_step",
        "last_step",
        "planned_steps",
        "created_at",
        "last_row_at",
        "observed_at",
    ]
    assert list(found["metrics"][0]) == [
        "key",
        "role",
        "label",
        "group",
        "direction",
        "points",
        "first",
        "last",
        "best",
        "best_step",
        "change",
        "change_pct",
        "nonfinite",
    ]
    assert list(found["findings"][0]) == [
        "id",
        "severity",
        "metrics",
        "onset_step",
        "last_step",
        "title",
        "message",
        "advice",
        "evidence",
        "suppressed_by",
    ]
    assert found["verdict"] == {
        "severity": "critical",
        "title": sample_report().title,
        "usable": "unknown",
        "use": "只能当纯 BC 基线",
    }
    assert list(found["coverage"]) == ["rows_read", "sampled", "keys", "notes"]


def test_json_has_null_for_what_is_not_finite() -> None:
    odd = finding(evidence={"a": math.nan, "b": [1.0, math.inf], "c": {"d": -math.inf}})
    found = json.loads(to_json(with_findings(odd)), parse_constant=pytest.fail)

    assert found["findings"][0]["evidence"] == {"a": None, "b": [1.0, None], "c": {"d": None}}


class _Page(HTMLParser):
    """Tags and attributes of a page, as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {}  # by the type of the element they stand in
        self._type = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._type = dict(attrs).get("type") or ""

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._type, []).append(data)


def nasty_run() -> Run:
    hostile = healthy(name=NASTY, user=NASTY, url="javascript:alert(1)", ref=f"a/b/{NASTY}", notes=(NASTY,))
    columns = {NASTY: hostile.history.columns["train/loss"], **hostile.history.columns}
    config = {"lr": NASTY, NASTY: 3, "notes": NASTY}
    return replace(hostile, history=replace(hostile.history, columns=columns), config=config)


def nasty() -> Report:
    report = analyze(nasty_run())
    said = finding(NASTY, message=NASTY, advice=NASTY, metrics=(NASTY,), evidence={"step": NASTY})
    return replace(report, findings=(said, *report.findings), severity=Severity.WARNING, title=NASTY)


def test_the_page_shows_hostile_names_as_text() -> None:
    page = _Page()
    page.feed(html.page(nasty_run(), nasty(), b"\x89PNG"))

    assert not {"at", "iframe", "object", "form"} & set(page.tags)
    assert page.tags.count("script") == 3  # theme, numbers, charts
    assert json.loads("".join(page.texts["application/json"]))["metrics"][0]["key"] == one_line(NASTY)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert {value[0] for name, value in page.attributes if name == "href" and value} == {
        "#",
        "d",
    }  # places on the page, the empty icon
    assert [value for name, value in page.attributes if name == "src"] == ["data:image/png;base64,iVBORw=="]


def test_markdown_shows_hostile_names_as_text() -> None:
    text = markdown(nasty())
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)  # without code spans

    assert len([line for line in text.splitlines() if line.startswith("#")]) == 6
    assert not re.search(r"(?<!\\)<[A-Za-z/!]", outside)
    assert not re.search(r"(?<!\\)\]\(", outside)
    assert "\x1b" not in text


def test_a_terminal_gets_no_control_characters() -> None:
    for message in (card(nasty()), full(nasty(), "x")):
        assert not [
            c
            for c in render_text(message)
            if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066")
        ]


def test_a_file_name_is_safe() -> None:
    name = file_name(replace(sample_report().run, name="../../" + NASTY))

    assert re.fullmatch(r"[\w.-]+-report\.html", name)
    assert not name.startswith(".")


@pytest.mark.parametrize("width", [40, 80])
def test_lines_fit_the_terminal(width: int) -> None:
    lines = render_text(card(sample_report()), width).splitlines()

    assert max(map(columns, lines)) <= width + 2  # a closing bracket may hang over


def test_text_leaves_out_what_is_empty() -> None:
    assert render_text(Message("只有一行", "ok")) == "🟢 只有一行"


@given(curves.histories())
def test_any_run_can_be_told(history: History) -> None:
    """Every form comes out, with numbers that are numbers."""
    told = curves.run(history, config=curves.CONFIG, state="running", observed_at=1.77e9)
    report = analyze(told)
    page = own_words(html.page(told, report))
    texts = [render_text(card(report)), render_text(full(report, "x")), markdown(report), page]
    json.loads(to_json(report), parse_constant=pytest.fail)

    assert not [t for t in texts if re.search(r"\bnan\b|\binf\b|\bNone\b", t)]
    assert len([i for i in card(report).items if i.number is not None]) <= MOST_FINDINGS
