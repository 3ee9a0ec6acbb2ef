"""Alerts, digest and short answers: the first lines are read on a lock screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analysis.diagnoses import ALL
from analysis.diagnoses.configure import rules
from analysis.model import Report, RunInfo, Severity, Transition, WastedTime, Words
from bot.alerts import pages
from bot.alerts.incident import Incident
from bot.render import answers, digest
from bot.render.message import Message
from bot.render.numbers import cost
from bot.render.text import render_text
from bot.services.commands.table import help_sections
from tests.reports import NASTY, sample_report

WORDS = Words("OT 没起作用（π 3.6e-12）", "平均代价 1296，约为 reg+tau 之和的 26 倍", "先核对代价归一化")
GONE = Words("OT 已恢复", "π 现为 0.31", "")


def incident(words: Words = WORDS, **known: Any) -> Incident:
    facts: dict[str, Any] = {
        "id": "i1",
        "diagnosis": "ot-mass-collapse",
        "metrics": ("train/pi",),
        "onset_row": 0,
        "onset_step": 50,
        "raised_row": 10,
        "raised_step": 550,
        "news_row": 10,
        "news_step": 550,
        "severity": Severity.CRITICAL,
        "words": words,
        "state": "open",
        "opened_at": 0.0,
    }
    return Incident(**(facts | known))


def growing(**known: Any) -> RunInfo:
    facts: dict[str, Any] = {"state": "running", "at": 550, "progress": 0.0275, "eta_s": 5220.0, "observed_at": None}
    return replace(sample_report().run, **(facts | known))


def seen(**known: Any) -> Report:
    return replace(sample_report(), run=growing(**known))


def lines(message: Message) -> list[str]:
    return render_text(message, width=1000).splitlines()


def test_an_opening_stands_alone_then_evidence_then_advice() -> None:
    effect = incident(Words("OT 项对总 loss 无贡献", "", ""), suppressed_by="ot-mass-collapse")

    assert lines(pages.opening(seen(), incident(), [effect])) == [
        "🔴 act-uot-64wxlc3y 第 550 步：OT 没起作用（π 3.6e-12）",
        "",
        "平均代价 1296，约为 reg+tau 之和的 26 倍",
        "  → 先核对代价归一化",
        "",
        "第 50 步起 · 先修再继续 · 剩约 1 小时 27 分 · 连带 1 项：OT 项对总 loss 无贡献",
        "〔完整报告〕〔打开 W&B〕",
    ]


@pytest.mark.parametrize(
    "message",
    [
        "第 9000 步 loss 尖峰 8.1（平时 0.5），3 次记录后恢复；本窗口第 1 次",
        "3 次记录后恢复",
        "resolved 之前的值 3.1",
    ],
)
def test_an_opening_does_not_sound_like_an_all_clear(message: str) -> None:
    """Not in its first two lines of text, however a platform sets title, subtitle and items."""
    told = pages.opening(seen(), incident(Words("loss 尖峰", message, "看 lr")))
    first = [line for line in lines(told) if line][:2]

    assert not [word for word in ("恢复", "解除", "resolved") if word in "".join(first)]
    assert "恢复" in render_text(told) or "resolved" in render_text(told)


@pytest.mark.parametrize("rewound", [False, True])
def test_a_resolved_one_says_so_first_and_keeps_what_it_was(rewound: bool) -> None:
    over = Transition("cleared", 90, 4550, Severity.CRITICAL, GONE, reason="rewound" if rewound else "recovered")
    told = lines(pages.resolved(growing(), incident(cleared=over, state="resolved"), GONE, rewound=rewound))

    assert told[0].startswith("🟢 act-uot-64wxlc3y 已恢复")
    assert ("回退" in told[0]) is rewound
    assert "第 550 步报出：平均代价 1296" in "".join(told)


def test_worse_says_how_bad_it_is_now() -> None:
    assert (
        lines(pages.worsened(seen(), incident(), WORDS))[0]
        == "🔴 act-uot-64wxlc3y 升级为严重：OT 没起作用（π 3.6e-12）"
    )


def test_the_end_of_a_run_is_no_recovery() -> None:
    told = pages.closing(seen(state="failed"), [incident(), incident(severity=Severity.WARNING)])

    assert lines(told)[0] == "🔴 act-uot-64wxlc3y 已失败，2 个问题未解决"
    assert "恢复" not in render_text(told)


def test_no_message_of_an_incident_breaks_out_of_its_line() -> None:
    hostile = incident(Words("loss 尖峰", NASTY, NASTY))
    report = seen(name=NASTY, ref=NASTY)

    assert len(lines(pages.opening(report, hostile))) == len(lines(pages.opening(seen(), incident())))


def test_a_digest_tells_the_worst_first() -> None:
    told = digest.digest(
        [
            digest.Line("act-base-17", "运行中 · 12000/20000 步（60%）", "评估 L1 最优 0.290（第 11950 步）"),
            digest.Line(
                "act-uot",
                "已结束 · 20000 步",
                "",
                Severity.CRITICAL,
                ("OT 没起作用",),
                ("评估 L1 未改善", "慢"),
                ("lr 突升",),
            ),
        ],
        now=1_760_065_000.0,
    )

    assert lines(told) == [
        "🔴 日报 10-10：2 个 run，1 个有未结告警",
        "",
        "🔴 act-uot · 已结束 · 20000 步",
        "    新增：评估 L1 未改善；慢",
        "    未结：OT 没起作用",
        "    新增，已恢复：lr 突升",
        "🟢 act-base-17 · 运行中 · 12000/20000 步（60%）· 评估 L1 最优 0.290（第 11950 步）",
    ]


def test_a_run_that_nobody_has_looked_at_yet_is_not_called_well() -> None:
    told = digest.digest([digest.Line("act-base-18", "还没看过", severity=Severity.INFO)], now=1_760_065_000.0)

    assert lines(told)[-1] == "⚪ act-base-18 · 还没看过"


def test_a_digest_of_nothing_says_how_to_begin() -> None:
    assert digest.digest([], now=1_760_065_000.0).title == "日报 10-10：本频道没有关注的 run"


def test_nothing_new_is_one_line() -> None:
    told = digest.digest([digest.Line("a", "已结束 · 20000 步", moved=False)] * 2, now=1_760_065_000.0)

    assert lines(told) == ["🟢 日报 10-10：2 个 run 都没有变化"]


def test_runs_of_one_group_that_are_well_are_one_line_with_their_spread() -> None:
    seeds = [
        digest.Line(f"act-uot-seed{n}", "运行中", "", value=value, metric="评估 L1", curve=(3.0, 2.0, 1.0))
        for n, value in enumerate((0.29, 0.33, 0.31, 0.3))
    ]
    bad = replace(seeds[3], severity=Severity.CRITICAL, open=("loss 发散",), name="act-uot-seed9")
    other = digest.Line(
        "pi0-base", "已结束", ended="已结束", after_best="最优后又跑了 3 小时（24 卡时）", curve=(1.0, 3.0, 2.0)
    )

    assert lines(digest.digest([*seeds[:3], other, bad], now=1_760_065_000.0)) == [
        "🔴 日报 10-10：5 个 run，1 个有未结告警，1 个刚结束",
        "",
        "🔴 act-uot-seed9 · 运行中 · █▅▁",
        "    未结：loss 发散",
        "🟢 pi0-base · 已结束 · ▁█▅",
        "    最优后又跑了 3 小时（24 卡时）",
        "🟢 act-uot*（3 个）· 评估 L1 0.29–0.33（中位 0.31）",
    ]


def test_the_first_digest_of_a_week_tells_how_often_each_rule_was_wrong() -> None:
    week = digest.Week({"nan-inf": (1, 0), "grad-spike": (5, 2)}, ("act-uot · overfit",))
    told = digest.digest([digest.Line("a", "运行中")], now=1_760_065_000.0, week=week)

    assert lines(told)[-4:] == [
        "【近 7 天的告警】",
        "grad-spike：报 5 次，误报 2 次（40%）",
        "nan-inf：报 1 次",
        "静音中：act-uot · overfit",
    ]


def test_what_went_into_a_run_after_its_best_evaluation() -> None:
    report = sample_report()
    at, elapsed = report.run.at or 1, report.run.elapsed_s or 0.0
    metric = report.metric("eval_score") or report.metric("eval_loss")
    assert metric is not None and metric.best_at is not None

    expected = elapsed * (1 - metric.best_at / at)

    assert (
        digest.after_best(report)
        == f"最优后又跑了 {cost(WastedTime(expected, (report.run.gpus or 0) * expected / 3600))}"
    )
    assert digest.after_best(replace(report, run=replace(report.run, elapsed_s=600.0))) == "", "minutes are no news"


def test_a_run_in_a_digest() -> None:
    assert digest.about(growing()) == "运行中 · 550/20000 步（2.8%）· 约 19:50 结束"
    assert digest.best(sample_report()) == "评估 L1 最优 0.303（第 4750 步）"


def test_the_rules_show_what_the_configuration_changed() -> None:
    thresholds = {
        "ratio": {"value": 8.0, "unit": "倍", "from": "config"},
        "side": {"value": "above", "unit": "", "from": "default"},
    }
    one = {"id": "x", "title": "某规则", "meaning": "什么意思。", "severity": "warning", "thresholds": thresholds}
    page = answers.rule_page(one)

    assert answers.rules_page([one]).sections[0].lines == ("x 某规则（警告）",)
    assert [section.lines for section in page.sections] == [("什么意思。",), ("ratio = 8 倍（已改）", "side = above")]
    assert len(answers.rules_page(rules(ALL)).sections[0].lines) == len(ALL)


def test_a_list_shows_what_is_open_and_what_failed() -> None:
    told = answers.list_page(
        [
            answers.Watched("team/robot/b", 3600, problem="W&B 连不上"),
            answers.Watched("team/robot/c", 300, about="还没看过", severity=Severity.INFO),
            answers.Watched(
                "team/robot/a", 300, "act", "运行中", severity=Severity.CRITICAL, open=("OT 没起作用", "慢")
            ),
            answers.Watched("team/robot/d", None, "base", "已结束", severity=Severity.OK),
        ]
    )

    assert lines(told) == [
        "本频道关注 4 个，1 个有未结告警",
        "",
        "🔴 act · 运行中",
        "    未结：OT 没起作用；慢",
        "    team/robot/a · 每 5 分钟看一次",
        "⚪ team/robot/c · 还没看过",
        "    每 5 分钟看一次",
        "team/robot/b",
        "  W&B 连不上",
        "  每 1 小时看一次",
        "🟢 base · 已结束",
        "    team/robot/d",
    ]


def test_an_empty_list_says_how_to_begin() -> None:
    assert "/curve watch" in answers.list_page([]).title


def test_help_names_every_command_that_works() -> None:
    text = render_text(answers.help_page(help_sections()), width=1000)

    assert [
        word for word in ("full", "watch", "unwatch", "list", "digest", "rules") if f"/curve {word}" not in text
    ] == []
