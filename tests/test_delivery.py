"""Delivery against a chat that fails in every way: what is sent, when it is tried again, what is given up."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bot.address import Address
from bot.chats import LookUpImpossible, NotSent, NotThere, Post, Refused, ShutOut, Unclear
from bot.delivery import TWICE, Delivery, Outcome, Timing, backoff
from bot.outgoing import Outgoing, separate_chart
from bot.platforms import PLATFORMS
from bot.render.message import Message
from bot.store.outbox import Row
from bot.store.store import Store
from tests.fakes.mute_chat import MuteChat
from tests.fakes.server import PATIENCE_S

Fault = Exception | None
CAN = {platform.name: platform.can for platform in PLATFORMS}
C1, C2, SLOW, OC1 = (Address.parse(text) for text in ("slack:C1", "slack:C2", "slack:slow", "feishu:oc_1"))
LOST = "the answer is lost"  # arrives, but the sender does not learn it


class ScriptedChat(MuteChat):
    """Does what its script says, one entry a send; then everything works. Keeps what arrived."""

    def __init__(self, platform: str, *, idempotent_s: float = 0.0) -> None:
        self.platform = platform
        self.idempotent_s = idempotent_s
        self.script: list[Fault | str] = []
        self.look_up: list[Fault] = []
        self.arrived: list[Post] = []
        self.ids: dict[str, str] = {}
        self.sends = 0
        self.finds = 0

    def send(self, post: Post) -> str:
        self.sends += 1
        fault = self.script.pop(0) if self.script else None
        if isinstance(fault, Exception):
            raise fault
        if not (self.idempotent_s and post.key in self.ids):
            self.arrived.append(post)
            self.ids[post.key] = post.edits or f"{self.platform}-{len(self.arrived)}"
        if fault == LOST:
            raise Unclear("timeout")
        return self.ids[post.key]

    def find(self, post: Post, since: float) -> str | None:
        self.finds += 1
        fault = self.look_up.pop(0) if self.look_up else None
        if fault is not None:
            raise fault
        return self.ids.get(post.key)

    @property
    def titles(self) -> list[str]:
        return [p.message.title if p.message else "图" for p in self.arrived]


class Bench:
    """A store, two chats (slack can be asked, feishu drops repetitions) and a hand-set clock."""

    def __init__(self, database_url: str) -> None:
        self.now = 1000.0
        self.store = Store.open(database_url)
        self.outbox = self.store.outbox
        self.slack = ScriptedChat("slack")
        self.feishu = ScriptedChat("feishu", idempotent_s=CAN["feishu"].idempotent_s)
        self.outcomes: list[Outcome] = []
        self.delivery = self.another()

    def another(self) -> Delivery:
        return Delivery(
            self.outbox,
            {"slack": self.slack, "feishu": self.feishu},
            can=CAN,
            clock=lambda: self.now,
            chance=lambda: 0.5,
            observe=self.outcomes.append,
            timing=Timing(lease_s=30.0, settle_s=10.0),
        )

    def put(self, *posts: Outgoing) -> None:
        assert self.store.enqueue(posts, self.now) == len(posts)

    def drain(self, at: float | None = None) -> int:
        self.now = self.now if at is None else at
        return self.delivery.drain_once(self.now)

    def drain_until(self, finished: Callable[[], bool]) -> list[float]:
        """Drains whenever there is something to do next. -> seconds since the beginning, of each time."""
        times = [self.now - 1000.0]
        self.drain()
        while not finished():
            due = self.outbox.next_time()
            assert due is not None and due > self.now, "nothing will happen any more"
            self.drain(at=due)
            times.append(due - 1000.0)
        return times

    def state(self, post: Outgoing) -> str:
        found = self.outbox.state_of(post.key)
        assert found is not None
        return found[0]

    @property
    def results(self) -> list[str]:
        return [o.result for o in self.outcomes]


@pytest.fixture
def bench(database_url: str) -> Iterator[Bench]:
    b = Bench(database_url)
    yield b
    b.store.close()


def post(name: str, dest: Address = C1, **more: object) -> Outgoing:
    values: dict[str, object] = {"kind": "alert", "transition": "opened", "message": Message(name)} | more
    return Outgoing(dest=dest, subject=name, **values)  # type: ignore[arg-type]


def test_in_order_and_with_everything_that_belongs_to_it(bench: Bench) -> None:
    bench.put(post("a", chart=b"png", reply_to_message_id="person-1", reply_url="https://hook"), post("b"))
    bench.drain()

    a, b = bench.slack.arrived
    assert (a.key, a.address, a.message, a.chart) == (post("a").key, C1, Message("a"), b"png")
    assert (a.root_message_id, a.reply_url, b.root_message_id) == ("person-1", "https://hook", None)
    assert bench.results == ["sent", "sent"] and bench.outbox.counts() == {"sent": 2}


def test_a_platform_that_is_not_running_keeps_its_rows(bench: Bench) -> None:
    there, not_there = post("a"), post("b", Address("teams", "x"))
    bench.put(there, not_there)
    bench.drain()

    assert (bench.state(there), bench.state(not_there)) == ("sent", "pending")


class TestThreads:
    def test_follow_ups_find_their_message(self, bench: Bench) -> None:
        opening = post("a")
        bench.put(
            opening,
            post("a", kind="update", transition="worsened", parent=opening.key),
            post("a", kind="resolve", transition="resolved", ordinal=1, edits=opening.key, orphan="drop"),
        )
        bench.drain()

        _, worse, edit = bench.slack.arrived
        assert (worse.root_message_id, worse.edits) == ("slack-1", None)
        assert (edit.root_message_id, edit.edits) == (None, "slack-1")

    def test_a_chart_of_its_own_stands_in_the_thread_of_its_message(self, bench: Bench) -> None:
        opening = post("a", chart=b"png")
        worse = post("a", transition="worsened", parent=opening.key, chart=b"png2")
        answer = post("b", reply_to_message_id="person-1", chart=b"png3", kind="reply")
        bench.put(*separate_chart(opening), *separate_chart(worse), *separate_chart(answer))
        bench.drain()

        assert [p.message is None for p in bench.slack.arrived] == [False, True] * 3
        assert [p.root_message_id for p in bench.slack.arrived] == [None, *["slack-1"] * 3, "person-1", "person-1"]

    def test_an_answer_replaces_its_placeholder_and_carries_its_thread_on(self, bench: Bench) -> None:
        placeholder = post("正在分析…", kind="reply", reply_to_message_id="person-1")
        answer = post("答", kind="reply", edits=placeholder.key)
        bench.put(placeholder, answer, post("图", kind="reply", parent=answer.key))
        bench.drain()

        assert [p.edits for p in bench.slack.arrived] == [None, "slack-1", None]
        assert [p.root_message_id for p in bench.slack.arrived] == ["person-1", None, "person-1"]

    def test_a_follow_up_waits_for_its_message(self, bench: Bench) -> None:
        opening = post("a")
        bench.slack.script = [NotSent("rate limited", retry_after=20.0)]
        bench.put(opening, post("a", kind="resolve", transition="resolved", parent=opening.key), post("other", C2))
        bench.drain()
        assert bench.slack.titles == ["other"]

        bench.drain(at=1019.0)
        assert bench.slack.titles == ["other"]
        bench.drain(at=1020.0)
        assert bench.slack.titles == ["other", "a", "a"]

    def test_without_its_message_it_stands_alone_or_is_dropped(self, bench: Bench) -> None:
        opening = post("a", chart=b"png")
        bench.slack.script = [Refused("channel_not_found")]
        message, chart = separate_chart(opening)
        worse = post("worse", transition="worsened", parent=message.key)
        edit = post("edit", transition="resolved", edits=message.key, orphan="drop")
        bench.put(message, chart, worse, edit)
        bench.drain()

        assert bench.slack.titles == ["worse"] and bench.slack.arrived[0].root_message_id is None
        assert [bench.state(p) for p in (message, chart, worse, edit)] == ["dead", "dead", "sent", "dead"]
        assert bench.slack.sends == 2  # what is dropped is not even tried


class TestCertainFailures:
    def test_refused_is_for_good(self, bench: Bench) -> None:
        bench.slack.script = [Refused("not_in_channel")]
        bench.put(post("a"), post("b"))
        bench.drain()

        assert bench.slack.titles == ["b"]
        assert [(o.result, o.detail) for o in bench.outcomes] == [("dead", "not_in_channel"), ("sent", "")]

    def test_an_alert_that_met_a_closed_door_comes_when_the_bot_is_let_in_again(self, bench: Bench) -> None:
        bench.slack.script = [NotThere("not_in_channel"), NotThere("not_in_channel"), NotThere("not_in_channel")]
        alert, answer = post("alert"), replace(post("answer"), kind="reply")
        bench.put(alert, answer)
        bench.drain()
        bench.put(replace(post("by another way"), kind="reply", reply_url="https://hooks.example/1"))
        bench.slack.script = []
        bench.drain()
        assert bench.state(alert) == "stranded" and bench.state(answer) == "dead"

        bench.put(replace(post("hello"), kind="reply"))
        bench.drain()

        assert bench.slack.titles[-2:] == ["hello", "alert"]
        assert bench.state(alert) == "sent" and bench.state(answer) == "dead"

    def test_not_sent_is_tried_again_ever_more_rarely(self, bench: Bench) -> None:
        bench.slack.script = [NotSent("connection refused") for _ in range(4)]
        bench.put(post("a"))

        assert bench.drain_until(lambda: bench.slack.sends == 5) == [0, 2, 6, 14, 30]
        assert bench.slack.titles == ["a"]

    def test_backoff_has_a_cap_and_is_spread(self) -> None:
        assert [backoff(n, 0.5, 600.0) for n in (1, 2, 9, 10, 1000)] == [2.0, 4.0, 512.0, 600.0, 600.0]
        assert (backoff(1, 0.0, 600.0), backoff(1, 1.0, 600.0)) == (1.0, 3.0)

    def test_a_message_that_never_gets_through_does_not_dam_up_the_others(self, bench: Bench) -> None:
        bench.slack.script = [NotSent("bad now") for _ in range(8)]
        stuck, alert = post("stuck"), post("alert", critical=True)
        bench.put(stuck, alert)
        bench.drain()
        assert bench.state(alert) == "pending"
        while bench.state(alert) != "sent":
            bench.drain(at=bench.now + 10)
        assert bench.now < 1000 + 300 and bench.state(stuck) == "pending"

    def test_too_old_is_given_up_and_counted(self, bench: Bench) -> None:
        bench.slack.script = [NotSent("down"), NotSent("down")]
        digest, alert = post("d", C1, kind="digest"), post("a", C2)
        bench.put(digest, alert)
        bench.drain()
        bench.drain(at=1000 + 7 * 3600.0)

        assert (bench.state(digest), bench.state(alert)) == ("expired", "sent")
        assert [(o.result, o.dest) for o in bench.outcomes if o.result == "expired"] == [("expired", C1)]

    def test_one_planned_for_the_morning_lets_the_others_pass(self, bench: Bench) -> None:
        later, alert = post("later", not_before=5000.0), post("alert")
        bench.put(later, alert)
        bench.drain()
        assert (bench.state(later), bench.state(alert)) == ("pending", "sent")

        bench.drain(at=5000.0)
        assert bench.state(later) == "sent"

    @pytest.mark.parametrize("asked", [0.0, 1e-3, 86_400.0])
    def test_what_a_platform_asks_for_has_bounds(self, bench: Bench, asked: float) -> None:
        bench.slack.script = [NotSent("rate limited", retry_after=asked)]
        bench.put(post("a"))

        assert bench.drain_until(lambda: bench.slack.sends == 2) == [0, 600.0 if asked > 600 else 1.0]

    def test_an_old_failure_does_not_widen_a_look_up(self, bench: Bench) -> None:
        """And does not outlast the platform's memory for keys: only the try that is unclear counts."""
        bench.feishu.script = [NotSent("down") for _ in range(12)] + [LOST]
        message = post("a", OC1)
        bench.put(message)
        bench.drain_until(lambda: bench.state(message) == "sent")

        assert bench.now > 1000 + CAN["feishu"].idempotent_s
        assert bench.feishu.titles == ["a"] and bench.feishu.finds == 0


