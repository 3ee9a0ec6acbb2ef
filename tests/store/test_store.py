"""The database: what one transaction holds together, what is fenced, and that its schema is what migrations make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event

from analysis.model import Severity, Transition, Words
from bot.address import Address
from bot.alerts.incident import Incident
from bot.outgoing import Outgoing, outbox_key, separate_chart
from bot.render.message import Button, File, Item, Message, Section
from bot.store.inbox import TAKEN_S
from bot.store.outbox import message_from_json, message_to_json
from bot.store.store import Store, Watch
from bot.store.tables import metadata

DAY = 86_400.0
C1, C2, OC1 = (Address.parse(text) for text in ("slack:C1", "slack:C2", "feishu:oc_1"))
MESSAGE = Message(
    "loss 发散",
    marker="critical",
    subtitle="act_run",
    items=(Item("一条", "warning", ("证据一", "证据二"), "降低 lr", 1),),
    sections=(Section("概况", ("第一行", "第二行")),),
    facts="loss 0.1234",
    chart_alt="loss 曲线",
    buttons=(Button("完整报告", command="/curve full x"), Button("打开", url="https://example.org")),
    footer="共 1000 行",
    file=File("报告.html", "<html>"),
)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store.open(database_url)
    yield opened
    opened.close()


def incident(name: str, *, state: str = "open", posted_at: float | None = 10.0, opened_at: float = 10.0) -> Incident:
    words = Words("标题", "证据", "建议", evidence={"x": 1.5, "y": None})
    cleared = Transition("cleared", 9, 90, Severity.WARNING, words, reason="recovered") if state == "resolved" else None
    return Incident(
        id=name,
        diagnosis="overfit",
        metrics=("eval/loss", "train/loss"),
        onset_row=1,
        onset_step=10,
        raised_row=2,
        raised_step=20,
        news_row=2,
        news_step=20,
        severity=Severity.WARNING,
        words=words,
        state=state,  # type: ignore[arg-type]
        opened_at=opened_at,
        posted_at=posted_at,
        root_incident_id=name,
        cleared=cleared,
    )


def alert(subject: str = "i1", dest: Address = C1, **more: object) -> Outgoing:
    return Outgoing(dest=dest, kind="alert", subject=subject, transition="opened", message=MESSAGE, **more)  # type: ignore[arg-type]


def watching(store: Store, ref: str = "t/p/r1", now: float = 0.0, **more: object) -> Watch:
    return store.add_watch(C1, ref, kind="run", interval_s=60.0, now=now, **more)[0]  # type: ignore[arg-type]


def lease(store: Store, now: float, lease_s: float = 30.0) -> list[Watch]:
    return store.lease_due(now, lease_s=lease_s, places=10)


def test_a_nul_costs_nothing(store: Store) -> None:
    """PostgreSQL takes none in a text, and names, tags and events come from outside."""
    watch = watching(store, "t/p?tag=a\x00b")
    [leased] = lease(store, 0.0)
    store.fail_poll(leased, now=0.0, due_at=60.0, error="没有 a\x00b")
    store.inbox.receive("slack", "e\x001", {"text": "a\x00"}, 0.0)

    [kept] = store.watches()
    assert (kept.id, kept.last_error[:4] if kept.last_error else "") == (watch.id, "没有 a")
    assert not store.inbox.receive("slack", "e\x001", {"text": "a\x00"}, 0.0)


def test_a_message_survives_json() -> None:
    assert message_from_json(message_to_json(MESSAGE)) == MESSAGE
    assert message_from_json(message_to_json(Message("短"))) == Message("短")


def test_migrations_make_the_schema_of_the_code(store: Store) -> None:
    with store._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_commit_in_sqlite_survives_power_loss(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'not' / 'there' / 'x.db'}")
    with store._engine.connect() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous")]
    store.close()

    assert pragmas == ["wal", 2]  # FULL


def test_what_was_kept_is_there_when_it_opens_again(database_url: str) -> None:
    first = Store.open(database_url)
    watching(first)
    first.close()
    again = Store.open(database_url)

    assert [w.ref for w in again.watches()] == ["t/p/r1"]
    again.close()


class TestWatches:
    def test_the_same_watch_is_one(self, store: Store) -> None:
        first = watching(store)
        second, new = store.add_watch(C1, "t/p/r1", kind="run", interval_s=5.0, now=9.0)

        assert not new and second.id == first.id and second.interval_s == 5.0
        assert store.watches(OC1) == []

    def test_they_are_counted_without_being_read(self, store: Store) -> None:
        assert store.count_watches() == {"active": 0, "ended": 0}
        store.add_watch(C1, "t/p?tag=a", kind="filter", interval_s=60.0, now=0.0)
        watching(store, "t/p/r1")
        [leased] = [w for w in lease(store, 0.0) if w.kind == "run"]
        store.commit_poll(leased, now=0.0, due_at=9.0, rows=1, step=1, state="ended")
        watching(store, "t/p/r2")

        assert store.count_watches() == {"active": 2, "ended": 1}
        assert store.count_watches(runs_only=True) == {"active": 1, "ended": 1}

    def test_the_configured_ones_are_those_that_the_file_names_itself(self, store: Store) -> None:
        made = watching(store, "t/p?tag=a", origin="config")
        watching(store, "t/p/found", origin="config", parent=made.id)
        watching(store, "t/p/asked")

        assert store.configured() == [(C1, "t/p?tag=a")]

    def test_removing_a_filter_removes_the_runs_it_found(self, store: Store) -> None:
        found_by = store.add_watch(C1, "t/p?tag=prod", kind="filter", interval_s=60.0, now=0.0)[0]
        watching(store, "t/p/r2", parent=found_by.id)
        own = watching(store, "t/p/r3")

        assert store.remove_watch(C1, "t/p?tag=prod")
        assert store.watches() == [own]
        assert not store.remove_watch(C1, "t/p?tag=prod")

    def test_a_lease_is_exclusive_until_it_runs_out(self, store: Store) -> None:
        watching(store)
        [first] = lease(store, 1.0)

        assert lease(store, 30.0) == []
        [second] = lease(store, 31.0)
        assert second.epoch > first.epoch

    def test_places_are_taken_whole_those_first_that_wait_longest(self, store: Store) -> None:
        for ref, due in (("t/p2/a", 5.0), ("t/p1/a", 0.0), ("t/p3/a", 9.0), ("t/p1/b", 20.0), ("t/p1/c", 50.0)):
            watching(store, ref, due)

        assert [w.ref for w in store.lease_due(10.0, lease_s=30.0, places=2)] == ["t/p1/a", "t/p2/a", "t/p1/b"]
        assert [w.ref for w in store.lease_due(10.0, lease_s=30.0, places=2)] == ["t/p3/a"]

    def test_a_place_that_is_too_much_beside_others_waits_whole(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.store.store._MOST_LEASED", 3)
        for ref in ("t/p1/a", "t/p1/b", "t/p2/a", "t/p2/b", *(f"t/p3/{i}" for i in range(5))):
            watching(store, ref)
        taken = [{w.ref for w in lease(store, 1.0)} for _ in range(4)]

        assert [len(refs) for refs in taken] == [2, 2, 3, 2]
        assert all(len({ref.split("/")[1] for ref in refs}) == 1 for refs in taken)

    def test_what_is_given_back_is_due_as_before(self, store: Store) -> None:
        watching(store)
        [old] = lease(store, 1.0)
        store.release([old])
        store.renew([old], 90.0)  # a beat that was on its way
        [new] = lease(store, 1.0)

        assert (new.due_at, new.failures) == (old.due_at, old.failures)
        assert not store.commit_poll(old, now=2.0, due_at=99.0, rows=1, step=1)
        store.release([old])
        assert lease(store, 2.0) == []  # it is not its any more

    def test_who_lost_the_lease_writes_nothing(self, store: Store) -> None:
        watching(store)
        [old] = lease(store, 1.0)
        [new] = lease(store, 40.0)
        late = {"due_at": 99.0, "rows": 5, "step": 50, "incidents": [incident("i1")], "posts": [alert()]}

        assert not store.commit_poll(old, now=41.0, **late)  # type: ignore[arg-type]
        assert store.outbox.counts() == {} and store.incidents(old.id, posted_since=0.0) == []
        assert not store.fail_poll(old, now=42.0, due_at=99.0, error="超时")
        assert store.commit_poll(new, now=42.0, **late)  # type: ignore[arg-type]
        assert not store.commit_poll(new, now=43.0, **late)  # type: ignore[arg-type]

    def test_a_poll_is_kept_whole(self, store: Store) -> None:
        watching(store)
        [watch] = lease(store, 1.0)
        store.commit_poll(
            watch, now=2.0, due_at=62.0, rows=5, step=50, incidents=[incident("i1")], posts=[alert()], glance={"at": 50}
        )
        [after] = store.watches()

        assert (after.rows, after.step, after.due_at, after.glance) == (5, 50, 62.0, {"at": 50})
        assert store.incidents(watch.id, posted_since=0.0) == [incident("i1")]
        assert store.outbox.counts() == {"pending": 1}
        assert lease(store, 61.0) == [] and len(lease(store, 62.0)) == 1

    def test_a_step_may_count_tokens(self, store: Store) -> None:
        watching(store)
        [watch] = lease(store, 1.0)
        store.commit_poll(watch, now=2.0, due_at=62.0, rows=5, step=15_000_000_000_000)

        assert store.watches()[0].step == 15_000_000_000_000

    @pytest.mark.parametrize("done", range(4))
    def test_a_poll_that_breaks_off_leaves_nothing(self, store: Store, done: int) -> None:
        """The cursor never moves past a fault whose alert is not in the outbox, after whichever statement it ends."""
        watching(store)
        [watch] = lease(store, 1.0)
        statements: list[str] = []

        def cut(connection: object, cursor: object, statement: str, *rest: object) -> None:
            if not statement.startswith("BEGIN"):
                statements.append(statement)
            if len(statements) > done:
                raise ConnectionError("cut")

        poll = {"due_at": 62.0, "rows": 5, "step": 50, "incidents": [incident("i1")], "posts": [alert(chart=b"png")]}
        event.listen(store._engine, "before_cursor_execute", cut)
        with pytest.raises(ConnectionError):
            store.commit_poll(watch, now=2.0, **poll)  # type: ignore[arg-type]
        event.remove(store._engine, "before_cursor_execute", cut)

        assert store.watches()[0].rows is None
        assert store.outbox.counts() == {} and store.incidents(watch.id, posted_since=0.0) == []
        assert store.commit_poll(watch, now=2.0, **poll)  # type: ignore[arg-type]
        assert store.outbox.counts() == {"pending": 1}

    def test_failures_are_counted_and_forgotten(self, store: Store) -> None:
        watching(store)
        for n in (1, 2):
            [watch] = lease(store, n * 100.0)
            store.fail_poll(watch, now=n * 100.0, due_at=n * 100.0 + 50, error="W&B 连不上")
        assert [(w.failures, w.last_error) for w in store.watches()] == [(2, "W&B 连不上")]

        [watch] = lease(store, 300.0)
        store.commit_poll(watch, now=300.0, due_at=360.0, rows=1, step=1)
        assert [(w.failures, w.last_error) for w in store.watches()] == [(0, None)]

    def test_an_ended_watch_is_not_due_until_it_is_asked_for_again(self, store: Store) -> None:
        watching(store)
        assert store.oldest_due() == 0.0
        [watch] = lease(store, 1.0)
        store.commit_poll(watch, now=1.0, due_at=61.0, rows=1, step=1, state="ended")

        assert lease(store, 100.0) == [] and store.oldest_due() is None
        watching(store, now=200.0)
        assert len(lease(store, 200.0)) == 1


class TestIncidents:
    def test_what_advance_needs(self, store: Store) -> None:
        watching(store)
        [watch] = lease(store, 1.0)
        kept = [
            incident("open"),
            incident("closed", state="closed"),
            incident("late", state="resolved", posted_at=50.0),
        ]
        gone = [incident("old", state="resolved"), incident("untold", state="resolved", posted_at=None)]
        store.commit_poll(watch, now=2.0, due_at=3.0, rows=1, step=1, incidents=kept + gone)

        assert {i.id for i in store.incidents(watch.id, posted_since=40.0)} == {i.id for i in kept}
        assert {i.id for _, i in store.incidents_at(C1)} == {"open", "closed"}
        assert len(store.incidents_at(C1, since=0.0)) == 5
        assert store.incidents_at(OC1) == []

    def test_an_incident_is_replaced_by_its_next_state(self, store: Store) -> None:
        watching(store)
        [watch] = lease(store, 1.0)
        store.commit_poll(watch, now=2.0, due_at=3.0, rows=1, step=1, incidents=[incident("a")])
        [watch] = lease(store, 4.0)
        store.commit_poll(watch, now=5.0, due_at=6.0, rows=2, step=2, incidents=[incident("a", state="resolved")])

        assert store.incidents(watch.id, posted_since=0.0) == [incident("a", state="resolved")]


class TestInbox:
    def test_an_event_is_handled_once(self, store: Store) -> None:
        assert store.inbox.receive("slack", "Ev1", {"text": "x"}, 0.0)
        assert not store.inbox.receive("slack", "Ev1", {"text": "x"}, 1.0)
        assert store.inbox.receive("feishu", "Ev1", {"text": "x"}, 1.0)

    @pytest.mark.parametrize("text", ["查一下 😀", "a\x00b", "\ud83d"], ids=["emoji", "NUL", "half a surrogate"])
    def test_whatever_is_typed_is_kept_as_it_is(self, store: Store, text: str) -> None:
        store.inbox.receive("slack", "Ev1", {"text": text}, 0.0)

        assert [e.payload for e in store.inbox.take_unfinished(100.0)] == [{"text": text}]

    def test_a_command_cut_off_is_taken_up_again_if_it_is_of_today(self, store: Store) -> None:
        for name, at in (("old", -90_000.0), ("b", 500.0), ("a", 400.0), ("done", 500.0)):
            store.inbox.receive("slack", name, {"text": name}, at)
        reply = Outgoing(C1, "reply", "done", "answer", MESSAGE)
        store.inbox.finish("slack", "done", [reply], 501.0)

        assert [e.event_id for e in store.inbox.take_unfinished(700.0)] == ["a", "b"]
        assert store.outbox.counts() == {"pending": 1}

    def test_it_is_taken_up_once_nobody_is_at_it(self, store: Store) -> None:
        store.inbox.receive("slack", "Ev1", {}, 0.0)
        store.inbox.receive("slack", "Ev2", {}, 0.0)
        assert store.inbox.take_unfinished(TAKEN_S - 1) == []
        store.inbox.hold([("slack", "Ev1"), ("slack", "gone")], TAKEN_S - 1)

        assert [(e.event_id, e.attempts) for e in store.inbox.take_unfinished(TAKEN_S)] == [("Ev2", 2)]
        assert store.inbox.take_unfinished(TAKEN_S) == []
        assert [(e.event_id, e.attempts) for e in store.inbox.take_unfinished(3 * TAKEN_S)] == [("Ev1", 2), ("Ev2", 3)]

    def test_the_only_process_takes_up_at_once_what_its_predecessor_had(self, store: Store) -> None:
        store.inbox.receive("slack", "Ev1", {}, 0.0)
        store.release_leases()

        assert [e.event_id for e in store.inbox.take_unfinished(1.0)] == ["Ev1"]
        assert store.inbox.take_unfinished(1.0) == []

    def test_a_lease_from_before_the_clock_was_set_back_holds_nothing_up(self, store: Store) -> None:
        store.inbox.receive("slack", "Ev1", {}, 50_000.0)

        assert [e.event_id for e in store.inbox.take_unfinished(1000.0)] == ["Ev1"]

    def test_what_comes_between_a_look_at_the_clock_and_the_question_is_in_good_hands(self, store: Store) -> None:
        store.inbox.receive("slack", "Ev1", {}, 1000.3)

        assert store.inbox.take_unfinished(1000.0) == []


class TestDigests:
    def test_a_slot_is_posted_once(self, store: Store) -> None:
        store.digests.set(C1, at="09:00", days="mon-fri", timezone="Asia/Shanghai", origin="chat", now=0.0)
        post = Outgoing(C1, "digest", "100.0", "digest", MESSAGE)

        assert [store.digests.post(C1, slot, [post], 101.0) for slot in (100.0, 100.0, 50.0)] == [
            True,
            False,
            False,
        ]
        assert store.outbox.counts() == {"pending": 1}
        [digest] = store.digests.all()
        assert (digest.at, digest.days, digest.last_slot) == ("09:00", "mon-fri", 100.0)

    def test_changing_the_time_keeps_the_last_slot(self, store: Store) -> None:
        first = {"days": "*", "timezone": "Asia/Shanghai", "origin": "chat", "now": 0.0}
        store.digests.set(C1, at="09:00", **first)  # type: ignore[arg-type]
        store.digests.post(C1, 100.0, [], 101.0)

        assert store.digests.set(C1, at="10:30", **first).last_slot == 100.0  # type: ignore[arg-type]
        assert store.digests.remove(C1) and not store.digests.remove(C1)
        assert not store.digests.post(C1, 200.0, [], 201.0)


class TestOutboxRows:
    def test_a_key_is_one_message(self, store: Store) -> None:
        assert [store.enqueue([alert()], 0.0), store.enqueue([alert(), alert("i2")], 1.0)] == [1, 1]
        assert alert().key == outbox_key(C1, "i1", "opened", 0) and len(alert().key) == 40
        assert alert(dest=C2).key != alert().key

    def test_a_chart_of_its_own_hangs_on_its_message(self) -> None:
        message, chart = separate_chart(alert(chart=b"png"))

        assert (message.chart, message.key) == (None, alert().key)
        assert (chart.message, chart.chart, chart.parent, chart.orphan) == (None, b"png", message.key, "drop")
        assert chart.key != message.key
        assert separate_chart(alert()) == [alert()]


class TestThreads:
    def test_the_last_run_told_of_in_a_thread(self, store: Store) -> None:
        first = alert("i1", about="t/p/r1")
        second = Outgoing(C1, "reply", "Ev1", "reply", MESSAGE, parent=first.key, about="t/p/r2")
        talk = Outgoing(C1, "reply", "Ev2", "reply", MESSAGE, parent=first.key)
        elsewhere = alert("i2", about="t/p/r3")
        store.enqueue([first, second, talk, elsewhere], 0.0)
        for remote_id in ("1.1", "1.2", "1.3", "1.4"):
            [row] = store.outbox.claim(0.0, platforms=["slack"], lease_s=10.0, limit=1)
            assert row.root_message_id == (None if remote_id in ("1.1", "1.4") else "1.1")
            store.outbox.sent(row, remote_id, 0.0)

        assert store.run_at(C1, "1.1") == "t/p/r2"
        assert store.run_at(C1, "1.4") == "t/p/r3"
        assert store.run_at(C1, "1.9") is None
        assert store.run_at(C2, "1.1") is None

    def test_under_what_a_person_said(self, store: Store) -> None:
        store.enqueue([Outgoing(C1, "reply", "E", "reply", MESSAGE, reply_to_message_id="9.9", about="t/p/r1")], 0.0)
        [row] = store.outbox.claim(0.0, platforms=["slack"], lease_s=10.0, limit=1)
        store.outbox.sent(row, "1.1", 0.0)

        assert store.run_at(C1, "9.9") == store.run_at(C1, "1.1") == "t/p/r1"


def test_housekeeping_keeps_what_is_still_needed(store: Store) -> None:
    watching(store)
    [watch] = lease(store, 1.0)
    incidents = [incident("open"), incident("over", state="resolved")]
    store.commit_poll(watch, now=2.0, due_at=3.0, rows=1, step=1, incidents=incidents)
    store.inbox.receive("slack", "Ev1", {}, 0.0)
    opening, reply = alert(chart=b"png"), Outgoing(C2, "reply", "Ev1", "answer", MESSAGE, chart=b"other")
    store.enqueue([opening, reply, alert("waits", dest=OC1, chart=b"waits")], 0.0)
    for row in store.outbox.claim(0.0, platforms=["slack"], lease_s=10.0, limit=5):
        store.outbox.sent(row, "1.2", 1.0)

    store.purge(8 * DAY)
    assert store.outbox.state_of(opening.key) == ("sent", "1.2")  # its thread may still be written to
    assert store.outbox.state_of(reply.key) is None
    assert store.inbox.receive("slack", "Ev1", {}, 8 * DAY)
    [row] = store.outbox.claim(0.0, platforms=["feishu"], lease_s=10.0, limit=5)
    assert row.chart == b"waits"
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM attachment").scalar() == 1

    store.purge(61 * DAY)
    assert store.outbox.state_of(opening.key) is None
    assert [i.id for _, i in store.incidents_at(C1, since=0.0)] == ["open"]


def test_a_new_process_frees_what_its_predecessor_had_leased(store: Store) -> None:
    store.add_watch(C1, "a/b/c", kind="run", interval_s=60.0, now=0.0)
    (old,) = store.lease_due(0.0, lease_s=1000.0, places=9)
    assert store.lease_due(1.0, lease_s=1000.0, places=9) == []

    store.release_leases()

    assert [w.epoch for w in store.lease_due(1.0, lease_s=1000.0, places=9)] == [old.epoch + 1]


def test_a_clock_set_back_stops_no_watch(store: Store) -> None:
    for n, due_in in enumerate((30.0, 50.0, 4000.0)):
        watch = watching(store, f"t/p{n}/r", now=10_000.0)
        [leased] = lease(store, 10_000.0)
        assert leased.id == watch.id
        store.commit_poll(leased, now=10_000.0, due_at=10_000.0 + due_in, rows=1, step=1)
    watching(store, "t/p/leased", now=10_000.0)
    lease(store, 10_000.0)
    assert lease(store, 1000.0) == []
    store.clock_set_back(1000.0)

    assert len(lease(store, 1000.0)) == 4
    assert lease(store, 1000.0) == []


def test_a_bucket_holds_a_minutes_worth_and_is_shared(store: Store) -> None:
    assert all(store.draw("w", 10, per_minute=60, now=100.0) for _ in range(6))
    assert not store.draw("w", 1, per_minute=60, now=100.0)
    assert store.draw("w", 5, per_minute=60, now=105.0)  # a second a request
    assert not store.draw("w", 1, per_minute=60, now=105.0)
    assert store.draw("w", 5, per_minute=60, now=105.0, always=True)
    assert not store.draw("w", 5, per_minute=60, now=109.0)
    assert store.draw("w", 5, per_minute=60, now=115.0)
    assert store.draw("other", 60, per_minute=60, now=100.0)
    assert store.draw("w", 500, per_minute=60, now=1000.0)  # more than it holds: when it is empty
