"""A show without account, network or configuration: the bundled run through the production service, on a terminal.

Two scenes: somebody asks about the run as it ended, and a channel watches it grow from its first rows. Only the clock
and the growing of the run are played; store, incidents, outbox, delivery and rendering are those of `serve`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TextIO

import numpy as np

from analysis import analyze
from analysis.columns.profile import Profile
from analysis.model import Run
from bot import settings
from bot.chats import Inbound
from bot.chats.terminal import ADDRESS, TerminalChat
from bot.delivery import Delivery
from bot.metrics import Metrics
from bot.platforms import CONSOLE, PLATFORMS
from bot.render import charts, html
from bot.services.services import Services
from bot.sources import Listed, RunFilter, RunRef
from bot.sources.files import read as files
from bot.sources.wandb.record import WANDB
from bot.store.pages import KeptPages
from bot.store.store import Store

_RULE = "─" * 72


class Stage:
    """What is played: the time, and the run as it stood then. It is also the source of the show."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.stamps = run.history.timestamp
        self.now = float(self.stamps[-1]) + 180.0

    def clock(self) -> float:
        return self.now

    @property
    def rows(self) -> int:
        return int(np.searchsorted(self.stamps, self.now, side="right"))

    @property
    def step(self) -> int:
        return int(self._run.history.step[self.rows - 1])

    def fetch(self, text: str, listed: Listed | None = None, *, patience_s: float | None = None) -> Run:
        if self.rows < len(self.stamps):
            return replace(self._run.head(self.rows), heartbeat_at=self.now, observed_at=self.now)
        return replace(self._run, observed_at=self.now)

    def canonical(self, text: str) -> str:
        return self._run.ref

    def filter(self, text: str) -> RunFilter | None:
        return None

    def list_runs(self, filter_: RunFilter) -> dict[str, Listed]:
        return {}

    def survey(self, refs: Sequence[str]) -> dict[str, Listed]:
        return {}

    def held(self, text: str) -> str | None:
        return None

    def near(self, text: str) -> RunRef | None:
        return None

    def with_peers(self, run: Run, profile: Profile) -> Run:
        return run


def demo(out: Path, stream: TextIO) -> None:
    """Plays it. Charts and the HTML report go to `out`, what a team would see to `stream`. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    sample = resources.files("bot") / "samples" / "64wxlc3y.parquet"
    with resources.as_file(sample) as path:
        run = files.read(path)
    run = replace(run, ref="/".join(filter(None, (run.entity, run.project, run.run_id))) or run.ref)
    stage = Stage(run)
    with _services(stage, out, stream) as (services, store, delivery):

        def say(text: str) -> None:
            stream.write(f"\n> {text}\n")
            event = services.answering.receive(Inbound(f"{stage.now}:{text}", ADDRESS, text))
            if event is not None:
                services.answering.answer(event)
            delivery.drain_once(stage.now)

        def look() -> None:
            services.watching.poll(store.lease_due(stage.now, lease_s=60.0, places=1))
            news = store.outbox.next_time()
            if news is not None and news <= stage.now:
                stream.write(f"\n{f' 第 {stage.step} 步 ':┄^70}\n")
            delivery.drain_once(stage.now)

        _scene(stream, "一、训练跑完了，有人在群里问一句")
        say(f"/curve {run.ref}")
        _scene(stream, "二、同一个 run 从头看起：刚开训就关注，没事不说话，出问题只说一次")
        stage.now = float(stage.stamps[3]) + 1.0
        say(f"/curve watch {run.ref}")
        looks = 0
        while (due := store.oldest_due()) is not None and looks < len(stage.stamps):
            stage.now = max(stage.now, due)
            look()
            looks += 1
            if stage.rows == len(stage.stamps):
                break
        say("/curve list")
    report = analyze(run)
    page = out / "report.html"
    page.write_text(html.page(run, report, charts.chart(run, report)), encoding="utf-8")
    stream.write(f"\n{_RULE}\n")
    stream.write(f"训练 1 小时 30 分里看了 {looks} 次，频道里只有上面这些消息；完整报告（/curve full）：{page}\n")
    chats = "、".join(platform.title for platform in PLATFORMS if platform.credentials is not None)
    stream.write(f"接下来：uv run curvebot report <你的历史文件或 {WANDB.name} run>；接入 {chats}，见 README。\n")


@contextmanager
def _services(stage: Stage, out: Path, stream: TextIO) -> Iterator[tuple[Services, Store, Delivery]]:
    """The production parts on a database that is thrown away."""
    told = settings.Settings(settings.Configuration(), settings.Environment.model_construct())
    with tempfile.TemporaryDirectory(prefix="curvebot-demo-") as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'demo.db'}")
        terminal = TerminalChat(stream, out)
        delivery = Delivery(
            store.outbox,
            {CONSOLE.name: terminal},
            can={CONSOLE.name: CONSOLE.can},
            clock=stage.clock,
            chance=lambda: 0.5,
        )
        services = Services.build(
            told,
            store,
            stage,
            clock=stage.clock,
            can={CONSOLE.name: CONSOLE.can},
            pages=KeptPages(store, None, clock=stage.clock),
            metrics=Metrics(),
        )
        try:
            yield services, store, delivery
        finally:
            store.close()


def _scene(stream: TextIO, title: str) -> None:
    stream.write(f"\n{_RULE}\n{title}\n{_RULE}\n")