class TestShutOut:
    """No valid token, no quota: it says nothing of any message."""

    def test_all_wait_in_order_until_it_is_over(self, bench: Bench) -> None:
        bench.slack.script = [ShutOut("token_revoked") for _ in range(30)]
        opening = post("a", critical=True)
        bench.put(opening, post("b"), post("c", C2), post("a", transition="resolved", parent=opening.key))
        bench.put(post("elsewhere", OC1))
        for second in range(0, 900, 5):
            bench.drain(at=1000.0 + second)
            if second == 600:
                assert bench.slack.arrived == [] and bench.slack.sends < 20  # asked about once a minute
                assert [*bench.delivery.shut_out()] == ["slack"]
                bench.slack.script = []

        assert bench.slack.titles == ["a", "b", "c", "a"] and bench.slack.arrived[3].root_message_id == "slack-1"
        assert bench.feishu.titles == ["elsewhere"]
        assert bench.delivery.shut_out() == {}
        assert "dead" not in bench.results and bench.results.count("shut_out") == 1

    def test_the_platform_is_asked_again_within_a_minute(self, bench: Bench) -> None:
        bench.slack.script = [ShutOut("token_revoked") for _ in range(20)]
        bench.put(post("a"))
        asked: list[float] = []
        while bench.slack.titles == []:
            sends = bench.slack.sends
            bench.drain(at=bench.now + 5)
            asked += [bench.now] * (bench.slack.sends - sends)

        assert max(b - a for a, b in itertools.pairwise(asked)) <= 60

    def test_a_quota_is_asked_for_in_minutes(self, bench: Bench) -> None:
        bench.feishu.script = [ShutOut("quota", 600.0)]
        bench.put(post("a", OC1))
        bench.drain()
        bench.drain(at=1599.0)
        assert bench.feishu.sends == 1

        bench.drain(at=1600.0)
        assert bench.feishu.titles == ["a"]

    def test_a_look_up_waits_too(self, bench: Bench) -> None:
        """It is neither taken for missing nor for impossible."""
        bench.slack.script, bench.slack.look_up = [LOST], [ShutOut("token_revoked") for _ in range(12)]
        message = post("a")
        bench.put(message)
        bench.drain()
        for second in range(0, 900, 5):
            bench.drain(at=1000.0 + second)

        assert bench.state(message) == "sent" and bench.slack.titles == ["a"] and bench.slack.finds == 13

    def test_a_second_try_that_is_shut_out_says_nothing_of_the_first(self, bench: Bench) -> None:
        bench.feishu.script = [LOST, *(ShutOut("99991663") for _ in range(5))]
        message = post("a", OC1)
        bench.put(message)
        bench.drain()
        for second in range(0, 300, 5):
            bench.drain(at=1000.0 + second)

        assert bench.state(message) == "sent" and bench.feishu.titles == ["a"]


