"""What a poll costs, and what it must not miss for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.model import History, Run
from bot.services import standing
from bot.services.standing import Standing
from bot.sources import SourceError
from tests.fakes.bot import BAD, CONFIG, HEALTHY, REF, START, Bot, history, run


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    made = Bot(tmp_path, CONFIG)
    made.runs.runs[REF] = run(HEALTHY)
    made.runs.lists = True
    yield made
    made.store.close()


def test_a_run_that_did_not_move_is_not_read(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.poll(1.0)
    bot.runs.fetched.clear()

    bot.poll(300.0)
    assert bot.runs.fetched == []
    bot.runs.runs[REF] = run([*HEALTHY, *[1.0] * 30])
    bot.poll(300.0)
    assert bot.runs.fetched == [REF]


def test_it_is_read_once_however_many_watch_it(bot: Bot) -> None:
    for channel in ("slack:C1", "slack:C2", "feishu:oc_1"):
        bot.hear("watch r1", channel)
    bot.poll(1.0)
    bot.runs.fetched.clear()
    bot.runs.runs[REF] = run(BAD)

    bot.poll(300.0)
    bot.poll(300.0)

    assert bot.runs.fetched.count(REF) <= 2  # once for the news, once when the wait of the group is over
    for channel in ("slack:C1", "slack:C2"):
        assert sum("🔴" in text for text in bot.slack.texts(channel)) == 1
    assert sum("🔴" in text for text in bot.feishu.texts("feishu:oc_1")) == 1


def test_a_project_is_listed_once_however_many_of_its_runs_are_watched(bot: Bot) -> None:
    others = {f"team/robot/s{i}": run(HEALTHY, ref=f"team/robot/s{i}") for i in range(20)}
    elsewhere = {f"team/llm/s{i}": run(HEALTHY, ref=f"team/llm/s{i}") for i in range(20)}
    bot.runs.runs |= others | elsewhere
    for n, ref in enumerate(bot.runs.runs):
        bot.hear(f"watch {ref}")
        bot.poll(1.0 + n % 3)  # not all at the same time
    bot.runs.surveyed.clear()

    bot.poll(3000.0)

    assert len(bot.runs.surveyed) <= 2 * 11
    assert max(len(refs) for refs in bot.runs.surveyed) == 21


def test_runs_that_come_to_be_due_apart_share_a_listing(bot: Bot) -> None:
    """When there is too much to do, those that are done with late are due later than the others."""
    refs = [f"team/robot/s{i}" for i in range(2)]
    bot.runs.runs |= {ref: run(HEALTHY, ref=ref) for ref in refs}
    for ref in refs:
        bot.hear(f"watch {ref} every 2s")
    early, late = sorted(bot.store.lease_due(bot.clock.now, lease_s=600, places=50), key=lambda w: w.ref)
    for _ in range(2):
        bot.runs.surveyed.clear()
        for watch in (early, late):
            bot.services.watching.survey([watch])
            bot.clock.now += 1.0

    assert bot.runs.surveyed == [refs]


def test_what_is_put_off_is_due_for_anybody_and_listed_no_second_time(bot: Bot) -> None:
    refs = [f"team/robot/s{i}" for i in range(4)]
    bot.runs.runs |= {ref: run(HEALTHY, ref=ref) for ref in refs}
    for ref in refs:
        bot.hear(f"watch {ref}")
    watching = bot.services.watching
    looks = watching.survey(bot.store.lease_due(bot.clock.now, lease_s=600, places=1))
    watching.put_off(looks[1:])
    bot.clock.now += 1.0
    again = bot.store.lease_due(bot.clock.now, lease_s=600, places=1)
    looks_again = watching.survey(again)

    assert [w.ref for w in again] == [look.ref for look in looks[1:]]
    assert [(look.ref, look.listed) for look in looks_again] == [(look.ref, look.listed) for look in looks[1:]]
    assert len(bot.runs.surveyed) == 1


def test_the_listing_of_a_filter_tells_of_its_runs(bot: Bot) -> None:
    bot.runs.runs |= {f"team/robot/s{i}": run(HEALTHY, ref=f"team/robot/s{i}") for i in range(5)}
    bot.hear("watch team/robot")
    bot.poll(1.0)
    bot.poll(300.0)
    bot.runs.surveyed.clear()
    bot.runs.fetched.clear()

    bot.poll(300.0)

    assert [refs for refs in bot.runs.surveyed if len(refs) != 6] == []
    assert bot.runs.fetched == []


def test_silence_is_judged_all_the_same_but_ever_more_rarely(bot: Bot) -> None:
    bot.hear("watch r1 every 3m")
    bot.poll(180.0)
    bot.runs.fetched.clear()

    bot.poll(3600.0)
    first = len(bot.runs.fetched)
    bot.runs.fetched.clear()
    for _ in range(6):
        bot.poll(3600.0)

    assert 5 <= first <= 20
    assert 6 <= len(bot.runs.fetched) <= 6 * 6


def test_what_a_decision_changes_is_judged_though_the_run_did_not_move(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.poll(1.0)
    name = bot.say("阈值 train/mass 低于 5 连续 3 次").split("阈值 ")[1].split("：")[0]
    bot.say(f"threshold confirm {name}")
    bot.poll(60.0)

    (watch,) = bot.store.watches()
    assert [i.diagnosis for i in bot.store.incidents(watch.id, posted_since=0.0)] == [f"threshold:{name}"]


def test_a_run_begun_anew_is_watched_from_its_first_row(bot: Bot) -> None:
    """Its rows are fewer than those that were seen of the old one, and it is bad at once."""
    bot.runs.runs[REF] = run(HEALTHY * 4)
    bot.hear("watch r1")
    bot.poll(1.0)
    again = history([1.0, 1.0, *[0.01] * 6, *[1.0] * 20])
    again = History(again.step, again.timestamp + 7200.0, again.runtime, dict(again.columns))
    bot.runs.runs[REF] = replace(run(HEALTHY), history=again)

    bot.poll(300.0)
    bot.poll(300.0)

    told = [text for text in bot.slack.texts("slack:C1") if "floor" in text]
    assert len(told) == 1, bot.slack.texts("slack:C1")


def test_what_was_told_before_a_rewind_is_not_told_again(bot: Bot) -> None:
    values = [*HEALTHY, *[0.01] * 6, *[1.0] * 200]
    bot.hear("watch r1")
    bot.poll(1.0)
    for n in (40, len(values)):
        bot.runs.runs[REF] = run(values[:n])
        bot.poll(300.0)
        bot.poll(300.0)
    told = sum("floor" in text for text in bot.slack.texts("slack:C1"))

    late = history([*values[:200], *[1.0] * 10])  # rewound to row 200, and on from there
    moved = np.where(np.arange(210) < 200, late.timestamp, late.timestamp + 7200.0)
    bot.runs.runs[REF] = replace(run(HEALTHY), history=History(late.step, moved, late.runtime, dict(late.columns)))
    bot.poll(300.0)
    bot.poll(300.0)

    assert sum("floor" in text for text in bot.slack.texts("slack:C1")) == told == 1


def test_after_an_outage_everything_is_read_at_once(bot: Bot) -> None:
    bot.hear("watch r1 every 1m")
    bot.poll(60.0)
    bot.runs.error = SourceError("unreachable", "连不上 W&B，过一会儿再试。")
    bot.poll(3600.0)
    waited = [watch.due_at - bot.clock.now for watch in bot.store.watches()]
    bot.runs.error = None
    bot.runs.runs[REF] = run(BAD)
    bot.runs.fetched.clear()

    bot.poll(61.0)

    assert max(waited) <= 60.0
    assert bot.runs.fetched


def test_a_listing_that_does_not_come_is_no_reason_not_to_try(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.runs.lists = False
    bot.poll(1.0)
    bot.runs.fetched.clear()

    bot.poll(600.0)

    assert len(bot.runs.fetched) == 2


class TestNotSeen:
    """Late is said: one line to the channel, and one when it is over."""

    def test_a_tracker_that_is_away_for_long_is_told_each_channel_once(self, bot: Bot) -> None:
        bot.runs.runs |= {f"team/robot/s{i}": run(HEALTHY, ref=f"team/robot/s{i}") for i in range(5)}
        for i in range(5):
            bot.hear(f"watch team/robot/s{i} every {i + 1}m", "slack:C7")
        bot.poll(60.0)
        before = len(bot.slack.texts("slack:C7"))
        bot.runs.error = SourceError("unreachable", "连不上 W&B（api.wandb.ai），稍后再试")
        bot.poll(20 * 60.0)
        assert len(bot.slack.texts("slack:C7")) == before  # not for every hiccup
        bot.poll(3 * 3600.0)
        told = bot.slack.texts("slack:C7")[before:]
        assert len(told) == 1 and "读不到，告警会晚到" in told[0], told

        bot.runs.error = None
        bot.poll(3600.0)
        told = bot.slack.texts("slack:C7")[before:]
        assert len(told) == 2 and "又能读到了" in told[1], told

    def test_a_run_that_was_deleted_is_told_where_it_is_watched(self, bot: Bot) -> None:
        bot.hear("watch r1 every 1m")
        bot.poll(60.0)
        del bot.runs.runs[REF]
        for _ in range(6):
            bot.poll(3600.0)
        told = [text for text in bot.slack.texts("slack:C1") if "读不到了" in text]
        assert len(told) == 1 and "act-uot" in told[0]

    def test_nobody_looked_while_a_run_moved(self, bot: Bot) -> None:
        bot.config["admin"] = "slack:C0ADMIN"
        bot.restart()
        bot.hear("watch r1")
        bot.poll(600.0)
        bot.clock.now += 7200.0  # the bot is down
        bot.runs.runs[REF] = run([*HEALTHY, *[1.0] * 20])
        bot.poll(300.0)
        bot.poll(300.0)
        told = bot.slack.texts("slack:C0ADMIN")
        assert len(told) == 1 and "没看关注的 run" in told[0], told


class TestMarks:
    def test_the_cursor_stays_while_a_history_only_grows(self) -> None:
        for n in (1, 2, 3, 7, 64, 100):
            short, long = history([1.0] * n), history([1.0] * (n + 50))
            assert standing.known_rows(n, seen_with(short), of(long)) == n

    @pytest.mark.parametrize("parted", [0, 1, 5, 60, 99])
    def test_it_goes_back_to_where_the_history_parts(self, parted: int) -> None:
        old = history([1.0] * 100)
        new = history([1.0] * 120)
        times = np.where(np.arange(120) < parted, new.timestamp, new.timestamp + 3600.0)
        rewritten = History(new.step, times, new.runtime, dict(new.columns))
        cursor = standing.known_rows(100, seen_with(old), of(rewritten))
        assert cursor is not None and cursor <= parted
        assert cursor >= parted - (100 - parted) - 1  # as near as the marks are dense

    def test_a_shorter_history_is_another_one(self) -> None:
        assert standing.known_rows(100, seen_with(history([1.0] * 100)), of(history([1.0] * 50))) == 36

    def test_without_times_the_steps_must_do(self) -> None:
        h = history([1.0] * 10)
        blind = History(h.step, np.full(10, np.nan), h.runtime, dict(h.columns))
        assert standing.known_rows(10, seen_with(blind), of(blind)) == 10

    def test_a_run_begun_in_the_same_file_is_all_new(self) -> None:
        """Also one that logs the very same; and what turned out to be of one run is known still."""
        two, second = (
            replace(of(history([1.0] * 100)), earlier_rows=0),
            replace(of(history([1.0] * 60)), earlier_rows=40),
        )
        seen = Standing("running", 100, START, START, "rules", standing.marks(two))
        assert standing.begun_anew(seen, second)
        assert standing.known_rows(100, seen, second) == 0
        later = Standing("running", 60, START, START, "rules", standing.marks(second), 40)
        assert not standing.begun_anew(later, second)
        assert not standing.begun_anew(later, two)
        assert standing.known_rows(60, later, two) == 100

    def test_it_survives_the_database(self) -> None:
        seen = seen_with(history([1.0] * 100))
        assert Standing.from_json(seen.to_json()) == seen


def of(h: History) -> Run:
    return replace(run([]), history=h)


def seen_with(h: History) -> Standing:
    return Standing("running", len(h), START, START, "rules", standing.marks(of(h)))
