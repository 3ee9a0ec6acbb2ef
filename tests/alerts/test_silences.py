"""What people decide, and what belongs together: silences, reminders, one message for one event. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analysis.model import Episode
from bot.alerts.incident import Change, Incident, Policy
from bot.alerts.incidents import advance, event, numbered
from bot.alerts.silence import Silence, over
from tests.alerts.test_incidents import AT_ONCE, NOON, episode, said, unsaid

HOUR = 3600.0
REMINDING = Policy(group_wait_s=0.0, repeat_s=4 * HOUR)
NAN, SPIKE, CRASH, OVERFIT = (
    episode("nan-inf:loss", "20 raised c"),
    episode("grad-spike:grad_norm", "15 raised w", "30 cleared"),
    episode("run-crashed:", "24 raised c"),
    episode("overfit:eval/loss", "5 raised w", "40 worsened c", "60 cleared"),
)


def life(
    episodes: list[Episode], ends: list[tuple[int, float]], *silences: Silence, policy: Policy = AT_ONCE
) -> tuple[list[Change], tuple[Incident, ...]]:
    """Polls after each of these row numbers, at these seconds after noon."""
    incidents: tuple[Incident, ...] = ()
    changes: list[Change] = []
    cursor = 0
    for rows, after in ends:
        step = advance(
            incidents,
            episodes,
            scope="w1",
            cursor=cursor,
            rows=rows,
            ended=False,
            now=NOON + after,
            policy=policy,
            ref="team/robot/r1",
            silences=silences,
        )
        incidents, cursor = step.incidents, rows
        changes += step.changes
    return changes, incidents


@pytest.mark.parametrize(
    "silence",
    [
        Silence(id="s", ref="team/robot/r1"),
        Silence(id="s", diagnosis="overfit"),
        Silence(id="s", ref="team/robot/r1", diagnosis="overfit", metric="eval/loss"),
    ],
)
def test_what_is_silenced_is_not_said_and_stays_tracked(silence: Silence) -> None:
    changes, incidents = life([OVERFIT], [(10, 0), (50, 10), (70, 20)], silence)

    assert said(changes) == []
    assert [i.state for i in incidents] == ["resolved"]
    assert {c.reason for c in changes} == {"muted"}


@pytest.mark.parametrize(
    "silence",
    [
        Silence(id="s", ref="team/robot/r2"),
        Silence(id="s", diagnosis="nan-inf"),
        Silence(id="s", ref="team/robot/r1", diagnosis="overfit", metric="eval/acc"),
        Silence(id="s", ref="team/robot/r1", until=NOON),
    ],
)
def test_a_silence_over_something_else_or_over_already_keeps_nothing_back(silence: Silence) -> None:
    changes, _ = life([OVERFIT], [(10, 0), (50, 10), (70, 20)], silence)

    assert said(changes) == ["opened overfit", "worsened overfit", "resolved overfit"]


def test_what_still_goes_on_when_a_silence_ends_is_news() -> None:
    silence = Silence(id="s", ref="team/robot/r1", until=NOON + HOUR)

    changes, _ = life([OVERFIT], [(10, 0), (20, HOUR - 1), (21, HOUR), (70, 2 * HOUR)], silence)

    assert said(changes) == ["opened overfit", "worsened overfit", "resolved overfit"]
    opened = next(c for c in changes if c.posted)
    assert opened.incident.onset_row == 5 and opened.incident.posted_at == NOON + HOUR


def test_after_the_opening_a_silence_keeps_back_what_follows() -> None:
    silence = Silence(id="s", ref="team/robot/r1", until=None, created_at=NOON + 5)
    opened, incidents = life([OVERFIT], [(10, 0)])
    step = advance(
        incidents, [OVERFIT], scope="w1", cursor=10, rows=70, ended=False, now=NOON + 10, policy=AT_ONCE,
        ref="team/robot/r1", silences=[silence],
    )  # fmt: skip

    assert said(opened) == ["opened overfit"]
    assert said(step.changes) == []
    assert unsaid(step.changes) == ["worsened overfit muted", "resolved overfit muted"]


def test_of_several_silences_the_longest_counts() -> None:
    _, (incident,) = life([OVERFIT], [(10, 0)])
    short, long = Silence(id="a", until=NOON + 1), Silence(id="b", ref="team/robot/r1")

    assert over(incident, [short, long], ref="team/robot/r1", now=NOON) == long
    assert over(incident, [short], ref="team/robot/r1", now=NOON + 1) is None


def test_a_blow_up_is_one_message_in_the_order_in_which_it_came() -> None:
    changes, incidents = life([SPIKE, NAN, CRASH], [(16, 0), (21, 60), (25, 120)])

    assert said(changes) == ["opened grad-spike", "folded nan-inf", "folded run-crashed"]
    root = next(i for i in incidents if i.diagnosis == "grad-spike")
    assert [i.diagnosis for i in event(incidents, root.id)] == ["grad-spike", "nan-inf", "run-crashed"]


def test_what_comes_much_later_or_is_of_another_kind_is_a_message_of_its_own() -> None:
    late, _ = life([SPIKE, NAN], [(16, 0), (21, HOUR)])
    other, _ = life([OVERFIT, SPIKE], [(10, 0), (16, 60)])

    assert said(late) == ["opened grad-spike", "opened nan-inf"]
    assert said(other) == ["opened overfit", "opened grad-spike"]


def test_what_was_over_before_is_no_event_that_goes_on() -> None:
    changes, _ = life([SPIKE, episode("nan-inf:loss", "35 raised c")], [(16, 0), (32, 60), (36, 120)])

    assert said(changes) == ["opened grad-spike", "resolved grad-spike", "opened nan-inf"]


def test_one_that_follows_and_grows_critical_is_told_in_its_event() -> None:
    jump = episode("loss-spike:loss", "18 raised w", "22 worsened c")

    changes, _ = life([episode("grad-spike:grad_norm", "15 raised w"), jump], [(16, 0), (19, 60), (23, 120)])

    assert said(changes) == ["opened grad-spike", "folded loss-spike", "worsened loss-spike"]


def test_a_critical_fault_that_nobody_takes_is_brought_up_ever_more_rarely() -> None:
    hours = (0, 3, 4, 5, 8, 9, 15, 16, 17)

    changes, _ = life([NAN], [(25, h * HOUR) for h in hours], policy=REMINDING)

    at = [c for c in changes if c.kind == "reminded"]
    assert [c.incident.reminders for c in at] == [1, 2, 3]


@pytest.mark.parametrize("taken", [{"owner": "张三"}, {"wrong_by": "张三"}])
def test_one_that_is_taken_or_called_false_is_not_brought_up(taken: dict[str, Any]) -> None:
    _, (incident,) = life([NAN], [(25, 0)], policy=REMINDING)
    step = advance(
        [replace(incident, **taken)],
        [NAN],
        scope="w1",
        cursor=25,
        rows=25,
        ended=False,
        now=NOON + 9 * HOUR,
        policy=REMINDING,
    )

    assert said(step.changes) == []
    assert [getattr(i, name) for i in step.incidents for name in taken] == ["张三"]


def test_each_message_has_a_number_once() -> None:
    step = advance((), [NAN, OVERFIT], scope="w1", cursor=0, rows=25, ended=False, now=NOON, policy=AT_ONCE)
    taken: list[int] = []

    def take(count: int) -> int:
        taken.append(count)
        return 7

    first = numbered(step, take)

    assert sorted(i.number or 0 for i in first.incidents) == [7, 8]
    assert {c.incident.number for c in first.changes} == {7, 8}
    assert numbered(first, take) == first and taken == [2]