class TestUnclear:
    @pytest.mark.parametrize("fault", [LOST, Unclear("reset"), ValueError("a defect in the adapter")])
    @pytest.mark.parametrize("dest", [C1, OC1])
    def test_it_arrives_exactly_once(self, bench: Bench, fault: Fault | str, dest: Address) -> None:
        chat = bench.slack if dest == C1 else bench.feishu
        chat.script = [fault]
        message = post("a", dest)
        bench.put(message, post("b", dest))
        bench.drain()
        assert bench.state(message) == "unknown"

        bench.drain(at=1009.0)  # not settled: it may still turn up
        assert bench.state(message) == "unknown" and chat.finds == 0 and chat.sends == 1
        bench.drain(at=1010.0)
        assert bench.outbox.counts() == {"sent": 2} and chat.titles == ["a", "b"]
        assert chat.finds == (1 if dest == C1 else 0)

    def test_the_key_is_good_only_for_a_while(self, bench: Bench) -> None:
        bench.feishu.script = [LOST]
        bench.put(post("a", OC1))
        bench.drain()
        bench.drain(at=1000 + 3000.0)

        assert bench.feishu.finds == 1 and bench.feishu.titles == ["a"] and bench.outbox.counts() == {"sent": 1}

    def test_a_certain_failure_of_the_second_try_says_nothing_of_the_first(self, bench: Bench) -> None:
        bench.feishu.script = [LOST, NotSent("rate limited", retry_after=300.0)]
        message = post("a", OC1)
        bench.put(message)
        bench.drain()
        bench.drain(at=1010.0)
        assert bench.state(message) == "unknown"

        bench.drain(at=4010.0)  # the key is too old by now: look it up
        assert bench.state(message) == "sent" and bench.feishu.titles == ["a"] and bench.feishu.finds == 1

    def test_an_edit_is_simply_repeated(self, bench: Bench) -> None:
        opening = post("a")
        bench.put(opening)
        bench.drain()
        bench.slack.script = [Unclear("timeout")]
        bench.put(post("edit", transition="resolved", edits=opening.key))
        bench.drain()
        bench.drain(at=1010.0)

        assert bench.slack.titles == ["a", "edit"] and bench.slack.finds == 0

    def test_a_look_up_that_fails_is_repeated(self, bench: Bench) -> None:
        bench.slack.script, bench.slack.look_up = (
            [LOST],
            [NotSent("rate limited", retry_after=60.0), Unclear("timeout")],
        )
        message = post("a")
        bench.put(message)
        bench.drain_until(lambda: bench.state(message) == "sent")

        assert bench.slack.titles == ["a"] and bench.slack.finds == 3 and bench.slack.sends == 1
        assert bench.results == ["unclear", "unclear", "unclear", "found"]

    def test_where_nobody_can_look_a_critical_one_comes_twice_and_says_so(self, bench: Bench) -> None:
        bench.slack.script, bench.slack.look_up = [LOST, LOST], [LookUpImpossible("missing_scope") for _ in range(3)]
        critical, plain = post("a", critical=True), post("b", C2)
        bench.put(critical, plain)
        bench.drain()
        bench.drain(at=1010.0)

        assert (bench.state(critical), bench.state(plain)) == ("sent", "dead")
        footers = [p.message.footer for p in bench.slack.arrived if p.message and p.message.title == "a"]
        assert footers == ["", TWICE]
        assert "maybe_twice" in bench.results

    def test_but_not_for_ever(self, bench: Bench) -> None:
        bench.slack.script = [LOST] * 10
        bench.slack.look_up = [LookUpImpossible("missing_scope") for _ in range(10)]
        critical = post("a", critical=True)
        bench.put(critical)
        bench.drain_until(lambda: bench.state(critical) == "dead")

        assert bench.slack.titles == ["a"] * 3

    def test_what_can_not_be_looked_up_for_a_day_expires(self, bench: Bench) -> None:
        bench.slack.script = [LOST]
        bench.slack.look_up = [NotSent("down") for _ in range(500)]
        message = post("a")
        bench.put(message)
        for at in range(1000, 1000 + 26 * 3600, 3600):
            bench.drain(at=float(at))

        assert bench.state(message) == "expired"


