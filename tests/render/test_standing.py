"""The line about other runs: what it says, and that their names stay text."""

from __future__ import annotations

import re
from dataclasses import replace

from analysis import analyze
from bot.render import html
from bot.render.markdown import markdown
from bot.render.standing import standing
from tests.analysis.company import EVAL, LOSS, peer, run, several
from tests.reports import NASTY


def test_among_several() -> None:
    assert standing(analyze(run(0.35, peers=several(0.36, 0.29, 0.38)))) == (
        "同等步数（第 8000 步）评估 L1 0.376：好于同项目 3 个 run 中的 2 个；最好的 act-1 当时为 0.319",
    )


def test_better_than_all() -> None:
    assert standing(analyze(run(0.2, peers=several(0.36, 0.29)))) == (
        "同等步数（第 8000 步）评估 L1 0.233：好于同项目全部 2 个 run；最好的 act-1 当时为 0.319",
    )


def test_other_metrics_beside_those_of_the_best() -> None:
    one = replace(peer(), curves={**peer().curves, **peer(0.05, key=LOSS).curves})

    assert standing(analyze(run(0.35, peers=(one,))))[1] == "  与 act-1 同等步数相比：训练 L1 0.0915（它 0.0887）"


def test_nothing_without_other_runs() -> None:
    assert standing(analyze(run())) == ()


def test_a_name_from_outside_stays_text() -> None:
    for name in (NASTY, "<script>alert(1)", "[x](http://e)", "`a` *b*"):
        told = run(0.35, peers=(peer(name=name),))
        report = analyze(told)

        page, text = html.page(told, report), markdown(report)
        assert "<script>alert" not in page
        assert not re.search(r"(?<!\\)<script", text)
        assert not re.search(r"(?<!\\)\]\(http", text)
        assert report.standing is not None
        assert report.standing.key == EVAL
