"""The life of incidents: tables of what is said and what is not, and the laws that hold for every history."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.model import Episode, Severity, Transition, TransitionKind, Words
from bot.alerts.incident import Change, Incident, Policy, Step
from bot.alerts.incidents import advance, effects, next_due
from bot.alerts.placement import quiet_until

AT_ONCE = Policy(group_wait_s=0.0, repeat_s=0.0)
HOURS = replace(AT_ONCE, repeat_s=4 * 3600.0)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=AT_ONCE.timezone).timestamp()
WORDS = {"w": Severity.WARNING, "c": Severity.CRITICAL, "i": Severity.INFO}


def episode(name: str, *life: str, onset: int | None = None) -> Episode:
    """`episode("overfit:eval/loss", "5 raised w", "9 suppressed divergence", "12 cleared")`; step = 10 x row.

    `"x:"` has no metric, like the faults of the wall clock.
    """
    id_, _, metric = name.partition(":")
    severity, out = Severity.OK, []
    for line in life:
        row, kind, *rest = line.split()
        word = rest[0] if rest else ""
        severity = WORDS[word] if kind in ("raised", "worsened") else severity
        by = word if kind == "suppressed" else None
        reason = (word or "recovered") if kind == "cleared" else None
        words = Words(f"{id_}@{row}", "证据", "建议", evidence={"row": int(row)})
        out.append(Transition(kind, int(row), int(row) * 10, severity, words, by, reason))  # type: ignore[arg-type]
    first = out[0].row if onset is None else onset
    return Episode(id_, () if name.endswith(":") else (metric or "loss",), first, first * 10, tuple(out))


def poll(
    before: Sequence[Incident],
    episodes: Sequence[Episode],
    rows: int,
    *,
    cursor: int | None = 0,
    now: float | None = None,
    ended: bool = False,
    policy: Policy = AT_ONCE,
) -> Step:
    at = NOON + rows if now is None else now
    return advance(before, episodes, scope="w1", cursor=cursor, rows=rows, ended=ended, now=at, policy=policy)


def polls(
    episodes: Sequence[Episode], ends: Iterable[int], policy: Policy = AT_ONCE, *, first: int | None = 0
) -> list[Change]:
    """Polls after each of these row numbers, one second a row, on incidents that went through JSON each time."""
    incidents: list[Incident] = []
    changes: list[Change] = []
    cursor = first
    for rows in ends:
        step = poll(incidents, episodes, rows, cursor=cursor, policy=policy)
        incidents = [Incident.from_json(json.loads(json.dumps(i.to_json()))) for i in step.incidents]
        assert incidents == list(step.incidents)
        changes += step.changes
        cursor = rows
    return changes


def said(changes: Iterable[Change]) -> list[str]:
    return [f"{c.kind} {c.incident.diagnosis}" for c in changes if c.posted]


def unsaid(changes: Iterable[Change]) -> list[str]:
    return [f"{c.kind} {c.incident.diagnosis} {c.reason}" for c in changes if not c.posted]


LIVES = {
    "a fault opens, gets worse and clears": (
        [episode("x", "5 raised w", "7 worsened c", "9 cleared")],
        [6, 8, 10, 20],
        ["opened x", "worsened x", "resolved x"],
    ),
    "opened and closed between two polls": (
        [episode("x", "5 raised w", "9 cleared")],
        [4, 20],
        ["opened x", "resolved x"],
    ),
    "twice between two polls": (
        [episode("x", "5 raised w", "9 cleared"), episode("x", "12 raised w", "15 cleared")],
        [4, 20],
        ["opened x", "resolved x", "opened x", "resolved x"],
    ),
    "an effect of an open cause is not told": (
        [episode("cause", "3 raised c"), episode("effect", "5 raised w", "5 suppressed cause")],
        range(1, 10),
        ["opened cause"],
    ),
    "an effect told before its cause: no resolve for it": (
        [episode("cause", "7 raised c"), episode("effect", "5 raised w", "7 suppressed cause", "9 cleared")],
        range(1, 12),
        ["opened effect", "opened cause"],
    ),
    "let out by its cause while still open": (
        [
            episode("cause", "3 raised c", "8 cleared"),
            episode("effect", "5 raised w", "5 suppressed cause", "8 released", "12 cleared"),
        ],
        range(1, 15),
        ["opened cause", "resolved cause", "opened effect", "resolved effect"],
    ),
    "let out and gone between two polls: part of its cause to the end": (
        [
            episode("cause", "3 raised c", "8 cleared"),
            episode("effect", "5 raised w", "5 suppressed cause", "8 released", "12 cleared"),
        ],
        [6, 15],
        ["opened cause", "resolved cause"],
    ),
    "info is tracked": ([episode("x", "5 raised i", "9 cleared")], range(1, 12), []),
    "info that rises is told then": (
        [episode("x", "5 raised i", "7 worsened w", "9 cleared")],
        range(1, 12),
        ["opened x", "resolved x"],
    ),
    "two metrics are two faults": (
        [episode("x:a", "5 raised w"), episode("x:b", "6 raised w")],
        range(1, 12),
        ["opened x", "opened x"],
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_lives(name: str) -> None:
    episodes, ends, expected = LIVES[name]

    assert said(polls(episodes, ends)) == expected


def test_an_opening_tells_when_it_began() -> None:
    [change] = polls([episode("x", "50 raised w", onset=20)], [60])

    assert (change.incident.onset_step, change.row, change.root_incident_id) == (200, 50, None)
    assert change.transition is not None and change.transition.words.title == "x@50"


def test_follow_ups_go_to_the_thread_of_the_opening() -> None:
    opened, worsened, resolved = polls([episode("x", "5 raised w", "7 worsened c", "9 cleared rewound")], range(1, 12))

    assert (opened.root_incident_id, worsened.root_incident_id, resolved.root_incident_id) == (
        None,
        opened.incident.id,
        opened.incident.id,
    )
    assert resolved.rewound and not worsened.rewound


class TestBeginning:
    def test_open_faults_are_told_past_ones_are_not(self) -> None:
        past, now = episode("past", "5 raised c", "9 cleared"), episode("now", "30 raised w", onset=12)
        changes = polls([past, now], [100], first=None)

        assert said(changes) == ["opened now"] and unsaid(changes) == []
        assert changes[0].incident.onset_step == 120

    def test_what_counts_is_how_bad_it_is_now(self) -> None:
        assert said(polls([episode("x", "5 raised i")], [100], first=None)) == []
        assert said(polls([episode("x", "5 raised i", "9 worsened w")], [100], first=None)) == ["opened x"]

    def test_nothing_is_told_twice_by_the_next_poll(self) -> None:
        assert len(polls([episode("x", "5 raised w")], [100, 100, 101], first=None)) == 1


class TestHold:
    policy = replace(AT_ONCE, group_wait_s=30.0)

    def test_an_effect_raised_first_is_folded_into_its_cause(self) -> None:
        scan = [episode("effect", "5 raised w", "20 suppressed cause"), episode("cause", "20 raised c")]
        changes = polls(scan, range(1, 60), self.policy)

        assert said(changes) == ["opened cause"]
        assert unsaid(changes) == ["opened effect suppressed"]
        assert [c.row for c in changes if c.posted] == [20]

    def test_the_wait_begins_with_the_first_news_and_ends_for_all(self) -> None:
        scan = [episode("a", "5 raised w"), episode("b", "25 raised c")]
        step = poll([], scan, 6, now=NOON, policy=self.policy)

        assert step.changes == () and next_due(step.incidents) == NOON + 30
        early = poll(step.incidents, scan, 27, cursor=6, now=NOON + 29, policy=self.policy)
        assert early.changes == ()
        due = poll(early.incidents, scan, 27, cursor=27, now=NOON + 30, policy=self.policy)
        assert said(due.changes) == ["opened b", "opened a"]  # worst first
        assert next_due(due.incidents) is None

    def test_one_that_clears_while_it_waits_is_told_all_the_same(self) -> None:
        scan = [episode("x", "5 raised w", "9 cleared")]

        assert said(polls(scan, range(1, 60), self.policy)) == ["opened x", "resolved x"]

    def test_let_out_by_its_cause_and_gone_while_it_waits_is_part_of_the_cause(self) -> None:
        life = "5 raised w", "5 suppressed cause", "8 released", "12 cleared"
        scan = [episode("cause", "3 raised c", "8 cleared"), episode("effect", *life)]

        assert said(polls(scan, range(1, 60), self.policy)) == ["opened cause", "resolved cause"]

    def test_worse_while_it_waits_is_told_in_the_opening(self) -> None:
        changes = polls([episode("x", "5 raised w", "9 worsened c")], range(1, 60), self.policy)

        assert said(changes) == ["opened x"]
        assert (changes[0].incident.severity, changes[0].row) == (Severity.CRITICAL, 5)

    def test_the_end_of_the_run_ends_the_wait(self) -> None:
        step = poll([], [episode("x", "5 raised w")], 6, ended=True, policy=self.policy)

        assert said(step.changes) == ["opened x", "closed x"]


class TestEnd:
    def test_one_summary_in_the_worst_ones_thread_never_a_recovery(self) -> None:
        scan = [episode("a", "5 raised w"), episode("b", "6 raised c"), episode("i", "6 raised i")]
        before = poll([], scan, 10)
        end = poll(before.incidents, scan, 10, cursor=10, ended=True)

        assert said(end.changes) == ["closed b", "closed a"]
        assert unsaid(end.changes) == ["closed i below_severity"]
        assert len({c.root_incident_id for c in end.changes if c.posted}) == 1
        assert end.changes[0].root_incident_id == end.changes[0].incident.id
        assert poll(end.incidents, scan, 10, cursor=10, ended=True).changes == ()

    def test_a_run_that_comes_back_goes_on_where_it_was(self) -> None:
        scan = [episode("x", "5 raised w", "15 cleared")]
        end = poll(poll([], scan, 10).incidents, scan, 10, cursor=10, ended=True)
        back = poll(end.incidents, scan, 12, cursor=10)
        clear = poll(back.incidents, scan, 16, cursor=12)

        assert (said(back.changes), unsaid(back.changes)) == ([], ["reopened x run_back"])
        assert said(clear.changes) == ["resolved x"]

    def test_a_crash_is_an_opening_and_not_its_own_summary(self) -> None:
        scan = [episode("x", "5 raised w")]
        before = poll([], scan, 10)
        end = poll(before.incidents, [*scan, episode("run-crashed:", "9 raised c")], 10, cursor=10, ended=True)

        assert said(end.changes) == ["opened run-crashed", "closed x"]
        back = poll(end.incidents, scan, 11, cursor=10)
        assert said(back.changes) == ["resolved run-crashed"]

    def test_late_rows_after_the_end_make_no_second_summary(self) -> None:
        scan = [episode("x", "5 raised w")]
        end = poll(poll([], scan, 10).incidents, scan, 10, cursor=10, ended=True)
        late = poll(end.incidents, [*scan, episode("y", "11 raised c")], 12, cursor=10, ended=True)

        assert said(late.changes) == ["opened y"]

    def test_late_rows_after_the_end_are_no_recovery(self) -> None:
        scan = [episode("x", "5 raised w", "11 cleared")]
        end = poll(poll([], scan, 10).incidents, scan, 10, cursor=10, ended=True)

        assert poll(end.incidents, scan, 12, cursor=10, ended=True).changes == ()


class TestWallClock:
    """Silence is stamped with the last row, and comes without new rows."""

    silent = episode("stalled-logging:", "9 raised w")

    def test_silence_without_new_rows_is_told_once_and_resolved_when_it_is_over(self) -> None:
        before = poll([], [], 10)
        stalled = poll(before.incidents, [self.silent], 10, cursor=10, now=NOON + 900)
        again = poll(stalled.incidents, [self.silent], 10, cursor=10, now=NOON + 1000)
        back = poll(again.incidents, [], 11, cursor=10, now=NOON + 1100)

        assert [said(s.changes) for s in (stalled, again, back)] == [
            ["opened stalled-logging"],
            [],
            ["resolved stalled-logging"],
        ]

    def test_longer_silence_can_be_worse(self) -> None:
        stalled = poll([], [self.silent], 10, cursor=10, now=NOON)
        longer = [episode("stalled-logging:", "9 raised c")]
        worse = poll(stalled.incidents, longer, 10, cursor=10, now=NOON + 60)

        assert said(worse.changes) == ["worsened stalled-logging"]
        assert poll(worse.incidents, longer, 10, cursor=10, now=NOON + 90).changes == ()

    def test_a_run_that_ends_silently_did_not_recover(self) -> None:
        stalled = poll([], [self.silent], 10, cursor=10, now=NOON)

        assert said(poll(stalled.incidents, [], 10, cursor=10, now=NOON + 60, ended=True).changes) == [
            "closed stalled-logging"
        ]


class TestAnotherReading:
    """After a change of thresholds or version the scan of the old rows is another one."""

    def test_an_overlapping_episode_is_the_stored_incident_whatever_its_onset(self) -> None:
        before = poll([], [episode("x", "5 raised w")], 10)
        after = poll(before.incidents, [episode("x", "3 raised w", "12 cleared", onset=1)], 13, cursor=10)

        assert said(after.changes) == ["resolved x"]
        assert after.changes[0].incident.id == before.incidents[0].id

    def test_a_later_episode_is_not_taken_for_the_one_that_was_there(self) -> None:
        before = poll([], [episode("x", "5 raised w")], 10)
        scan = [episode("x", "3 raised w", "8 cleared"), episode("x", "12 raised w")]
        after = poll(before.incidents, scan, 13, cursor=10)

        assert (said(after.changes), unsaid(after.changes)) == (["opened x"], ["resolved x rescanned"])

    def test_an_open_fault_of_the_past_is_adopted_in_silence(self) -> None:
        step = poll([], [episode("x", "5 raised w", "20 worsened c")], 15, cursor=10)

        assert (said(step.changes), unsaid(step.changes)) == ([], ["opened x adopted"])
        later = poll(step.incidents, [episode("x", "5 raised w", "20 worsened c")], 21, cursor=15)
        assert said(later.changes) == ["opened x"]  # that is news

    def test_one_that_is_no_longer_found_did_not_recover(self) -> None:
        before = poll([], [episode("x", "5 raised w")], 10)
        gone = poll(before.incidents, [], 12, cursor=10)

        assert unsaid(gone.changes) == ["resolved x rescanned"]

    def test_a_lost_store_loses_no_open_fault(self) -> None:
        assert said(poll([], [episode("x", "5 raised c")], 50, cursor=None).changes) == ["opened x"]


class TestBudget:
    policy = replace(AT_ONCE, budget=2)

    def test_further_ones_go_to_the_last_messages_thread_but_for_critical_ones(self) -> None:
        scan = [
            episode("a", "1 raised w"),
            episode("b", "2 raised w"),
            episode("c", "3 raised w", "7 cleared"),
            episode("d", "4 raised c"),
        ]
        changes = polls(scan, range(1, 10), self.policy)

        assert said(changes) == ["opened a", "opened b", "folded c", "opened d", "resolved c"]
        by_name = {(c.kind, c.incident.diagnosis): c for c in changes}
        last = by_name["opened", "b"].incident.id
        assert (by_name["folded", "c"].reason, by_name["folded", "c"].root_incident_id) == ("budget", last)
        assert by_name["resolved", "c"].root_incident_id == last

    def test_one_in_a_thread_that_becomes_critical_gets_its_own_message(self) -> None:
        scan = [episode("a", "1 raised w"), episode("b", "2 raised w"), episode("c", "3 raised w", "5 worsened c")]

        assert said(polls(scan, range(1, 10), self.policy)) == ["opened a", "opened b", "folded c", "opened c"]

    def test_what_is_over_counts_too(self) -> None:
        scan = [episode("a", "1 raised w", "2 cleared"), episode("b", "9 raised w")]

        assert said(polls(scan, range(1, 12), replace(AT_ONCE, budget=1))) == ["opened a", "resolved a", "folded b"]

    def test_a_new_day_has_a_new_budget(self) -> None:
        scan = [episode("a", "1 raised w"), episode("b", "2 raised w"), episode("c", "3 raised w")]
        before = poll([], scan[:2], 3, policy=self.policy)
        after = poll(before.incidents, scan, 4, cursor=3, now=NOON + 13 * 3600, policy=self.policy)

        assert said(after.changes) == ["opened c"]

    def test_the_same_fault_soon_again_goes_to_its_earlier_thread(self) -> None:
        scan = [
            episode("x", "1 raised w", "3 cleared"),
            episode("x", "50 raised w", "60 cleared"),
            episode("x", "200 raised w", "201 cleared"),
            episode("x", "900 raised w"),
        ]
        changes = polls(scan, range(1, 1000), replace(AT_ONCE, repeat_s=400.0))

        assert said(changes) == [
            "opened x",
            "resolved x",
            "folded x",
            "resolved x",
            "folded x",
            "resolved x",
            "opened x",
        ]
        assert len({c.root_incident_id for c in changes if c.root_incident_id is not None}) == 1


class TestQuietHours:
    policy = replace(AT_ONCE, quiet_hours=(dt.time(23), dt.time(8)))
    night = dt.datetime(2026, 3, 2, 23, 30, tzinfo=AT_ONCE.timezone).timestamp()
    morning = dt.datetime(2026, 3, 3, 8, tzinfo=AT_ONCE.timezone).timestamp()

    def test_the_hours(self) -> None:
        day = replace(AT_ONCE, quiet_hours=(dt.time(9), dt.time(10)))
        table = [
            (self.policy, self.night, self.morning),
            (self.policy, self.morning - 1, self.morning),
            (self.policy, self.morning, None),
            (self.policy, NOON, None),
            (day, self.morning + 3600, self.morning + 7200),
            (day, self.night, None),
            (AT_ONCE, self.night, None),
        ]

        assert [quiet_until(now, policy) for policy, now, _ in table] == [until for _, _, until in table]

    def test_a_warning_waits_until_morning_a_critical_one_does_not(self) -> None:
        scan = [episode("w", "5 raised w"), episode("c", "5 raised c")]
        night = poll([], scan, 6, now=self.night, policy=self.policy)
        assert said(night.changes) == ["opened c"] and next_due(night.incidents) == self.morning

        morning = poll(night.incidents, scan, 6, cursor=6, now=self.morning, policy=self.policy)
        assert said(morning.changes) == ["opened w"]

    def test_what_came_and_went_at_night_is_told_in_the_morning(self) -> None:
        scan = [episode("w", "5 raised w", "9 cleared")]
        night = poll([], scan, 6, now=self.night, policy=self.policy)
        later = poll(night.incidents, scan, 12, cursor=6, now=self.night + 60, policy=self.policy)
        morning = poll(later.incidents, scan, 12, cursor=12, now=self.morning, policy=self.policy)

        assert (later.changes, said(morning.changes)) == ((), ["opened w", "resolved w"])

    def test_turned_critical_at_night_it_is_told_at_night(self) -> None:
        scan = [episode("w", "5 raised w", "9 worsened c")]
        night = poll([], scan, 6, now=self.night, policy=self.policy)

        assert said(poll(night.incidents, scan, 12, cursor=6, now=self.night + 60, policy=self.policy).changes) == [
            "opened w"
        ]

    def test_a_follow_up_at_night_is_sent_in_the_morning(self) -> None:
        scan = [episode("w", "5 raised w", "9 cleared")]
        day = poll([], scan, 6, now=NOON, policy=self.policy)
        night = poll(day.incidents, scan, 12, cursor=6, now=self.night, policy=self.policy)

        assert [(c.kind, c.not_before) for c in night.changes] == [("resolved", self.morning)]

    def test_the_end_at_night_waits_with_what_waits(self) -> None:
        scan = [episode("w", "5 raised w")]
        night = poll([], scan, 6, now=self.night, ended=True, policy=self.policy)
        assert night.changes == () and next_due(night.incidents) == self.morning

        morning = poll(night.incidents, scan, 6, cursor=6, now=self.morning, ended=True, policy=self.policy)
        assert said(morning.changes) == ["opened w", "closed w"]


def test_one_fault_in_several_metrics_is_one_opening() -> None:
    scan = [episode(f"metric-dead:{key}", f"{5 + n} raised w") for n, key in enumerate(("eval/acc", "eval/loss", "x"))]

    assert said(polls(scan, [6, 7, 8], HOURS)) == ["opened metric-dead", "folded metric-dead", "folded metric-dead"]


def test_the_same_fault_graver_later_or_again_is_an_opening() -> None:
    graver = [episode("eval-regress:a", "5 raised w"), episode("eval-regress:b", "6 raised c")]
    later = [episode("eval-regress:a", "5 raised w"), episode("eval-regress:b", "50 raised w")]
    again = [episode("eval-regress:a", "5 raised w", "7 cleared"), episode("eval-regress:b", "9 raised w")]

    assert said(polls(graver, [6, 7], HOURS)) == ["opened eval-regress"] * 2
    assert said(polls(later, [6, 60], replace(HOURS, repeat_s=40.0))) == ["opened eval-regress"] * 2
    assert said(polls(again, [6, 8, 10], HOURS)) == [
        "opened eval-regress",
        "resolved eval-regress",
        "opened eval-regress",
    ]


def test_recoveries_can_be_switched_off() -> None:
    changes = polls([episode("x", "5 raised w", "9 cleared")], range(1, 12), replace(AT_ONCE, resolved=False))

    assert (said(changes), unsaid(changes)) == (["opened x"], ["resolved x resolved_off"])


def test_effects_are_named_with_their_cause() -> None:
    scan = [episode("cause", "3 raised c"), episode("effect", "5 raised w", "5 suppressed cause")]
    step = poll([], scan, 10)
    cause = next(i for i in step.incidents if i.diagnosis == "cause")

    assert [i.diagnosis for i in effects(step.incidents, cause)] == ["effect"]


# Laws


@st.composite
def lives(draw: st.DrawFn, name: str, start: int) -> Episode:
    row = start + draw(st.integers(0, 6))
    onset = draw(st.integers(start, row))
    severity = draw(st.sampled_from("iwc"))
    life = [f"{row} raised {severity}"]
    suppressed = False
    for kind in draw(st.lists(st.sampled_from(("worsened", "eased", "turn", "cleared")), max_size=4)):
        row += draw(st.integers(1, 6))
        if kind == "cleared":
            life.append(f"{row} cleared {draw(st.sampled_from(('recovered', 'rewound')))}")
            break
        if kind == "turn":
            life.append(f"{row} released" if suppressed else f"{row} suppressed cause")
            suppressed = not suppressed
        else:
            order = "iwc"
            at = order.index(severity) + (1 if kind == "worsened" else -1)
            if 0 <= at < len(order):
                severity = order[at]
                life.append(f"{row} {kind} {severity}")
    return episode(name, *life, onset=onset)


@st.composite
def scans(draw: st.DrawFn) -> list[Episode]:
    found: list[Episode] = []
    for name in ("a:x", "a:y", "b:x", "cause:z"):
        start = 0
        for _ in range(draw(st.integers(0, 3))):
            found.append(draw(lives(name, start)))
            if found[-1].open:
                break
            start = found[-1].last.row + 1
    return sorted(found, key=lambda e: e.raised_row)


ROWS = 130
cuts = st.sets(st.integers(1, ROWS - 1), max_size=12).map(lambda rows: [*sorted(rows), ROWS])
policies = st.builds(
    Policy,
    group_wait_s=st.sampled_from((0.0, 3.0, 30.0)),
    repeat_s=st.sampled_from((0.0, 20.0)),
    budget=st.sampled_from((1, 3, 100)),
    min_severity=st.sampled_from((Severity.INFO, Severity.WARNING, Severity.CRITICAL)),
    resolved=st.booleans(),
    quiet_hours=st.sampled_from((None, (dt.time(12, 0, 20), dt.time(12, 0, 50)))),
)


def whole_life(
    scan: Sequence[Episode], ends: Sequence[int], policy: Policy, *, reload: bool = False
) -> tuple[list[Change], list[Incident]]:
    """A watch from the first row to the end of the run, and on until nothing is due."""
    changes: list[Change] = []
    incidents: Sequence[Incident] = []
    cursor = 0
    calls: list[tuple[int, float]] = [(rows, NOON + rows) for rows in ends]
    while calls:
        rows, now = calls.pop(0)
        if reload:
            incidents = [Incident.from_json(json.loads(json.dumps(i.to_json()))) for i in incidents]
        step = poll(incidents, scan, rows, cursor=cursor, now=now, ended=rows == ROWS, policy=policy)
        changes += step.changes
        incidents, cursor = step.incidents, rows
        due = next_due(incidents)
        if not calls and due is not None:
            calls.append((ROWS, max(due, now)))
    return changes, list(incidents)


def told(changes: Iterable[Change]) -> Counter[tuple[str, str, int]]:
    return Counter(
        (*c.incident.identity, c.incident.raised_row) for c in changes if c.posted and c.kind in ("opened", "folded")
    )


def kinds(e: Episode) -> set[TransitionKind]:
    return {t.kind for t in e.transitions}


@given(scans(), cuts, policies)
def test_every_incident_is_told_at_most_once_and_never_resolved_before(
    scan: list[Episode], ends: list[int], policy: Policy
) -> None:
    changes, incidents = whole_life(scan, ends, policy)

    seen: dict[str, list[str]] = {}
    for c in changes:
        if c.posted:
            seen.setdefault(c.incident.id, []).append(c.kind)
    for story in seen.values():
        assert story[0] in ("opened", "folded")
        assert story.count("opened") <= 1 and story.count("folded") <= 1
        if "resolved" in story:
            assert story.index("resolved") == len(story) - 1
        assert not {"resolved", "closed"} <= set(story)
    assert all(i.state in ("resolved", "closed") for i in incidents)


@given(scans(), cuts, policies)
def test_a_restart_at_any_point_changes_nothing(scan: list[Episode], ends: list[int], policy: Policy) -> None:
    assert whole_life(scan, ends, policy) == whole_life(scan, ends, policy, reload=True)


@given(scans(), cuts, policies)
def test_any_polling_tells_the_same_faults(scan: list[Episode], ends: list[int], policy: Policy) -> None:
    """All that were never anybody's consequence and ever bad enough; each once (in a thread or not is for the budget).

    One that was below the severity at first and told in a thread may get a message of its own when it turns critical.
    """
    own = [e for e in scan if "suppressed" not in kinds(e)]
    loud = {
        (e.id, e.metrics[0], e.raised_row) for e in own if max(t.severity for t in e.transitions) >= policy.min_severity
    }
    identities = {(e.id, e.metrics[0], e.raised_row) for e in own}
    for chunks in (ends, list(range(1, ROWS + 1))):
        changes, _ = whole_life(scan, chunks, policy)
        assert {key for key in told(changes) if key in identities} == loud


@given(scans(), cuts)
def test_without_wait_and_budget_each_fault_is_one_opening(scan: list[Episode], ends: list[int]) -> None:
    policy = replace(AT_ONCE, budget=10**6)
    assert max(told(whole_life(scan, ends, policy)[0]).values(), default=1) == 1


@given(scans(), cuts, policies)
def test_what_lies_ahead_is_not_looked_at(scan: list[Episode], ends: list[int], policy: Policy) -> None:
    """So a replay may pass the whole scan every time."""
    rows = ends[0]
    known = [e.upto(rows) for e in scan if e.raised_row < rows]

    assert poll([], scan, rows, policy=policy) == poll([], known, rows, policy=policy)


def test_an_incident_stored_by_a_version_that_said_more_is_read() -> None:
    """An upgrade finds open incidents in the database, with sentences it no longer knows."""
    (incident,) = poll([], [episode("overfit:eval/loss", "5 raised w")], 10).incidents
    stored = incident.to_json()
    stored["words"]["use"] = "只能当纯 BC 基线"

    assert Incident.from_json(json.loads(json.dumps(stored))) == incident


def test_an_incident_stored_under_an_older_name_of_its_thread_is_read() -> None:
    (incident,) = poll([], [episode("overfit:eval/loss", "5 raised c")], 10, policy=Policy(group_wait_s=0.0)).incidents
    assert incident.root_incident_id == incident.id
    stored = incident.to_json()
    stored["root"] = stored.pop("root_incident_id")

    assert Incident.from_json(json.loads(json.dumps(stored))) == incident