class TestTheProcessDies:
    def take(self, bench: Bench) -> Row:
        """What a process that dies in the middle of sending leaves behind."""
        [row] = bench.outbox.claim(bench.now, platforms=["slack", "feishu"], lease_s=30.0, limit=1)
        return row

    @pytest.mark.parametrize("arrived", [True, False])
    @pytest.mark.parametrize("dest", [C1, OC1])
    def test_another_one_finds_out(self, bench: Bench, arrived: bool, dest: Address) -> None:
        chat = bench.slack if dest == C1 else bench.feishu
        message = post("a", dest)
        bench.put(message, post("b", dest))
        row = self.take(bench)
        if arrived:
            chat.send(Post(row.key, dest, row.message))
        assert bench.drain(at=1029.0) == 0 and bench.state(message) == "sending"  # it may be alive
        bench.drain(at=1031.0)
        assert bench.state(message) == "unknown"
        bench.drain(at=1041.0)

        assert chat.titles == ["a", "b"] and bench.outbox.counts() == {"sent": 2}

    def test_who_comes_back_late_changes_nothing(self, bench: Bench) -> None:
        bench.put(post("a"))
        row = self.take(bench)
        bench.drain(at=1031.0)
        bench.drain(at=1041.0)
        assert bench.slack.titles == ["a"]

        assert not bench.outbox.later(row, 1050.0, "zombie") and not bench.outbox.dead(row, 1050.0, "zombie")
        assert bench.outbox.counts() == {"sent": 1}

    def test_but_its_success_counts_while_nobody_has_taken_over(self, bench: Bench) -> None:
        message = post("a")
        bench.put(message)
        row = self.take(bench)
        bench.drain(at=1031.0)
        assert bench.state(message) == "unknown"

        assert bench.outbox.sent(row, "slack-77", 1032.0) and bench.outbox.state_of(message.key) == ("sent", "slack-77")

    def test_two_processes_never_take_the_same_row(self, bench: Bench) -> None:
        bench.put(*(post(str(n), Address("slack", f"C{n}")) for n in range(20)), post("second", Address("slack", "C0")))
        taken: list[Row] = []
        lock = threading.Lock()

        def work() -> None:
            for _ in range(10):
                rows = bench.outbox.claim(1000.0, platforms=["slack"], lease_s=30.0, limit=3)
                with lock:
                    taken.extend(rows)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

        assert len(taken) == 20 and len({row.key for row in taken}) == 20


