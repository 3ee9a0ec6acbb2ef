"""In which order a report tells its findings, and what it tells once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis import analyze
from analysis.diagnoses import ALL
from analysis.model import Episode, Finding, Report, Severity, Transition, Words
from analysis.report.order import in_order
from bot.render.card import card
from bot.render.sections import sections
from tests.analysis.cases import AT, N, descent, put
from tests.analysis.curves import history, run

WORDS = Words("t", "m", "")


def told(report: Report) -> list[str]:
    return [f.id for f in report.open_findings() if f.severity >= Severity.WARNING]


def test_what_breaks_in_two_columns_at_once_is_told_once() -> None:
    report = analyze(run(history({"loss": put(descent(), np.inf), "gen_loss": put(descent(seed=1), np.inf)})))
    item = card(report).items[0]
    diagnosis = "\n".join(sections(report)[3].lines)

    assert told(report) == ["nan-inf"]
    assert "loss 同样" in item.headline or "gen_loss 同样" in item.headline
    assert "共 2 处" in diagnosis and diagnosis.count("出现 Inf：第 1510 步起") == 2
    assert [f.suppressed_by for f in report.findings if f.id == "nan-inf"] == [None, "nan-inf"]


def test_what_breaks_at_different_times_is_told_twice() -> None:
    first, second = put(descent(), 0.5), put(descent(seed=1), 0.5, AT + 40)

    assert told(analyze(run(history({"D_real": first, "D_fake": second})))) == ["metric-dead", "metric-dead"]
    assert told(analyze(run(history({"D_real": first, "D_fake": put(descent(seed=1), 0.5)})))) == ["metric-dead"]


def test_a_crash_comes_after_what_blew_up_before_it() -> None:
    blown = run(history({"loss": put(descent(), np.inf, N - 3)}))
    sound = run(history({"loss": descent()}))

    assert told(analyze(replace(blown, state="failed"))) == ["nan-inf", "run-crashed"]
    assert told(analyze(replace(sound, state="failed"))) == ["run-crashed"]


def test_a_pace_that_only_the_clock_tells_is_no_matter_of_the_loss() -> None:
    slow = np.cumsum(np.where(np.arange(N) < AT, 1.0, 12.0))
    found = run(history({"loss": descent()}))
    report = analyze(replace(found, history=replace(found.history, timestamp=1e9 + slow, runtime=slow)))

    assert told(report) == ["throughput-drop"]
    assert card(report).items[0].headline.startswith("第 ")
    assert "此前" not in card(report).chart_alt


def test_of_what_is_only_worth_knowing_what_the_result_depends_on_comes_first() -> None:
    by_id = {d.id: d for d in ALL}
    e = Episode("", (), 0, 0, (Transition("raised", 0, 0, Severity.INFO, WORDS),))
    hints = [(Finding(d.id, Severity.INFO, (), 0, 0, WORDS), e) for d in ALL]
    impacts = [by_id[f.id].impact for f, _ in in_order(hints, by_id, {d.id: i for i, d in enumerate(ALL)})]

    assert impacts == sorted(impacts, reverse=True) and impacts != [d.impact for d in ALL]


def test_a_card_does_not_say_again_that_the_run_was_stopped() -> None:
    message = card(report := analyze(run(history({"loss": descent()}), state="killed")))

    assert [f.id for f in report.findings] == ["run-crashed"]
    assert message.items == () and "已手动终止" in message.title


def test_a_card_does_not_tell_the_end_of_what_it_never_told() -> None:
    """Nor of what was never critical."""
    h = history({"loss": descent()})
    report = analyze(run(h))
    past = Finding("plateau", Severity.INFO, ("loss",), 10, 20, Words("loss 又开始下降", "现 1", ""), over=True)

    def shown(worst: Severity) -> bool:
        turns = (Transition("raised", 1, 10, worst, WORDS), Transition("cleared", 2, 20, worst, WORDS))
        known = replace(report, findings=(past,), episodes=(Episode("plateau", ("loss",), 1, 10, turns),))
        return any("又开始下降" in item.headline for item in card(known).items)

    assert [shown(s) for s in (Severity.INFO, Severity.WARNING, Severity.CRITICAL)] == [False, False, True]
