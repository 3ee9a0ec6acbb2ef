"""Dialogues: what people say and what the channel shows. Store and delivery are real; chats and runs are fakes."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.columns.profile import Profile
from analysis.model import Column, History, Peer, Run
from bot import settings
from bot.address import Address
from bot.chats import Inbound, Post, Refused
from bot.delivery import Delivery
from bot.metrics import Metrics
from bot.platforms import PLATFORMS
from bot.render.text import render_text
from bot.schedule import due_slot
from bot.services.commands import table
from bot.services.services import Services
from bot.sources import Listed, RunFilter, RunRef, SeveralRunsError, SourceError, reference
from bot.store.pages import KeptPages
from bot.store.store import Store
from tests.fakes.mute_chat import MuteChat

START = 1_790_043_200.0  # 10:13 in Shanghai
REF = "team/robot/r1"
CAN = {platform.name: platform.can for platform in PLATFORMS}
HOME = reference.Home("wandb.ai", "team", "robot")


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class FakeChat(MuteChat):
    """Keeps what a channel shows: new messages in order, edits in place."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self.shown: dict[str, Post] = {}
        self.edits: list[Post] = []
        self.refuse: set[str] = set()

    def send(self, post: Post) -> str:
        if str(post.address) in self.refuse:
            raise Refused("channel_not_found")
        if post.edits is not None:
            self.edits.append(post)
            self.shown[post.edits] = replace(post, root_message_id=self.shown[post.edits].root_message_id)
            return post.edits
        remote_id = f"m{len(self.shown) + 1}"
        self.shown[remote_id] = post
        return remote_id

    def find(self, post: Post, since: float) -> str | None:
        return next((i for i, p in self.shown.items() if p.key == post.key), None)

    def texts(self, channel: str, thread: str | None = None) -> list[str]:
        """The messages of a channel (or of a thread in it), as they read now."""
        mine = [p for p in self.shown.values() if str(p.address) == channel and p.root_message_id == thread]
        return [render_text(p.message) for p in mine if p.message is not None]


