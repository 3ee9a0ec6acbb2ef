"""Somebody asks for runs side by side: the whole way from what is typed to what the channel shows."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.columns.profile import Profile
from analysis.model import Peer, Run
from bot.sources import PEERS_UNREAD, Sources
from tests.analysis.company import LOSS, peer, shape
from tests.analysis.company import run as trained
from tests.fakes.bot import Bot
from tests.fakes.wandb_server import WandbServer
from tests.sources.conftest import parquet
from tests.sources.test_peers import rows

CONFIG: dict[str, Any] = {"lr": 1e-4, "steps": 20_000, "policy_type": "act"}


def made(name: str, level: float = 0.3, **facts: Any) -> Run:
    noisy = np.random.default_rng(len(name)).standard_normal(400)
    known: dict[str, Any] = {"state": "finished", "config": CONFIG, "user": "alice", "created_at": 2e9, "at": 20_000}
    known["columns"] = {LOSS: shape(400, 0.05) * np.exp(0.01 * noisy)}
    run = trained(level, **(known | facts))
    return replace(run, ref=f"team/robot/{name}", name=f"act-{name}", entity="team", project="robot", run_id=name)


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    bot = Bot(tmp_path, {})
    for run in (
        made("r1", 0.4),
        made("r2", 0.2, config=CONFIG | {"lr": 3e-4}),
        made("r3", 0.2, config=CONFIG | {"lr": 2e-4}),
    ):
        bot.runs.runs[run.ref] = run
    yield bot
    bot.store.close()


@pytest.mark.parametrize("channel", ["slack:C1", "feishu:oc_1"])
def test_two_runs_side_by_side(bot: Bot, channel: str) -> None:
    chat = bot.slack if channel == "slack:C1" else bot.feishu

    text = bot.say("/curve compare r1 r2", channel)

    assert text.splitlines()[0].startswith("🟢 B act-r2 更好：评估 L1 A 0.40")
    assert "（第 20000 步），第 " in text
    assert "lr：A 1e-4 / B 3e-4" in text
    assert "A 400 行、B 400 行全部读取" in text
    charts = [p.chart for p in chat.shown.values() if p.chart is not None]
    assert len(charts) == 1 and charts[0].startswith(b"\x89PNG")
    message = next(p.message for p in chat.shown.values() if p.message is not None)
    assert [(b.label, b.command) for b in message.buttons] == [
        ("A 完整报告", "/curve full team/robot/r1"),
        ("B 完整报告", "/curve full team/robot/r2"),
    ]


def test_three_runs_of_which_two_lead(bot: Bot) -> None:
    text = bot.say("对比 r1 和 r2、r3")

    assert text.splitlines()[0].startswith("🟢 B、C 领先，它们之间分不出高下：评估 L1")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("compare r1 nope", ["没找到叫“nope”的 run"]),
        ("compare r1 r1", ["只有一个", "/curve compare"]),
        ("compare r1 team/robot/r1", ["同一个 run（team/robot/r1）"]),
        ("compare r1", ["只有一个"]),
        ("compare r1 https://other.example/team/robot/runs/r2", ["读不了 other.example"]),
        ("comapre r1 r2", ["是不是 compare？"]),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(bot: Bot, text: str, parts: list[str]) -> None:
    answer = bot.say(text)

    assert all(part in answer for part in parts), answer
    assert "\n" not in answer.replace("\n  ", "")


def test_a_misspelt_one_is_hinted_at(bot: Bot) -> None:
    bot.runs.runs["team/robot/64wxlc3y"] = made("64wxlc3y")

    assert "是不是 team/robot/64wxlc3y？" in bot.say("compare r1 64wxlc3v")


# the last one that worked


def beside(name: str, *, at: float, user: str = "alice", config: dict[str, Any] = CONFIG) -> Peer:
    return peer(name=name, created_at=at, user=user, config=config)


def test_the_last_one_that_worked(bot: Bot) -> None:
    """Not the newest, which came out badly, nor one of another user while there is one of the same."""
    bad = made("bad", columns={LOSS: np.r_[shape(300, 0.05), np.full(100, 50.0)]})
    for run in (made("good", 0.3, created_at=1e9), bad, made("other", 0.3)):
        bot.runs.runs[run.ref] = run
    bot.runs.peers = (
        beside("r1", at=2e9), beside("bad", at=1.9e9), beside("other", at=1.8e9, user="bob"), beside("good", at=1e9),
        beside("later", at=3e9),
    )  # fmt: skip

    text = bot.say("/curve compare r1 last")

    assert "A act-r1" in text and "B act-good" in text
    assert [ref for ref in bot.runs.fetched if ref != "r1"] == ["team/robot/bad", "team/robot/good"]


def test_there_is_none(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "同项目里没有比它早" in bot.say("对比 r1 上次成功的")

    bad = made("bad", columns={LOSS: np.r_[shape(300, 0.05), np.full(100, 50.0)]})
    bot.runs.runs[bad.ref] = bad
    bot.runs.peers = (beside("bad", at=1e9), beside("gone", at=1e9))
    assert "看了最近 2 个，没有一个诊断无警告" in bot.say("compare r1 last")

    def unread(run: Run, profile: Profile) -> Run:
        return replace(run, notes=(PEERS_UNREAD,))

    monkeypatch.setattr(bot.runs, "with_peers", unread)
    assert PEERS_UNREAD in bot.say("compare r1 last")


def test_it_takes_no_longer_than_it_may(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    bot.runs.peers = tuple(beside(f"p{i}", at=1e9 - i) for i in range(9))
    fetch = bot.runs.fetch

    def slow(text: str) -> Run:
        bot.clock.now += 5.0
        return fetch(text)

    monkeypatch.setattr(bot.runs, "fetch", slow)
    bot.say("compare r1 last")

    assert len(bot.runs.fetched) <= 3


def test_the_button_of_a_bad_run_does_it(bot: Bot) -> None:
    bad = replace(made("bad", columns={LOSS: np.r_[shape(300, 0.05), np.full(100, 50.0)]}), tracked_as="team/robot/bad")
    bot.runs.runs[bad.ref] = bad
    bot.say("bad")
    card = next(p.message for p in bot.slack.shown.values() if p.message is not None)

    assert ("对比上次成功的", "/curve compare team/robot/bad last") in [(b.label, b.command) for b in card.buttons]
    healthy = replace(made("fine"), tracked_as="team/robot/fine")
    bot.runs.runs[healthy.ref] = healthy
    bot.say("fine")
    last = [p.message for p in bot.slack.shown.values() if p.message is not None][-1]
    assert "对比上次成功的" not in [b.label for b in last.buttons]


def test_on_the_real_client(tmp_path: Path) -> None:
    """The peers of W&B carry user, date and config; the one that is found is read in full."""
    with WandbServer() as server:
        for i, (name, user) in enumerate((("good", "alice"), ("theirs", "bob"), ("mine", "alice"))):
            server.add_run(
                "team", "robot", name, rows(0.8 + 0.1 * i), config={"lr": 1e-4 * (i + 1)}, state="finished", user=user,
                created_at=1.76e9 + i,
            )  # fmt: skip
        bot = Bot(tmp_path, {})
        bot.runs = Sources(  # type: ignore[assignment]
            base_url=server.url, api_key=server.api_key, entity="team", project="robot", directory=tmp_path
        )
        bot.restart()
        text = bot.say("/curve compare mine last")

        assert "A mine" in text and "B good" in text, text
        bot.store.close()


def test_files_of_a_folder(tmp_path: Path) -> None:
    for i, name in enumerate(("before", "now")):
        path = parquet(tmp_path, rows(0.8 + 0.1 * i)).rename(tmp_path / f"{name}.parquet")
        facts = {
            "name": name,
            "project": "robot",
            "state": "finished",
            "created_at": 1.76e9 + i,
            "config": {"lr": i + 1},
        }
        path.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")
    bot = Bot(tmp_path, {})
    bot.runs = Sources(roots=[tmp_path])  # type: ignore[assignment]
    bot.restart()

    text = bot.say("compare now.parquet last")

    assert "A now" in text and "B before" in text, text
    bot.store.close()


def test_the_runs_are_read_at_the_same_time(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    together, read = threading.Barrier(3, timeout=20.0), bot.runs.fetch

    def fetch(text: str, *args: Any, **more: Any) -> Run:
        together.wait()  # nobody goes on before all have begun
        return read(text, *args, **more)

    monkeypatch.setattr(bot.runs, "fetch", fetch)

    assert "B、C 领先" in bot.say("/curve compare r1 r2 r3")


def test_of_several_that_cannot_be_read_the_first_is_told(bot: Bot) -> None:
    assert "nope1234" in bot.say("/curve compare r1 nope1234 gone1234")
