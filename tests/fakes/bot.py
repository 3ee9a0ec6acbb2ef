"""The bot in one process: store, services and delivery are real, chats and runs are fakes."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

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
from bot.services.services import Services
from bot.sources import Listed, RunFilter, RunRef, SourceError, reference
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
        self.names: dict[str, str] = {}  # user -> name, as a platform tells when asked
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
            name_of=lambda inbound: self.names.get(inbound.user, ""),
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
            self.services.watching.poll(self.store.lease_due(self.clock.now, lease_s=60, places=50))
            self.deliver()
            due = self.store.oldest_due()
            if due is None or due > until:
                break
            self.clock.now = max(self.clock.now, due)
        self.clock.now = until

    def digests(self) -> None:
        for digest in self.store.digests.all():
            slot = due_slot(digest, self.clock.now)
            if slot is not None:
                self.services.digests.post(digest, slot)
        self.deliver()


CONFIG: dict[str, Any] = {
    "thresholds": [{"name": "floor", "metric": "train/mass", "below": 0.1, "for": 3, "severity": "critical"}],
}