class FakeRuns:
    """Runs by reference; they grow when a test says so."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.files: dict[str, str] = {}  # that a root holds -> what they mean
        self.peers: tuple[Peer, ...] = ()
        self.error: Exception | None = None
        self.fetched: list[str] = []
        self.surveyed: list[list[str]] = []
        self.lists = False  # whether a listing shows the runs

    def fetch(self, text: str, listed: Listed | None = None, *, patience_s: float | None = None) -> Run:
        self.fetched.append(text)
        if self.error is not None:
            raise self.error
        run = self.runs.get(self.canonical(text))
        if run is None:
            raise SourceError("not_found", f"没有找到 {text}，核对一下 entity/project/run_id。")
        return run

    def with_peers(self, run: Run, profile: Profile) -> Run:
        return replace(run, peers=self.peers)

    def canonical(self, text: str) -> str:
        return str(reference.parse(text, HOME))

    def filter(self, text: str) -> RunFilter | None:
        return reference.parse_filter(text, HOME)

    def list_runs(self, wanted: RunFilter) -> dict[str, Listed]:
        mine = [ref for ref, run in self.runs.items() if run.state == "running" and set(wanted.tags) <= set(run.tags)]
        return dict(self.survey(mine)) if self.lists else {ref: Listed("running") for ref in mine}

    def survey(self, refs: Sequence[str]) -> dict[str, Listed]:
        self.surveyed.append(sorted(refs))
        if self.error is not None:
            raise self.error
        there = {ref: self.runs[ref] for ref in refs if ref in self.runs} if self.lists else {}
        return {ref: Listed(run.state, len(run.history), run.heartbeat_at) for ref, run in there.items()}

    def held(self, text: str) -> str | None:
        return self.files.get(text)

    def near(self, text: str) -> RunRef | None:
        typed = reference.parse(text, HOME)
        if not isinstance(typed, RunRef):
            return None
        refs = [RunRef(run.entity or "", run.project or "", run.run_id or "", ref) for ref, run in self.runs.items()]
        return next((ref for ref in refs if ref.project == typed.project and ref.run[:4] == typed.run[:4]), None)


def history(values: list[float], key: str = "train/mass") -> History:
    n = len(values)
    rows = np.arange(n)
    runtime = rows * np.float64(10.0)
    return History(rows * 50, START + runtime, runtime, {key: Column(rows, np.asarray(values, dtype=np.float64))})


def run(values: list[float], **facts: Any) -> Run:
    made = {"state": "running", "name": "act-uot", "url": "https://wandb.ai/team/robot/runs/r1"} | facts
    ref = made.pop("ref", REF)
    entity, project, run_id = ref.split("/")
    h = history(values)
    seen = float(h.timestamp[-1]) + 5 if len(h) else None
    return Run(
        ref, history=h, entity=entity, project=project, run_id=run_id, observed_at=seen, heartbeat_at=seen, **made
    )


HEALTHY = [1.0 + 0.01 * (i % 3) for i in range(30)]
BAD = [*HEALTHY, *[0.01] * 6]
BACK = [*BAD, *[1.0] * 12]


class Bot:
    """The real service on a database that survives `restart`. `url`: of another one than a file in the folder."""

    store: Store

    def __init__(self, folder: Path, config: Mapping[str, Any], url: str | None = None) -> None:
        self.url = url or f"sqlite:///{folder / 'bot.db'}"
        self.folder, self.config, self.clock, self.runs = folder, dict(config), Clock(), FakeRuns()
        self.chats = {name: FakeChat(name) for name in CAN}
        self.slack, self.feishu = self.chats["slack"], self.chats["feishu"]
        self.events = itertools.count()
        self.restart()

    def restart(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
        loaded = settings.Settings(settings.parse(self.config), settings.Environment.model_construct())
        self.store = Store.open(self.url)
        self.delivery = Delivery(self.store.outbox, self.chats, can=CAN, clock=self.clock, chance=lambda: 0.5)
        self.metrics = Metrics()
        self.services = Services.build(
            loaded,
            self.store,
            self.runs,
            clock=self.clock,
            can=CAN,
            pages=KeptPages(self.store, "https://bot.example", clock=self.clock),
            metrics=self.metrics,
        )
        self.services.adopt()
        self.store.release_leases()

    def copied(self, folder: Path) -> Bot:
        """Another one that has lived through the same. This one is closed, and its database a file."""
        shutil.copyfile(self.folder / "bot.db", folder / "bot.db")
        made = Bot(folder, self.config)
        made.clock.now, made.runs.runs = self.clock.now, dict(self.runs.runs)
        made.events = itertools.count(1000)  # ids that nothing had
        for name, chat in self.chats.items():
            made.chats[name].shown, made.chats[name].edits = dict(chat.shown), [*chat.edits]
        return made

    def take_up(self) -> None:
        for event in self.services.answering.take_up():
            self.services.answering.answer(event)
        self.deliver()

    def deliver(self) -> None:
        while self.delivery.drain_once(self.clock.now):
            pass

    def hear(self, text: str, channel: str = "slack:C1", event_id: str | None = None, **inbound: Any) -> None:
        event = self.services.answering.receive(
            Inbound(event_id or f"e{next(self.events)}", Address.parse(channel), text, **inbound)
        )
        if event is not None:
            self.services.answering.answer(event)
        self.deliver()

    def say(self, text: str, channel: str = "slack:C1", **inbound: Any) -> str:
        """What the channel shows as the answer to a text."""
        chat = self.chats[channel.partition(":")[0]]
        before = len(chat.shown)
        self.hear(text, channel, **inbound)
        new = list(chat.shown.values())[before:]
        assert new, f"no answer to {text!r}"
        assert new[0].message is not None
        return render_text(new[0].message)

    def poll(self, later: float = 300.0) -> None:
        """Time goes on, and everything due is looked at until nothing is."""
        until = self.clock.now + later
        while True:
            self.services.watching.poll(self.store.lease_due(self.clock.now, lease_s=60, limit=50))
            self.deliver()
            due = self.store.oldest_due()
            if due is None or due > until:
                break
            self.clock.now = max(self.clock.now, due)
        self.clock.now = until

    def digests(self) -> None:
        for digest in self.store.digests():
            slot = due_slot(digest, self.clock.now)
            if slot is not None:
                self.services.digests.post(digest, slot)
        self.deliver()


CONFIG: dict[str, Any] = {
    "thresholds": [{"name": "floor", "metric": "train/mass", "below": 0.1, "for": 3, "severity": "critical"}],
}


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    made = Bot(tmp_path, CONFIG)
    made.runs.runs[REF] = run(HEALTHY)
    yield made
    made.store.close()


# answers


@pytest.mark.parametrize("channel", ["slack:C1", "feishu:oc_1"])
def test_a_run_is_answered_with_a_card_and_a_chart(bot: Bot, channel: str) -> None:
    bot.runs.runs[REF] = run(BAD)
    chat = bot.slack if channel == "slack:C1" else bot.feishu

    text = bot.say("/curve r1", channel)

    assert "act-uot" in text and "floor" in text and "🔴" in text
    charts = [p for p in chat.shown.values() if p.chart is not None]
    assert len(charts) == 1
    assert charts[0].chart is not None and charts[0].chart.startswith(b"\x89PNG")
    if channel == "slack:C1":  # the chart is a message of its own right under it
        assert charts[0].root_message_id == "m1" and charts[0].message is None


@pytest.mark.parametrize("channel", ["slack:C1", "feishu:oc_1"])
@pytest.mark.parametrize("text", ["这个 run 咋样 r1.parquet", "看下 r1.parquet，loss 不对", "r1.parquet 怎么样了"])
def test_a_file_that_may_be_read_is_found_in_a_sentence(bot: Bot, channel: str, text: str) -> None:
    bot.runs.files["r1.parquet"] = REF

    assert "act-uot" in bot.say(text, channel)


def test_a_file_that_may_not_be_read_is_no_news(bot: Bot) -> None:
    assert "local.roots" not in bot.say("results.csv 我发你了")
    assert bot.runs.fetched == []


def test_a_terminal_is_one_thread_about_the_run_that_was_shown_last(bot: Bot) -> None:
    """Also where the next line comes before the answer to the last one was shown."""
    bot.runs.runs[REF] = run(BAD)
    said = [Inbound(f"e-{text}", Address("console", ""), text, direct=True) for text in ("看下 r1", "为什么")]
    for event in [bot.services.answering.receive(inbound) for inbound in said]:
        assert event is not None
        bot.services.answering.answer(event)
    console = FakeChat("console")
    delivery = Delivery(bot.store.outbox, {"console": console}, can=CAN, clock=bot.clock, chance=lambda: 0.5)
    delivery.drain_once(bot.clock.now)

    card, explained = console.texts("console:")
    assert "floor" in card and "怎么判断" in explained


def test_a_repeated_event_is_answered_once(bot: Bot) -> None:
    for _ in range(3):
        bot.hear("/curve r1", event_id="same")

    assert len(bot.slack.texts("slack:C1")) == 1


def test_an_event_left_over_by_a_crash_is_answered_after_the_restart(bot: Bot) -> None:
    bot.services.answering.receive(Inbound("e-lost", Address("slack", "C1"), "help"))

    bot.restart()
    bot.take_up()

    assert len(bot.slack.texts("slack:C1")) == 1


def test_an_event_kept_by_an_older_version_is_answered_in_its_thread(bot: Bot) -> None:
    """The inbox of the version before last: other names, and one that is gone."""
    kept = {"event_id": "e-old", "channel": "slack:C1", "text": "help", "user": "U1", "thread": "171.2", "team": "T1"}
    bot.store.receive("slack", "e-old", kept, bot.clock.now)

    bot.restart()
    bot.take_up()

    assert len(bot.slack.texts("slack:C1", thread="171.2")) == 1


def test_the_whole_report_comes_with_its_page_and_a_link(bot: Bot) -> None:
    bot.say("完整 r1")

    message = bot.slack.shown["m1"].message
    assert message is not None and message.file is not None
    assert "<html" in message.file.content
    link = next(b.url for b in message.buttons if b.url and b.url.startswith("https://bot.example/r/"))
    ref, page = bot.store.page(link.rsplit("/", 1)[-1]) or ("", b"")
    assert ref == REF and b"<html" in page


def test_a_command_for_admins_is_answered_in_their_channel_only(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = replace(table.parse("list").command, who="admin")
    monkeypatch.setattr(table, "parse", lambda text, **known: guarded.read(""))
    bot.config["admin"] = "slack:C0ADMIN"
    bot.restart()

    assert "admin" in bot.say("list")
    assert "还没有关注" in bot.say("list", "slack:C0ADMIN")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("/curve zzyzx", ["没找到叫“zzyzx”的 run", "例如 /curve"]),
        ("/curve hlep", ["没有“hlep”这个命令", "是不是 help？", "/curve help"]),
        ("wacth r1", ["是不是 watch？", "/curve watch"]),
        ("help", ["/curve full", "/curve watch"]),
        ("", ["/curve full"]),
        ("rules", ["ot-mass-collapse", "threshold:floor", "/curve rules grad-spike"]),
        ("规则 grad-spike", ["grad-spike", "grad norm", "ratio = 6 倍"]),
        ("rules threshold:floor", ["limit = 0.1（已改）", "配置文件的 thresholds"]),
        ("rules grad-spkie", ["是不是 grad-spike？"]),
        ("rules xyzzy", ["没有 xyzzy 这条规则", "/curve rules"]),
        ("list", ["还没有关注"]),
        ("unwatch r1", ["没有关注 r1"]),
        ("digest", ["没开日报"]),
    ],
)
def test_short_answers(bot: Bot, text: str, parts: list[str]) -> None:
    answer = bot.say(text)

    assert all(part in answer for part in parts), answer


@pytest.mark.parametrize("reason", ["forbidden", "rate_limited", "unreachable", "unreadable"])
def test_a_source_that_fails_says_why(bot: Bot, reason: Any) -> None:
    bot.runs.error = SourceError(reason, f"读不到，因为 {reason}。")

    assert f"因为 {reason}" in bot.say(f"/curve {REF}")


@pytest.mark.parametrize("reason", ["forbidden", "rate_limited", "unreachable", "unreadable", "refused"])
def test_who_only_talks_is_not_told_about_keys_and_servers(bot: Bot, reason: Any) -> None:
    bot.runs.error = SourceError(reason, "没有配置 WANDB_API_KEY，读不了 W&B，检查网络。")

    for text in ("baseline", "帮我看下 exp-12 咋样", "full act", "谢谢", "hlep", "今天吃啥"):
        said = bot.say(text)
        assert not any(word in said for word in ("WANDB", "W&B", "网络", "配置", "文件")), (text, said)
    assert "不是命令，也没能按名字查到" in bot.say("baseline")


# plain speech


def test_in_the_thread_under_a_card_the_run_is_known(bot: Bot) -> None:
    bot.hear("/curve r1")

    assert "诊断" in bot.say("完整", root_message_id="m1", reply_to_message_id="m1")
    bot.hear("关注", root_message_id="m1", reply_to_message_id="m1")
    assert [w.ref for w in bot.store.watches()] == [REF]
    assert "已取关" in bot.say("不用盯了", root_message_id="m1", reply_to_message_id="m1")
    assert "full 后面要写哪个 run" in bot.say("完整")  # elsewhere it has to be named
    assert "full 后面要写哪个 run" in bot.say("完整", "slack:C2", root_message_id="m1")  # another channel's m1


def test_in_a_thread_that_people_began_the_last_run_is_meant(bot: Bot) -> None:
    bot.runs.runs["team/robot/64wxlc3y"] = run(HEALTHY, ref="team/robot/64wxlc3y", name="other")
    there = {"root_message_id": "171.1", "reply_to_message_id": "171.1"}
    bot.hear("看下 r1", **there)
    bot.hear("还有 64wxlc3y 呢", **there)

    bot.hear("盯一下", **there)

    assert [w.ref for w in bot.store.watches()] == ["team/robot/64wxlc3y"]


def test_in_the_thread_under_an_alert_the_run_is_known(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.runs.runs[REF] = run(BAD)
    for _ in range(3):
        bot.poll()
    opening = next(i for i, p in bot.slack.shown.items() if p.message is not None and "🔴" in render_text(p.message))

    assert "act-uot" in bot.say("还有救吗", root_message_id=opening)


def test_only_a_bare_command_is_overheard(bot: Bot) -> None:
    """In a thread of ours; what people say to each other is not even kept."""
    bot.hear("/curve r1")
    before = len(bot.slack.shown)
    for text in ("还有救吗", "完整地看了一遍，没问题", "谢谢", "我也想关注 r1 的 lr", "列表", "help"):
        bot.hear(text, root_message_id="m1", overheard=True)
    bot.hear("完整", root_message_id="m9", overheard=True)
    bot.hear("完整", overheard=True)
    assert len(bot.slack.shown) == before

    assert "诊断" in bot.say("完整", root_message_id="m1", reply_to_message_id="m1", overheard=True)


def test_the_name_of_a_watched_run_is_known_in_a_sentence(bot: Bot) -> None:
    bot.runs.runs[REF] = run(HEALTHY, name="实验二 baseline")
    bot.hear("watch r1")
    bot.poll(1.0)

    bot.hear("实验二 Baseline 现在咋样了")

    assert bot.runs.fetched[-1] == REF


def test_more_than_one_run_of_a_name_is_told(bot: Bot) -> None:
    bot.runs.error = SeveralRunsError("team/robot 里不止一个 run 叫“act”，请写 run_id：r1、r2")

    assert "请写 run_id" in bot.say("act")


def test_a_bug_is_a_number_in_the_chat_and_a_traceback_in_the_log(bot: Bot) -> None:
    bot.runs.error = RuntimeError("secret detail")

    answer = bot.say("/curve r1")

    assert "内部错误" in answer and "编号" in answer
    assert "secret" not in answer and "RuntimeError" not in answer
    assert bot.metrics.registry.get_sample_value("curvebot_bugs_total", {"where": "command"}) == 1


def test_an_unknown_run_is_compared_with_the_watched_ones(bot: Bot) -> None:
    bot.runs.runs["team/robot/64wxlc3y"] = run(HEALTHY, ref="team/robot/64wxlc3y")
    bot.hear("watch 64wxlc3y")

    assert "是不是 team/robot/64wxlc3y？" in bot.say("/curve 64wxlc3v")


def test_an_unknown_run_is_compared_with_those_of_its_project(bot: Bot) -> None:
    bot.runs.runs["team/robot/64wxlc3y"] = run(HEALTHY, ref="team/robot/64wxlc3y")

    assert "是不是 team/robot/64wxlc3y？" in bot.say("/curve 64wxlc3v")
    assert "是不是" not in bot.say("/curve team/other/64wxlc3v")


def test_access_lists_are_obeyed(tmp_path: Path) -> None:
    """Those of channels; of projects test_access.py."""
    bot = Bot(tmp_path, {"access": {"slack": {"channels": ["C1"]}}})

    assert "没有开通" in bot.say("help", "slack:C2")
    assert "没有开通" in bot.say("help", "feishu:oc_1")
    assert "/curve full" in bot.say("help", "slack:C1")
    bot.store.close()


# watching


def test_a_watched_run_that_goes_wrong_is_told_once_then_worse_then_better(bot: Bot) -> None:
    assert "每 5 分钟" in bot.say("/curve watch r1 every 5m")
    assert "关注 1 个" in bot.say("list")
    bot.poll()
    assert len(bot.slack.texts("slack:C1")) == 2  # the two answers: a healthy run is no news

    bot.runs.runs[REF] = run(BAD)
    for _ in range(3):
        bot.poll()

    alert = bot.slack.texts("slack:C1")[2:]
    assert len(alert) == 1
    assert "🔴" in alert[0] and "floor" in alert[0] and "第 1600 步" in alert[0]
    first = "\n".join(alert[0].splitlines()[:2])
    assert not any(word in first for word in ("恢复", "解除", "resolved"))
    assert "未结" in bot.say("list")
    opening = next(
        i
        for i, p in bot.slack.shown.items()
        if p.message is not None and "🔴" in render_text(p.message) and p.root_message_id is None
    )

    bot.runs.runs[REF] = run(BACK)
    for _ in range(3):
        bot.poll()

    assert "已恢复" in render_text(bot.slack.shown[opening].message).splitlines()[0]  # type: ignore[arg-type]
    told = bot.slack.texts("slack:C1", thread=opening)
    assert len(told) == 1 and "已恢复" in told[0].splitlines()[0]


def test_both_destinations_hear_it_once_each(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.hear("关注 r1", "feishu:oc_1")
    bot.runs.runs[REF] = run(BAD)

    for _ in range(3):
        bot.poll()

    assert sum("🔴" in t for t in bot.slack.texts("slack:C1")) == 1
    assert sum("🔴" in t for t in bot.feishu.texts("feishu:oc_1")) == 1


def test_state_survives_a_restart_and_nothing_is_said_twice(bot: Bot) -> None:
    bot.hear("watch r1 every 1m")
    bot.poll()
    bot.runs.runs[REF] = run(BAD)
    bot.clock.now += 60
    bot.services.watching.poll(bot.store.lease_due(bot.clock.now, lease_s=60, limit=50))  # held: waits for its group

    bot.restart()
    bot.poll()
    bot.restart()
    bot.poll()

    assert sum("🔴" in t for t in bot.slack.texts("slack:C1")) == 1
    assert "关注 1 个" in bot.say("list")


def test_an_answer_is_not_lost_between_state_and_sending(bot: Bot) -> None:
    """The process dies after the poll is committed and before anything is sent."""
    bot.hear("watch r1")
    bot.poll(1.0)
    bot.runs.runs[REF] = run(BAD)
    for later in (301.0, 31.0):  # the poll, then the end of the group's wait
        bot.clock.now += later
        bot.services.watching.poll(bot.store.lease_due(bot.clock.now, lease_s=60, limit=50))
    assert not any("🔴" in t for t in bot.slack.texts("slack:C1"))

    bot.restart()
    bot.deliver()

    assert sum("🔴" in t for t in bot.slack.texts("slack:C1")) == 1


def test_a_run_that_ends_with_an_open_fault_closes_with_one_summary(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.runs.runs[REF] = run(BAD)
    bot.poll()
    bot.runs.runs[REF] = run(BAD, state="finished")
    for _ in range(5):
        bot.poll(900.0)

    opening = next(
        i
        for i, p in bot.slack.shown.items()
        if p.message is not None and "🔴" in render_text(p.message) and p.root_message_id is None
    )
    thread = bot.slack.texts("slack:C1", thread=opening)
    assert len(thread) == 1
    assert "未解决" in thread[0] and "已恢复" not in thread[0]
    assert "任务结束时仍未解决" in render_text(bot.slack.shown[opening].message)  # type: ignore[arg-type]


def test_a_run_that_breaks_off_and_comes_back_is_looked_at_as_before(bot: Bot) -> None:
    bot.hear("watch r1 every 1m")
    bot.runs.runs[REF] = replace(run(HEALTHY, state="crashed"), heartbeat_at=bot.clock.now)
    bot.poll(65.0)
    bot.runs.runs[REF] = run(BAD)

    bot.poll(60.0 + 30.0 + 2.0)  # the interval, group_wait, and a little

    assert sum("floor" in t for t in bot.slack.texts("slack:C1")) == 1


def test_a_run_that_ended_long_ago_is_let_go(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.runs.runs[REF] = run(HEALTHY, state="finished")

    bot.poll(2 * 86_400.0)

    assert [w.state for w in bot.store.watches()] == ["ended"]


def test_a_finished_run_is_not_watched(bot: Bot) -> None:
    bot.runs.runs[REF] = run(HEALTHY, state="finished")

    assert "已经结束" in bot.say("watch r1")
    assert bot.store.watches() == []


def test_unwatch_by_any_of_its_names(bot: Bot) -> None:
    for name in (REF, "r1", "act-uot"):
        bot.hear("watch r1")
        bot.poll(1.0)
        assert "已取关" in bot.say(f"unwatch {name}")
        assert bot.store.watches() == []


def test_a_filter_watches_what_runs_now_and_later(bot: Bot) -> None:
    bot.runs.runs["team/robot/a"] = run(HEALTHY, ref="team/robot/a", tags=("prod",), name="run-a")
    assert "1 个在跑" in bot.say("watch team/robot?tag=prod")
    bot.poll()

    bot.runs.runs["team/robot/b"] = run(BAD, ref="team/robot/b", tags=("prod",), name="run-b")
    for _ in range(3):
        bot.poll()

    alerts = [t for t in bot.slack.texts("slack:C1") if "🔴" in t]
    assert len(alerts) == 1 and "run-b" in alerts[0]
    assert "取关" in bot.say("unwatch b")
    assert "已取关" in bot.say("unwatch team/robot?tag=prod")
    assert bot.store.watches() == []


def test_a_run_that_cannot_be_read_is_told_to_the_admin_once(tmp_path: Path) -> None:
    bot = Bot(tmp_path, {"admin": "feishu:oc_admin"})
    bot.runs.runs[REF] = run(HEALTHY)
    bot.hear("watch r1 every 1m")
    bot.poll(1.0)
    bot.runs.error = SourceError("unreachable", "连不上 W&B。")

    bot.poll(20 * 60.0)

    assert [t for t in bot.slack.texts("slack:C1") if "连不上" in t] == []
    told = bot.feishu.texts("feishu:oc_admin")
    assert len(told) == 1 and "连续 3 次读不到" in told[0] and "连不上 W&B" in told[0]
    assert "连不上 W&B" in bot.say("list")

    bot.runs.error = None
    bot.poll(2 * 3600.0)
    assert bot.store.watches()[0].failures == 0
    bot.store.close()


def test_configured_watches_come_and_go_with_the_configuration(tmp_path: Path) -> None:
    bot = Bot(tmp_path, CONFIG | {"watch": {"runs": [{"run": "r1", "to": ["slack:C1", "feishu:oc_1"]}]}})
    bot.runs.runs[REF] = run(BAD)
    bot.poll()
    assert sum("🔴" in t for t in bot.slack.texts("slack:C1")) == 1
    assert sum("🔴" in t for t in bot.feishu.texts("feishu:oc_1")) == 1
    bot.hear("watch other")

    bot.config.pop("watch")
    bot.restart()

    assert bot.store.watches() == []
    bot.store.close()


# digests


def test_a_digest_is_posted_once_a_slot_even_over_a_restart(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.runs.runs[REF] = run(BAD)
    bot.poll()
    assert "每天 09:00" in bot.say("digest on 09:00")
    before = len(bot.slack.shown)

    bot.clock.now += 86_400.0
    bot.digests()
    bot.digests()
    bot.restart()
    bot.digests()

    new = list(bot.slack.shown.values())[before:]
    assert len(new) == 1 and new[0].message is not None
    text = render_text(new[0].message)
    assert "日报" in text and "act-uot" in text and "floor" in text

    bot.clock.now += 86_400.0
    bot.digests()
    assert len(bot.slack.shown) == before + 2

    assert "已关" in bot.say("digest off")
    bot.clock.now += 86_400.0
    bot.digests()
    assert len(bot.slack.shown) == before + 3


def test_a_digest_can_be_had_now(bot: Bot) -> None:
    bot.hear("watch r1")
    bot.poll(1.0)

    assert "act-uot" in bot.say("日报 现在")


def test_a_changed_time_does_not_post_at_once(bot: Bot) -> None:
    bot.hear("digest on 09:00")
    bot.clock.now += 86_400.0
    bot.digests()
    before = len(bot.slack.shown)
    hour = int((bot.clock.now / 3600 + 8) % 24)
    bot.hear(f"digest on {(hour - 1) % 24}:00")  # this hour of today is over

    bot.digests()

    assert len(bot.slack.shown) == before + 1
