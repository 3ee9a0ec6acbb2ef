"""What people decide: kept on SQLite and on PostgreSQL, and never lost to a poll."""

from __future__ import annotations

from dataclasses import replace

from bot.alerts.silence import Silence
from bot.outgoing import Outgoing
from bot.store.decisions import Note, Rule, Tuning
from bot.store.store import Store
from tests.store.test_store import C1, C2, MESSAGE, OC1, alert, incident, lease, store, watching

__all__ = ["store"]  # the fixture


def told(store: Store, number: int = 1, name: str = "i1") -> None:
    """A watch of t/p/r1 with an incident that its channel was told of."""
    watching(store)
    (leased,) = lease(store, 0.0)
    numbered = replace(incident(name), number=number)
    assert store.commit_poll(leased, now=1.0, due_at=600.0, rows=3, step=30, incidents=[numbered], posts=[alert(name)])


def test_numbers_are_taken_once(store: Store) -> None:
    assert [store.decisions.take_numbers(C1, n) for n in (1, 3, 1)] == [1, 2, 5]
    assert store.decisions.take_numbers(C2, 1) == 1, "each channel counts for itself"


def test_an_incident_is_found_by_the_number_of_its_channel(store: Store) -> None:
    told(store, number=7)

    found = store.decisions.incident(C1, 7)

    assert found is not None and found[0] == "t/p/r1" and found[1].number == 7
    assert store.decisions.incident(C1, 1) is None and store.decisions.incident(C2, 7) is None


def test_an_owner_is_kept_whatever_a_poll_writes_and_is_the_first_one(store: Store) -> None:
    told(store)

    assert store.decisions.own(["i1"], "张三", 5.0) == 1
    assert store.decisions.own(["i1"], "李四", 6.0) == 0
    (leased,) = lease(store, 600.0)
    store.commit_poll(leased, now=601.0, due_at=900.0, rows=4, step=40, incidents=[replace(incident("i1"), number=1)])

    (kept,) = store.incidents(leased.id, posted_since=0.0)
    assert (kept.owner, kept.owned_at, kept.number) == ("张三", 5.0, 1)


def test_the_same_fault_is_known_in_every_channel(store: Store) -> None:
    told(store)
    store.add_watch(OC1, "t/p/r1", kind="run", interval_s=60.0, now=0.0)
    (other,) = [w for w in lease(store, 1.0) if w.address == OC1]
    store.commit_poll(
        other, now=1.0, due_at=60.0, rows=3, step=30, incidents=[incident("i2"), incident("i3", state="resolved")]
    )

    found = store.decisions.same("t/p/r1", ("overfit", "eval/loss"))

    assert {(address, i.id) for address, i in found} == {(C1, "i1"), (OC1, "i2")}
    assert store.decisions.same("t/p/r1", ("nan-inf", "loss")) == []


def test_what_stands_in_a_message_is_its_last_edit(store: Store) -> None:
    told(store)
    first = alert("i1")
    assert store.decisions.shown(first.key) == (MESSAGE, None)

    edited = replace(MESSAGE, subtitle="张三已认领")
    edit = Outgoing(
        dest=C1, kind="update", subject="i1", transition="acked", message=edited, chart=b"png", edits=first.key
    )
    store.enqueue([edit], 2.0)

    assert store.decisions.shown(first.key) == (edited, b"png")
    assert store.decisions.shown("nothing") is None


def test_a_silence_holds_until_its_end_and_replaces_an_older_one_over_the_same(store: Store) -> None:
    short, long = Silence(id="a", ref="t/p/r1", until=10.0, by="张三"), Silence(id="b", ref="t/p/r1", by="李四")
    rule = Silence(id="c", diagnosis="overfit", until=20.0)
    for silence in (short, rule):
        store.decisions.silence(C1, silence)
    assert {s.id for s in store.decisions.silences(C1, 9.0)} == {"a", "c"}
    assert {s.id for s in store.decisions.silences(C1, 10.0)} == {"c"}
    assert store.decisions.silences(C2, 0.0) == []

    store.decisions.silence(C1, long)

    assert {s.id for s in store.decisions.silences(C1, 9.0)} == {"b", "c"}
    assert [s for s in store.decisions.silences(C1, 9.0) if s.id == "b"] == [long]


def test_when_a_silence_ends_the_channel_is_looked_at_soon(store: Store) -> None:
    told(store)
    store.decisions.silence(C1, Silence(id="a", ref="t/p/r1"))

    assert store.decisions.end_silences(C1, ["a"], 50.0) == 1
    assert store.decisions.end_silences(C1, ["a"], 50.0) == 0

    assert [w.due_at for w in store.watches(C1)] == [50.0]


def test_a_false_alarm_is_marked_once_and_taken_back_with_what_it_changed(store: Store) -> None:
    told(store)
    changed = Tuning(
        id="t", scope="t/p", diagnosis="overfit", fields={"rise": 0.06}, incident_id="i1", by="张三", created_at=2.0
    )

    assert store.decisions.call_wrong(changed, "i1", "张三", [], 2.0)
    assert not store.decisions.call_wrong(replace(changed, id="u"), "i1", "李四", [], 3.0)
    assert store.decisions.tunings("t/p") == [changed] and store.decisions.tunings("t/q") == []
    assert [(i.wrong_by, wrong) for i, wrong in store.decisions.told_since(C1, 0.0)] == [("张三", True)]

    assert store.decisions.undo_wrong("i1", 4.0, [])
    assert not store.decisions.undo_wrong("i1", 4.0, [])
    assert store.decisions.tunings("t/p") == []


def test_a_rule_counts_once_it_is_confirmed(store: Store) -> None:
    rule = Rule(
        id="t1",
        address=C1,
        scope="t/p",
        metric="loss",
        side="above",
        limit=5.0,
        points=3,
        active=False,
        by="张三",
        created_at=1.0,
    )
    store.decisions.add_rule(rule)
    assert store.decisions.rules(C1) == [rule] and store.decisions.rules(C2) == []

    assert store.decisions.confirm_rule(C2, "t1", 2.0) is None
    assert store.decisions.confirm_rule(C1, "t1", 2.0) == replace(rule, active=True)

    assert [rule.applies(ref) for ref in ("t/p/r1", "t/p", "t/pq/r1", "t/q/r1")] == [True, True, False, False]
    assert replace(rule, scope=None).applies("t/q/r1")
    assert not store.decisions.remove_rule(C2, "t1") and store.decisions.remove_rule(C1, "t1")
    assert store.decisions.rules(C1) == []


def test_notes_stay_with_their_run(store: Store) -> None:
    said = Note(id="n1", ref="t/p/r1", text="换了相机", by="张三", created_at=1.0)
    rate = Note(
        id="n2",
        ref="t/p/r1",
        text="12/20 @5000",
        by="李四",
        created_at=2.0,
        rate=0.6,
        successes=12,
        trials=20,
        step=5000,
    )
    for note in (rate, said):
        store.decisions.add_note(note)

    assert store.decisions.notes("t/p/r1") == [said, rate] and store.decisions.notes("t/p/r2") == []
    assert store.decisions.remove_note("t/p/r1", "n1") and not store.decisions.remove_note("t/p/r2", "n2")
    assert store.decisions.notes("t/p/r1") == [rate]