class TestTheRunner:
    def run(self, bench: Bench, until: Callable[[], bool]) -> None:
        delivery = Delivery(
            bench.outbox,
            {"slack": bench.slack},
            can=CAN,
            clock=time.time,
            chance=lambda: 0.5,
            observe=bench.outcomes.append,
        )
        delivery.start()
        delivery.wake()
        deadline = time.monotonic() + PATIENCE_S
        while not until() and time.monotonic() < deadline:
            delivery.wake()
            time.sleep(0.01)
        assert delivery.stop(PATIENCE_S)
        assert delivery.beat > 0

    def test_it_sends_what_comes(self, bench: Bench) -> None:
        bench.now = time.time()
        bench.put(*(post(str(n), Address("slack", f"C{n % 3}")) for n in range(12)))
        self.run(bench, lambda: bench.outbox.counts() == {"sent": 12})

        for dest in range(3):
            mine = [
                t
                for t, p in zip(bench.slack.titles, bench.slack.arrived, strict=True)
                if p.address.channel == f"C{dest}"
            ]
            assert mine == [str(n) for n in range(12) if n % 3 == dest]

    def test_one_slow_destination_does_not_hold_up_the_others(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = threading.Event()
        send = bench.slack.send

        def slow(message: Post) -> str:
            if message.address == SLOW:
                gate.wait(PATIENCE_S)
            return send(message)

        def enough() -> bool:
            if len(bench.slack.arrived) < 5:
                return False
            gate.set()
            return True

        monkeypatch.setattr(bench.slack, "send", slow)
        bench.now = time.time()
        bench.put(post("s", SLOW), post("s2", SLOW), *(post(str(n)) for n in range(5)))
        self.run(bench, enough)

        assert bench.slack.titles[:5] == [str(n) for n in range(5)]

    def test_stopping_waits_for_what_is_under_way(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        started = threading.Event()
        send = bench.slack.send

        def slow(message: Post) -> str:
            started.set()
            time.sleep(0.2)  # the platform takes its time
            return send(message)

        monkeypatch.setattr(bench.slack, "send", slow)
        bench.now = time.time()
        bench.put(post("a"))
        self.run(bench, started.is_set)

        assert bench.outbox.counts() == {"sent": 1}


def test_secrets_of_an_adapters_defect_stay_out(bench: Bench) -> None:
    """Only the type of an unexpected error is kept; its text may hold a token or an address with one."""
    bench.slack.script = [ValueError("xoxb-canary")]
    bench.put(post("a"))
    bench.drain()

    assert replace(bench.outcomes[0], key=None) == Outcome("slack", "unclear", C1, None, "ValueError")


class TestTheClockIsSet:
    """While it runs. The rows hold wall time."""

    @pytest.fixture
    def ahead(self) -> list[float]:
        """By how much the clock is off."""
        return [0.0]

    @pytest.fixture
    def running(self, bench: Bench, ahead: list[float]) -> Iterator[Delivery]:
        clock = lambda: time.time() + ahead[0]  # noqa: E731
        timing = Timing(lease_s=30.0, settle_s=3.0)
        delivery = Delivery(
            bench.outbox, {"slack": bench.slack}, can=CAN, clock=clock, chance=lambda: 0.5, timing=timing
        )
        delivery.start()
        yield delivery
        assert delivery.stop(PATIENCE_S)

    def until(self, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not happened():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def test_forward_nothing_settles_sooner(
        self, bench: Bench, running: Delivery, ahead: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The platform takes its time to show what it took."""
        bench.slack.script = [LOST]
        visible = time.monotonic() + 2.5
        find = bench.slack.find
        monkeypatch.setattr(
            bench.slack, "find", lambda p, since: find(p, since) if time.monotonic() > visible else None
        )
        message = post("a", critical=True)
        bench.store.enqueue([message], time.time())
        running.wake()
        self.until(lambda: bench.state(message) == "unknown")
        ahead[0] = 300.0
        self.until(lambda: bench.state(message) == "sent")

        assert bench.slack.titles == ["a"]

    def test_back_nothing_waits_for_the_old_time(self, bench: Bench, running: Delivery, ahead: list[float]) -> None:
        bench.slack.script = [NotSent("down")]
        tried, fresh = post("tried"), post("fresh", C2, not_before=time.time() + 1)
        bench.store.enqueue([tried, fresh], time.time())
        self.until(lambda: bench.slack.sends >= 1 and bench.state(tried) != "sending")
        ahead[0] = -7200.0
        self.until(lambda: bench.outbox.counts() == {"sent": 2})

        assert sorted(bench.slack.titles) == ["fresh", "tried"]


def test_what_was_written_before_the_clock_was_set_back_goes_out_and_what_is_planned_waits(bench: Bench) -> None:
    """Also while the bot was not running."""
    planned = post("planned", C2, not_before=1000.0 + 8 * 3600)
    bench.put(post("old"), planned)
    bench.now = 1000.0 - 86_400
    bench.put(post("planned too", OC1, not_before=bench.now + 8 * 3600))
    bench.outbox.clock_set_back(bench.now, lease_s=30.0, most_s=900.0)
    bench.drain()
    assert bench.slack.titles == ["old"] and bench.feishu.titles == []

    bench.drain(at=bench.now + 8 * 3600)
    assert bench.slack.titles == ["old", "planned"] and bench.feishu.titles == ["planned too"]
